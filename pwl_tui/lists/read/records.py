"""From bytes to records: decodes a list and cuts it into cells, in constant memory."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import TextIO

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.source import MAX_LINE_BYTES, Source

MAX_CELL = MAX_LINE_BYTES // 4
"""The longest cell and the longest line, in characters: no encoding takes more than four bytes for one."""
_MAX_COLUMNS = 16_384
"""As many as a spreadsheet has."""


def records(
    source: Source, encoding: str, delimiter: str, watch: Callable[[int], None] | None = None
) -> Iterator[list[str]]:
    """Yield every record of a list as its cells, the header with the others; a blank line has none.

    Any line end will do (LF, CRLF, CR); cells may be quoted with ``"`` and hold line ends (RFC 4180).

    Args:
        source: the list.
        encoding: as Python names it.
        delimiter: one character; empty: each line is one cell, quotes and all.
        watch: see `Source.open`.

    Raises:
        ListError: the bytes are not in the encoding, a cell or line is too long, or a quote stays open.
    """
    with source.open(watch) as stream, io.TextIOWrapper(stream, encoding, newline="") as text:
        try:
            yield from _cells(text, delimiter, source.name) if delimiter else _lines(text, source.name)
        except UnicodeDecodeError as error:
            raise ListError(
                f"{source.name} is not written in {encoding}.",
                "Give its encoding with --encoding, or leave that out to have it detected.",
            ) from error


def _lines(text: TextIO, name: str) -> Iterator[list[str]]:
    return ([line.rstrip("\r\n")] for line in _bounded(text, name))


def _bounded(text: TextIO, name: str) -> Iterator[str]:
    readline = text.readline
    # A mark may stand before encodings that do not take it off, such as a plain utf-8 the person asked for.
    line = readline(MAX_CELL + 1).removeprefix("\ufeff")
    while line:
        if len(line) > MAX_CELL:
            raise _too_long(name)
        yield line
        line = readline(MAX_CELL + 1)


def _cells(text: TextIO, delimiter: str, name: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL)
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from _bounded(text, name)
        ended = True

    number = 0
    try:
        for number, record in enumerate(csv.reader(lines(), delimiter=delimiter), 1):
            if ended:
                # A record that wanted more lines than there are swallowed the rest of the list.
                raise ListError(
                    f"A quotation mark opened in row {number:,} of {name} is never closed.",
                    "Close it, or give another delimiter with --delimiter.",
                )
            if len(record) > _MAX_COLUMNS:
                raise ListError(
                    f"Row {number:,} of {name} has more than {_MAX_COLUMNS:,} cells.",
                    "Check that the file is a list, or give another delimiter with --delimiter.",
                )
            yield record
    except csv.Error as error:
        raise _too_long(name, number + 1) from error


def _too_long(name: str, row: int | None = None) -> ListError:
    where = "a line" if row is None else f"a cell in row {row:,}"
    return ListError(
        f"{name} has {where} of more than {MAX_CELL:,} characters.",
        "Check that the file is a list, and that its quotation marks are closed.",
    )
