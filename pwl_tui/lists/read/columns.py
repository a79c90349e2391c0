"""Detects whether a list has a header and which column has the numbers: by contents first, then by name."""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple, Self

from msgspec.structs import replace

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.international import INTERNATIONAL, why_international
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import CELL_TOO_LONG, NO_COUNTRY_CODE, SEVERAL_NUMBERS
from pwl_tui.lists.numbers.regions import region_of_row
from pwl_tui.lists.read.area_column import area_codes_help, find_area_column, with_area
from pwl_tui.lists.read.findings import Candidate, Finding, Sureness, given
from pwl_tui.lists.read.region_column import find_region_column
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
_MOST_TITLES = 20
_CANDIDATE = 0.5
"""Share of cells with numbers that makes a column a candidate."""
_CLEAR_LEAD = 0.2
"""By how much a column's score must exceed all others to be sure of it."""
_CELLS_WEIGHED = 10_000
"""How many cells are looked at to find the column: the wider the list, the fewer of its rows."""


class Layout(NamedTuple):
    """The columns of a list.

    Attributes:
        preamble: records above the header or the first row: titles and blank lines, which are not rows.
        header: whether the record after those names the columns.
        columns: their names, safe to show and all different; ``column 1`` and so on if they have none.
        column: the index of the one with the numbers.
        candidates: all that look like it, the likeliest first.
        region_column: the index of the one with each row's region; None if there is none.
        why_plus_lost: why numbers without ``+`` begin with their country code; empty if that is unclear.
        findings: how sure the header, the column and the region column are.
        more_columns: the indices of further columns with numbers, if several were given.
        area_column: the index of the one with area codes of numbers that lack them; None if there is none.
    """

    preamble: int
    header: bool
    columns: tuple[str, ...]
    column: int
    candidates: tuple[Candidate, ...]
    region_column: int | None
    why_plus_lost: str
    findings: tuple[Finding, ...]
    more_columns: tuple[int, ...] = ()
    area_column: int | None = None

    def with_alternatives(self, sample: Sequence[Sequence[str]]) -> Self:
        """Return the layout with the columns that have the numbers of rows whose column has none.

        Args:
            sample: the records that it was found in.
        """
        rows = sample[self.preamble + self.header :]
        seen, more = _filled(rows, self.column), list[int]()
        for candidate in self.candidates:
            filled = _filled(rows, candidate.column)
            if seen.isdisjoint(filled):
                more.append(candidate.column)
                seen |= filled
        if not more:
            return self
        names = ", ".join(self.columns[place] for place in (self.column, *more))
        found = Finding("column", names, "likely", "each row has a number in one of them")
        others = tuple(finding for finding in self.findings if finding.aspect != "column")
        return self._replace(more_columns=tuple(more), findings=(*others, found))


def find_layout(
    sample: Sequence[Sequence[str]],
    *,
    column: str | None = None,
    header: bool | None = None,
    headed: bool = False,
    region: str | None = None,
    region_column: str | None = None,
    plus_lost: bool = False,
) -> Layout:
    """Return the columns of a list.

    Args:
        sample: its first records, at least one.
        column: the names of the columns with the numbers, or their positions counted from 1, as in `Options`;
            None to detect the one.
        header: whether the first record is a header; None to detect it.
        headed: whether it surely is one, if nothing else is given.
        region: where national numbers belong.
        region_column: the column with each row's region, as for `column`; empty if no column has it, None to
            detect it.
        plus_lost: whether all numbers begin with their country code, with or without a ``+``.

    Raises:
        ListError: there is no such column.
    """
    preamble = _titles(sample) if header is None and not headed else 0
    first, rest = sample[preamble], sample[preamble + 1 :] or sample[preamble:]
    width = max(1, *map(len, sample))
    names = name_columns(first if header is not False else (), width)
    weighed = rest[: 1 + _CELLS_WEIGHED // width]
    area = find_area_column(weighed, names)
    if region_column is None:
        regions = find_region_column(weighed, names, area)
    else:
        regions = _index_of(region_column, names, "--region-column") if region_column else None
    known = plus_lost or region is not None
    weights = [_weigh(weighed, place, names[place], region, regions, area) for place in range(width)]
    best = max(range(width), key=lambda place: weights[place].score)  # the first of equals
    index, *more = [best] if column is None else _indices_of(column, names)
    header_given = header is not None
    if header is None and column is not None and names[index].casefold() in column.casefold():
        header = True
    if header is None:
        header = headed or (index < len(first) and _is_name(first[index]))
    if not header:
        preamble, names = 0, name_columns((), width)
        regions = regions if region_column else None  # it was detected by what turned out not to be a name
        area = None
    if area is not None:
        of_rows = [region_of_row(row, regions, region) for row in weighed]
        area = area if area != index and area_codes_help(weighed, index, area, of_rows) else None
    bare = [text for row in sample[preamble + header :] if index < len(row) and (text := row[index])]
    why = "" if known else why_international(bare, names[index])
    if not known and not why:  # then digits are not a number yet
        weights = [weight.unless_international() for weight in weights]
    candidates = [place for place in range(width) if weights[place].is_candidate]
    candidates.sort(key=lambda place: -weights[place].score)
    findings = [_header_finding(header, header_given, names[index], first, index)]
    if column is None:
        findings.append(_column_finding(best, weights, names))
    else:
        findings.append(given("column", ", ".join(names[place] for place in (index, *more))))
    if area is not None:
        findings[-1] = replace(findings[-1], value=f"{names[area]} + {findings[-1].value}")
    if regions is not None:
        per_row = f"column {names[regions]!r} has it for each row"
        sure: Sureness = "likely" if region_column is None else "given"
        findings.append(Finding("region", "per row", sure, per_row))
    elif why:
        findings.append(Finding("region", INTERNATIONAL, "guess", why))
    return Layout(
        preamble,
        header,
        names,
        index,
        tuple(Candidate(place, weights[place].valid) for place in candidates),
        regions,
        why,
        tuple(findings),
        tuple(more),
        area,
    )


def name_columns(header: Sequence[str], width: int) -> tuple[str, ...]:
    """Return a name for each of `width` columns, safe to show and all different.

    Args:
        header: the names in the list; a missing or empty one becomes ``column 3``.
        width: how many to name.
    """
    names: dict[str, None] = {}
    repeats: dict[str, int] = {}  # counting from 2 each time would take minutes for a wide list
    for index in range(width):
        name = (clean(header[index], 100) if index < len(header) else "") or f"column {index + 1}"
        free = name
        while free in names:
            repeats[name] = repeats.get(name, 1) + 1
            free = f"{name}_{repeats[name]}"
        names[free] = None
    return tuple(names)


def _filled(rows: Sequence[Sequence[str]], place: int) -> set[int]:
    """Return the indices of the rows that have something in a column."""
    return {at for at, row in enumerate(rows) if place < len(row) and row[place].strip()}


def names_phones(name: str) -> bool:
    """Return whether a column is called as those with phone numbers are."""
    return _weight(name.casefold()) > 0


def _indices_of(columns: str, names: Sequence[str]) -> list[int]:
    """Return the indices of the columns that are given, each once. The name of one may have commas."""
    if "," not in columns or columns.strip().casefold() in {name.casefold() for name in names}:
        return [_index_of(columns, names)]
    given_names = next(csv.reader([columns], skipinitialspace=True), [])
    return list(dict.fromkeys(_index_of(name, names) for name in given_names if name.strip()))


def _index_of(column: str, names: Sequence[str], option: str = "--column") -> int:
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
        f"Use one of these names, or a number from 1 to {len(names)}, with {option}.",
    )


