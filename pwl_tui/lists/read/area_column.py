"""Finds the column with the area code of each row, and joins it to a number that is written without it.

In Brazil that is the DDD, often between a column for the country (DDI) and one for the rest of the number.
"""

import re
from collections.abc import Sequence

from pwl_tui.lists.numbers.international import country_code, may_be_mobile
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.read.reading import Strictness

_NAMES = re.compile(
    r"\bddds?\b|\barea[\s_-]?code|\bc[óo]d(?:igo)?\.?(?:[\s_-]d[ea])?[\s_-][áa]rea\b|\bcity[\s_-]?code"
    r"|\bstd[\s_-]?code|ortsvorwahl|ortskennzahl|\bindicatif[\s_-]r[ée]gional"
)
_CODE = re.compile(r"\(?\d{1,5}\)?")
_NEARLY_ALL = 0.9
_LONGEST_LOCAL = 8
"""Digits that may well be those of a telephone in a large city, though they are valid by themselves, too."""


def find_area_column(rows: Sequence[Sequence[str]], names: Sequence[str]) -> int | None:
    """Return the index of the column that is called so and has a few digits in nearly every row, if any.

    Args:
        rows: a sample.
        names: of the columns.
    """
    for place, name in enumerate(names):
        if _NAMES.search(name.casefold()):
            cells = [text for row in rows if place < len(row) and (text := row[place].strip())]
            codes = sum(_CODE.fullmatch(cell) is not None for cell in cells)
            if cells and codes >= len(cells) * _NEARLY_ALL:
                return place
    return None


def with_area(
    row: Sequence[str], place: int, area: int | None, region: str | None, strictness: Strictness = "valid"
) -> str:
    """Return the text of a row's number, with its area code if it is a number only with that.

    Where it is one either way, it is joined, but for mobile numbers and those with their country code.

    Args:
        row: its cells.
        place: the index of the cell with the number; it may be missing.
        area: the index of the cell with the area code. None means there is none.
        region: where national numbers belong.
        strictness: what is good enough for a number.
    """
    text = row[place] if place < len(row) else ""
    code = row[area].strip(" ()") if area is not None and area < len(row) else ""
    bare = text.strip()
    if region is None or not code.isdecimal() or not bare or bare.startswith(("+", "0", "(")):
        return text
    if bare.startswith(code) and parse(bare, region, strictness, plus_lost=False) > 0:
        return text  # the code is in both
    joined = f"{code} {bare}"
    number = parse(joined, region, strictness, plus_lost=False)
    return text if number <= 0 or _is_whole(bare, region, number) else joined


def _is_whole(bare: str, region: str, joined: int) -> bool:
    """Return whether digits without an area code are a number that has none, or has its country code.

    Args:
        bare: the digits, perhaps with marks between.
        region: where national numbers belong.
        joined: the number that they are with the area code, E.164 without the plus.
    """
    if sum(map(str.isdecimal, bare)) <= _LONGEST_LOCAL:
        return False
    number = parse(bare, region, "valid", plus_lost=False)
    if number <= 0:
        return False
    return bare.startswith(str(country_code(number))) or (may_be_mobile(number) and not may_be_mobile(joined))


def area_codes_help(
    rows: Sequence[Sequence[str]], place: int, area: int, regions: Sequence[str | None]
) -> bool:
    """Return whether half of the texts in some rows that are no number by themselves are one with area codes.

    Where texts are numbers either way, most must be joined: otherwise the codes belong to whole numbers.

    Args:
        rows: a sample.
        place: the column with the numbers.
        area: the column with the area codes.
        regions: of each row, where its number belongs.
    """
    lacking = helped = either = whole = 0
    for row, region in zip(rows, regions, strict=True):
        if place < len(row) and row[place].strip():
            joined = with_area(row, place, area, region) != row[place]
            if parse(row[place], region, "valid", plus_lost=False) > 0:
                whole += 1
                either += joined
            else:
                lacking += 1
                helped += joined
    if either and (helped + either) * 2 <= lacking + whole:
        return False
    return helped + either > 0 and helped * 2 >= lacking
