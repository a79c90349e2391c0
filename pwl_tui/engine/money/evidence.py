"""What the balance says about a batch whose outcome is unknown. It advises; only the person decides."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from pwl_tui.state.models import BalanceReading

READING_OFFSETS: Final = (0.0, 10.0, 60.0, 300.0)
"""Seconds after the doubt arose at which the balance is read."""


class Verdict(StrEnum):
    """What the readings say."""

    CHARGED = "charged"
    """The balance fell by exactly the batch."""
    FREE = "probably free"
    """The balance never moved."""
    CANNOT_TELL = "cannot tell"


class Evidence(Struct, frozen=True):
    """The readings of an unknown batch, and what they say.

    Attributes:
        before: credits just before it was sent; none if that is not known.
        size: credits it would have cost.
        spent_otherwise: credits that something else is known to have taken since.
        readings: taken afterwards, oldest first.
        verdict: what they say.
        complete: whether all the readings are in; before that the verdict may still change.
    """

    before: int | None
    size: int
    spent_otherwise: int
    readings: tuple[BalanceReading, ...]
    verdict: Verdict
    complete: bool

    @property
    def fell(self) -> int | None:
        """Credits that the balance fell by, less what took them otherwise; below 0: it rose."""
        if self.before is None or not self.readings:
            return None
        return self.before - self.readings[-1].balance - self.spent_otherwise

    @property
    def explanation(self) -> str:
        """What the balance did, what that means and how sure it is, in plain sentences."""
        fell = self.fell
        if self.before is None:
            return "The credits before it was sent are not known, so the balance cannot tell."
        if fell is None:
            return "The balance has not been read since then: nothing can be said yet."
        less = ""
        if self.spent_otherwise:
            less = f" (not counting {self.spent_otherwise:,} that other work took)"
        match self.verdict:
            case Verdict.CHARGED:
                did = f"The balance fell by exactly {self.size:,}{less}: the batch was charged"
                sure = ", as good as certain." if self.complete else " by all that is known so far."
            case Verdict.FREE:
                did = (
                    f"The balance of {self.before:,} has not moved{less}: the batch was probably not charged"
                )
                last = self.readings[-1].at - self.readings[0].at
                sure = f", since {last:,.0f} seconds passed; a late booking is possible."
                if not self.complete:
                    sure = " so far; a charge may still be booked."
            case Verdict.CANNOT_TELL:
                moved = "rose" if fell < 0 else "fell"
                did = f"The balance {moved} by {abs(fell):,}{less}, and the batch costs {self.size:,}"
                sure = ": something else changed it, and it cannot tell."
        return did + sure

    def __str__(self) -> str:
        read = ", ".join(f"{reading.balance:,}" for reading in self.readings) or "none"
        before = "unknown" if self.before is None else f"{self.before:,}"
        return (
            f"{self.verdict}: {self.size:,} numbers, balance before {before}, after {read},"
            f" spent otherwise {self.spent_otherwise:,}"
        )


def weigh(
    before: int | None, size: int, readings: Sequence[BalanceReading], spent_otherwise: int
) -> Evidence:
    """Say what balance readings tell about a batch: fell by exactly its size, never moved, or neither.

    Args:
        before: credits just before the batch was sent.
        size: its numbers.
        readings: taken after the doubt arose, oldest first.
        spent_otherwise: credits known to have been taken by something else since `before` was read.
    """
    verdict = Verdict.CANNOT_TELL
    if before is not None and readings:
        drops = [before - reading.balance - spent_otherwise for reading in readings]
        if drops[-1] == size:
            verdict = Verdict.CHARGED
        elif not any(drops):
            verdict = Verdict.FREE
    return Evidence(
        before, size, spent_otherwise, tuple(readings), verdict, len(readings) >= len(READING_OFFSETS)
    )


def next_reading(readings: Sequence[BalanceReading], now: float) -> float | None:
    """Return when the balance is to be read next for an unknown batch; none when all readings are in."""
    if not readings:
        return now
    if len(readings) >= len(READING_OFFSETS):
        return None
    return readings[0].at + READING_OFFSETS[len(readings)]
