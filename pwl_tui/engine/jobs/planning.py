"""From a list's plan to a job's plan, and from that to a job: what is paid for, and what is not and why."""

import math
import random
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, cached_property
from itertools import chain, pairwise
from typing import Literal, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import Answer, reused_note
from pwl_tui.changes import Before
from pwl_tui.engine.money.journaling import digest
from pwl_tui.engine.problems import EngineError, credits_short, no_longer_under_way, over_cap
from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.provider import PROVIDER
from pwl_tui.state.follows import NewFollow, awaited
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber, NewWish
from pwl_tui.state.models import Binding
from pwl_tui.state.queries.results import Reusable, UnderWay
from pwl_tui.state.store import Store

WhenShort = Literal["cancel", "fit", "wait"]
"""With too few credits: send nothing, what you can afford, or also the rest after a top-up."""

_PAY, _REUSE, _LEAVE_OUT, _FOLLOW, _DOUBT, _FAILED = range(6)
_ORDER = (_PAY, _REUSE, _FOLLOW, _DOUBT, _FAILED, _LEAVE_OUT)
"""In which numbers are stored."""
_DAY_SECONDS = 86_400.0
NOT_CHOSEN = "not in the sample"
NOT_AFFORDED = "left out: credits were short"
NEVER_ANSWERED = "no answer to recheck"
LOOKED_UP = "a lookup of it has no answer and may have been charged"
FAILED_SINCE = "paid for and failed after this was planned"


class JobPlan(Struct, frozen=True, dict=True):
    """What a job would send and cost; computing it spends nothing.

    Attributes:
        list: what was read, and its numbers.
        dispositions: one byte per number of `list.numbers`: pay, reuse, follow another job, leave out, or
            leave out because a lookup may have been charged, or because it failed since.
        answers: what is reused, by number.
        balance: WhatsApp credits. None means unknown.
        left_out_because: why numbers are left out.
        first: how many of the numbers to pay the credits allow now; the others wait for a top-up.
        remainder_of: ID of the job that left these numbers out. None means it continues no job.
        payers: where numbers are under way, by number.
        paid_again: numbers that are paid for though they are under way, because the person decided so.
        despite: numbers of which a lookup ended without an answer and may have been charged, and that are
            paid for nevertheless, because the person decided so.
        since: how old answers may be to be reused, UTC epoch seconds. None means that none is reused.
        at: when this was decided; answers that came later are always reused.
        last_charge: the last charge in the books when this was decided; what failed of later ones is left
            out. None means that nothing is.
        sampled: whether only a sample is paid for.
        recheck_of: ID of the job whose answers are asked for again. None means none.
        before: what was known before of the numbers of a recheck.
    """

    list: ListPlan
    dispositions: bytearray
    answers: dict[int, Reusable]
    balance: int | None = None
    left_out_because: str = ""
    first: int = 0
    remainder_of: int | None = None
    payers: dict[int, UnderWay] = {}
    paid_again: frozenset[int] = frozenset()
    despite: frozenset[int] = frozenset()
    since: float | None = None
    at: float = math.inf
    last_charge: int | None = None
    sampled: bool = False
    recheck_of: int | None = None
    before: dict[int, Before] = {}

    @property
    def to_pay(self) -> int:
        """Numbers to send, one credit each."""
        return self.dispositions.count(_PAY)

    @property
    def reused(self) -> int:
        """Numbers whose result was paid for before."""
        return self.dispositions.count(_REUSE)

    @property
    def under_way(self) -> int:
        """Numbers that other jobs pay for already; their answers are taken over when they come."""
        return self.dispositions.count(_FOLLOW)

    @property
    def under_way_in(self) -> dict[int, int]:
        """How many numbers are under way in which job, by its ID, the oldest first."""
        counts = Counter[int]()
        for payer, indexes in self._followed.items():
            counts[payer.job] += len(indexes)
        return dict(sorted(counts.items()))

    @property
    def doubted(self) -> int:
        """Numbers left out because a lookup of each is under way, or in doubt: it may have been charged."""
        return self.dispositions.count(_DOUBT)

    @property
    def failed_since(self) -> int:
        """Numbers left out because each was paid for and failed since this was decided."""
        return self.dispositions.count(_FAILED)

    @property
    def paid_despite(self) -> int:
        """Numbers to send though a lookup of each may have been charged."""
        return sum(number in self.despite for number in self._those(_PAY)) if self.despite else 0

    @property
    def asks(self) -> bool:
        """Whether the person must decide: nothing is to be reused, and numbers are under way.

        A sample asks nothing: it pays for so many numbers and no more.
        """
        return self.since is None and self.under_way > 0 and not self.sampled

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
        """Yield the numbers as the job has them.

        To pay, reused, under way by batch, and those left out: in doubt, failed since, others.
        """
        for disposition in (_PAY, _REUSE):
            yield from self._those(disposition)
        yield from (self.list.numbers[index] for index in chain(*self._followed.values()))
        for disposition in (_DOUBT, _FAILED, _LEAVE_OUT):
            yield from self._those(disposition)

    def positions(self) -> "array[int]":
        """Return, for each number of the list, its index in the order of the job."""
        following, start = [0] * len(_ORDER), 0
        for disposition in _ORDER:
            following[disposition] = start
            start += self.dispositions.count(disposition)
        followed = following[_FOLLOW]
        positions = array("i", bytes(4 * len(self.dispositions)))
        for index, disposition in enumerate(self.dispositions):
            positions[index] = following[disposition]
            following[disposition] += 1
        for position, index in enumerate(chain(*self._followed.values()), followed):
            positions[index] = position
        return positions

    def follows(self) -> Sequence[NewFollow]:
        """Return which numbers follow which batch, as ranges of the job's numbers."""
        first, found = self.to_pay + self.reused, []
        for payer, indexes in self._followed.items():
            found.append(NewFollow(first, len(indexes), payer.job, payer.seq))
            first += len(indexes)
        return found

    def _those(self, disposition: int) -> Iterator[int]:
        for number, its in zip(self.list.numbers, self.dispositions, strict=True):
            if its == disposition:
                yield number

    @cached_property
    def _followed(self) -> "Mapping[UnderWay, array[int]]":
        """Return the indexes of the numbers that are under way, by the batch that pays for them."""
        found: defaultdict[UnderWay, array[int]] = defaultdict(lambda: array("i"))
        if self.under_way:
            for index, disposition in enumerate(self.dispositions):
                if disposition == _FOLLOW:
                    found[self.payers[self.list.numbers[index]]].append(index)
        return found


