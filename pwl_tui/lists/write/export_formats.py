"""Writes a list with its results as a workbook, JSON lines or text; `delimited` writes delimited text."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, TypeVar

import msgspec

from pwl_tui.answer import Answer
from pwl_tui.lists.planned import row_label
from pwl_tui.lists.read.columns import name_columns
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.rows import preamble, rows
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import REMEMBERED, RowAnswer, number_text, texts, values
from pwl_tui.lists.write.export_layout import ExportLayout, WiderRowError, padded

Row = TypeVar("Row")
Scratch: TypeAlias = Callable[[], AbstractContextManager[Path]]
"""Lends a private directory for temporary files."""
WriteRows: TypeAlias = Callable[[Sequence[tuple[Row, RowAnswer]]], int]
"""Writes rows with their answers; returns how many rows, or numbers, it wrote."""


class Writer(Protocol[Row]):
    """Writes a list in one format."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the list, as this writer needs them.

        Raises:
            WiderRowError: a row has more cells than expected. `begin` raises it, too.
        """

    def begin(self, stream: BinaryIO) -> AbstractContextManager[WriteRows[Row]]:
        """Begin a file, and end it on exit; yields a function that writes rows."""


class Workbook:
    """All cells as text, the header repeated on every sheet."""

    def __init__(
        self, source: Source, reading: Reading, columns: ExportLayout, *, digits: bool, scratch: Scratch
    ) -> None:
        self._source, self._reading, self._columns, self._digits = source, reading, columns, digits
        self._scratch = scratch

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of every row."""
        return rows(self._source, self._reading)

    @contextmanager
    def begin(self, stream: BinaryIO) -> Iterator[WriteRows[list[str]]]:
        """Begin a file, and end it on exit; yields a function that writes rows."""
        from pwl_tui.lists.write.workbook import workbook  # here, because it is rarely needed

        (width, heading, added, fields), digits = self._columns, self._digits
        answer_texts = lru_cache(REMEMBERED)(texts)
        top = preamble(self._source, self._reading)
        if heading:
            top.append(heading + added)
        with workbook(stream, self._scratch, top, width + len(fields)) as add:

            def write(pairs: Sequence[tuple[list[str], RowAnswer]]) -> int:
                add(
                    [*padded(row, width), number_text(number, digits=digits), *answer_texts(answer, repeats)]
                    for row, (number, repeats, answer) in pairs
                )
                return len(pairs)

            yield write


class JsonLines:
    """One object per row: its row number, the person's cells by column, and the result."""

    def __init__(self, source: Source, reading: Reading, columns: ExportLayout, *, digits: bool) -> None:
        self._source, self._reading, self._digits = source, reading, digits
        plain = not (reading.delimiter or reading.header)
        self._fields = columns.fields[1:]
        self._values = lru_cache(REMEMBERED)(self._json_values)
        self._names = ("input",) if plain else name_columns(reading.columns, columns.width)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the row number and the cells of every row."""
        return enumerate(rows(self._source, self._reading), row_label(0, self._reading))

    @contextmanager
    def begin(self, stream: BinaryIO) -> Iterator[WriteRows[tuple[int, list[str]]]]:
        """Begin a file, and end it on exit; yields a function that writes rows."""
        encode = msgspec.json.Encoder().encode

        def write(pairs: Sequence[tuple[tuple[int, list[str]], RowAnswer]]) -> int:
            stream.write(b"".join([encode(self._object(*pair)) + b"\n" for pair in pairs]))
            return len(pairs)

        yield write

    def _object(self, row: tuple[int, list[str]], result: RowAnswer) -> dict[str, object]:
        (label, cells), (number, repeats, answer) = row, result
        if len(cells) > len(self._names):
            raise WiderRowError
        return {
            "row": label,
            "input": dict(zip(self._names, cells, strict=False)),  # a ragged row has fewer cells
            "wa_number": number_text(number, digits=self._digits) or None,
            **self._values(answer, repeats),
        }

    def _json_values(self, answer: Answer, repeats: int) -> dict[str, str | bool | None]:
        """Return what is known of a row by column; null for an empty text."""
        found = zip(self._fields, values(answer, repeats), strict=True)
        return {name: None if value == "" else value for name, value in found}


class Text:
    """Each number once, one per line."""

    def __init__(self, source: Source, reading: Reading, _columns: ExportLayout, *, digits: bool) -> None:
        self._source, self._reading, self._digits = source, reading, digits

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of every row."""
        return rows(self._source, self._reading)

    @contextmanager
    def begin(self, stream: BinaryIO) -> Iterator[WriteRows[list[str]]]:
        """Begin a file, and end it on exit; yields a function that writes rows."""
        plus = "" if self._digits else "+"

        def write(pairs: Sequence[tuple[list[str], RowAnswer]]) -> int:
            numbers = [f"{plus}{number}\n" for _, (number, repeats, _) in pairs if number and not repeats]
            stream.write("".join(numbers).encode())
            return len(numbers)

        yield write
