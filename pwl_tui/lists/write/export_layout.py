"""Where the answers go in a list: how wide it is, and what the columns beside it are called."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from typing import NamedTuple

from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.records import MAX_CELL
from pwl_tui.lists.read.rows import header
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import FIELDS

MARK = "\ufeff"
"""The byte order mark."""


class WiderRowError(Exception):
    """A row has more cells than the list was supposed to have."""


class Shape(NamedTuple):
    """The columns of a list and those that are added.

    Attributes:
        width: cells of its longest row, so that what is added lines up also in a ragged list.
        heading: the cells of its header, as many as `width`; none if it has no header. A list without
            columns has the header ``input``.
        added: the names of our columns; none if it has no header.
    """

    width: int
    heading: list[str]
    added: list[str]


def supposed(source: Source, reading: Reading) -> Shape:
    """Return the shape of a list by its first few hundred rows, which say how wide nearly every list is."""
    return _shape(source, reading, len(reading.columns))


def measured(source: Source, reading: Reading) -> Shape:
    """Return the shape of a list by all of its rows."""
    with lines_of(source, reading) as lines:
        return _shape(source, reading, max(map(len, csv.reader(lines, delimiter=reading.delimiter))))


def padded(cells: list[str], width: int) -> list[str]:
    """Return the cells of a row, and empty ones behind them.

    Raises:
        WiderRowError: there are more than `width`.
    """
    if len(cells) > width:
        raise WiderRowError
    return cells + [""] * (width - len(cells))


@contextmanager
def lines_of(source: Source, reading: Reading) -> Iterator[Iterator[str]]:
    """Open a list that was read before; yields its lines with their ends, a byte order mark taken off.

    All was read with care when it was planned, so that here it need not be looked at again.
    """
    csv.field_size_limit(MAX_CELL)
    with source.open() as stream, io.TextIOWrapper(stream, reading.encoding, newline="") as text:
        yield chain([text.readline().removeprefix(MARK)], text)


def _shape(source: Source, reading: Reading, width: int) -> Shape:
    heading = header(source, reading) or ([] if reading.delimiter else ["input"])
    return Shape(width, padded(heading, width) if heading else [], _free_names(heading) if heading else [])


def _free_names(heading: list[str]) -> list[str]:
    """Return names for our columns that the list does not have yet: it may be an export itself."""
    taken = {name.strip().casefold() for name in heading}
    suffixes = chain([""], (f"_{number}" for number in count(2)))
    candidates = ([name + suffix for name in FIELDS] for suffix in suffixes)
    return next(names for names in candidates if taken.isdisjoint(names))
