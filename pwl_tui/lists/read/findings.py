"""What was detected in a list, how sure that is, and why: for people to see and correct."""

from typing import Literal

import msgspec

Aspect = Literal["sheet", "encoding", "delimiter", "header", "column", "region"]
"""What can be detected, in the order in which it is shown; the person can override each."""

Sureness = Literal["given", "sure", "likely", "guess"]
"""``given``: the person said so. ``sure``: hardly anything else is possible. ``likely``: nothing contradicts
it. ``guess``: the person should check it."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was detected about how a list is written."""

    aspect: Aspect
    value: str
    """What was found, in words for people; safe to show."""
    sure: Sureness
    why: str
    """The reason in a few words, such as ``byte order mark``; empty if the person said so."""


class Candidate(msgspec.Struct, frozen=True):
    """A column that seems to have phone numbers."""

    column: int
    """Its index."""
    valid: float
    """Share of valid numbers among its non-empty cells in the sample."""


class RegionGuess(msgspec.Struct, frozen=True):
    """A region that would turn rows without a country code into numbers."""

    region: str
    """As the person may give it: a code of ISO 3166, or ``international``."""
    valid: float
    """Share of those rows, among the ones looked at, that would have a valid number."""


class Example(msgspec.Struct, frozen=True):
    """How a cell is read: what the person should see before paying for it."""

    cell: str
    """As written, shortened; not safe to show."""
    number: int
    """E.164 without the plus."""
    written: str
    """The number as people write it: ``+1 415 555 2671``."""
    region: str
    """Where it belongs, as a code of ISO 3166; empty if it belongs to no country."""


def given(aspect: Aspect, value: str) -> Finding:
    """Return the finding for something the person said."""
    return Finding(aspect, value, "given", "")
