"""Where the results go in a list: how wide it is, and what the added columns are called."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count
from typing import NamedTuple

from pwl_tui.lists.read.encodings import CUT_OFF
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.records import MAX_CELL
from pwl_tui.lists.read.rows import header
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import FIELDS

MARK = "\ufeff"
"""The byte order mark."""


class WiderRowError(Exception):
    """A row has more cells than expected."""


class ExportLayout(NamedTuple):
    """The columns of a list and those that are added.

    Attributes:
        width: cells of its longest row, so that the added columns line up in a ragged list, too.
        heading: the cells of its header, as many as `width`; empty if it has no header. A list without
            columns has the header ``input``.
        added: the names of the added columns; empty if the list has no header.
        fields: the same before they were made different from those of the list.
    """

    width: int
    heading: list[str]
    added: list[str]
    fields: Sequence[str] = FIELDS


def expected_layout(source: Source, reading: Reading, fields: Sequence[str] = FIELDS) -> ExportLayout:
    """Return the layout by the first few hundred rows, which show how wide nearly every list is."""
    return _layout(source, reading, len(reading.columns), fields)


def measured_layout(source: Source, reading: Reading, fields: Sequence[str] = FIELDS) -> ExportLayout:
    """Return the layout by all rows of the list."""
    with lines_of(source, reading) as lines:
        return _layout(
            source,
            reading,
            max(map(len, csv.reader(lines, delimiter=reading.delimiter, skipinitialspace=reading.spaced))),
            fields,
        )


def padded(cells: list[str], width: int) -> list[str]:
    """Return the cells of a row, followed by empty ones.

    Raises:
        WiderRowError: there are more than `width`.
    """
    if len(cells) > width:
        raise WiderRowError
    return cells + [""] * (width - len(cells))


@contextmanager
def lines_of(source: Source, reading: Reading) -> Iterator[Iterator[str]]:
    """Open a list that was read before; yields its lines with their line ends, without a byte order mark.

    Everything was checked when the list was planned and is not checked again.
    """
    csv.field_size_limit(MAX_CELL)
    with source.open() as stream, io.TextIOWrapper(stream, reading.encoding, CUT_OFF, newline="") as text:
        yield chain([text.readline().removeprefix(MARK)], text)


def _layout(source: Source, reading: Reading, width: int, fields: Sequence[str]) -> ExportLayout:
    heading = header(source, reading) or ([] if reading.delimiter else ["input"])
    if not heading:
        return ExportLayout(width, [], [], fields)
    return ExportLayout(width, padded(heading, width), _free_names(heading, fields), fields)


def _free_names(heading: list[str], fields: Sequence[str]) -> list[str]:
    """Return names for the added columns that the list does not have yet: it may be an export itself."""
    taken = {name.strip().casefold() for name in heading}
    suffixes = chain([""], (f"_{number}" for number in count(2)))
    candidates = ([name + suffix for name in fields] for suffix in suffixes)
    return next(names for names in candidates if taken.isdisjoint(names))
