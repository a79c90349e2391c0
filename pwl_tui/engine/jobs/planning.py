"""From a list's plan to a job's plan, and from that to a job: what is paid for, reused, or held back."""

import random
from array import array
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import Answer
from pwl_tui.engine.money.journaling import digest
from pwl_tui.engine.problems import EngineError, credits_short, over_cap
from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.provider import PROVIDER
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import Binding
from pwl_tui.state.queries.results import Reusable
from pwl_tui.state.store import Store

WhenShort = Literal["cancel", "fit", "wait"]
"""With too few credits: send nothing, send what fits, or send what fits now and the rest after a top-up."""

_PAY, _REUSE, _HOLD = range(3)
_DAY_SECONDS = 86_400.0
NOT_CHOSEN = "not in the sample"
NOT_AFFORDED = "left out: credits were short"


class JobPlan(Struct, frozen=True):
    """What a job would send and cost; computing it spends nothing.

    Attributes:
        list: what was read, and its numbers.
        fates: one byte per number of `list.numbers`: to be paid, reused, or held back.
        answers: what is reused, by number.
        balance: WhatsApp credits; none where they are not known.
        held_because: why numbers are held back.
        first: of those to be paid, how many the credits allow now; the rest waits for a top-up.
        rest_of: the job that left these numbers out; none: it is a list of its own.
    """

    list: ListPlan
    fates: bytearray
    answers: dict[int, Reusable]
    balance: int | None = None
    held_because: str = ""
    first: int = 0
    rest_of: int | None = None

    @property
    def to_pay(self) -> int:
        """Numbers that are sent, one credit each."""
        return self.fates.count(_PAY)

    @property
    def reused(self) -> int:
        """Numbers whose answer was paid for before."""
        return self.fates.count(_REUSE)

    @property
    def held(self) -> int:
        """Numbers that are left out for now."""
        return self.fates.count(_HOLD)

    @property
    def batches(self) -> int:
        """Submissions that this takes."""
        return len(self.spans())

    def spans(self) -> Sequence[tuple[int, int]]:
        """Return the batches as first and size, in the order in which they are sent."""
        to_pay, size = self.to_pay, PROVIDER.batch_size
        # What the credits allow ends with a batch of its own, so that it need not wait with the rest.
        starts = [*range(0, self.first, size), *range(self.first, to_pay, size)]
        return [(start, end - start) for start, end in pairwise([*starts, to_pay])]

    @property
    def balance_after(self) -> int | None:
        """Credits left once all is paid; never below zero, since what is short is not sent."""
        return None if self.balance is None else max(self.balance - self.to_pay, 0)

    @property
    def short(self) -> int:
        """Credits that are missing; 0 if there are enough or the balance is not known."""
        return 0 if self.balance is None else max(self.to_pay - self.balance, 0)

    def numbers(self) -> Iterator[int]:
        """Yield the numbers in the order of the job: to be paid, then reused, then held back."""
        for fate in (_PAY, _REUSE, _HOLD):
            for number, its in zip(self.list.numbers, self.fates, strict=True):
                if its == fate:
                    yield number

    def positions(self) -> "array[int]":
        """Return, for each number of the list, its index in the order of the job."""
        following = [0, self.to_pay, self.to_pay + self.reused]
        positions = array("i", bytes(4 * len(self.fates)))
        for index, fate in enumerate(self.fates):
            positions[index] = following[fate]
            following[fate] += 1
        return positions


def make(
    plan: ListPlan,
    answers: dict[int, Reusable],
    *,
    balance: int | None,
    sample: int | None = None,
    draw: random.Random | None = None,
) -> JobPlan:
    """Decide what becomes of each number of a list.

    Args:
        plan: the list's.
        answers: those that were paid for before and can be used again, by number.
        balance: WhatsApp credits, if known.
        sample: pay for no more than so many numbers, chosen at random; none: for all.
        draw: chooses them; none: the system's own randomness.
    """
    fates = bytearray(_REUSE if number in answers else _PAY for number in plan.numbers)
    made = JobPlan(plan, fates, answers, balance)
    if sample is None or sample >= made.to_pay:
        return made
    payable = [index for index, fate in enumerate(fates) if fate == _PAY]
    return _keep(made, (draw or random.SystemRandom()).sample(payable, sample), NOT_CHOSEN)


def fit(plan: JobPlan, affordable: int) -> JobPlan:
    """Return the plan that pays for the first `affordable` numbers only and holds back the rest."""
    payable = [index for index, fate in enumerate(plan.fates) if fate == _PAY]
    return _keep(plan, payable[:affordable], NOT_AFFORDED)


