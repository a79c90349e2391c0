"""Detects whether a list has a header and which column holds the numbers: by contents first, then by name."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pwl_tui.lists.errors import unusable
from pwl_tui.lists.numbers import NO_COUNTRY_CODE, parse
from pwl_tui.text import clean

_MOBILE = re.compile(
    r"whats\s*app|mobil|móvil|movil|cell?ular|\bcell|handy|\bgsm\b|portable|msisdn|моб|手机|手機|جوال"
)
_PHONE = re.compile(r"phone|\bfon\b|\btel\b|telef|teléf|télé|t[eé]l\.|telf|телеф|電話|电话|هاتف|전화|फ़ोन|फोन")
_NUMBER = re.compile(r"n[uú]mer|number|nummer|номер")
_FAX = re.compile(r"fax")
_DATE = re.compile(r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})(?:[T ].*)?")
_AMOUNT = re.compile(r"-?\d+[.,]\d{1,2}")
_PLACEHOLDERS = {"n/a", "na", "nan", "nil", "none", "null", "unknown", "-", "?"}
_NAMES_SHOWN = 20
_CELLS_WEIGHED = 10_000
"""How many cells are looked at to find the column: the wider a list, the fewer of its rows."""


class Layout(NamedTuple):
    """The columns of a list.

    Attributes:
        header: whether the first record names the columns.
        columns: their names, safe to show and all different; ``column 1`` and so on where they have none.
        column: which of them holds the numbers, counted from 0.
    """

    header: bool
    columns: tuple[str, ...]
    column: int


def find_layout(
    sample: Sequence[Sequence[str]], column: str | None, header: bool | None, region: str | None
) -> Layout:
    """Say how the columns of a list lie.

    Args:
        sample: its first records, at least one.
        column: the name of the column with the numbers, or its place counted from 1; none: to be detected.
        header: whether the first record is a header; none: to be detected.
        region: where national numbers belong.

    Raises:
        ListError: there is no such column.
    """
    first, rest = sample[0], sample[1:] or sample
    width = max(1, *map(len, sample))
    names = name_columns(first, width)
    if column is None:
        weighed = rest[: 1 + _CELLS_WEIGHED // width]
        # The first of equals.
        index = max(range(width), key=lambda place: _score(weighed, place, names[place], region))
    else:
        index = _named(column, names if header is not False else name_columns((), width))
        if header is None and names[index].casefold() == column.strip().casefold():
            header = True
    if header is None:
        header = index < len(first) and _is_name(first[index])
    return Layout(header, names if header else name_columns((), width), index)


def plus_is_lost(cells: Sequence[str], region: str | None) -> bool:
    """Say whether numbers without ``+`` are international ones that lost it, rather than national ones.

    Without a region, half of those in the sample must be valid with a plus. Of international numbers nearly
    all are, of national ones up to a third by chance, each of which would cost a credit for a stranger's.

    Args:
        cells: a sample of the column with the numbers.
        region: where national numbers belong; given, they are tried as such first, which leaves little to
            chance.
    """
    if region is not None:
        return True
    bare = [cell for cell in cells if parse(cell, None, "valid", plus_lost=False) == -NO_COUNTRY_CODE]
    return sum(parse(cell, None, "valid") > 0 for cell in bare) * 2 >= len(bare)


def name_columns(header: Sequence[str], width: int) -> tuple[str, ...]:
    """Return a name for each of `width` columns, safe to show and all different.

    Args:
        header: the names the list gives; a missing or empty one becomes ``column 3``.
        width: how many to name.
    """
    names: dict[str, None] = {}
    for place in range(width):
        name = clean(header[place], 100) if place < len(header) else ""
        names[next(free for free in _variants(name or f"column {place + 1}") if free not in names)] = None
    return tuple(names)


def _variants(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _named(column: str, names: Sequence[str]) -> int:
    wanted = column.strip().casefold()
    for place, name in enumerate(names):
        if name.casefold() == wanted:
            return place
    if wanted.isdecimal() and len(wanted) < 6 and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    shown = ", ".join(names[:_NAMES_SHOWN]) + more
    raise unusable(
        f"There is no column {clean(column, 100)!r}; the columns are: {shown}.",
        f"Give one of these names, or a number from 1 to {len(names)}, with --column.",
    )


def _score(rows: Sequence[Sequence[str]], place: int, name: str, region: str | None) -> float:
    """Return how much a column looks like the one with the numbers, from about -0.3 to 1.4."""
    evidence = sum(_evidence(row[place], region) for row in rows if place < len(row))
    return evidence / len(rows) + _weight(name.casefold())


def _evidence(cell: str, region: str | None) -> float:
    text = cell.strip()
    if _DATE.fullmatch(text) or _AMOUNT.fullmatch(text):
        return 0.0
    number = parse(text, region, "valid")
    if number > 0:
        # Bare digits are a number by chance more easily: identifiers, times, article numbers.
        return 0.8 if text.isdecimal() else 1.0
    return 0.2 if number == -NO_COUNTRY_CODE else 0.0


def _weight(name: str) -> float:
    if _FAX.search(name):
        return -0.3
    if _MOBILE.search(name):
        return 0.4
    if _PHONE.search(name):
        return 0.35
    return 0.15 if _NUMBER.search(name) else 0.0


def _is_name(cell: str) -> bool:
    """Say whether the first cell of the column with the numbers is its name: words, and hardly a digit."""
    text = cell.strip()
    letters = any(map(str.isalpha, text))
    return letters and sum(map(str.isdecimal, text)) < 5 and text.casefold() not in _PLACEHOLDERS
