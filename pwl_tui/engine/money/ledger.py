"""Where the credits of a key went: every known charge, and what else the balance did."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, zip_longest

from msgspec import Struct

from pwl_tui.state.money import BalancePeriod, Charge


class Line(Struct, frozen=True):
    """One charge.

    Attributes:
        at: when it became certain.
        credits: how many were taken.
        job: ID of the job. None means a single check.
        seq: number of the batch within its job.
        name: of the job; empty if it was forgotten.
        batch_id: the service's.
        before: the balance read just before. None means it was not read.
        after: the balance read next. None means there is none, or something else was charged in between.
        by: who caused it, as ``user@host``; empty if that is not known, or always the same person.
    """

    at: float
    credits: int
    job: int | None
    seq: int | None
    name: str
    batch_id: str | None
    before: int | None
    after: int | None
    by: str = ""


class Movement(Struct, frozen=True):
    """A change of the balance that the known charges do not explain.

    Attributes:
        since: when the old balance was last read.
        until: when the new balance was first read.
        fell: credits that it fell by; negative if it rose.
        known: credits known to have been charged in between.
    """

    since: float
    until: float
    fell: int
    known: int

    @property
    def unexplained(self) -> int:
        """Credits that something else spent; negative if credits were added."""
        return self.fell - self.known


class Ledger(Struct, frozen=True):
    """The books of one key.

    Attributes:
        lines: the charges, newest first.
        movements: what the charges do not explain, newest first.
        lookups_in_doubt: when the single checks started that may have cost one credit each, newest first.
    """

    lines: tuple[Line, ...]
    movements: tuple[Movement, ...]
    lookups_in_doubt: tuple[float, ...] = ()

    @property
    def spent(self) -> int:
        """Credits known to have been taken."""
        return sum(line.credits for line in self.lines)

    @property
    def alarms(self) -> tuple[Movement, ...]:
        """The movements in which something else spent credits."""
        return tuple(movement for movement in self.movements if movement.unexplained > 0)


def ledger(
    charges: Sequence[Charge],
    balances: Sequence[BalancePeriod],
    in_doubt_since: float | None,
    lookups_in_doubt: Sequence[float] = (),
) -> Ledger:
    """Reconcile the charges and balances of one key.

    A balance counts only if it was read while nothing was being charged: between the intent to send a batch
    and its acceptance, a reading may be from before or after the charge.

    Args:
        charges: oldest first.
        balances: oldest first.
        in_doubt_since: when the earliest batch in doubt was sent. None means there is none.
        lookups_in_doubt: when the single checks started that may have been charged, oldest first. The balance
            that falls by no more than them is no alarm.
    """
    known = [charge for charge in charges if charge.started is not None]
    times = [charge.at for charge in known]
    sums = list(accumulate((charge.amount for charge in known), initial=0))
    movements: list[Movement] = []
    explained = 0
    for (since, before), (until, after) in pairwise(_quiet(_windows(known, in_doubt_since), balances)):
        charged = sums[bisect_right(times, until)] - sums[bisect_right(times, since)]
        # They, too, may be charged a little later.
        doubtful = min(max(before - after - charged, 0), bisect_left(lookups_in_doubt, until) - explained)
        charged, explained = charged + doubtful, explained + doubtful
        movement = Movement(since, until, before - after, charged)
        # The service may take credits a little after it accepted a batch.
        if movements and movements[-1].fell >= 0 > movements[-1].unexplained and movement.fell > 0:
            late = movements.pop()
            movement = Movement(late.since, until, late.fell + movement.fell, late.known + charged)
        if movement.unexplained:
            movements.append(movement)
    return Ledger(
        tuple(_lines(charges, balances))[::-1], tuple(movements[::-1]), tuple(lookups_in_doubt[::-1])
    )


def _windows(charges: Iterable[Charge], in_doubt_since: float | None) -> list[tuple[float, float]]:
    """Return the time spans in which something was being charged, sorted and merged."""
    found = [(charge.started, charge.at) for charge in charges if charge.started is not None]
    if in_doubt_since is not None:
        found.append((in_doubt_since, math.inf))
    apart: list[tuple[float, float]] = []
    for start, end in sorted(found):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _quiet(
    windows: Sequence[tuple[float, float]], balances: Iterable[BalancePeriod]
) -> Iterator[tuple[float, int]]:
    """Yield the moments outside the windows at which a balance was read, and the balance."""
    starts = [start for start, _ in windows]
    for period in balances:
        for moment in dict.fromkeys((period.first, period.last)):
            # The balance read just before a batch is sent has the same time as the intent.
            index = bisect_left(starts, moment) - 1
            if index < 0 or moment >= windows[index][1]:
                yield moment, period.balance


def _lines(charges: Sequence[Charge], balances: Sequence[BalancePeriod]) -> Iterator[Line]:
    firsts = [period.first for period in balances]
    for charge, following in zip_longest(charges, charges[1:]):
        index = bisect_left(firsts, charge.at)
        after = balances[index] if index < len(balances) and charge.started is not None else None
        if after is not None and following is not None and after.first > (following.started or following.at):
            after = None
        yield Line(
            charge.at,
            charge.amount,
            charge.job,
            charge.seq,
            charge.name,
            charge.batch_id,
            charge.balance_before,
            None if after is None else after.balance,
            charge.by,
        )
