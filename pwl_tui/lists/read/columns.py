"""Detects whether a list has a header and which column holds the numbers: by contents first, then by name."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import NO_COUNTRY_CODE
from pwl_tui.lists.numbers.regions import region_named
from pwl_tui.lists.read.findings import Candidate, Finding, Sureness, given
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
_COUNTRY = re.compile(
    r"\bcountry|\bcountries|^cc$|^iso\d?\b|^land$|^país$|^pais$|^pays$|^paese$|\bnation|\bregion\b|"
    r"\bdial(?:ling|ing)? code|\bcalling code|страна|국가|国家|國家|^国$|الدولة"
)
_NAMES_SHOWN = 20
_MOST_TITLES = 20
_CANDIDATE = 0.5
"""Share of cells that makes a column one of those that are offered."""
_NEARLY_ALL = 0.9
_CLEAR_LEAD = 0.2
"""Of a column's score over all others', to be sure of it."""
_CELLS_WEIGHED = 10_000
"""How many cells are looked at to find the column: the wider a list, the fewer of its rows."""


class Layout(NamedTuple):
    """The columns of a list.

    Attributes:
        preamble: records before the header or the first row: titles and blank lines, which are no rows.
        header: whether the record after those names the columns.
        columns: their names, safe to show and all different; ``column 1`` and so on where they have none.
        column: which of them holds the numbers, counted from 0.
        candidates: all that look like it, the likeliest first.
        region_column: which of them says where each row's national number belongs; none: none does.
        findings: how sure the header, the column and the region column are.
    """

    preamble: int
    header: bool
    columns: tuple[str, ...]
    column: int
    candidates: tuple[Candidate, ...]
    region_column: int | None
    findings: tuple[Finding, ...]


def find_layout(
    sample: Sequence[Sequence[str]],
    *,
    column: str | None = None,
    header: bool | None = None,
    region: str | None = None,
    region_column: str | None = None,
) -> Layout:
    """Say how the columns of a list lie.

    Args:
        sample: its first records, at least one.
        column: the name of the column with the numbers, or its place counted from 1; none: to be detected.
        header: whether the first record is a header; none: to be detected.
        region: where national numbers belong.
        region_column: the column with each row's country, as `column`; empty: there is none.

    Raises:
        ListError: there is no such column.
    """
    preamble = _titles(sample) if header is None else 0
    first, rest = sample[preamble], sample[preamble + 1 :] or sample[preamble:]
    width = max(1, *map(len, sample))
    names = name_columns(first if header is not False else (), width)
    weighed = rest[: 1 + _CELLS_WEIGHED // width]
    regions = _region_column(weighed, names, region_column)
    weights = [_weigh(weighed, place, names[place], region, regions) for place in range(width)]
    best = max(range(width), key=lambda place: weights[place].score)  # the first of equals
    index = best if column is None else _named(column, names)
    said = header is not None
    if header is None and column is not None and names[index].casefold() == column.strip().casefold():
        header = True
    if header is None:
        header = index < len(first) and _is_name(first[index])
    if not header:
        preamble, names = 0, name_columns((), width)
        regions = regions if region_column else None  # what it was found by is no name
    candidates = [place for place in range(width) if weights[place].is_candidate]
    candidates.sort(key=lambda place: -weights[place].score)
    findings = [_header_finding(header, said, names[index], first, index)]
    if column is None:
        findings.append(_column_finding(best, weights, names))
    else:
        findings.append(given("column", names[index]))
    if regions is not None:
        why = f"column {names[regions]!r} names it row by row"
        sure: Sureness = "likely" if region_column is None else "given"
        findings.append(Finding("region", "by row", sure, why))
    return Layout(
        preamble,
        header,
        names,
        index,
        tuple(Candidate(place, weights[place].valid) for place in candidates),
        regions,
        tuple(findings),
    )


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


def _named(column: str, names: Sequence[str], option: str = "--column") -> int:
    wanted = column.strip().casefold()
    for place, name in enumerate(names):
        if name.casefold() == wanted:
            return place
    if wanted.isdecimal() and len(wanted) < 6 and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    shown = ", ".join(names[:_NAMES_SHOWN]) + more
    raise ListError(
        f"There is no column {clean(column, 100)!r}; the columns are: {shown}.",
        f"Give one of these names, or a number from 1 to {len(names)}, with {option}.",
    )


class _Weight(NamedTuple):
    """How much a column looks like the one with the numbers: `score` from about -0.3 to 1.4."""

    score: float
    numbers: float
    """Share of the cells that are not empty with a number, or what would be one with a country code."""
    valid: float
    named: bool

    @property
    def is_candidate(self) -> bool:
        return self.valid >= _CANDIDATE or (self.named and self.numbers >= _CANDIDATE)


def _weigh(
    rows: Sequence[Sequence[str]], place: int, name: str, region: str | None, regions: int | None
) -> _Weight:
    evidence = numbers = valid = 0.0
    filled = 0
    for row in rows:
        text = row[place].strip() if place < len(row) else ""
        if not text:
            continue
        filled += 1
        if _DATE.fullmatch(text) or _AMOUNT.fullmatch(text):
            continue
        number = parse(text, row_region(row, regions, region), "valid")
        if number > 0:
            # Bare digits are a number by chance more easily: identifiers, times, article numbers.
            evidence += 0.8 if text.isdecimal() else 1.0
            valid += 1
        elif number == -NO_COUNTRY_CODE:
            evidence += 0.2
            numbers += 1
    weight = _weight(name.casefold())
    share = 1 / filled if filled else 0.0
    return _Weight(evidence / len(rows) + weight, (numbers + valid) * share, valid * share, weight > 0)


def row_region(row: Sequence[str], region_column: int | None, region: str | None) -> str | None:
    """Return where a row's national number belongs: what its region column says, else `region`."""
    if region_column is None or region_column >= len(row):
        return region
    return region_named(row[region_column]) or region


