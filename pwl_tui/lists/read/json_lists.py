"""Converts JSON to CSV: an array, values one after the other or one per line, or an object that holds them.

A row is an object, a list of cells, or a text or number. The values of an array in a row share a cell, and so
do those with the same name, also if an object has the name twice.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import BETWEEN_NUMBERS, CSV_ENCODING, Converted
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.read.columns import names_phones
from pwl_tui.lists.read.encodings import decoded_lines

_MAX_BYTES = 64 * 1024**2
"""The longest JSON: it is in memory as a whole, several times as large."""
_MAX_COLUMNS = 1_000
_MAX_DEPTH = 10
"""How deep values may be to get a column of their own; deeper ones are cells of JSON."""
_ROWS_AT_ONCE = 1_000
_SAVE_AS_CSV = "Save it as CSV (UTF-8) and use that file."
_VALUE = "value"
"""The column of rows that are texts or numbers."""
_MOST_OF_A_PERSON = 20
"""Longer arrays of texts in an object have a row for each."""
_KEY = "key"
"""The column of what objects are called in an object."""
_NUMBER = re.compile(r"(-?\d+)\.0+")
_BYTE = re.compile(r"\(byte (\d+)\)")
_BETWEEN_VALUES = re.compile(r"[\s,\x1e]*")
_LEAST_NUMBER = 10**7
"""What is less is not a phone number where it is a number in JSON, too."""
_MANY_DIGITS = re.compile(r"(?:\D*\d){5}")

_Row = dict[str, str | list[str]]
"""The text of each cell, or the texts of one with several values."""


_AFTER_A_NAME = re.compile(r'"\s*:')
"""What is at least as often in JSON as names of values."""


class _Repeated(list[object]):
    """The values of a name that an object has more than once."""


class _Broken(str):
    """What is in the place of a line that is not valid JSON: a text that nobody takes for a number."""


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
            raise ListError(f"{name} is JSON with more than {_MAX_BYTES:,} bytes.", _SAVE_AS_CSV)
        lines.append(line)
    wait()
    try:
        rows = [_row(value) for value in _values(lines, name)]
    except RecursionError as error:
        raise ListError(f"{name} is JSON that is nested too deeply.", _SAVE_AS_CSV) from error
    columns = list(dict.fromkeys(column for row in rows if isinstance(row, dict) for column in row))
    if len(columns) > _MAX_COLUMNS:
        raise ListError(f"{name} has more than {_MAX_COLUMNS:,} different fields.", _SAVE_AS_CSV)
    return Converted(None, (), _csv(columns or [_VALUE], rows))


def _values(lines: Sequence[bytes], name: str) -> Sequence[object]:
    """Return the rows: of what is JSON as a whole, of each line, or of one value after the other."""
    data = b"\n".join(lines)
    try:
        return _rows_in(_decoded(data))
    except UnicodeDecodeError:  # a text of a value, which is decoded only when it is reached
        return _values([_text_of(line).encode() for line in lines], name)
    except msgspec.DecodeError as error:
        return _values_of_lines(lines) or _values_in_turn(_text_of(data), name, error)


def _values_of_lines(lines: Sequence[bytes]) -> list[object]:
    """Return the value of each line, also if some lines are broken; nothing if most of them are."""
    values: list[object] = []
    for number, line in enumerate(lines, 1):
        if line.strip(b"\x1e \t"):  # RFC 7464 puts that control character before each
            try:
                values.append(_decoded(_text_of(line).lstrip("\x1e").encode()))
            except msgspec.DecodeError:
                values.append(_Broken(f"*** line {number} is not valid JSON ***"))
    broken = sum(isinstance(value, _Broken) for value in values)
    return values if broken * 2 < len(values) > 1 else []


def _values_in_turn(text: str, name: str, error: msgspec.DecodeError) -> Sequence[object]:
    """Return values that follow one another over several lines, as ``jq`` writes them.

    Raises:
        ListError: they are not valid JSON.
    """
    values: list[object] = []
    decoder, place = json.JSONDecoder(object_pairs_hook=_object), _BETWEEN_VALUES.match(text)
    while place is not None and place.end() < len(text):
        try:
            value, end = decoder.raw_decode(text, place.end())
        except json.JSONDecodeError as wrong:
            why = "it ends too early" if "truncated" in str(error) else _said(error)
            raise ListError(
                f"{name} is not valid JSON: {why} in line {wrong.lineno:,}.", _SAVE_AS_CSV
            ) from wrong
        except ValueError as wrong:  # Python reads no number of thousands of digits
            raise ListError(
                f"{name} is not valid JSON: a number has too many digits.", _SAVE_AS_CSV
            ) from wrong
        values.append(value)
        place = _BETWEEN_VALUES.match(text, end)
    return _rows_in(values[0]) if len(values) == 1 else values


def _decoded(data: bytes) -> object:
    """Return a value; of a name that an object has twice, both values.

    Raises:
        msgspec.DecodeError: it is not valid JSON.
        UnicodeDecodeError: a text in it is not UTF-8.
    """
    value = msgspec.json.decode(data)  # several times as fast, but of such values it knows the last only
    text = data.decode()
    if sum(1 for _ in _AFTER_A_NAME.finditer(text)) > _names_in(value):
        with suppress(ValueError):  # a number of thousands of digits, which is no phone number
            return json.loads(text, object_pairs_hook=_object)
    return value


def _names_in(value: object) -> int:
    count, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            count += len(one)
            left += one.values()
        elif isinstance(one, list):
            left += one
    return count


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        several = {name: _Repeated() for name, count in counts.items() if count > 1}
        for name, value in pairs:
            if name in several:
                several[name] += value if isinstance(value, list) else [value]
        found |= several
    return found


def _said(error: msgspec.DecodeError) -> str:
    return _BYTE.sub("", str(error)).strip().removeprefix("JSON is malformed: ")


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _rows_in(whole: object) -> Sequence[object]:
    """Return the rows of a value: of an array, of the arrays or objects in an object, or the value itself."""
    if isinstance(whole, list):
        return _table(whole) if all(isinstance(row, list) for row in whole) else whole
    if not isinstance(whole, dict):
        return [] if whole is None else [whole]
    if columns := _columns_in(whole):
        return columns
    arrays, values = list(_arrays_in(whole)), list(whole.values())
    keyed = len(values) > 1 and all(isinstance(row, dict) for value in values for row in _each(value))
    is_list = not keyed and any(len(array) > _MOST_OF_A_PERSON for array in arrays)
    if arrays and (is_list or not _says_more(whole)):
        # Beside a list, a short array with numbers is a part of it, and not what one person has.
        return [row for array in _arrays_in(whole, also=_has_numbers) for row in array]
    if pairs := _pairs_in(whole):
        return pairs
    if keyed:
        return [{_KEY: key, **row} for key, value in whole.items() for row in _each(value)]
    if len(values) == 1 and isinstance(values[0], dict | list):
        return _rows_in(values[0])
    return [whole] if whole else []


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, _Repeated) else [value]


def _columns_in(whole: Mapping[str, object]) -> Sequence[object]:
    """Return the rows of a table that is written column by column, as pandas does; empty if it is none.

    Each column is an object with the same row numbers, or an array of the same length. Arrays that are no
    longer than what one person has may be just that, and several with numbers are several lists.
    """
    first, *others = whole.values() or [None]
    if isinstance(first, dict):
        places = list(first)
        counted = len(places) > 1 and places == [str(at) for at in range(len(places))]
        alike = counted and all(isinstance(one, dict) and list(one) == places for one in others)
        columns = [list(one.values()) for one in whole.values() if isinstance(one, dict)] if alike else []
    else:
        columns = [one for one in whole.values() if isinstance(one, list) and len(one) > _MOST_OF_A_PERSON]
        alike = len(columns) == len(whole) > 1 and len({len(column) for column in columns}) == 1
        alike = alike and sum(map(_has_numbers, columns)) == 1
    if not alike or any(isinstance(cell, dict | list) for column in columns for cell in column):
        return []
    return [dict(zip(whole, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _pairs_in(whole: Mapping[str, object]) -> Sequence[object]:
    """Return the rows of names with their numbers: most values have one, and none is called a phone's.

    A name may have several, as a group has members.
    """
    pairs = [
        (key, one) for key, value in whole.items() for one in (value if isinstance(value, list) else [value])
    ]
    if len(pairs) < 2 or any(isinstance(value, dict | list) for _, value in pairs):
        return []
    if any(names_phones(key) for key in whole) or sum(map(_has_numbers, pairs)) * 2 < len(pairs):
        return []
    return [{_KEY: key, _VALUE: value} for key, value in pairs]


def _has_numbers(array: Sequence[object]) -> bool:
    return any(parse(_text(one), None, "valid", plus_lost=False) > 0 for one in array)


def _arrays_in(
    value: object, depth: int = 0, also: Callable[[Sequence[object]], bool] = lambda _: False
) -> Iterator[list[object]]:
    """Yield all arrays within objects that are longer than what one person has, or of objects.

    Args:
        value: where to look.
        depth: of the value.
        also: whether to take a shorter array of texts, too.
    """
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for inner in value.values():
            yield from _arrays_in(inner, depth + 1, also)
    elif isinstance(value, list) and value:
        objects = sum(isinstance(row, dict) for row in value)
        if objects == len(value) or (not objects and (len(value) > _MOST_OF_A_PERSON or also(value))):
            yield value


def _says_more(value: object, name: str = "", depth: int = 0) -> bool:
    """Return whether there is a phone number outside all arrays."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        return any(_says_more(inner, str(key), depth + 1) for key, inner in value.items())
    if isinstance(value, list) or value is None:
        return False
    text = _text(value)
    if isinstance(value, int | float) and abs(value) < _LEAST_NUMBER:
        return False  # a count
    called = names_phones(name) and bool(_MANY_DIGITS.match(text))
    return called or parse(text, None, "valid", plus_lost=False) > 0


