"""A sample: what its answers say about the whole list."""

from typing import Final, NamedTuple

from pwl_tui.engine.jobs.sampling import Rates, Share
from pwl_tui.wording.figures import counted, grouped

NOTE: Final = "Drawn at random: with 95% confidence, the whole list is within these ranges."
_DIGITS: Final = 3
"""Significant digits of an extrapolated count: more would pretend to know them."""


class Rate(NamedTuple):
    """One row of the table.

    Attributes:
        name: what the rate is of.
        share: of the sample, and the range for the whole list: ``34% (30% to 38%)``.
        extrapolated: how many numbers that makes of those left out: ``1,200 (1,060 to 1,350)``.
    """

    name: str
    share: str
    extrapolated: str


def heads(rates: Rates, left_out: int) -> tuple[str, str, str]:
    """Return the heads of the table."""
    return "", f"of {grouped(rates.answered)} answered", f"of the {grouped(left_out)} left out, about"


def table(rates: Rates, left_out: int) -> list[Rate]:
    """Return the rates: of what was asked, and what that makes of the numbers left out."""
    shares = (("on WhatsApp", rates.on_whatsapp), ("business", rates.business), ("failed", rates.failed))
    return [Rate(name, str(share), _extrapolated(share, left_out)) for name, share in shares]


def rest(left_out: int) -> str:
    """Return what sending the rest of a list costs."""
    numbers, price = counted(left_out, "number"), counted(left_out, "credit")
    sending = f"sending {'it' if left_out == 1 else 'them'} costs {price} at most"
    return f"{numbers} left out: {sending}. Known results are not paid for again."


def _extrapolated(share: Share, numbers: int) -> str:
    value, low, high = (_rounded(part * numbers) for part in (share.value, share.low, share.high))
    return f"{grouped(value)} ({grouped(low)} to {grouped(high)})"


def _rounded(count: float) -> int:
    whole = round(count)
    return round(whole, min(_DIGITS - len(str(whole)), 0))
