"""Whether digits without a ``+`` begin with a country code. Digits alone seldom tell, and a mistake costs.

A Chinese mobile number such as 13345807302 is also a valid number of North America. So what counts is the
column as a whole: whether nearly all of it is valid with a ``+``, while it is not what people of some country
write for their own mobile numbers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberType

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import NO_COUNTRY_CODE

INTERNATIONAL = "international"
"""What stands for a region where all numbers begin with their country code, with or without a ``+``."""
MOST_WEIGHED = 200
"""How many different numbers decide."""

_ALSO_CALLED = {INTERNATIONAL, "intl", "int'l", "+", "e164", "e.164"}
_SAYS_SO = re.compile(
    r"msisdn|\be\.?164|\bintl\b|international|\bwa ?id\b|\bjid\b|with (?:country|calling|dial)"
)
"""Column names for numbers with their country code, by definition."""
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_NEARLY_ALL = 0.95
_MOSTLY_MOBILE = 0.6
_MOST_NATIONAL = 0.7
"""Share of numbers that may be mobile ones of one country without its code. In a list from there nearly all
are, and of a list of North America about half are Chinese."""
_ENOUGH = 8
"""So many numbers that are not national ones rule a coincidence out."""
_ENOUGH_MIXED = 3
"""The same for numbers of so many different country codes."""

_MAIN_REGIONS = [regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values() if regions[0] != "001"]
"""One for each country code: what is valid in one of its regions is valid in all, and each takes time."""


def is_international(region: str | None) -> bool:
    """Return whether what a person gave as the region says that numbers begin with their country code."""
    return region is not None and region.strip().casefold() in _ALSO_CALLED


class _Bare(NamedTuple):
    """What digits without a ``+`` in a column look like. All but the codes are counts of different cells."""

    all: int
    valid: int
    """With a ``+`` in front."""
    mobile: int
    national: int
    """Mobile numbers without a country code, of the country with the most of them."""
    codes: Set[int]
    """Country codes of the valid ones."""
    marked: int
    """Cells with a ``+``."""
    marked_codes: Set[int]


def why_international(cells: Iterable[str], name: str = "") -> str:
    """Return why numbers without ``+`` in a column begin with their country code; empty if that is unclear.

    Args:
        cells: of the column with the numbers, a sample.
        name: of the column.
    """
    bare = _weighed(cells)
    if not bare.all or bare.valid < bare.all * _NEARLY_ALL or bare.mobile < bare.all * _MOSTLY_MOBILE:
        return ""
    said = _SAYS_SO.search(name.casefold().replace("_", " "))
    mixed = bare.codes <= bare.marked_codes or (bare.marked >= bare.all and not bare.national)
    needed = 1 if said or mixed else _ENOUGH_MIXED if len(bare.codes) >= _ENOUGH_MIXED else _ENOUGH
    if bare.national > bare.all * _MOST_NATIONAL or bare.all - bare.national < needed:
        return ""
    why = "those without a + are valid with one, and not the mobile numbers of one country"
    return f"{why}; the column is called {name!r}" if said else why


def speaks_against(cells: Iterable[str]) -> bool:
    """Return whether some other cells of a column cannot be what `why_international` takes them for."""
    bare = _weighed(cells)
    if bare.all < _ENOUGH:
        return False
    return bare.valid < bare.all * _NEARLY_ALL or bare.national > bare.all * _MOST_NATIONAL


def may_be_mobile(number: int) -> bool:
    """Return whether a number, E.164 without the plus, may be a mobile one."""
    return _kind(number)[1]


def country_code(number: int) -> int:
    """Return the country code of a number, E.164 without the plus."""
    return _kind(number)[0]


def _weighed(cells: Iterable[str]) -> _Bare:
    bare: dict[str, int] = {}
    marked = Counter[int]()
    for cell in cells:
        number = parse(cell, None, "valid", plus_lost=False)
        if number > 0:
            marked[country_code(number)] += 1
        elif number == -NO_COUNTRY_CODE and len(bare) < MOST_WEIGHED:
            bare[cell] = parse(cell, None, "valid")
    valid = [number for number in bare.values() if number > 0]
    enough = valid and len(valid) >= len(bare) * _NEARLY_ALL  # otherwise the rest does not matter
    national = max(_national_in(bare, region) for region in _MAIN_REGIONS) if enough else 0
    codes = set(map(country_code, valid))
    mobile = sum(map(may_be_mobile, valid))
    return _Bare(len(bare), len(valid), mobile, national, codes, marked.total(), marked.keys())


def _national_in(bare: Mapping[str, int], region: str) -> int:
    """Return how many are mobile numbers of a region without its country code."""
    count = 0
    for cell, international in bare.items():
        number = parse(cell, region, "valid", plus_lost=False)
        count += number > 0 and number != international and may_be_mobile(number)
    return count


@lru_cache(10**5)  # bounded, because its argument is foreign
def _kind(number: int) -> tuple[int, bool]:
    """Return the country code of a number, and whether it may be a mobile one."""
    parsed = phonenumbers.parse(f"+{number}")
    return parsed.country_code or 0, phonenumbers.number_type(parsed) in _MOBILE
