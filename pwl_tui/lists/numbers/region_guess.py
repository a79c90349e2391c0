"""Guesses where numbers without a country code belong. A guess is only offered, because using it costs."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.read.findings import RegionGuess

MOST_WEIGHED = 1000
"""How many cells are looked at."""

_LIKELY = """
US IN BR ID DE GB MX FR TR NG IT ES PK EG ZA RU CO AR SA PH MY KE AE PL NL CN JP KR VN TH BD UA RO MA DZ PE CL
VE EC GT CU BO DO HN PY SV NI CR PA UY PT BE GR CZ HU SE AT CH IL BG DK FI SK NO IE HR RS LT SI LV EE AU NZ SG
HK TW LK NP KH MM IR IQ SY JO LB YE SD TN LY GH CI CM SN UG TZ ET AO MZ MG ZM ZW KZ UZ AZ GE AM QA KW OM BH CY
"""
"""The larger regions. Of equally good ones, those come first whose people use WhatsApp the most."""
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_WORTH_OFFERING = 0.5
_MOST_OFFERED = 3
_CLOSELY_WEIGHED = 100


class _Fit(NamedTuple):
    """How well cells fit a region; `score` is 0 to about 2."""

    score: float
    guess: RegionGuess


def guess_regions(cells: Sequence[str], present: Collection[str] = ()) -> tuple[RegionGuess, ...]:
    """Return the regions that cells without a country code may belong to, the likeliest first; often empty.

    Nearly any number is valid somewhere. So mobile numbers, numbers written the way their country does, and
    regions of other numbers in the list count for more.

    Args:
        cells: some that have no country code, at most `MOST_WEIGHED`.
        present: regions of other numbers in the list.
    """
    if not cells:
        return ()
    tried = (_fit(cells, region, region in present) for region in _LIKELY.split())
    fits = sorted((fit for fit in tried if fit is not None), key=lambda fit: -fit.score)
    return tuple(fit.guess for fit in fits[:_MOST_OFFERED])


def _fit(cells: Sequence[str], region: str, present: bool) -> _Fit | None:
    # A few cells rule out most regions.
    if _valid(cells[: _CLOSELY_WEIGHED // 2], region) < _WORTH_OFFERING / 2:
        return None
    valid = _valid(cells, region)
    if valid < _WORTH_OFFERING:
        return None
    usual = 0
    for cell in cells[:_CLOSELY_WEIGHED]:
        number = parse(cell, region, "valid", plus_lost=False)
        if number > 0:
            parsed = phonenumbers.parse(f"+{number}")
            usual += phonenumbers.number_type(parsed) in _MOBILE
            usual += phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL) == cell.strip()
    share = usual / min(len(cells), _CLOSELY_WEIGHED)
    return _Fit(valid * (1 + share / 2) + present, RegionGuess(region, valid))


def _valid(cells: Sequence[str], region: str) -> float:
    return sum(parse(cell, region, "valid", plus_lost=False) > 0 for cell in cells) / len(cells)
