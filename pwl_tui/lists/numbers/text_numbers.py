"""Finds phone numbers in text: chat exports, notes, signatures, lines with several numbers."""

import re

from phonenumbers import Leniency, PhoneNumberMatcher

from pwl_tui.lists.numbers.parse import parse, without_links

_ENOUGH_DIGITS = re.compile(r"(?:\D*\d){7}")
"""Lines with fewer digits have no number."""
_MOMENT = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}:\d{2}(?::\d{2})?")
"""Dates and times of day: chat exports begin every line with them."""
_DIALLED_ABROAD = re.compile(r"(?<![\w+])(?<!\d[ ().\u00a0/-])00(?=[1-9])")
"""The prefix ``00`` at the start of a number, not zeros within one."""
_INTERNATIONAL = re.compile(r"\+\d[\d ().\u00a0-]{5,22}\d(?!\d)")


def numbers_in(line: str, region: str | None) -> list[str]:
    """Return the valid numbers that a line of text mentions, as written there, in order; often none.

    Numbers with ``+`` or ``00`` and links to WhatsApp are found without a region, others need one. Numbers
    that stand alone after a ``+`` are found directly; libphonenumber's matcher finds the rest and recognizes
    dates and the like.

    Args:
        line: any text.
        region: ISO 3166 code of the region that national numbers belong to.
    """
    text = _DIALLED_ABROAD.sub("+", without_links(line))
    if not _ENOUGH_DIGITS.match(text):
        return []
    found: list[tuple[int, str]] = []

    def take(match: re.Match[str]) -> str:
        if parse(match[0], None, "valid", plus_lost=False) < 0:
            return match[0]
        found.append((match.start(), match[0]))
        return "\n" * len(match[0])

    remainder = _INTERNATIONAL.sub(take, text)
    marked = "+" in remainder or "＋" in remainder  # noqa: RUF001 - the wide plus is meant
    if marked or (region and _ENOUGH_DIGITS.match(_MOMENT.sub(" ", remainder))):
        matches = PhoneNumberMatcher(remainder, region, Leniency.VALID)
        found += [(match.start, match.raw_string) for match in matches]
    return [number for _, number in sorted(found)]
