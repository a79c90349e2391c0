"""Reads a workbook in the process that `workbook` starts, and writes one of its sheets as CSV.

``python -m pwl_tui.lists.read.sheets [SHEET]`` reads a workbook from standard input. It writes one line of
JSON to standard output, `Opened` or `Refused`, and after `Opened` the rows.
"""

import csv
import io
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, cast

import msgspec

from pwl_tui.lists.formats import CSV_DELIMITER, CSV_ENCODING, supported
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import NO_COUNTRY_CODE
from pwl_tui.lists.read.columns import find_layout
from pwl_tui.lists.read.findings import Finding, given
from pwl_tui.lists.read.number_formats import Shown, shown_digits
from pwl_tui.lists.read.refused import refused_zip
from pwl_tui.text import clean

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

SAVE_AS_CSV = "Save the sheet as CSV (UTF-8) and use that file."
UNREADABLE = "is damaged, protected with a password, or not a workbook."
"""The reader does not say which of these it is."""

_MAX_BYTES = 2 * 1024**3
"""The most that the parts of a workbook may declare as their size when decompressed."""
_MAX_PARTS = 10_000
_MAX_MEMORY = 3 * 1024**3
"""What this process may use, in bytes: a million rows of five cells take half a gigabyte."""
_MAX_SECONDS = 600
"""Processor time that it may use: a million rows take ten seconds."""
_MAX_ROWS = 1_048_576
"""As many as a sheet can have."""
_ROWS_AT_ONCE = 1_000
_SAMPLE_ROWS = 300

_Cell = int | float | str | bool | time | date | datetime | timedelta


class Opened(msgspec.Struct, tag=True, frozen=True):
    """The workbook can be read; the rows of the sheet follow."""

    sheet: Finding
    other_sheets: tuple[str, ...]


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The workbook cannot be read."""

    message: str
    """What is wrong: a sentence without its subject, which is the name of the file."""
    remedy: str


def main() -> None:
    """Read a workbook from standard input and write the sheet named as an argument, or the best one."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_SECONDS, _MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    data = sys.stdin.buffer.read()
    try:
        book = _opened(data)
        found, sheet = _chosen(book, sys.argv[1] if len(sys.argv) > 1 else None)
    except _RefusalError as refused:
        out.write(msgspec.json.encode(Refused(*refused.args)) + b"\n")
        return
    others = tuple(clean(name) for name in _names(book) if name != sheet.name)
    out.write(msgspec.json.encode(Opened(found, others)) + b"\n")
    rows = sheet.iter_rows()
    if formats := shown_digits(data, sheet.name):
        rows = _as_shown(rows, formats, sheet.start[1] if sheet.start else 0)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        out.write(_csv(some).encode(CSV_ENCODING))


def _as_shown(
    rows: Iterator[list[_Cell]], formats: Mapping[tuple[int, int], Shown], first_column: int
) -> Iterator[list[_Cell]]:
    """Yield rows, which begin with the first column that has a cell, with whole numbers as they are shown."""
    columns = sorted({column for _, column in formats})
    for place, row in enumerate(rows):
        for column in columns:
            if 0 <= (column - first_column) < len(row) and (its := formats.get((place, column))) is not None:
                cell = row[column - first_column]
                if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == cell // 1:
                    row[column - first_column] = its.text(str(int(cell)))
        yield row


class _RefusalError(Exception):
    """The workbook cannot be read: the arguments are those of `Refused`."""


def _opened(data: bytes) -> "CalamineWorkbook":
    """Return a workbook, once the declared sizes of its parts are known to be within bounds."""
    from python_calamine import CalamineError, load_workbook

    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
            if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_BYTES:
                raise _RefusalError(f"expands to more than {_MAX_BYTES:,} bytes.", SAVE_AS_CSV)
            if reason := refused_zip([part.filename for part in parts]):
                raise _RefusalError(*reason)
        return load_workbook(io.BytesIO(data))
    except (CalamineError, zipfile.BadZipFile) as error:
        raise _RefusalError(UNREADABLE, supported()) from error