class _Weight(NamedTuple):
    """How much a column looks like the one with the numbers; `score` is about -0.3 to 1.4."""

    score: float
    numbers: float
    """Share of its non-empty cells with a number, or with what would be one if it had a country code."""
    valid: float
    marked: float
    """Share of those that are valid without taking digits for a number that lost its ``+``."""
    named: bool

    def unless_international(self) -> Self:
        """Return the weight if digits without a ``+`` lack a country code."""
        return self._replace(valid=self.marked)

    @property
    def is_candidate(self) -> bool:
        return self.valid >= _CANDIDATE or (self.named and self.numbers >= _CANDIDATE)


def _weigh(
    rows: Sequence[Sequence[str]],
    place: int,
    name: str,
    region: str | None,
    regions: int | None,
    area: int | None,
) -> _Weight:
    evidence = numbers = valid = 0.0
    filled = marked = 0
    weight = _weight(name.casefold())
    named = weight > 0 and place != area
    for row in rows:
        text = row[place].strip() if place < len(row) else ""
        if not text:
            continue
        filled += 1
        if _DATE.fullmatch(text) or _AMOUNT.fullmatch(text):
            continue
        its_region = region_of_row(row, regions, region)
        if named:
            text = with_area(row, place, area, its_region)
        number = parse(text, its_region, "valid")
        if number > 0:
            # Bare digits are often a number by chance: identifiers, times, article numbers.
            evidence += 0.8 if text.isdecimal() else 1.0
            valid += 1
            marked += its_region is not None or parse(text, None, "valid", plus_lost=False) > 0
        elif number in {-SEVERAL_NUMBERS, -CELL_TOO_LONG}:
            evidence += 0.8
            valid += 1
            marked += 1
        elif number == -NO_COUNTRY_CODE:
            evidence += 0.2
            numbers += 1
    share = 1 / filled if filled else 0.0
    return _Weight(
        evidence / len(rows) + weight, (numbers + valid) * share, valid * share, marked * share, weight > 0
    )


def _titles(sample: Sequence[Sequence[str]]) -> int:
    """Return how many records are above the header: blank ones, and titles of one cell above wider rows."""
    filled = [sum(map(bool, map(str.strip, record))) for record in sample]
    before = next((place for place, count in enumerate(filled) if count > 1), 0)
    return before if before <= _MOST_TITLES else 0


def _header_finding(
    header: bool, header_given: bool, name: str, first: Sequence[str], column: int
) -> Finding:
    value = "yes" if header else "no"
    if header_given:
        return given("header", value)
    if header:
        return Finding("header", value, "sure", f"the column is called {name!r}")
    if column < len(first) and parse(first[column], None, "valid") > 0:
        return Finding("header", value, "sure", "the first row has a number")
    return Finding("header", value, "likely", "the first row has no column name")


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
        f"{weight.valid:.0%} of its cells are valid numbers"
        if weight.valid
        else "no cell is a complete number"
    )
    return Finding("column", names[best], sure, what + (", and by its name" if weight.named else ""))


def _weight(name: str) -> float:
    if _FAX.search(name):
        return -0.3
    if _MOBILE.search(name):
        return 0.4
    if _PHONE.search(name):
        return 0.35
    return 0.15 if _NUMBER.search(name) else 0.0


def _is_name(cell: str) -> bool:
    """Return whether the first cell of the phone column is its name: letters, and hardly a digit."""
    text = cell.strip()
    letters = any(map(str.isalpha, text))
    return letters and sum(map(str.isdecimal, text)) < 5 and text.casefold() not in _PLACEHOLDERS
