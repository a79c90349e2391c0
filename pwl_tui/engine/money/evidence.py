"""What the balance says about a batch in doubt. It advises; only the person decides."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from pwl_tui.state.models import BalanceReading

READING_OFFSETS: Final = (0.0, 10.0, 60.0, 300.0)
"""When the balance is read, in seconds after the batch came into doubt."""


class Verdict(StrEnum):
    """What the readings say."""

    CHARGED = "charged"
    """The balance fell by exactly the batch."""
    FREE = "probably free"
    """The balance never moved."""
    CANNOT_TELL = "cannot tell"


class Evidence(Struct, frozen=True):
    """The readings of a batch in doubt, and what they say.

    Attributes:
        before: credits just before it was sent. None means unknown.
        size: credits it would have cost.
        spent_otherwise: credits that other work is known to have spent since.
        readings: taken afterwards, oldest first.
        verdict: what they say.
        complete: whether all readings are in; until then the verdict may change.
    """

    before: int | None
    size: int
    spent_otherwise: int
    readings: tuple[BalanceReading, ...]
    verdict: Verdict
    complete: bool

    @property
    def fell(self) -> int | None:
        """Credits that the balance fell by, other work aside; negative if it rose. None means unknown."""
        if self.before is None or not self.readings:
            return None
        return self.before - self.readings[-1].balance - self.spent_otherwise

    @property
    def explanation(self) -> str:
        """What the balance did, what that means and how certain it is, in plain sentences."""
        fell = self.fell
        if self.before is None:
            return "The balance before it was sent is unknown, so the readings cannot tell."
        if fell is None:
            return "The balance has not been read since it was sent."
        less = ""
        if self.spent_otherwise:
            less = f" (not counting {self.spent_otherwise:,} spent by other work)"
        match self.verdict:
            case Verdict.CHARGED:
                did = f"The balance fell by exactly {self.size:,}{less}: the batch was charged"
                sure = ", almost certainly." if self.complete else ", as far as is known now."
            case Verdict.FREE:
                seconds = self.readings[-1].at - self.readings[0].at
                after = f" after {seconds:,.0f} seconds" if self.complete else " so far"
                did = f"The balance is still {self.before:,}{less}{after}: the batch was probably not charged"
                sure = "; a late charge is possible."
            case Verdict.CANNOT_TELL:
                moved = "rose" if fell < 0 else "fell"
                did = f"The balance {moved} by {abs(fell):,}{less}, but the batch costs {self.size:,}"
                sure = ": something else changed it, so it cannot tell."
        return did + sure

    def __str__(self) -> str:
        read = ", ".join(f"{reading.balance:,}" for reading in self.readings) or "none"
        before = "unknown" if self.before is None else f"{self.before:,}"
        return (
            f"{self.verdict}: {self.size:,} numbers, balance before {before}, after {read},"
            f" spent otherwise {self.spent_otherwise:,}"
        )


def weigh(
    before: int | None,
    size: int,
    readings: Sequence[BalanceReading],
    spent_otherwise: int,
    lookups_in_doubt: int = 0,
) -> Evidence:
    """Judge a batch by balance readings: they fell by exactly its size, never changed, or neither.

    Args:
        before: credits just before the batch was sent.
        size: its numbers.
        readings: taken after the batch came into doubt, oldest first.
        spent_otherwise: credits that other work is known to have spent since `before` was read.
        lookups_in_doubt: single checks since then that may have cost one credit each. As many as the batch
            has numbers look the same as the batch.
    """
    verdict = Verdict.CANNOT_TELL
    if before is not None and readings:
        drops = [before - reading.balance - spent_otherwise for reading in readings]
        if drops[-1] == size > lookups_in_doubt:
            verdict = Verdict.CHARGED
        elif not any(drops):
            verdict = Verdict.FREE
    return Evidence(
        before, size, spent_otherwise, tuple(readings), verdict, len(readings) >= len(READING_OFFSETS)
    )


def next_reading(readings: Sequence[BalanceReading], now: float) -> float | None:
    """Return when the balance is due to be read next. None means all readings are in."""
    if not readings:
        return now
    if len(readings) >= len(READING_OFFSETS):
        return None
    return readings[0].at + READING_OFFSETS[len(readings)]