def _names(book: "CalamineWorkbook") -> list[str]:
    """Return the names of the visible sheets, or of all if none is visible."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return visible or [sheet.name for sheet in sheets]


def _chosen(book: "CalamineWorkbook", wanted: str | None) -> tuple[Finding, "CalamineSheet"]:
    if wanted is not None:
        by_name = {name.strip().casefold(): name for name in reversed(book.sheet_names)}
        name = by_name.get(wanted.strip().casefold())
        if name is None:
            shown = ", ".join(clean(name) for name in _names(book))
            raise _RefusalError(
                f"has no sheet {clean(wanted)!r}; its sheets are: {shown}.", "Use one of these with --sheet."
            )
        return given("sheet", clean(name)), _sheet(book, name)
    names = _names(book)
    if not names:
        raise _RefusalError("has no sheet with cells.", "Choose a list with at least one phone number.")
    if len(names) == 1:
        return Finding("sheet", clean(names[0]), "sure", "the only one"), _sheet(book, names[0])
    weighed = ((_numbers(sheet), sheet) for sheet in (_sheet(book, name) for name in names))
    most, best = max(weighed, key=itemgetter(0))  # the first of equals; the others are freed
    if most:
        return Finding("sheet", clean(best.name), "likely", "it has the most phone numbers"), best
    return Finding("sheet", clean(best.name), "guess", "no sheet has phone numbers"), best


def _sheet(book: "CalamineWorkbook", name: str) -> "CalamineSheet":
    from python_calamine import CalamineError

    try:
        sheet = book.get_sheet_by_name(name)
    except CalamineError as error:
        raise _RefusalError(f"has a damaged sheet {clean(name)!r}.", SAVE_AS_CSV) from error
    if _height(sheet) > _MAX_ROWS:
        raise _RefusalError(f"has a sheet of more than {_MAX_ROWS:,} rows.", SAVE_AS_CSV)
    return sheet


def _height(sheet: "CalamineSheet") -> int:
    """Return how many rows a sheet has, including the empty ones above its cells."""
    return 0 if sheet.end is None else sheet.end[0] + 1


def _numbers(sheet: "CalamineSheet") -> float:
    """Return about how many phone numbers a sheet has, with or without a country code."""
    sample = [_texts(row) for row in islice(sheet.iter_rows(), _SAMPLE_ROWS)]
    if not sample:
        return 0.0
    column = find_layout(sample).column
    found = [parse(row[column], None, "valid") for row in sample]
    return sum(number > 0 or number == -NO_COUNTRY_CODE for number in found) / len(found) * _height(sheet)


def _csv(rows: Sequence[Sequence[_Cell]]) -> str:
    """Return rows, all of the same width, as lines of CSV."""
    columns = [_texts(cells) for cells in zip(*rows, strict=True)]
    text = "".join(CSV_DELIMITER.join(row) + "\r\n" for row in zip(*columns, strict=True))
    # Most rows need no quotes, and the csv module looks at every letter to find that out.
    ends = text.count("\r") == text.count("\n") == len(rows)
    if ends and '"' not in text and text.count(CSV_DELIMITER) == len(rows) * (len(columns) - 1) > 0:
        return text
    quoted = io.StringIO()
    csv.writer(quoted, delimiter=CSV_DELIMITER).writerows(zip(*columns, strict=True))
    return quoted.getvalue()


def _texts(cells: Sequence[_Cell]) -> Sequence[str]:
    """Return the cells of a column as text. Most columns have one type of cell, which is the fast case."""
    kinds = set(map(type, cells))
    if kinds == {float} and all(map(float.is_integer, cast("Sequence[float]", cells))):
        return list(map(str, map(int, cast("Sequence[float]", cells))))
    return [cell if type(cell) is str else _TEXT[type(cell)](cell) for cell in cells]


def _number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() else str(number)


def _span_text(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


_TEXT: dict[type, Callable[..., str]] = {
    float: _number_text,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    date: str,  # ISO 8601, as are the next two
    datetime: str,
    time: str,
    timedelta: _span_text,
}
"""How a cell of each type becomes text."""


if __name__ == "__main__":
    main()
