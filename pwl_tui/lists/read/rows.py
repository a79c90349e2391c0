"""The rows of a list that is read in a known way: cells, numbers as written, the header and what is above."""

from collections.abc import Callable, Iterator
from itertools import islice

from pwl_tui.lists.numbers.regions import region_of_row
from pwl_tui.lists.numbers.text_numbers import numbers_in
from pwl_tui.lists.read.area_column import with_area
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.source import Source


def rows(source: Source, reading: Reading, watch: Callable[[int], None] | None = None) -> Iterator[list[str]]:
    """Yield the cells of every row, without the header. Blank lines are rows, and rows may be ragged.

    If numbers are looked for within lines of text, each number in a line that is read makes a row of that
    whole line; a line without a number is one row.

    Args:
        source: the list.
        reading: how to read it.
        watch: see `Source.open`.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    found = _records(source, reading, watch)
    if reading.in_text:
        return (line for line in found for _ in mentioned(line[0], reading))
    return islice(found, reading.preamble + reading.header, None)


def single_cells(
    source: Source, reading: Reading, watch: Callable[[int], None] | None = None
) -> Iterator[str]:
    """Yield, for every row, the text that should be its number. The list is read by one column.

    Args:
        source: the list.
        reading: how to read it; its numbers are in a column.
        watch: see `Source.open`.
        beside: called with what is no number in a line of text that has others.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    column, area, region, good = reading.column, reading.area_column, reading.region, reading.strictness
    found = rows(source, reading, watch)
    if area is not None:
        return (with_area(row, column, area, region, good) for row in found)
    return (row[column] if column < len(row) else "" for row in found)


def lines(source: Source, reading: Reading, watch: Callable[[int], None] | None = None) -> Iterator[str]:
    """Yield the lines of a list in which numbers are looked for within text. See `single_cells`."""
    return (line for [line] in _records(source, reading, watch))


def mentioned(line: str, reading: Reading) -> list[str]:
    """Return what is read of a line: the numbers in it as written there, or the line if it has none."""
    found = numbers_in(line, reading.region) or [line]
    return found[:1] if reading.several == "first" else found


def cell_groups(
    source: Source, reading: Reading, watch: Callable[[int], None] | None = None
) -> Iterator[tuple[list[str], str | None]]:
    """Yield, for every row, the texts that may have its numbers, and the region for national numbers.

    Args:
        source: the list.
        reading: how to read it; its numbers are in columns.
        watch: see `Source.open`.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    columns, region, region_column = reading.read_columns, reading.region, reading.region_column
    area, good = reading.area_column, reading.strictness
    for row in rows(source, reading, watch):
        its = region_of_row(row, region_column, region)
        if area is None:
            yield [row[column] for column in columns if column < len(row)], its
        else:
            yield [with_area(row, at, area, its, good) for at in columns if at < len(row)], its


def header(source: Source, reading: Reading) -> list[str]:
    """Return the cells of the header as the person wrote them; empty if there is no header."""
    if not reading.header:
        return []
    return next(islice(_records(source, reading, None), reading.preamble, None), [])


def preamble(source: Source, reading: Reading) -> list[list[str]]:
    """Return the records above the header, such as a title and blank lines."""
    return list(islice(_records(source, reading, None), reading.preamble))


def _records(source: Source, reading: Reading, watch: Callable[[int], None] | None) -> Iterator[list[str]]:
    return records(source, reading.encoding, reading.delimiter, watch, spaced=reading.spaced)