def make(
    plan: ListPlan,
    answers: dict[int, Reusable],
    *,
    balance: int | None,
    payers: dict[int, UnderWay] | None = None,
    doubted: Collection[int] = (),
    despite: frozenset[int] = frozenset(),
    since: float | None = None,
    at: float = math.inf,
    last_charge: int | None = None,
    sample: int | None = None,
    draw: random.Random | None = None,
) -> JobPlan:
    """Decide what becomes of each number of a list.

    Args:
        plan: the list's.
        answers: what was paid for before and can be reused, by number.
        balance: WhatsApp credits. None means unknown.
        payers: where numbers are under way, by number; what can be reused is reused first.
        doubted: numbers of which a lookup may have been charged; those neither reused nor under way are left
            out.
        despite: those of which it may have been, too, that are paid for, because the person decided so.
        since: how old answers may be to be reused, UTC epoch seconds. None means that none is reused.
        at: now.
        last_charge: see `JobPlan`; found out before all else here was.
        sample: pay for at most this many numbers, chosen at random. None means for all.
        draw: chooses them. None means the system's own randomness.
    """
    payers = payers or {}
    dispositions = bytearray(_fate(number, answers, payers, doubted) for number in plan.numbers)
    made = JobPlan(
        plan,
        dispositions,
        answers,
        balance,
        payers=payers,
        despite=despite,
        since=since,
        at=at,
        last_charge=last_charge,
        sampled=sample is not None,
    )
    if sample is None or sample >= made.to_pay:
        return made
    payable = [index for index, disposition in enumerate(dispositions) if disposition == _PAY]
    return _keep(made, (draw or random.SystemRandom()).sample(payable, sample), NOT_CHOSEN)


def undecided(plan: JobPlan) -> "array[int]":
    """Return the numbers of a plan whose fate may have changed since it was made.

    Those are what it pays for, without what the person decided to pay for again, what is under way, and what
    was looked up without an answer.
    """
    pairs = zip(plan.list.numbers, plan.dispositions, strict=True)
    return array("q", (n for n, its in pairs if its in (_PAY, _FOLLOW, _DOUBT) and n not in plan.paid_again))


