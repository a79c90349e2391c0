"""From a list's plan to a job's plan, and from that to a job: what is paid for, reused, or left out."""

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
"""With too few credits: send nothing, what you can afford, or also the rest after a top-up."""

_PAY, _REUSE, _LEAVE_OUT = range(3)
_DAY_SECONDS = 86_400.0
NOT_CHOSEN = "not in the sample"
NOT_AFFORDED = "left out: credits were short"


class JobPlan(Struct, frozen=True):
    """What a job would send and cost; computing it spends nothing.

    Attributes:
        list: what was read, and its numbers.
        dispositions: one byte per number of `list.numbers`: pay, reuse, or leave out.
        answers: what is reused, by number.
        balance: WhatsApp credits. None means unknown.
        left_out_because: why numbers are left out.
        first: how many of the numbers to pay the credits allow now; the others wait for a top-up.
        remainder_of: ID of the job that left these numbers out. None means it continues no job.
    """

    list: ListPlan
    dispositions: bytearray
    answers: dict[int, Reusable]
    balance: int | None = None
    left_out_because: str = ""
    first: int = 0
    remainder_of: int | None = None

    @property
    def to_pay(self) -> int:
        """Numbers to send, one credit each."""
        return self.dispositions.count(_PAY)

    @property
    def reused(self) -> int:
        """Numbers whose result was paid for before."""
        return self.dispositions.count(_REUSE)

    @property
    def left_out(self) -> int:
        """Numbers left out for now."""
        return self.dispositions.count(_LEAVE_OUT)

    @property
    def batches(self) -> int:
        """How many batches are sent."""
        return len(self.spans())

    def spans(self) -> Sequence[tuple[int, int]]:
        """Return the first index and the size of each batch, in the order in which they are sent."""
        to_pay, size = self.to_pay, PROVIDER.batch_size
        # What the credits allow ends with a batch of its own, so that it need not wait for the top-up.
        starts = [*range(0, self.first, size), *range(self.first, to_pay, size)]
        return [(start, end - start) for start, end in pairwise([*starts, to_pay])]

    @property
    def balance_after(self) -> int | None:
        """Credits left once all is paid, never negative: what is short is not sent. None means unknown."""
        return None if self.balance is None else max(self.balance - self.to_pay, 0)

    @property
    def short(self) -> int:
        """Credits that are missing; 0 if there are enough or the balance is unknown."""
        return 0 if self.balance is None else max(self.to_pay - self.balance, 0)

    def numbers(self) -> Iterator[int]:
        """Yield the numbers in the order of the job: to pay, then reused, then left out."""
        for disposition in (_PAY, _REUSE, _LEAVE_OUT):
            for number, its in zip(self.list.numbers, self.dispositions, strict=True):
                if its == disposition:
                    yield number

    def positions(self) -> "array[int]":
        """Return, for each number of the list, its index in the order of the job."""
        following = [0, self.to_pay, self.to_pay + self.reused]
        positions = array("i", bytes(4 * len(self.dispositions)))
        for index, disposition in enumerate(self.dispositions):
            positions[index] = following[disposition]
            following[disposition] += 1
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
        answers: what was paid for before and can be reused, by number.
        balance: WhatsApp credits. None means unknown.
        sample: pay for at most this many numbers, chosen at random. None means for all.
        draw: chooses them. None means the system's own randomness.
    """
    dispositions = bytearray(_REUSE if number in answers else _PAY for number in plan.numbers)
    made = JobPlan(plan, dispositions, answers, balance)
    if sample is None or sample >= made.to_pay:
        return made
    payable = [index for index, disposition in enumerate(dispositions) if disposition == _PAY]
    return _keep(made, (draw or random.SystemRandom()).sample(payable, sample), NOT_CHOSEN)


def fit(plan: JobPlan, affordable: int) -> JobPlan:
    """Return the plan that pays for the first `affordable` numbers only and leaves the others out."""
    payable = [index for index, disposition in enumerate(plan.dispositions) if disposition == _PAY]
    return _keep(plan, payable[:affordable], NOT_AFFORDED)


def without(plan: JobPlan, numbers: Set[int], because: str) -> JobPlan:
    """Return the plan that leaves some numbers out, with the reason; `plan` must leave none out itself."""
    pairs = enumerate(zip(plan.list.numbers, plan.dispositions, strict=True))
    chosen = [index for index, (number, its) in pairs if its == _PAY and number not in numbers]
    return _keep(plan, chosen, because)


def affordable(plan: JobPlan, when_short: WhenShort, *, cap: int) -> JobPlan:
    """Return the plan to carry out with the available credits.

    Args:
        plan: what would be sent; returned as it is if the balance is unknown.
        when_short: what to do with too few credits.
        cap: the most that the job may cost; 0: no cap.

    Raises:
        EngineError: credits are short and `when_short` forbids sending, or the job is over the cap.
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
    """Store a job as planned and return its ID; its batches follow the order of the list.

    Args:
        store: where to store it.
        plan: what to send.
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
        further=_further(plan),
    )


class Origin(msgspec.Struct, frozen=True):
    """How to read a job's original list again; stored with the job."""

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
        """Return the origin that `encode` stored."""
        return msgspec.json.decode(data, type=cls)


def _keep(plan: JobPlan, chosen: Iterable[int], because: str) -> JobPlan:
    dispositions = bytearray(
        _LEAVE_OUT if disposition == _PAY else disposition for disposition in plan.dispositions
    )
    for index in chosen:
        dispositions[index] = _PAY
    return replace(plan, dispositions=dispositions, left_out_because=because)


def _rows(plan: JobPlan) -> Iterator[tuple[int | None, str | None]]:
    positions = plan.positions()
    for number, reason in zip(plan.list.row_number, plan.list.row_reason, strict=True):
        yield (None, REASONS[reason]) if number < 0 else (positions[number], None)


def _further(plan: JobPlan) -> Iterator[tuple[int, int]]:
    if not plan.list.more_rows:
        return
    positions = plan.positions()
    for row, number in zip(plan.list.more_rows, plan.list.more_numbers, strict=True):
        yield row, positions[number]


def _new_numbers(plan: JobPlan, ordered: "array[int]") -> Iterator[NewNumber]:
    to_pay, reused, left_out = plan.to_pay, plan.reused, Answer(note=plan.left_out_because)
    for seq, (first, size) in enumerate(plan.spans(), 1):
        for number in ordered[first : first + size]:
            yield NewNumber(number, seq)
    for index, number in enumerate(ordered[to_pay:], to_pay):
        if index < to_pay + reused:
            answer, answered, _ = plan.answers[number]
            day = datetime.fromtimestamp(answered, UTC).date()
            yield NewNumber(number, None, replace(answer, note=f"reused from {day}"), answered)
        else:
            yield NewNumber(number, None, left_out)


def reuse_since(now: float, days: int) -> float | None:
    """Return the time from which results may be reused. None (with 0 `days`) means never."""
    return now - days * _DAY_SECONDS if days > 0 else None
