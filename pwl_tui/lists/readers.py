"""How a list is read: what the person said, what was detected, and the rows that come of it."""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from pwl_tui.lists.columns import find_layout, plus_is_lost
from pwl_tui.lists.dialect import checked_delimiter, find_delimiter, find_encoding
from pwl_tui.lists.encodings import named
from pwl_tui.lists.errors import ListError, unusable
from pwl_tui.lists.numbers import Strictness, checked_region
from pwl_tui.lists.records import records
from pwl_tui.lists.source import Source

__all__ = ["ListError", "Options", "Reading", "Source", "detect", "header", "rows"]

_SAMPLE_RECORDS = 300
"""How many records decide on the columns: enough that an odd one does not matter."""


class Options(msgspec.Struct, frozen=True):
    """What the person said of a list; none: to be detected."""

    column: str | None = None
    """The name of the column with the numbers, or its place, counted from 1."""
    header: bool | None = None
    region: str | None = None
    """ISO 3166 code of the region that national numbers belong to."""
    encoding: str | None = None
    delimiter: str | None = None
    numbers: Strictness = "valid"


class Reading(msgspec.Struct, frozen=True):
    """How a list is read; stored with its job, so that it is read the same way again."""

    encoding: str
    """As Python names it."""
    delimiter: str
    """Empty where each line is one cell."""
    header: bool
    columns: tuple[str, ...]
    """Safe to show and all different: the header's names, or ``column 1`` and so on."""
    column: int
    """Which of the columns holds the numbers, counted from 0."""
    region: str | None
    strictness: Strictness
    plus_lost: bool
    """Whether numbers without ``+`` are taken for international ones that lost it."""


def detect(source: Source, options: Options) -> Reading:
    """Decide how a list is read: what the person said, and for the rest what a look at its start suggests.

    Raises:
        ListError: an option makes no sense for this list, or the list cannot be read.
    """
    region = None if options.region is None else checked_region(options.region)
    encoding = find_encoding(source) if options.encoding is None else named(options.encoding)
    if options.delimiter is None:
        delimiter = find_delimiter(source, encoding)
    else:
        delimiter = checked_delimiter(options.delimiter)
    sample = list(islice(records(source, encoding, delimiter), _SAMPLE_RECORDS))
    if not sample:
        raise unusable(f"{source.name} is empty.", "Give a list with at least one phone number.")
    header, columns, column = find_layout(sample, options.column, options.header, region)
    cells = [record[column] for record in sample[1 if header else 0 :] if column < len(record)]
    plus_lost = plus_is_lost(cells, region)
    return Reading(encoding, delimiter, header, columns, column, region, options.numbers, plus_lost)


def rows(source: Source, reading: Reading, watch: Callable[[int], None] | None = None) -> Iterator[list[str]]:
    """Yield the cells of every row, the header left out; blank lines are rows, and rows may be ragged.

    Args:
        source: the list.
        reading: how to read it.
        watch: see `Source.open`.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    found = records(source, reading.encoding, reading.delimiter, watch)
    return islice(found, 1 if reading.header else 0, None)


def header(source: Source, reading: Reading) -> list[str]:
    """Return the cells of the header as the person wrote them; none if there is no header."""
    if not reading.header:
        return []
    return next(records(source, reading.encoding, reading.delimiter), [])
