"""How a list is read: what the person said, what was detected, and the rows that come of it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import NO_COUNTRY_CODE
from pwl_tui.lists.numbers.regions import checked_region
from pwl_tui.lists.numbers.text_numbers import numbers_in
from pwl_tui.lists.read.columns import Layout, find_layout, name_columns, plus_is_lost, row_region
from pwl_tui.lists.read.dialect import checked_delimiter, delimiter_words, find_delimiter, find_encoding
from pwl_tui.lists.read.encodings import named
from pwl_tui.lists.read.findings import Finding, Sureness, given
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.sheets import WORKBOOK_DELIMITER, WORKBOOK_ENCODING
from pwl_tui.lists.read.source import Source

_SAMPLE_RECORDS = 300
"""How many records decide on the columns: enough that an odd one does not matter."""
_SAMPLE_LINES = 100
"""How many lines are searched for numbers in running text, which takes longer."""


def detect(source: Source, options: Options, watch: Callable[[int], None] | None = None) -> Reading:
    """Decide how a list is read: what the person said, and for the rest what a look at its start suggests.

    Args:
        source: the list.
        options: what the person said.
        watch: see `Source.open`; the encoding takes all of the list to be sure of, some more than once.

    Raises:
        ListError: an option makes no sense for this list, or the list cannot be read.
    """
    region = None if options.region is None else checked_region(options.region)
    encoding, delimiter, findings = _dialect(source, options, watch)
    if region is not None:
        findings.append(given("region", region))
    sample = list(islice(records(source, encoding, delimiter), _SAMPLE_RECORDS))
    if not sample:
        raise ListError(f"{source.name} is empty.", "Give a list with at least one phone number.")
    layout = find_layout(
        sample,
        column=options.column,
        header=options.header,
        region=region,
        region_column=options.region_column,
    )
    if _is_text(source, encoding, options, sample, layout, region):
        sure: Sureness = "likely" if options.in_text is None else "given"
        text = Finding("column", "numbers within lines of text", sure, "lines are more than a number")
        found = [finding for finding in findings if finding.aspect != "delimiter"]
        return Reading(
            encoding,
            delimiter="",
            header=False,
            columns=name_columns((), 1),
            column=0,
            region=region,
            strictness=options.numbers,
            plus_lost=False,
            in_text=True,
            findings=(*found, text),
        )
    body = sample[layout.preamble + layout.header :]
    cells = [record[layout.column] for record in body if layout.column < len(record)]
    return Reading(
        encoding,
        delimiter,
        layout.header,
        layout.columns,
        layout.column,
        region,
        options.numbers,
        plus_lost=layout.region_column is not None or plus_is_lost(cells, region),
        preamble=layout.preamble,
        region_column=layout.region_column,
        sheet="" if source.sheet is None else source.sheet.value,
        other_sheets=source.other_sheets,
        candidates=layout.candidates,
        findings=(*findings, *layout.findings),
    )


def rows(source: Source, reading: Reading, watch: Callable[[int], None] | None = None) -> Iterator[list[str]]:
    """Yield the cells of every row, the header left out; blank lines are rows, and rows may be ragged.

    Where numbers are looked for within lines of text, a row is a line and one number in it: a line comes once
    for each number that it mentions, and once if it mentions none.

    Args:
        source: the list.
        reading: how to read it.
        watch: see `Source.open`.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    found = _records(source, reading, watch)
    if reading.in_text:
        return (line for line in found for _ in _mentioned(line[0], reading.region))
    return islice(found, reading.preamble + reading.header, None)


def cells(
    source: Source, reading: Reading, watch: Callable[[int], None] | None = None
) -> Iterator[tuple[str, str | None]]:
    """Yield, for every row, the text that should be its number, and the region that a national one is of.

    Args:
        source: the list.
        reading: how to read it.
        watch: see `Source.open`.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    region, column, region_column = reading.region, reading.column, reading.region_column
    if reading.in_text:
        for line in _records(source, reading, watch):
            for text in _mentioned(line[0], region):
                yield text, region
    elif region_column is None:
        for row in rows(source, reading, watch):
            yield row[column] if column < len(row) else "", region
    else:
        for row in rows(source, reading, watch):
            yield row[column] if column < len(row) else "", row_region(row, region_column, region)


def header(source: Source, reading: Reading) -> list[str]:
    """Return the cells of the header as the person wrote them; none if there is no header."""
    if not reading.header:
        return []
    return next(islice(_records(source, reading, None), reading.preamble, None), [])


def preamble(source: Source, reading: Reading) -> list[list[str]]:
    """Return the records before the header: what stands over a table, such as its title and blank lines."""
    return list(islice(_records(source, reading, None), reading.preamble))


def _records(source: Source, reading: Reading, watch: Callable[[int], None] | None) -> Iterator[list[str]]:
    return records(source, reading.encoding, reading.delimiter, watch)


def _mentioned(line: str, region: str | None) -> list[str]:
    return numbers_in(line, region) or [line]


def _dialect(
    source: Source, options: Options, watch: Callable[[int], None] | None
) -> tuple[str, str, list[Finding]]:
    """Return the encoding and the delimiter of a list, and what was found of them."""
    if source.sheet is not None:  # it was written by us
        return WORKBOOK_ENCODING, WORKBOOK_DELIMITER, [source.sheet]
    if options.encoding is None:
        encoding, found_encoding = find_encoding(source, watch)
    else:
        encoding = named(options.encoding)
        found_encoding = given("encoding", encoding)
    if options.delimiter is None:
        delimiter, found_delimiter = find_delimiter(source, encoding)
    else:
        delimiter = checked_delimiter(options.delimiter)
        found_delimiter = given("delimiter", delimiter_words(delimiter))
    return encoding, delimiter, [found_encoding, found_delimiter]


def _is_text(
    source: Source,
    encoding: str,
    options: Options,
    sample: Sequence[Sequence[str]],
    layout: Layout,
    region: str | None,
) -> bool:
    """Say whether numbers are to be looked for within the lines, rather than in a column.

    They are where hardly a row has a number in the column that is best, and the lines mention more of them;
    and where numbers are all that is in the rows, so that there is no column to prefer.
    """
    if options.in_text is not None:
        return options.in_text
    if source.sheet is not None or options.column is not None or options.delimiter is not None:
        return False
    lines = [record[0] for record in islice(records(source, encoding, ""), _SAMPLE_LINES)]
    mentioned = sum(len(numbers_in(line, region)) for line in lines)
    column, looked_at = layout.column, sample[:_SAMPLE_LINES]
    found = [parse(row[column], region, "valid") for row in looked_at if column < len(row)]
    in_column = sum(number > 0 or number == -NO_COUNTRY_CODE for number in found)
    if in_column * 4 < len(looked_at):
        return mentioned > in_column * 2
    only_numbers = not layout.header and 1 < len(layout.columns) == len(layout.candidates)
    return only_numbers and mentioned > in_column
