"""Guesses where numbers without a country code belong. A guess is only offered, because using it costs."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat
from phonenumbers.phonemetadata import PhoneNumberDesc

from pwl_tui.lists.numbers.international import INTERNATIONAL, country_code, may_be_mobile
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import NOT_VALID
from pwl_tui.lists.read.findings import RegionGuess

MOST_WEIGHED = 1000
"""How many cells are looked at."""

_REGIONS = """
US IN BR ID DE GB MX FR TR NG IT ES PK EG ZA RU CO AR SA PH MY KE AE PL NL CN JP KR VN TH BD UA RO MA DZ PE CL
VE EC GT CU BO DO HN PY SV NI CR PA UY PT BE GR CZ HU SE AT CH IL BG DK FI SK NO IE HR RS LT SI LV EE AU NZ SG
HK TW LK NP KH MM IR IQ SY JO LB YE SD TN LY GH CI CM SN UG TZ ET AO MZ MG ZM ZW KZ UZ AZ GE AM QA KW OM BH CY
RW BF ML NE BJ TG TD CD CG GA GN SL LR MW NA BW LS SZ SO SS ER DJ BI MR GM GW MU CV BY MD MK AL BA ME XK TJ KG
TM MN AF PS LA MO BN BT MV PG FJ HT GY SR IS LU MT LI
"""
"""The larger regions. Of equally good ones, those come first whose people use WhatsApp the most."""
_WORTH_OFFERING = 0.5
_PER_FIXED = 0.6
"""What a number that is not a mobile one counts, at most, for a region to be offered."""
_FEW = 50
_CLOSELY_WEIGHED = 100
_PREFIXES = 1000

# Of a list of mobile numbers from one country, such shares are expected:
_MOBILE, _FIXED, _INVALID = 0.9, 0.08, 0.02
_UNASSIGNED = 0.003
"""Those that are invalid though they have the right length: people type digits too many or too few."""
_NEIGHBOR = 0.1
"""How likely numbers are of another region with the same country code, such as Canada's, beside the own."""
_MOST_TELLING = 3.0
"""Powers of ten: no single number tells more, whatever its plan."""
_LIST_TELLS = 8.0
"""So much as this many independent numbers a long list tells; a list of as many, a quarter. The numbers of a
list are alike: its people are from one town or with one carrier, and its prefixes not spread evenly."""
_NOTATION = 0.5
"""Powers of ten that the notation of a list tells: spreadsheets and programs change it for all its rows."""
_PUNCTUATION = 4.0
"""The same for the very brackets, hyphens and spaces of a country."""
_SPREAD_OF_REGIONS = 1.0
"""Powers of ten between the first and the last of `_REGIONS`."""
_CLUE = 6.0
"""Powers of ten that a clear clue tells, such as the domain of mail addresses."""
_COUNTRY = 0.05
"""The share of a country in a list of several."""
_OTHER_CODE = 1.0
"""Powers of ten that each further country code tells, up to three."""
_DIGIT = re.compile(r"\d")


class _Fit(NamedTuple):
    """How well cells fit a region; the higher the `score`, the likelier."""

    score: float
    guess: RegionGuess


def guess_regions(
    cells: Sequence[str], present: Collection[str] = (), clues: Mapping[str, float] | None = None
) -> tuple[RegionGuess, ...]:
    """Return the regions that cells without a country code may belong to, the likeliest first; often empty.

    Nearly any number is valid somewhere. So regions are compared by how likely they are to have just these
    numbers. Where all numbers fit a narrow plan, it is unlikely that they come from a wide one (Germany's has
    nearly any digits), and a number that does not fit speaks against a region. How numbers are written counts
    once for the list, and what else the list says counts most.

    Args:
        cells: some that have no country code, at most `MOST_WEIGHED`.
        present: regions of other numbers in the list.
        clues: by region, how much the rest of the list looks like one from there, see `region_clues`.
    """
    if not cells:
        return ()
    known = clues or {}
    order = _REGIONS.split()
    tried = [
        _fit(cells, region, known.get(region, 0.0) + (region in present), place / len(order))
        for place, region in enumerate(order)
    ]
    fits = [fit for fit in (*tried, _fit_abroad(cells)) if fit is not None]
    return tuple(fit.guess for fit in sorted(fits, key=lambda fit: -fit.score))