def _table(rows: Sequence[object]) -> Sequence[object]:
    """Return rows of cells as objects. The first names the columns if no cell of it may be a number."""
    first, *others = rows or [[]]
    named = bool(others) and isinstance(first, list) and all(_is_name(cell) for cell in first)
    names = first if named and isinstance(first, list) else []
    return [
        {str(names[at]) if at < len(names) else f"column {at + 1}": cell for at, cell in enumerate(row)}
        for row in (others if named else rows)
        if isinstance(row, list)
    ]


def _is_name(cell: object) -> bool:
    return isinstance(cell, str) and cell != "" and not _MANY_DIGITS.match(cell)


def _row(value: object) -> _Row | _Broken:
    if isinstance(value, _Broken):
        return value
    row: _Row = {}
    for column, text in _cells(value):
        before = row.setdefault(column, text)
        if isinstance(before, list):
            before.append(text)
        elif before is not text:
            row[column] = [before, text]
    return row


def _cells(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the cells of a row by column: ``phone.mobile`` for an object in an object."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, inner in value.items():
            yield from _cells(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for inner in value:
            yield from _cells(inner, name, depth + 1)
    else:
        yield name or _VALUE, _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # a lone surrogate
        text = json.dumps(value, ensure_ascii=False)
    whole = _NUMBER.fullmatch(text)
    return whole[1] if whole else text


def _csv(columns: Sequence[str], rows: Sequence[_Row | _Broken]) -> Iterator[bytes]:
    beside = _with_numbers(columns, rows)
    for start in range(0, len(rows) or 1, _ROWS_AT_ONCE):
        text = io.StringIO()
        writer = csv.writer(text)
        if not start:
            writer.writerow(columns)
        for row in rows[start : start + _ROWS_AT_ONCE]:
            if isinstance(row, _Broken):
                writer.writerow([row if its else "" for its in beside])
            else:
                writer.writerow([_cell(row.get(column, "")) for column in columns])
        yield text.getvalue().encode(CSV_ENCODING, "replace")


def _cell(texts: str | list[str]) -> str:
    return texts if isinstance(texts, str) else BETWEEN_NUMBERS.join(filter(None, texts))


def _with_numbers(columns: Sequence[str], rows: Sequence[_Row | _Broken]) -> Sequence[bool]:
    """Return for each column whether it may have phone numbers, so that a broken line is told there."""
    whole = [row for row in rows if isinstance(row, dict)]
    if len(whole) == len(rows):
        return [False] * len(columns)
    found = [any(_MANY_DIGITS.match(_cell(row.get(name, ""))) for row in whole) for name in columns]
    return found if any(found) else [True] * len(columns)
