"""Writes a workbook (.xlsx) of text cells with XlsxWriter, row by row, in the memory of one row.

Every cell is text and is formatted as text, so that no number loses its plus, its zeros or its last digits,
now or when it is edited, and nothing becomes a link or a formula.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from xlsxwriter import Workbook  # type: ignore[import-untyped] # it has no types
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped] # as above
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped] # as above

from pwl_tui.lists.errors import ListError
from pwl_tui.text import clean

_MAX_ROWS = 1_048_576
"""Excel's limit for a sheet, as are the next two."""
_MAX_COLUMNS = 16_384
_MAX_CELL = 32_767
"""UTF-16 code units."""
_MAX_SHEET_BYTES = 1_900_000_000
"""A longer part of a zip file needs an extension that Excel warns about."""
_COLUMN_WIDTH = 18
"""Characters."""
_SPARE_BYTES = 64 * 1024 * 1024
"""Free space to leave: the IDs of paid batches are written to the same disk."""

_UNFIT = "\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
_ESCAPED = re.compile(f"[{_UNFIT}]|_(?=x[0-9A-Fa-f]{{4}}[_{_UNFIT}])")
"""Characters that XML cannot hold, and underscores that would be read as the start of an escape."""


@contextmanager
def workbook(
    stream: BinaryIO,
    scratch: Callable[[], AbstractContextManager[Path]],
    top: Sequence[Sequence[str]],
    width: int,
) -> Iterator[Callable[[Iterable[Sequence[str]]], None]]:
    """Write a workbook; yields a function that adds rows.

    A full sheet is followed by another, which begins with the same `top`.

    Args:
        stream: where to write the workbook, once it is complete.
        scratch: lends a private directory for the sheets until then; they take up twice their XML.
        top: the rows that stay visible when the others are scrolled: the header and what is above it.
        width: the most cells that a row has.

    Raises:
        ListError: there are more columns than a workbook can have, or no room for temporary files. Adding
            rows raises it, too, also if a cell is too long.
        OSError: the stream cannot be written.
    """
    if width > _MAX_COLUMNS:
        raise ListError(
            f"With its results, the list has more columns than a workbook can have ({_MAX_COLUMNS:,}).",
            "Export it as CSV.",
        )
    with scratch() as directory, closing(_Sheets(directory, top, width)) as sheets:
        sheets.write([])
        yield sheets.write
        sheets.finish(stream)


class _Sheets:
    """The sheets of a workbook, one after the other."""

    def __init__(self, directory: Path, top: Sequence[Sequence[str]], width: int) -> None:
        self._directory, self._top, self._width = directory, top, width
        self._package = directory / "workbook.xlsx"
        self._book = Workbook(
            str(self._package), {"constant_memory": True, "tmpdir": str(directory), "use_zip64": True}
        )
        self._text = self._book.add_format({"num_format": "@"})
        self._bold = self._book.add_format({"num_format": "@", "bold": True})
        self._sheets: list[_Sheet] = []

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        with self._sentences():
            self._require_room(0)
            if not self._sheets:
                self._begin()
            for row in rows:
                if self._height == _MAX_ROWS or self._sheets[-1].size() > _MAX_SHEET_BYTES:
                    self._begin()
                self._add(row, self._text)

    def finish(self, stream: BinaryIO) -> None:
        """Put the sheets together."""
        with self._sentences():
            self._require_room(max(sheet.size() for sheet in self._sheets))  # each is copied once
            self._package.touch(0o600)
            try:
                self._book.close()
            except FileCreateError as error:
                raise error.args[0] from error
            package = self._package.open("rb")
        with package:
            shutil.copyfileobj(package, stream)

    def close(self) -> None:
        """Close the files, finished or not."""
        for sheet in self._sheets:
            sheet.close()

    def _begin(self) -> None:
        number = len(self._sheets) + 1
        sheet = self._book.add_worksheet(f"Answers {number}" if number > 1 else "Answers", _Sheet)
        self._sheets.append(sheet)
        sheet.set_column(0, self._width - 1, _COLUMN_WIDTH, self._text)
        sheet.freeze_panes(len(self._top), 0)
        # Excel should not mark cells as "number stored as text": all of them are on purpose.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._height = 0
        for row in self._top:
            self._add(row, self._bold)

    def _add(self, row: Sequence[str], style: object) -> None:
        write, height = self._sheets[-1].write_string, self._height
        for column, cell in enumerate(row):
            if not cell:
                continue
            if len(cell) > _MAX_CELL // 2 and len(cell.encode("utf-16-le", "surrogatepass")) > _MAX_CELL * 2:
                raise ListError(
                    f"The list has a cell of more than {_MAX_CELL:,} characters, too long for a workbook.",
                    "Export it as CSV.",
                )
            write(height, column, cell, style)
        self._height += 1

    def _require_room(self, wanted: int) -> None:
        free = shutil.disk_usage(self._directory).free
        if free < wanted + _SPARE_BYTES:
            raise self._no_room(f"only {free // 1_000_000:,} MB are free")

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn what the operating system reports about temporary files into a `ListError`."""
        try:
            yield
        except OSError as error:
            raise self._no_room((error.strerror or str(error)).lower()) from error

    def _no_room(self, why: str) -> ListError:
        return ListError(
            f"Could not write the workbook's temporary files in {clean(str(self._directory.parent))}: {why}.",
            "Free some space there, or export as CSV.",
        )


class _Sheet(Worksheet):  # type: ignore[misc] # as above
    """A sheet that can hold any text. What is overridden here is private to XlsxWriter."""

    def size(self) -> int:
        """Return how many bytes of its rows are on disk."""
        return os.fstat(self.row_data_fh.fileno()).st_size

    def close(self) -> None:
        """Close its files; what is not written yet is no longer needed."""
        for file in (self.row_data_fh, self.fh):
            with suppress(OSError):
                file.close()

    @staticmethod
    def _escape_control_characters(data: str) -> str:
        # XlsxWriter's own fails for half of a surrogate pair, and takes _x0041_x0042_ for one escape.
        # Escapes are as in ECMA-376, 22.9.2.19.
        return _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", data)

    def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
        # XlsxWriter takes text between <r> and </r> for its own markup, so it would reach the file as XML.
        self._xml_inline_string(string, False, attributes)
