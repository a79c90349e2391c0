"""Finds phone numbers in text: chat exports, notes, signatures, lines with several numbers."""

import re
from collections.abc import Sequence

from phonenumbers import Leniency, PhoneNumberMatcher, is_valid_number

from pwl_tui.lists.numbers.letters import may_touch
from pwl_tui.lists.numbers.parse import RENUMBERED, parse, without_links
from pwl_tui.plain import plain

_ENOUGH_DIGITS = re.compile(r"(?:\D*\d){7}")
"""Lines with fewer digits have no number."""
_MOMENT = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}:\d{2}(?::\d{2})?")
"""Dates and times of day: chat exports begin every line with them."""
_DIALLED_ABROAD = re.compile(r"(?<![\w+])(?<!\d[ ().\u00a0/-])00(?=[1-9])")
"""The prefix ``00`` at the start of a number, not zeros within one."""
_INTERNATIONAL = re.compile(r"\+\d[\d ().-]{5,22}\d(?![^\W_])")
_TOUCHING = re.compile(r"\d[^\W\d_]|[^\W\d_][-_#/]?\d")
_TOUCHES = re.compile(r"(?:(?<=\d)|(?<![^\W\d_]))([^\W\d_]+)(?:[-_#/]?(?=\d))?")
_WORD = re.compile(r"\S+")
_DIGITS = re.compile(r"[\d().+/,;:-]*\d[\d().+/,;:-]*")
_NATIONAL = re.compile(r"(?<![\w+.,/:@#-])\(?\d[\d ().-]{6,16}\d(?![\w@]|[/:.-]\w)")
_FEWEST_NATIONAL, _FEWEST_BARE, _MOST_NATIONAL = 8, 10, 11
"""Digits of numbers that need a region; fewer than ten may be anything, unless they begin with a 0."""
_OTHER_WORD = re.compile(r"\W*(?:\d{1,2}[^\W\d_]{2,}|[^\W\d_]{2,}\d{1,2})\W*")
"""A word such as ``10am``, ``2nd`` or ``Room12``, which is no part of a number."""
_EXTENDED = re.compile(r"[^a-z]*\d(?:x|ext)\.?\d{1,7}\W*", re.IGNORECASE)
_DIGITS_AROUND_A_LETTER = 8
"""How many make a number of which one digit was typed as a letter."""


def numbers_in(line: str, region: str | None) -> list[str]:
    """Return the numbers that a line of text mentions, as written there in plain characters, in order.

    Numbers with ``+`` or ``00``, links to WhatsApp and its ids are found without a region, others need one.
    Numbers that stand alone after a ``+`` are found directly; libphonenumber's matcher finds the rest and
    recognizes dates and the like. Digits that touch letters are cut out of something else, and are none. All
    are valid, except what would be a number but for a letter in the place of a digit.

    Args:
        line: any text.
        region: ISO 3166 code of the region that national numbers belong to.
    """
    text = _plain(line)
    if not _ENOUGH_DIGITS.match(text):
        return []
    found: list[tuple[int, str]] = []

    def take(match: re.Match[str]) -> str:
        if parse(match[0], None, "valid", plus_lost=False) < 0:
            return match[0]
        found.append((match.start(), match[0]))
        return "\n" * len(match[0])

    if _TOUCHING.search(text):
        text = _without_touched(text, found)
    remainder = _INTERNATIONAL.sub(take, text)
    if "+" in remainder or (region and _ENOUGH_DIGITS.match(_MOMENT.sub(" ", remainder))):
        matches = PhoneNumberMatcher(remainder, region, Leniency.VALID)
        found += [(match.start, match.raw_string) for match in matches]
        if region in RENUMBERED:
            found += _of_former_days(remainder, region)
    return [number for _, number in sorted(found)]


def unusable_in(line: str, found: Sequence[str]) -> list[str]:
    """Return what begins with ``+`` in a line and is no number.

    Args:
        line: as for `numbers_in`.
        found: the numbers that it has found there.
    """
    text = _without_found(line, found)
    return [match[0] for match in _INTERNATIONAL.finditer(text)] if "+" in text else []


def national_in(line: str, found: Sequence[str]) -> int:
    """Return how many numbers a line seems to mention that need a region: with a 0 or ``(`` first, or long.

    Args:
        line: as for `numbers_in`.
        found: the numbers that it has found there without a region.
    """
    text = _without_found(line, found)
    if not _ENOUGH_DIGITS.match(text):
        return 0
    written = [match[0] for match in _NATIONAL.finditer(_MOMENT.sub("\n", text))]
    digits = [sum(map(str.isdecimal, each)) for each in written]
    return sum(
        (_FEWEST_NATIONAL if each[0] in "0(" else _FEWEST_BARE) <= count <= _MOST_NATIONAL
        for each, count in zip(written, digits, strict=True)
    )


def _plain(line: str) -> str:
    return _DIALLED_ABROAD.sub("+", without_links(plain(line)))


def _without_found(line: str, found: Sequence[str]) -> str:
    """Return a line in plain characters without the numbers that `numbers_in` has found there."""
    text, parts, at = _plain(line), list[str](), 0
    for number in found:
        place = text.find(number, at)
        if place >= 0:
            parts.append(text[at:place])
            at = place + len(number)
    return "\n".join([*parts, text[at:]])


def _without_touched(text: str, found: list[tuple[int, str]]) -> str:
    """Return a text with the digits left out that touch letters, and the groups of digits beside them.

    Args:
        text: a line.
        found: gets those that would be a number but for one letter, and where they start.
    """
    words = list(_WORD.finditer(text))
    left = list(text)
    done = 0
    for place, word in enumerate(words):
        if place < done or not _touched(word[0]):
            continue
        first, done = place, place + 1
        if not _OTHER_WORD.fullmatch(word[0]):
            while first and _DIGITS.fullmatch(words[first - 1][0]) and not words[first][0].startswith("+"):
                first -= 1
            while done < len(words) and _goes_on(words[done][0]):
                done += 1
        start, end = words[first].start(), words[done - 1].end()
        group = text[start:end]
        digits, letters = sum(map(str.isdecimal, group)), sum(map(str.isalpha, group))
        if letters == 1 and digits >= _DIGITS_AROUND_A_LETTER:
            found.append((start, group))
        left[start:end] = "\n" * (end - start)
    return "".join(left)


def _touched(word: str) -> bool:
    """Return whether letters touch the digits of a word that may not."""
    if not _TOUCHING.search(word) or _EXTENDED.fullmatch(word):
        return False
    return not all(may_touch(letters[1]) for letters in _TOUCHES.finditer(word))


def _goes_on(word: str) -> bool:
    """Return whether a word may be the rest of a number: more digits, or some that touch letters, too."""
    if word.startswith("+"):
        return False
    return bool(_DIGITS.fullmatch(word)) or (_touched(word) and not _OTHER_WORD.fullmatch(word))


def _of_former_days(text: str, region: str) -> list[tuple[int, str]]:
    """Return the numbers that are valid only as they are dialed today, and where they start."""
    matches = PhoneNumberMatcher(text, region, Leniency.POSSIBLE)
    return [
        (match.start, match.raw_string)
        for match in matches
        if not is_valid_number(match.number) and parse(match.raw_string, region, "valid", plus_lost=False) > 0
    ]