def without(plan: JobPlan, numbers: Set[int], because: str) -> JobPlan:
    """Return the plan that leaves some numbers out, and says why; with a plan that holds back no others."""
    left_out = zip(plan.list.numbers, plan.fates, strict=True)
    chosen = [
        index for index, (number, fate) in enumerate(left_out) if fate == _PAY and number not in numbers
    ]
    return _keep(plan, chosen, because)


def affordable(plan: JobPlan, when_short: WhenShort, *, cap: int) -> JobPlan:
    """Return the plan that is to be carried out with the credits there are.

    Args:
        plan: what would be sent; with a balance that is not known it is left as it is.
        when_short: what to do with too few credits.
        cap: the most that the job may cost; 0: no cap.

    Raises:
        EngineError: credits are short and nothing is to be sent then, or the job is over the cap.
    """
    if plan.short and plan.balance is not None:
        if when_short == "cancel" or (when_short == "fit" and plan.balance == 0):
            raise EngineError(credits_short(plan.to_pay, plan.balance))
        there = plan.balance
        plan = fit(plan, there) if when_short == "fit" else replace(plan, first=there)
    if cap and plan.to_pay > cap:
        raise EngineError(over_cap(plan.to_pay, cap))
    return plan


def store_job(
    store: Store,
    plan: JobPlan,
    *,
    binding: Binding,
    profile: str,
    name: str,
    now: float,
    retry_of: int | None = None,
) -> int:
    """Store a job as planned and return its id; the batches are cut in the order of the list.

    Args:
        store: where it goes.
        plan: what is sent.
        binding: the service and key that pay for it.
        profile: its name in the configuration.
        name: what the person calls it.
        now: when.
        retry_of: the job whose failed numbers these are.

    Raises:
        StateError: the state file failed; then there is no job.
    """
    listed = plan.list
    source = listed.source
    job = NewJob(
        binding=binding,
        profile=profile,
        name=name,
        source=source.path or source.name,
        origin=Origin.of(source, listed.reading).encode(),
        created=now,
        rows=listed.rows,
        blank=listed.blank,
        rejected=listed.rejected,
        duplicates=listed.duplicates,
        numbers=len(listed.numbers),
        retry_of=retry_of,
    )
    ordered = array("q", plan.numbers())
    batches = [NewBatch(first, size, digest(ordered[first : first + size])) for first, size in plan.spans()]
    return store.jobs.add(
        job,
        pieces=source.chunks,
        rows=_rows(plan),
        numbers=_new_numbers(plan, ordered),
        batches=batches,
    )


class Origin(msgspec.Struct, frozen=True):
    """How a job's original is read again; stored with the job."""

    name: str
    path: str
    kind: str
    size: int
    sha256: str
    reading: Reading

    @classmethod
    def of(cls, source: Source, reading: Reading) -> Self:
        """Return the origin of a list that was read as `reading`."""
        return cls(source.name, source.path, source.kind, source.size, source.sha256, reading)

    def encode(self) -> bytes:
        """Return it as it is stored."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what `encode` was given."""
        return msgspec.json.decode(data, type=cls)


def _keep(plan: JobPlan, chosen: Iterable[int], because: str) -> JobPlan:
    fates = bytearray(_HOLD if fate == _PAY else fate for fate in plan.fates)
    for index in chosen:
        fates[index] = _PAY
    return replace(plan, fates=fates, held_because=because)


def _rows(plan: JobPlan) -> Iterator[tuple[int | None, str | None]]:
    positions = plan.positions()
    for number, reason in zip(plan.list.row_number, plan.list.row_reason, strict=True):
        yield (None, REASONS[reason]) if number < 0 else (positions[number], None)


def _new_numbers(plan: JobPlan, ordered: "array[int]") -> Iterator[NewNumber]:
    to_pay, reused, held = plan.to_pay, plan.reused, Answer(note=plan.held_because)
    for seq, (first, size) in enumerate(plan.spans(), 1):
        for number in ordered[first : first + size]:
            yield NewNumber(number, seq)
    for index, number in enumerate(ordered[to_pay:], to_pay):
        if index < to_pay + reused:
            answer, answered = plan.answers[number]
            day = datetime.fromtimestamp(answered, UTC).date()
            yield NewNumber(number, None, replace(answer, note=f"reused from {day}"), answered)
        else:
            yield NewNumber(number, None, held)


def reuse_since(now: float, days: int) -> float | None:
    """Return the moment from which answers may be reused; none where `days` is 0: never."""
    return now - days * _DAY_SECONDS if days > 0 else None
