"""Which of a batch's numbers a result is about, however the service writes it.

A result that names one of the numbers exactly is that number's. Any other result is compared with the other
ways in which people and WhatsApp write the same line; a way that fits two of the numbers is not used, and
neither is one of a number that another result names exactly. So no number gets another's answer.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from pwl_tui.api.models import NumberAnswer

_LONGEST = 15
"""Digits of a number in E.164."""
_SHORTEST_NATIONAL = 7
_WHATSAPP_ID = re.compile(r"(\d+)(?:[._]\d+)?(?::\d+)?@(?:c\.us|s\.whatsapp\.net)", re.IGNORECASE)
_SCHEME = re.compile(r"(?:tel|callto|sms|whatsapp):|(?:https?://)?wa\.me/", re.IGNORECASE)
_FLOAT = re.compile(r"(\d+)\.0+|(\d\.\d+)[eE]\+?(\d{1,2})")
_AROUND = " '\"`=,;\u2018\u2019\u201c\u201d"
"""What spreadsheets and templates put around a number."""
_TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(0\)")
_WRITTEN = re.compile(r"[\s+\d().\-/\u2010-\u2015\u2212]+")
_ONE_LINE = (
    # Mexico and Argentina: a digit before mobiles, which one writes and the other does not.
    (re.compile(r"521(\d{10})"), "52"),
    (re.compile(r"549(\d{10})"), "54"),
    # Brazil: the ninth digit came in front of mobiles, which began with 6 to 9.
    (re.compile(r"55([1-9]\d)9([6-9]\d{7})"), "55"),
    # Benin: 01 came in front of all numbers in 2024.
    (re.compile(r"22901(\d{8})"), "229"),
)
"""Longer ways to write a number, and how its shorter one begins; the groups follow."""
_ONE_SHORT_LINE = (
    (re.compile(r"52(\d{10})"), "521{}"),
    (re.compile(r"54(\d{10})"), "549{}"),
    (re.compile(r"55([1-9]\d)([6-9]\d{7})"), "55{}9{}"),
    (re.compile(r"229(\d{8})"), "22901{}"),
)
"""The reverse."""
_COUNTRY_CODE = re.compile(
    "[17]|2[07]|3[0-469]|4[0134-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}"  # E.164 assigns them so
)


class Matched(Struct, frozen=True):
    """Which results are about which numbers.

    Attributes:
        found: numbers (E.164 without the plus) with the result about each.
        unfit: results that are about none of them.
    """

    found: list[tuple[int, NumberAnswer]]
    unfit: list[NumberAnswer]


def match(results: Iterable[NumberAnswer], numbers: Collection[int]) -> Matched:
    """Match the results of a poll to the numbers of its batch."""
    ours = frozenset(numbers)
    found: list[tuple[int, NumberAnswer]] = []
    left: list[NumberAnswer] = []
    for one in results:
        written = one.number
        if written[:1] == "+" and written[1:].isdecimal() and (number := int(written[1:])) in ours:
            found.append((number, one))
        elif (named := _named(one, ours)) is not None:
            found.append((named, one))
        else:
            left.append(one)
    if not left:
        return Matched(found, left)
    taken = {number for number, _ in found}
    formatted = _by_format(left, ours, taken)
    others = _Others(ours, taken | set(formatted.values()))
    unfit = []
    for place, one in enumerate(left):
        named = formatted.get(place)
        if named is None:
            named = others.take(one)
        if named is None:
            unfit.append(one)
        else:
            found.append((named, one))
    return Matched(found, unfit)


def holds_exactly(results: Sequence[NumberAnswer], numbers: Collection[int]) -> bool:
    """Return whether the results of a poll are about all of the numbers, and about no others."""
    matched = match(results, numbers)
    return not matched.unfit and {number for number, _ in matched.found} == set(numbers)


def number_in(one: NumberAnswer) -> int | None:
    """Return the number that a result of an unknown batch is about, without the plus. None means none."""
    written = [text for text in (one.number, one.other) if _read(text) is not None]
    best = next((text for text in written if _is_international(text)), written[0] if written else "")
    return _read(best)


def _named(one: NumberAnswer, ours: frozenset[int]) -> int | None:
    """Return the one of our numbers that a result names in full, in the place for it."""
    number = _read(one.number)
    if number not in ours:
        return None
    # Written without its country code, it can happen to be another number of ours in full.
    other = None if _is_international(one.number) else _read(one.other)
    return other if other in ours and other != number and str(other).endswith(str(number)) else number


def _by_format(left: Sequence[NumberAnswer], ours: frozenset[int], taken: set[int]) -> dict[int, int]:
    """Return the numbers that results name in full only as they are formatted, by the results' place.

    The format may be WhatsApp's, the same for two of our numbers: then each must be claimed once.
    """
    read = {place: _read(one.other) for place, one in enumerate(left)}
    claims = {place: number for place, number in read.items() if number in ours and number not in taken}
    counts = Counter(claims.values())
    clear = {
        number
        for number, count in counts.items()
        if all(way in taken or (count == 1 and counts[way] == 1) for way in same_line(number) if way in ours)
    }
    return {place: number for place, number in claims.items() if number in clear}


class _Others:
    """Other ways to write the numbers of a batch, each of which fits one of them only.

    Args:
        ours: the numbers.
        taken: those that a result names exactly.
    """

    def __init__(self, ours: frozenset[int], taken: set[int]) -> None:
        self._free = set(ours - taken)
        self._lines = _unique(
            (way, number) for number in ours for way in same_line(number) if way not in ours
        )
        self._national = _unique((national(number), number) for number in ours)

    def take(self, one: NumberAnswer) -> int | None:
        """Return the number that a result is about, once."""
        texts = (one.number, one.other)
        ways = [(self._lines, text) for text in texts]
        ways += [(self._national, text) for text in texts if not _is_international(text)]
        for numbers, text in ways:
            read = _read(text)
            number = None if read is None else numbers.get(read)
            if number is not None and number in self._free:
                self._free.remove(number)
                return number
        return None


def _unique(pairs: Iterable[tuple[int, int]]) -> dict[int, int | None]:
    """Return what each way stands for. None means for several numbers, or that it is too short to tell."""
    ways: dict[int, int | None] = {}
    for way, number in pairs:
        ways[way] = (
            number if ways.get(way, number) == number and way >= 10 ** (_SHORTEST_NATIONAL - 1) else None
        )
    return ways


def same_line(number: int) -> Iterator[int]:
    """Yield the other full numbers that the same line has: with or without a digit that came or went."""
    digits = str(number)
    for longer, code in _ONE_LINE:
        if parts := longer.fullmatch(digits):
            yield int(code + "".join(parts.groups()))
    for shorter, form in _ONE_SHORT_LINE:
        if parts := shorter.fullmatch(digits):
            yield int(form.format(*parts.groups()))


def national(number: int) -> int:
    """Return a number without its country code; leading zeros do not count."""
    digits = str(number)
    code = _COUNTRY_CODE.match(digits)
    return int(digits[code.end() :] or 0) if code else 0


def _is_international(text: str) -> bool:
    return text.startswith(("+", "00")) or "@" in text


def _read(text: str) -> int | None:
    """Return the digits of a phone number as it may be written, without ``+`` or ``00``. None: it is none."""
    text = unicodedata.normalize("NFKC", text).strip().strip(_AROUND)
    text = _SCHEME.sub("", text, count=1) if text[:1].isalpha() else text
    if whatsapp := _WHATSAPP_ID.fullmatch(text.lstrip("+")):
        text = whatsapp[1]
    elif number := _FLOAT.fullmatch(text.lstrip("+")):
        text = number[1] or f"{float(number[0].removeprefix('+')):.0f}"
    if not _WRITTEN.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", _TRUNK_ZERO.sub("", text))
    value = int(digits) if digits else 0
    return value if 0 < value < 10**_LONGEST else None
