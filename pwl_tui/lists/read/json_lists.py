"""Converts JSON to CSV: an array, or a value a line, of objects, texts or numbers."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import BETWEEN_NUMBERS, CSV_ENCODING, Converted
from pwl_tui.lists.read.encodings import decoded_lines

_MAX_BYTES = 64 * 1024**2
"""The longest JSON: it is in memory as a whole, several times as large."""
_MAX_COLUMNS = 1_000
_MAX_DEPTH = 5
_ROWS_AT_ONCE = 1_000
_SAVE_AS_CSV = "Save it as CSV (UTF-8) and use that file."
_NUMBER = re.compile(r"(-?\d+)\.0+")


def convert(blocks: Iterable[bytes], name: str, sheet: str | None, wait: Callable[[], None]) -> Converted:
    """Read JSON or JSON lines. See `formats.Converter` for the arguments.

    Raises:
        ListError: it is damaged, too long, or no list of rows; or a sheet was asked for.
    """
    if sheet is not None:
        raise ListError(f"{name} is not a workbook, so it has no sheets.", "Leave out --sheet.")
    lines, size = [], 0
    for line in decoded_lines(blocks, name):
        size += len(line) + 1
        if size > _MAX_BYTES:
            raise ListError(f"{name} is JSON of more than {_MAX_BYTES:,} bytes.", _SAVE_AS_CSV)
        lines.append(line)
    wait()
    rows = [dict(_cells(value)) for value in _values(lines, name)]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if len(columns) > _MAX_COLUMNS:
        raise ListError(f"{name} has more than {_MAX_COLUMNS:,} different fields.", _SAVE_AS_CSV)
    return Converted(None, (), _csv(columns, rows))


def _values(lines: list[bytes], name: str) -> list[object]:
    """Return the rows: of an array, of the one array in an object, or the value of each line."""
    try:
        whole = msgspec.json.decode(b"\n".join(lines))
    except (msgspec.DecodeError, RecursionError) as error:
        try:
            return [msgspec.json.decode(line) for line in lines if line.strip()]
        except (msgspec.DecodeError, RecursionError):
            raise ListError(f"{name} is not valid JSON: {error}.", _SAVE_AS_CSV) from error
    if isinstance(whole, dict):
        arrays = [value for value in whole.values() if isinstance(value, list)]
        whole = arrays[0] if len(arrays) == 1 and any(isinstance(row, dict) for row in arrays[0]) else [whole]
    return whole if isinstance(whole, list) else [whole]


def _cells(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the cells of a row by column: ``phone.mobile`` for an object in an object."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, inner in value.items():
            yield from _cells(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list) and depth:
        if any(isinstance(inner, dict | list) for inner in value):
            for place, inner in enumerate(value, 1):
                yield from _cells(inner, f"{name} {place}", depth + 1) if depth < _MAX_DEPTH else ()
        else:
            yield name, BETWEEN_NUMBERS.join(map(_text, value))
    else:
        yield name or "value", _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    text = msgspec.json.encode(value).decode()
    whole = _NUMBER.fullmatch(text)
    return whole[1] if whole else text


def _csv(columns: list[str], rows: list[dict[str, str]]) -> Iterator[bytes]:
    for start in range(0, len(rows) or 1, _ROWS_AT_ONCE):
        text = io.StringIO()
        writer = csv.writer(text)
        if not start:
            writer.writerow(columns)
        writer.writerows(
            [row.get(column, "") for column in columns] for row in rows[start : start + _ROWS_AT_ONCE]
        )
        yield text.getvalue().encode(CSV_ENCODING, "replace")
