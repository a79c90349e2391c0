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
"""What a number that is not a mobile one counts, at most."""
_PER_NEIGHBOR = 0.8
"""What a number of another region with the same country code counts, such as Canada's."""
_FEW = 50
_CLOSELY_WEIGHED = 100
_FEW_TELL = 8
"""Of so many numbers, that all are in a narrow plan is half as telling as of a great many."""
_MOST_DIGITS = 3
"""Powers of ten by which a plan of numbers can narrow down what fits it."""
_PREFIXES = 1000
_DIGIT = re.compile(r"\d")


class _Fit(NamedTuple):
    """How well cells fit a region; the higher the `score`, the likelier."""

    score: float
    guess: RegionGuess


def guess_regions(
    cells: Sequence[str], present: Collection[str] = (), clues: Mapping[str, float] | None = None
) -> tuple[RegionGuess, ...]:
    """Return the regions that cells without a country code may belong to, the likeliest first; often empty.

    Nearly any number is valid somewhere. So mobile numbers, numbers written the way their country does, and
    numbers that fit a narrow plan count for more than others, and what else the list says counts most.

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
        _fit(cells, region, known.get(region, 0.0) + (region in present) - 0.2 * place / len(order))
        for place, region in enumerate(order)
    ]
    fits = [fit for fit in (*tried, _fit_abroad(cells)) if fit is not None]
    return tuple(fit.guess for fit in sorted(fits, key=lambda fit: -fit.score))


def _fit(cells: Sequence[str], region: str, known: float) -> _Fit | None:
    # A few cells rule out most regions.
    if _valid(cells[:_FEW], region) < _WORTH_OFFERING / 2:
        return None
    valid = _valid(cells, region)
    if valid < _WORTH_OFFERING:
        return None
    looked_at = cells[:: max(1, len(cells) // _CLOSELY_WEIGHED)]
    weight = narrow = usual = 0.0
    for cell in looked_at:
        number = parse(cell, region, "valid", plus_lost=False)
        if number < 0:
            continue
        parsed = phonenumbers.parse(f"+{number}")
        written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
        digits = _DIGIT.findall(cell)
        alike = digits == _DIGIT.findall(written)
        usual += (alike + (written == cell.strip())) / 2
        is_mobile = may_be_mobile(number)
        length = len(phonenumbers.national_significant_number(parsed))
        density = _density(region, length, is_mobile)
        density *= 0.1 ** (len(digits) > length)  # a national prefix is a digit more that fits
        own = 1 if phonenumbers.region_code_for_number(parsed) == region else _PER_NEIGHBOR
        weight += own if is_mobile else own * _PER_FIXED * (1 - density)
        narrow += min(-math.log10(density), _MOST_DIGITS) / _MOST_DIGITS
    count = len(looked_at)
    if weight / count + min(known, 0.3) < _WORTH_OFFERING:
        return None
    telling = count / (count + _FEW_TELL)
    score = (2 * weight + 0.6 * narrow * telling + 0.4 * usual) / count + known
    return _Fit(score, RegionGuess(region, valid))


def _fit_abroad(cells: Sequence[str]) -> _Fit | None:
    """Return how well cells fit as numbers that begin with their country code, and lost the ``+``."""
    numbers = [number for cell in cells if (number := parse(cell, None, "valid")) > 0]
    valid = len(numbers) / len(cells)
    mobile = sum(map(may_be_mobile, numbers)) / len(cells)
    if mobile < _WORTH_OFFERING:
        return None
    codes = len({country_code(number) for number in numbers})
    return _Fit(2 * mobile + 0.3 * min(codes - 1, 3), RegionGuess(INTERNATIONAL, valid))


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