def _fit(cells: Sequence[str], region: str, known: float, place: float) -> _Fit | None:
    """Return how well cells fit a region, unless too few do.

    Args:
        cells: see `guess_regions`.
        region: ISO 3166 code.
        known: how much else speaks for it, 1 for a clear clue.
        place: where it is among all, from 0 to 1.
    """
    # A few cells rule out most regions.
    if _valid(cells[:_FEW], region) < _WORTH_OFFERING / 2:
        return None
    valid = _valid(cells, region)
    if valid < _WORTH_OFFERING:
        return None
    looked_at = cells[:: max(1, len(cells) // _CLOSELY_WEIGHED)]
    weight = told = usual = punctuated = 0.0
    for cell in looked_at:
        number = parse(cell, region, "valid", plus_lost=False)
        if number < 0:
            told += math.log10(_UNASSIGNED if number == -NOT_VALID else _INVALID)
            continue
        parsed = phonenumbers.parse(f"+{number}")
        written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
        digits = _DIGIT.findall(cell)
        alike = digits == _DIGIT.findall(written)
        exact = written == cell.strip()
        usual += (alike + exact) / 2
        punctuated += exact and not written.isdecimal()
        is_mobile = may_be_mobile(number)
        length = len(phonenumbers.national_significant_number(parsed))
        its_own = phonenumbers.region_code_for_number(parsed) or region
        density = _density(its_own, length, is_mobile)
        density *= 0.1 ** (len(digits) > length)  # a national prefix is a digit more that fits
        own = 1 if its_own == region else _NEIGHBOR
        weight += 1 if is_mobile else _PER_FIXED * (1 - density)
        told += min(math.log10(own * (_MOBILE if is_mobile else _FIXED) / density), _MOST_TELLING)
    count = len(looked_at)
    if weight / count + min(known, 0.3) < _WORTH_OFFERING:
        return None
    notation = (2 * _NOTATION * usual + _PUNCTUATION * punctuated) / count
    score = _of_list(told, count) + notation - _SPREAD_OF_REGIONS * place
    return _Fit(score + _CLUE * known, RegionGuess(region, valid))


def _of_list(told: float, count: int) -> float:
    """Return what the numbers of a list tell together, in powers of ten."""
    share = count / (count + _LIST_TELLS)
    return told / count * _LIST_TELLS * share**2


def _fit_abroad(cells: Sequence[str]) -> _Fit | None:
    """Return how well cells fit as numbers that begin with their country code, and lost the ``+``."""
    numbers = [number for cell in cells if (number := parse(cell, None, "valid")) > 0]
    valid = len(numbers) / len(cells)
    mobile = sum(map(may_be_mobile, numbers))
    if mobile < _WORTH_OFFERING * len(cells):
        return None
    codes = len({country_code(number) for number in numbers})
    told = sum(map(_told_abroad, numbers)) + (len(cells) - len(numbers)) * math.log10(_INVALID)
    score = _of_list(told, len(cells)) + _OTHER_CODE * min(codes - 1, 3)
    return _Fit(score, RegionGuess(INTERNATIONAL, valid))


def _told_abroad(number: int) -> float:
    """Return what a number tells that begins with its country code: few digits fit one and the plan there."""
    parsed = phonenumbers.parse(f"+{number}")
    region = phonenumbers.region_code_for_number(parsed)
    if region is None or region not in phonenumbers.SUPPORTED_REGIONS:
        return math.log10(_INVALID)
    is_mobile = may_be_mobile(number)
    code, national = str(parsed.country_code), phonenumbers.national_significant_number(parsed)
    density = _density(region, len(national), is_mobile) * 0.1 ** len(code)
    return math.log10(_COUNTRY * (_MOBILE if is_mobile else _FIXED) / density)


def _valid(cells: Sequence[str], region: str) -> float:
    return sum(parse(cell, region, "valid", plus_lost=False) > 0 for cell in cells) / len(cells)


@cache
def _density(region: str, length: int, mobile: bool) -> float:
    """Return the share of so many random digits that are a mobile number of a region, or a valid one."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise AssertionError(f"libphonenumber has no region {region}")
    kinds = [metadata.mobile] if mobile else [metadata.mobile, metadata.fixed_line]
    patterns = [re.compile(pattern) for kind in kinds if (pattern := _pattern(kind))]
    tail = "7294618530"[: max(length - 3, 0)]
    fitting = sum(
        any(pattern.fullmatch(f"{prefix:03}{tail}") for pattern in patterns) for prefix in range(_PREFIXES)
    )
    return max(fitting, 1) / _PREFIXES


def _pattern(kind: PhoneNumberDesc | None) -> str | None:
    return kind.national_number_pattern if kind else None
