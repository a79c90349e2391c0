"""What the balance says about a batch whose outcome is unknown. It advises; only the person decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Evidence:
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
