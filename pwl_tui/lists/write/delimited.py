"""Writes a list with its results as delimited text: what the person wrote stays as they wrote it.

Rows are not split and joined again. Each is copied with its own quotes and line end, in the list's own
encoding, and the result is written after it.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice, tee
from typing import BinaryIO, TypeAlias

from pwl_tui.answer import Answer
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import kind_named
from pwl_tui.lists.read.encodings import marked
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.rows import rows
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import REMEMBERED, RowAnswer, texts
from pwl_tui.lists.write.export_layout import MARK, ExportLayout, WiderRowError, lines_of

Record: TypeAlias = tuple[str, str, int]
"""One record of a list as it is written there. A plain tuple, because there are millions.

Its text without its line end, its line end (empty if the list ends without one), and how many cells it has (0
in a blank line).
"""


class Delimited:
    """Writes a list with its results, keeping its delimiter, quotes, line ends and encoding.

    Lines above the header are copied as they are; a list without a header gets none. A list without columns
    becomes the column ``input``. Characters from the service that the encoding lacks become question marks. A
    workbook becomes what Excel calls "CSV UTF-8".

    Args:
        source: the list.
        reading: how it was read.
        columns: its columns and the added ones.
        digits: write numbers without the plus.
    """

    def __init__(self, source: Source, reading: Reading, columns: ExportLayout, *, digits: bool) -> None:
        self._source, self._reading, self._columns = source, reading, columns
        self._delimiter, self._plus = reading.delimiter or ",", "" if digits else "+"
        self._encoding, self._mark = _encoding(source, reading)
        self._end = _line_end(source, reading)
        width = columns.width
        self._gaps = [self._delimiter * (width - max(cells, 1) + 1) for cells in range(width + 1)]
        """By the number of cells in a record: the delimiters between it and its result."""

    def rows(self) -> Iterator[Record]:
        """Yield the rows of the list.

        Raises:
            WiderRowError: a row has more cells than expected.
        """
        if self._reading.delimiter:
            return islice(self._records(), self._reading.preamble + self._reading.header, None)
        return ((self._quoted(line), self._end, 1) for [line] in rows(self._source, self._reading))

    @contextmanager
    def begin(self, stream: BinaryIO) -> Iterator[Callable[[Sequence[tuple[Record, RowAnswer]]], int]]:
        """Begin a file; yields a function that writes rows with their results and returns how many it wrote.

        Raises:
            ListError: the encoding cannot encode what was decoded from it, as in damaged ISO 2022.
        """
        encoder = codecs.getincrementalencoder(self._encoding)()
        gaps, plus, line_end = self._gaps, self._plus, self._end
        answer_text = lru_cache(REMEMBERED)(self._answer_text)

        def put(text: str, *, final: bool = False) -> None:
            try:
                stream.write(encoder.encode(text, final))
            except UnicodeEncodeError as error:
                raise ListError(
                    f"Could not write {self._source.name} in its own encoding, {self._encoding}.",
                    "Export it as a workbook or as JSON lines.",
                ) from error

        def write(pairs: Sequence[tuple[Record, RowAnswer]]) -> int:
            lines = [
                f"{text}{gaps[cells]}{f'{plus}{number}' if number else ''}{answer_text(answer, repeats)}"
                f"{end or line_end}"
                for (text, end, cells), (number, repeats, answer) in pairs
            ]
            put("".join(lines))
            return len(lines)

        put(self._mark + self._opening())
        yield write
        put("", final=True)

    def _opening(self) -> str:
        """Return what is above the rows: the same as in the list, and the names of the added columns."""
        if not self._columns.heading:
            return ""
        if self._reading.delimiter:
            *above, (text, end, cells) = islice(self._records(), self._reading.preamble + 1)
        else:
            above, text, end, cells = [], self._quoted(self._columns.heading[0]), self._end, 1
        names = self._delimiter.join(map(self._quoted, self._columns.added))
        titles = "".join(text + end for text, end, _ in above)
        return f"{titles}{text}{self._gaps[cells]}{names}{end or self._end}"

    def _answer_text(self, answer: Answer, repeats: int) -> str:
        text = "".join(self._delimiter + self._quoted(cell) for cell in texts(answer, repeats))
        return text.encode(self._encoding, "replace").decode(self._encoding)

    def _quoted(self, cell: str) -> str:
        """Return a cell as in RFC 4180, quoted only if necessary."""
        if self._delimiter in cell or '"' in cell or "\n" in cell or "\r" in cell:
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def _records(self) -> Iterator[Record]:
        """Yield every record of a list as it is written, split where `records.records` splits."""
        with lines_of(self._source, self._reading) as lines:
            cut, copied = tee(lines)
            reader, line_number = (
                csv.reader(cut, delimiter=self._delimiter, skipinitialspace=self._reading.spaced),
                0,
            )
            for cells, line in zip(reader, copied, strict=False):
                line_number += 1
                if len(cells) > self._columns.width:
                    raise WiderRowError
                if line_number < reader.line_num:  # cells with line ends in them
                    line += "".join(islice(copied, reader.line_num - line_number))
                    line_number = reader.line_num
                text = line.rstrip("\r\n")
                yield text, line[len(text) :], len(cells)


def _encoding(source: Source, reading: Reading) -> tuple[str, str]:
    """Return the encoding of a list, and its byte order mark, if it has one."""
    if kind_named(source.kind).convert is not None:
        return reading.encoding, MARK  # without it Excel assumes the local code page
    with source.open() as stream:
        head = stream.read(4)
    family = (marked(head) or "").removesuffix("-sig")
    if not family or not reading.encoding.startswith(family):
        return reading.encoding, ""
    if family == "utf-8":
        return family, MARK
    big = head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
    return f"{family}-{'be' if big else 'le'}", MARK


def _line_end(source: Source, reading: Reading) -> str:
    """Return how the first line of a list ends."""
    with lines_of(source, reading) as lines:
        line = next(lines)
    return line[len(line.rstrip("\r\n")) :] or "\n"