def renewed(
    plan: JobPlan,
    open_numbers: Collection[int],
    answers: dict[int, Reusable],
    payers: dict[int, UnderWay],
    doubted: Collection[int] = (),
    failed: Collection[int] = (),
) -> JobPlan:
    """Return a plan as it is to be carried out now; it never pays for more than the plan that was agreed to.

    Args:
        plan: as it was made.
        open_numbers: what `undecided` returned.
        answers: of those, what can be reused by now.
        payers: of those, where they are under way by now.
        doubted: of those, of which a lookup may have been charged by now.
        failed: of those, what was paid for since the plan was made, and failed.

    Raises:
        EngineError: numbers are no longer under way, and have no answer: they would have to be paid for.
    """
    if not answers and not payers and not doubted and not failed and not plan.under_way:
        return plan
    wanted, dispositions, stranded = set(open_numbers), bytearray(plan.dispositions), 0
    for index, number in enumerate(plan.list.numbers):
        if number in wanted:
            its, before = _fate(number, answers, payers, doubted, failed), dispositions[index]
            stranded += its == _PAY and before == _FOLLOW
            # The sum that was agreed to has nothing for what was in doubt.
            dispositions[index] = _DOUBT if its == _PAY and before == _DOUBT else its
    if stranded:
        raise EngineError(no_longer_under_way(stranded))
    return replace(plan, dispositions=dispositions, answers=plan.answers | answers, payers=payers)


def pay_again(plan: JobPlan) -> JobPlan:
    """Return the plan that pays for numbers that are under way, as the person decided."""
    again = frozenset(plan._those(_FOLLOW))  # noqa: SLF001 - of this module
    dispositions = plan.dispositions.replace(bytes([_FOLLOW]), bytes([_PAY]))
    return replace(plan, dispositions=dispositions, paid_again=again)


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
    wish: NewWish | None = None,
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
        wish: the export that it is to have once it is finished. None means none.

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
        recheck_of=plan.recheck_of,
    )
    ordered = array("q", plan.numbers())
    batches = [NewBatch(first, size, digest(ordered[first : first + size])) for first, size in plan.spans()]
    return store.jobs.add(
        job,
        pieces=source.chunks,
        rows=_rows(plan),
        numbers=_new_numbers(plan, ordered),
        batches=batches,
        follows=plan.follows(),
        decided=_decided(plan),
        further=_further(plan),
        earlier=(
            (index, plan.before[number]) for index, number in enumerate(ordered) if number in plan.before
        ),
        wish=wish,
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


def _fate(
    number: int,
    answers: Mapping[int, Reusable],
    payers: Mapping[int, UnderWay],
    doubted: Collection[int],
    failed: Collection[int] = (),
) -> int:
    if number in answers:
        return _REUSE
    if number in payers:
        return _FOLLOW
    return _DOUBT if number in doubted else _FAILED if number in failed else _PAY


def _decided(plan: JobPlan) -> list[tuple[str, str]]:
    """Return the person's decisions to pay for what may have been paid for (rule 7), for the activity."""
    counts = {"under way": len(plan.paid_again), "looked up without an answer": plan.paid_despite}
    return [("paid again", f"{count:,} numbers {what}") for what, count in counts.items() if count]


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
    under_way, waiting = plan.under_way, cache(awaited)
    doubted, looked_up = plan.doubted, Answer(note=LOOKED_UP)
    failed_since, failed = plan.failed_since, Answer(note=FAILED_SINCE)
    for seq, (first, size) in enumerate(plan.spans(), 1):
        for number in ordered[first : first + size]:
            yield NewNumber(number, seq)
    for index, number in enumerate(ordered[to_pay:], to_pay):
        if index < to_pay + reused:
            answer, answered, _ = plan.answers[number]
            yield NewNumber(number, None, replace(answer, note=reused_note(answered)), answered)
        elif index < to_pay + reused + under_way:
            yield NewNumber(number, None, waiting(plan.payers[number].job))
        elif index < to_pay + reused + under_way + doubted:
            yield NewNumber(number, None, looked_up)
        elif index < to_pay + reused + under_way + doubted + failed_since:
            yield NewNumber(number, None, failed)
        else:
            yield NewNumber(number, None, left_out)


def reuse_since(now: float, days: int) -> float | None:
    """Return the time from which results may be reused. None (with 0 `days`) means never."""
    return now - days * _DAY_SECONDS if days > 0 else None
