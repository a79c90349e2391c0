"""Decides how a list is read: as the person said, and otherwise as its first records suggest."""

from collections.abc import Callable, Sequence
from itertools import islice

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import CSV_DELIMITER, CSV_ENCODING, kind_named
from pwl_tui.lists.numbers.international import INTERNATIONAL, is_international
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import NO_COUNTRY_CODE, SEVERAL_NUMBERS
from pwl_tui.lists.numbers.regions import checked_region
from pwl_tui.lists.numbers.text_numbers import numbers_in
from pwl_tui.lists.read.columns import Layout, find_layout, name_columns
from pwl_tui.lists.read.dialect import (
    checked_delimiter,
    delimiter_name,
    find_delimiter,
    find_encoding,
    is_spaced,
)
from pwl_tui.lists.read.encodings import checked_encoding
from pwl_tui.lists.read.findings import Finding, Sureness, given
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.source import Source

_SAMPLE_RECORDS = 300
"""How many records decide on the columns: enough that an odd one does not matter."""
_SAMPLE_LINES = 100
_LONGEST_SEARCHED = 4096
"""How many lines are searched for numbers within text, and how much of each: that takes longer."""


def detect(source: Source, options: Options, watch: Callable[[int], None] | None = None) -> Reading:
    """Decide how a list is read.

    Args:
        source: the list.
        options: what the person said; the rest is detected.
        watch: see `Source.open`. To be sure of its encoding takes the whole list, sometimes more than once.

    Raises:
        ListError: an option is invalid for this list, or the list cannot be read.
    """
    international = is_international(options.region)
    region = None if options.region is None or international else checked_region(options.region)
    encoding, delimiter, findings = _dialect(source, options, watch)
    if region is not None or international:
        findings.append(given("region", region or INTERNATIONAL))
    converted = kind_named(source.kind).convert is not None
    spaced = bool(delimiter) and not converted and is_spaced(source, encoding, delimiter)
    sample = list(islice(records(source, encoding, delimiter, spaced=spaced), _SAMPLE_RECORDS))
    if not sample:
        raise ListError(f"{source.name} is empty.", "Choose a list with at least one phone number.")
    layout = find_layout(
        sample,
        column=options.column,
        header=options.header,
        headed=kind_named(source.kind).headed,
        region=region,
        region_column=options.region_column,
        plus_lost=international,
    )
    if options.column is None and kind_named(source.kind).varied:
        layout = layout.with_alternatives(sample)
    several = options.several
    if _is_text(source, encoding, options, sample, layout, region, delimiter):
        sure: Sureness = "likely" if options.in_text is None else "given"
        text = Finding("column", "numbers within text", sure, "the lines have more than a number")
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
            several=several,
            findings=(*found, text),
        )
    if several is None and (layout.more_columns or kind_named(source.kind).several or not delimiter):
        several = "all"
    return Reading(
        encoding,
        delimiter,
        layout.header,
        layout.columns,
        layout.column,
        region,
        options.numbers,
        # What is national is tried first, so that a region leaves little to chance.
        plus_lost=region is not None or international or bool(layout.why_plus_lost),
        preamble=layout.preamble,
        region_column=layout.region_column,
        sheet="" if source.sheet is None else source.sheet.value,
        other_sheets=source.other_sheets,
        candidates=layout.candidates,
        several=several,
        more_columns=layout.more_columns,
        spaced=spaced,
        area_column=layout.area_column,
        findings=(*findings, *layout.findings),
    )


def _dialect(
    source: Source, options: Options, watch: Callable[[int], None] | None
) -> tuple[str, str, list[Finding]]:
    """Return the encoding and the delimiter of a list, and how they were found."""
    if kind_named(source.kind).convert is not None:  # the program itself wrote the CSV
        return CSV_ENCODING, CSV_DELIMITER, [] if source.sheet is None else [source.sheet]
    if options.encoding is None:
        encoding, found_encoding = find_encoding(source, watch)
    else:
        encoding = checked_encoding(options.encoding)
        found_encoding = given("encoding", encoding)
    if options.delimiter is None:
        delimiter, found_delimiter = find_delimiter(source, encoding)
    else:
        delimiter = checked_delimiter(options.delimiter)
        found_delimiter = given("delimiter", delimiter_name(delimiter))
    return encoding, delimiter, [found_encoding, found_delimiter]


def _is_text(
    source: Source,
    encoding: str,
    options: Options,
    sample: Sequence[Sequence[str]],
    layout: Layout,
    region: str | None,
    delimiter: str,
) -> bool:
    """Return whether to look for numbers within the lines, rather than in a column.

    That is so if hardly a row has a number in the best column while the lines mention more of them, and if
    the rows have nothing but numbers, so that no column is better than another.
    """
    if options.in_text is not None:
        return options.in_text
    converted = kind_named(source.kind).convert is not None
    if converted or options.column is not None or options.delimiter is not None:
        return False
    lines = [record[0][:_LONGEST_SEARCHED] for record in islice(records(source, encoding, ""), _SAMPLE_LINES)]
    mentioned = sum(parse(text, region, "valid") > 0 for line in lines for text in numbers_in(line, region))
    column, looked_at = layout.column, sample[:_SAMPLE_LINES]
    found = [parse(row[column] if column < len(row) else "", region, "valid") for row in looked_at]
    counted = {-NO_COUNTRY_CODE, -SEVERAL_NUMBERS} if delimiter else {-NO_COUNTRY_CODE}
    in_column = sum(number > 0 or number in counted for number in found)
    if in_column * 4 < len(looked_at):
        return mentioned > in_column * 2
    if not delimiter:
        # Each line is one cell: those that are no number as a whole may hold some.
        read = {
            record[0]: numbers_in(record[0][:_LONGEST_SEARCHED], region) for record in looked_at if record
        }
        whole = all(read[row[0]] for row, number in zip(looked_at, found, strict=True) if number > 0)
        return whole and mentioned > in_column
    only_numbers = not layout.header and 1 < len(layout.columns) == len(layout.candidates)
    return only_numbers and mentioned > in_column
