"""From bytes to records: decodes a list and splits it into cells, in constant memory."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import TextIO

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.encodings import CUT_OFF
from pwl_tui.lists.read.source import MAX_LINE_BYTES, Source

MAX_CELL = MAX_LINE_BYTES // 4
"""The longest cell and the longest line, in characters; no encoding takes more than four bytes for one."""
_MAX_COLUMNS = 16_384
"""As many as a spreadsheet can have."""


def records(
    source: Source,
    encoding: str,
    delimiter: str,
    watch: Callable[[int], None] | None = None,
    *,
    spaced: bool = False,
) -> Iterator[list[str]]:
    """Yield the cells of every record of a list, including the header; a blank line has none.

    Any line ending will do (LF, CRLF, CR). Cells may be quoted with ``"`` and contain line ends (RFC 4180).

    Args:
        source: the list.
        encoding: Python's name for it.
        delimiter: one character; empty if each line is one cell, quotes and all.
        watch: see `Source.open`.
        spaced: leave out spaces after a delimiter, also before a quote.

    Raises:
        ListError: the bytes are not in the encoding, a cell or line is too long, or a quote stays open.
    """
    with source.open(watch) as stream, io.TextIOWrapper(stream, encoding, CUT_OFF, newline="") as text:
        try:
            yield from (
                _cells(text, delimiter, source.name, spaced) if delimiter else _lines(text, source.name)
            )
        except UnicodeError as error:  # of UTF-16 without its mark only the base class is raised
            raise ListError(
                f"{source.name} is not valid {encoding}.",
                "Set the right encoding with --encoding, or leave that out to detect it.",
            ) from error


def _lines(text: TextIO, name: str) -> Iterator[list[str]]:
    return ([line.rstrip("\r\n")] for line in _bounded(text, name))


def _bounded(text: TextIO, name: str) -> Iterator[str]:
    readline = text.readline
    # Some encodings do not remove a byte order mark, such as plain utf-8 if the person asked for it.
    line = readline(MAX_CELL + 1).removeprefix("\ufeff")
    while line:
        if len(line) > MAX_CELL:
            raise _too_long(name)
        yield line
        line = readline(MAX_CELL + 1)


def _cells(text: TextIO, delimiter: str, name: str, spaced: bool) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL)
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from _bounded(text, name)
        ended = True

    number = 0
    reader = csv.reader(lines(), delimiter=delimiter, skipinitialspace=spaced)
    try:
        for number, record in enumerate(reader, 1):
            if ended:
                # A record that is still open at the end has swallowed the rest of the list.
                raise ListError(
                    f"A quotation mark opened in row {number:,} of {name} is never closed.",
                    "Close it, or set another delimiter with --delimiter.",
                )
            if len(record) > _MAX_COLUMNS:
                raise ListError(
                    f"Row {number:,} of {name} has more than {_MAX_COLUMNS:,} cells.",
                    "Check that the file is a list, or set another delimiter with --delimiter.",
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
