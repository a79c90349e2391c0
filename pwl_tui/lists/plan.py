"""Plans a list: its numbers, each once, and the outcome of every row. Spends nothing."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import phonenumbers

from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.numbers.parse import numbers_in_cell, parse
from pwl_tui.lists.numbers.reasons import EMPTY, NO_COUNTRY_CODE, REASONS
from pwl_tui.lists.numbers.region_guess import MOST_WEIGHED, guess_regions
from pwl_tui.lists.numbers.renumbered import lacks_ninth_digit
from pwl_tui.lists.numbers.text_numbers import numbers_in
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.findings import RegionGuess
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.rows import cell_groups, cells
from pwl_tui.lists.read.source import Source

MAX_ROWS = 5_000_000
"""The most rows of a list: five times what the program is made for, and what fits into a gigabyte."""

_BRAZIL = 10**11
"""What a mobile number of Brazil is divided by to get its country code."""


class Found(NamedTuple):
    """What reading every row of a list has found. The fields are those of `ListPlan`.

    In addition, `reason_counts` has the number of rows for each value of `row_reason`.
    """

    reading: Reading
    numbers: "array[int]"
    row_number: "array[int]"
    row_reason: "array[int]"
    reason_counts: Mapping[int, int]
    region_guesses: tuple[RegionGuess, ...]
    more_rows: "array[int]"
    more_numbers: "array[int]"
    duplicates: int
    ninth_digits: int


def plan(
    source: Source,
    options: Options | Reading,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ListPlan:
    """Read a list to its end and return its plan.

    Args:
        source: the list.
        options: how to read it, where that should not be detected; or how it was read before.
        progress: called with the bytes read and the total, every hundred kilobytes or so.
        cancelled: called as often; returns whether to give up.

    Raises:
        ListError: the list cannot be read, or it has no number (`NoNumbersError`).
        PlanCancelledError: `cancelled` returned true.
    """
    return summed_up(source, find(source, options, progress, cancelled))


def find(
    source: Source,
    options: Options | Reading,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Found:
    """Read every row of a list. See `plan` for the arguments and errors."""

    def check_cancelled(_: int) -> None:
        if cancelled is not None and cancelled():
            raise PlanCancelledError

    def watch(done: int) -> None:
        check_cancelled(done)
        if progress is not None:
            progress(done, source.size)

    reading = options if isinstance(options, Reading) else detect(source, options, check_cancelled)
    strictness, plus_lost = reading.strictness, reading.plus_lost
    numbers, row_number, row_reason = array("q"), array("i"), array("b")
    more_rows, more_numbers = array("i"), array("i")
    places: dict[int, int] = {}
    national: list[str] = []
    ninth_digits = duplicates = 0

    def add(found: Sequence[int], texts: Sequence[str]) -> None:
        """Add a row with several numbers."""
        nonlocal duplicates, ninth_digits
        known = len(numbers)
        for number in found:
            place = places.setdefault(number, len(numbers))
            if place == len(numbers):
                numbers.append(number)
            if number is found[0]:
                row_number.append(place)
            else:
                more_rows.append(len(row_number) - 1)
                more_numbers.append(place)
        row_reason.append(0)
        duplicates += len(numbers) == known
        ninth_digits += any(lacks_ninth_digit(" ".join(texts), number) for number in found)
        if len(more_rows) > MAX_ROWS:
            raise _too_long(source)

    groups = cell_groups(source, reading, watch) if reading.more_columns else ()
    for texts, region in islice(groups, MAX_ROWS + 1):
        found, reason = _several(texts, region, reading)
        if found:
            add(found, texts)
        else:
            row_number.append(-1)
            row_reason.append(reason)
            if reason == NO_COUNTRY_CODE and len(national) < MOST_WEIGHED:
                national += [text for text in texts if parse(text, None, "valid") == -NO_COUNTRY_CODE][:1]
    several = reading.several is not None and not reading.in_text
    singles = () if reading.more_columns else cells(source, reading, watch)
    for text, region in islice(singles, MAX_ROWS + 1):
        number = parse(text, region, strictness, plus_lost=plus_lost)
        if number > 0:
            place = places.setdefault(number, len(numbers))
            if place == len(numbers):
                numbers.append(number)
            else:
                duplicates += 1
            row_number.append(place)
            row_reason.append(0)
            if number // _BRAZIL == 55 and lacks_ninth_digit(text, number):
                ninth_digits += 1
        elif several and number != -EMPTY and (found := _several([text], region, reading)[0]):
            add(found, [text])
        else:
            row_number.append(-1)
            row_reason.append(-number)
            if number == -NO_COUNTRY_CODE and len(national) < MOST_WEIGHED:
                national.append(text)
    if len(row_reason) > MAX_ROWS:
        raise _too_long(source)
    guesses = guess_regions(national, _regions(numbers)) if national else ()
    return Found(
        reading,
        numbers,
        row_number,
        row_reason,
        Counter(row_reason),
        guesses,
        more_rows,
        more_numbers,
        duplicates,
        ninth_digits,
    )


def _too_long(source: Source) -> ListError:
    return ListError(
        f"{source.name} has more than {MAX_ROWS:,} rows.", "Split it into several lists and plan each."
    )


def _several(texts: Sequence[str], region: str | None, reading: Reading) -> tuple[list[int], int]:
    """Return the numbers of a row, each once and as many as are wanted, or none and the reason."""
    found: dict[int, None] = {}
    reason = EMPTY
    for text in texts:
        number = parse(text, region, reading.strictness, plus_lost=reading.plus_lost)
        read = [number] if number > 0 else []
        if number < 0 and number != -EMPTY:
            read = numbers_in_cell(text, region, reading.strictness, plus_lost=reading.plus_lost)
            if not read and not reading.delimiter:
                written = (parse(number, region, "valid") for number in numbers_in(text, region))
                read = [number for number in written if number > 0]
            if reason == EMPTY:
                reason = -number
        found |= dict.fromkeys(read)
        if found and reading.several == "first":
            return list(found)[:1], 0
    return list(found), 0 if found else reason


def summed_up(source: Source, found: Found) -> ListPlan:
    """Return the plan of a list from what was found in it.

    Raises:
        NoNumbersError: it has no number.
    """
    counts = Counter(found.reason_counts)
    del counts[0]
    blank = counts.pop(EMPTY, 0)
    plan = ListPlan(
        source=source,
        reading=found.reading,
        rows=len(found.row_reason),
        blank=blank,
        rejected=counts.total(),
        duplicates=found.duplicates,
        reasons={REASONS[reason]: count for reason, count in counts.most_common()},
        numbers=found.numbers,
        row_number=found.row_number,
        row_reason=found.row_reason,
        region_guesses=found.region_guesses,
        more_rows=found.more_rows,
        more_numbers=found.more_numbers,
        ninth_digits=found.ninth_digits,
    )
    if not found.numbers:
        raise NoNumbersError(plan, *_numberless(plan))
    return plan


def _regions(numbers: "array[int]") -> set[str]:
    """Return the regions that numbers of a list belong to, from a sample."""
    sample = numbers[:: 1 + len(numbers) // MOST_WEIGHED]
    parsed = (phonenumbers.parse(f"+{number}") for number in sample)
    return {region for number in parsed if (region := phonenumbers.region_code_for_number(number))}


def _numberless(plan: ListPlan) -> tuple[str, str]:
    """Return why a list has no number and what to do about it."""
    source, reading, count = plan.source, plan.reading, plan.rows
    if not count:
        return f"{source.name} has a header but no rows.", "Choose a list with at least one phone number."
    where = ""
    if len(reading.columns) > 1:
        name = repr(reading.column_names) if reading.header else reading.column + 1
        where = f" in column {name}"
    message = f"None of the {count:,} rows of {source.name} has a phone number{where}."
    if plan.region_guesses:
        first = plan.region_guesses[0]
        return message, (
            f"Set the region the numbers belong to: --region {first.region} makes {first.valid:.0%} of those"
            " without a country code valid."
        )
    if plan.reasons.get(REASONS[NO_COUNTRY_CODE], 0) * 2 >= plan.rejected > 0:
        return message, "Set the region the numbers belong to with --region, such as --region US."
    if reading.region is not None:
        return message, f"Check that the region is {reading.region}, and choose the column with --column."
    return message, (
        "Choose the column with --column, and the region with --region if the numbers have no country code."
    )
