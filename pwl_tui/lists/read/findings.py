"""What a look at a list has shown, how sure that is, and why: for people to see and to correct."""

from typing import Literal

import msgspec

Aspect = Literal["sheet", "encoding", "delimiter", "header", "column", "region"]
"""What can be found, in the order in which it is told; each can be overridden."""

Sureness = Literal["given", "sure", "likely", "guess"]
"""``given``: the person said so. ``sure``: it cannot well be otherwise. ``likely``: nothing speaks against
it. ``guess``: have a look."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found about how a list is written."""

    aspect: Aspect
    value: str
    """In words for people; safe to show."""
    sure: Sureness
    why: str
    """A few words, such as ``byte order mark``; empty where the person said so."""


class Candidate(msgspec.Struct, frozen=True):
    """A column that looks like one with phone numbers."""

    column: int
    """Counted from 0."""
    valid: float
    """Share of valid numbers among those of its cells that were looked at and are not empty."""


class Offer(msgspec.Struct, frozen=True):
    """A region that would make numbers of rows without a country code."""

    region: str
    valid: float
    """Share of those rows, of the ones looked at, that hold a valid number then."""


def given(aspect: Aspect, value: str) -> Finding:
    """Return the finding for what the person said."""
    return Finding(aspect, value, "given", "")