def _titles(sample: Sequence[Sequence[str]]) -> int:
    """Return how many records stand before the header: blank ones, and titles of one cell over wider rows."""
    filled = [sum(map(bool, map(str.strip, record))) for record in sample]
    before = next((place for place, count in enumerate(filled) if count > 1), 0)
    return before if before <= _MOST_TITLES else 0


def _region_column(rows: Sequence[Sequence[str]], names: Sequence[str], given_name: str | None) -> int | None:
    """Return the column that names a region in nearly every row, if its own name says that it is one.

    Contents alone prove nothing: the states of the US have codes that are those of countries elsewhere.
    """
    if given_name is not None:
        return _named(given_name, names, "--region-column") if given_name else None
    for place, name in enumerate(names):
        if not _COUNTRY.search(name.casefold().replace("_", " ")):
            continue
        cells = [text for row in rows if place < len(row) and (text := row[place].strip())]
        if cells and sum(region_named(cell) is not None for cell in cells) >= len(cells) * _NEARLY_ALL:
            return place
    return None


def _header_finding(header: bool, said: bool, name: str, first: Sequence[str], column: int) -> Finding:
    value = "yes" if header else "no"
    if said:
        return given("header", value)
    if header:
        return Finding("header", value, "sure", f"{name!r} stands over the numbers")
    if column < len(first) and parse(first[column], None, "valid") > 0:
        return Finding("header", value, "sure", "the first row has a number")
    return Finding("header", value, "likely", "the first row holds no name")


def _column_finding(best: int, weights: Sequence[_Weight], names: Sequence[str]) -> Finding:
    weight = weights[best]
    lead = weight.score - max(
        (other.score for place, other in enumerate(weights) if place != best), default=0
    )
    if not weight.is_candidate:
        sure: Sureness = "guess"
    elif len(weights) == 1 or lead >= _CLEAR_LEAD:
        sure = "sure"
    else:
        sure = "likely" if lead >= _CLEAR_LEAD / 4 else "guess"
    what = (
        f"{weight.valid:.0%} of its cells are valid numbers" if weight.valid else "no cell is a whole number"
    )
    return Finding("column", names[best], sure, what + (", and so its name says" if weight.named else ""))


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
