"""Plans a list: its numbers, each once, and the outcome of every row. Spends nothing."""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import phonenumbers
from msgspec.structs import replace

from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.examples import Examples
from pwl_tui.lists.formats import kind_named
from pwl_tui.lists.numbers.international import INTERNATIONAL, speaks_against
from pwl_tui.lists.numbers.parse import numbers_in_cell, parse
from pwl_tui.lists.numbers.reasons import (
    EMPTY,
    LETTERS,
    NO_COUNTRY_CODE,
    NO_PHONE_ID,
    NOT_A_NUMBER,
    REASONS,
    SEVERAL_NUMBERS,
)
from pwl_tui.lists.numbers.region_clues import clues
from pwl_tui.lists.numbers.region_guess import MOST_WEIGHED, guess_regions
from pwl_tui.lists.numbers.renumbered import lacks_ninth_digit
from pwl_tui.lists.numbers.text_numbers import numbers_in
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.findings import Example, RegionGuess
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.rows import cell_groups, cells
from pwl_tui.lists.read.source import Source

MAX_ROWS = 5_000_000
"""The most rows of a list: five times what the program is made for, and what fits into a gigabyte."""
_REGIONS_NAMED = 6
_ABROAD = f" If they begin with their country code, use --region {INTERNATIONAL}."
_CONFIRMING = 200
"""How many rows from all over a list, and from its end, may speak against what its first rows suggest."""

_BRAZIL = 10**11
"""What a mobile number of Brazil is divided by to get its country code."""

_NO_NUMBERS = {EMPTY, NOT_A_NUMBER, NO_PHONE_ID}
"""Reasons of what is not meant to be a phone number."""

_REMEDIES = {
    SEVERAL_NUMBERS: "Add --several first or --several all to read them.",
    LETTERS: "Correct them: which digit a letter was typed for cannot be guessed.",
}
"""What helps a list of rows that have a reason."""


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
    examples: tuple[Example, ...]
    more_rows: "array[int]"
    more_numbers: "array[int]"
    duplicates: int
    ninth_digits: int
    beside_counts: Mapping[int, int]
    """By reason, how many that should be numbers are beside the number of a row."""


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

    if isinstance(options, Reading):
        return _find(source, options, watch)
    reading = _confirmed(source, detect(source, options, check_cancelled), check_cancelled)
    return _find(source, reading, watch, options.earlier_regions)


def _confirmed(source: Source, reading: Reading, watch: Callable[[int], None]) -> Reading:
    """Return how a list is read, once all of it was asked whether its digits begin with their country code.

    The first rows may be from elsewhere than the rest, and those would be paid for as strangers' numbers.
    """
    if not any(finding.aspect == "region" and finding.value == INTERNATIONAL for finding in reading.findings):
        return reading
    if any(finding.aspect == "region" and finding.sure == "given" for finding in reading.findings):
        return reading
    spread, step, last = list[str](), 1, deque[str](maxlen=_CONFIRMING)
    if reading.more_columns:
        texts = (text for group, _ in cell_groups(source, reading, watch) for text in group)
    else:
        texts = (text for text, _ in cells(source, reading, watch))
    for index, text in enumerate(texts):
        last.append(text)
        if not index % step:
            spread.append(text)
            if len(spread) == 2 * _CONFIRMING:
                del spread[1::2]
                step *= 2
    if not (speaks_against(spread) or speaks_against(last)):
        return reading
    findings = tuple(finding for finding in reading.findings if finding.aspect != "region")
    return replace(reading, plus_lost=False, findings=findings)


def _find(
    source: Source, reading: Reading, watch: Callable[[int], None], earlier: Sequence[str] = ()
) -> Found:
    """Do what `find` does for a list that is read in a known way.

    Args:
        source: the list.
        reading: how it is read.
        watch: see `Source.open`.
        earlier: regions of earlier lists, the latest first.
    """
    strictness, plus_lost, per_row = reading.strictness, reading.plus_lost, reading.region_column is not None
    numbers, row_number, row_reason = array("q"), array("i"), array("b")
    more_rows, more_numbers = array("i"), array("i")
    places: dict[int, int] = {}
    national: list[str] = []
    examples = Examples()
    ninth_digits = duplicates = 0
    beside = Counter[int]()

    def add(found: Sequence[int], texts: Sequence[str]) -> None:
        """Add a row with several numbers."""
        nonlocal duplicates, ninth_digits
        known = len(numbers)
        for number in found:
            place = places.setdefault(number, len(numbers))
            if place == len(numbers):
                if place == examples.following:
                    examples.add(" ".join(texts), number)
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

    def unusable(text: str) -> None:
        """Count what is no number beside others in a line of text."""
        number = parse(text, reading.region, strictness)
        if number < 0:
            beside[-number] += 1

    groups = cell_groups(source, reading, watch) if reading.more_columns else ()
    for texts, region in islice(groups, MAX_ROWS + 1):
        found, reasons = _several(texts, region, reading)
        if found:
            add(found, texts)
            beside.update(reasons)
        else:
            row_number.append(-1)
            reason = reasons[0] if reasons else EMPTY
            row_reason.append(reason)
            if reason == NO_COUNTRY_CODE and len(national) < MOST_WEIGHED:
                national += [text for text in texts if parse(text, None, "valid") == -NO_COUNTRY_CODE][:1]
    several = reading.several is not None and not reading.in_text
    singles = () if reading.more_columns else cells(source, reading, watch, unusable)
    for text, region in islice(singles, MAX_ROWS + 1):
        number = parse(text, region, strictness, plus_lost=plus_lost or (per_row and region is not None))
        if number > 0:
            place = places.setdefault(number, len(numbers))
            if place == len(numbers):
                if place == examples.following:
                    examples.add(text, number)
                numbers.append(number)
            else:
                duplicates += 1
            row_number.append(place)
            row_reason.append(0)
            if number // _BRAZIL == 55 and lacks_ninth_digit(text, number):
                ninth_digits += 1
        elif several and number != -EMPTY and (read := _several([text], region, reading))[0]:
            add(read[0], [text])
            beside.update(read[1])
        else:
            row_number.append(-1)
            row_reason.append(-number)
            if number == -NO_COUNTRY_CODE and len(national) < MOST_WEIGHED:
                national.append(text)
    if len(row_reason) > MAX_ROWS:
        raise _too_long(source)
    guesses = guess_regions(national, _regions(numbers), clues(source, reading, earlier)) if national else ()
    return Found(
        reading,
        numbers,
        row_number,
        row_reason,
        Counter(row_reason),
        guesses,
        examples.chosen(),
        more_rows,
        more_numbers,
        duplicates,
        ninth_digits,
        beside,
    )


def _too_long(source: Source) -> ListError:
    return ListError(
        f"{source.name} has more than {MAX_ROWS:,} rows.", "Split it into several lists and plan each."
    )


def _several(texts: Sequence[str], region: str | None, reading: Reading) -> tuple[list[int], list[int]]:
    """Return the numbers of a row, each once and as many as are wanted, and why others are none.

    With numbers, the reasons are of what should be one beside them; otherwise the first is of the row. There
    is none if all texts are empty.
    """
    found: dict[int, None] = {}
    why: list[int] = []
    lost = reading.plus_lost or (reading.region_column is not None and region is not None)
    for text in texts:
        number = parse(text, region, reading.strictness, plus_lost=lost)
        read = [number] if number > 0 else []
        if number < 0 and number != -EMPTY:
            read = numbers_in_cell(text, region, reading.strictness, plus_lost=lost)
            if not reading.delimiter and max(read, default=0) <= 0:
                read = [parse(number, region, "valid") for number in numbers_in(text, region)]
            if max(read, default=0) <= 0:
                read = [number]
        found |= dict.fromkeys(number for number in read if number > 0)
        why += (-number for number in read if number < 0)
        if found and reading.several == "first":
            break
    if found:
        why = [reason for reason in why if reason not in _NO_NUMBERS]
    return list(found)[: 1 if reading.several == "first" else None], why


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
        examples=found.examples,
        more_rows=found.more_rows,
        more_numbers=found.more_numbers,
        ninth_digits=found.ninth_digits,
        beside={REASONS[reason]: count for reason, count in Counter(found.beside_counts).most_common()},
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
        nothing = "no rows" if kind_named(source.kind).headed else "a header but no rows"
        return f"{source.name} has {nothing}.", "Choose a list with at least one phone number."
    where = ""
    if len(reading.columns) > 1:
        name = repr(reading.column_names) if reading.header else reading.column + 1
        where = f" in column {name}"
    none_of = "The only row" if count == 1 else f"None of the {count:,} rows"
    has = "has no phone number" if count == 1 else "has a phone number"
    message = f"{none_of} of {source.name} {has}{where}."
    for reason, remedy in _REMEDIES.items():
        if rows := plan.reasons.get(REASONS[reason], 0):
            return f"{message} {rows:,}: {REASONS[reason]}.", remedy
    if plan.region_guesses:
        first, *others = plan.region_guesses
        also = ", ".join(guess.region for guess in others[:_REGIONS_NAMED])
        return message, (
            f"Set the region the numbers belong to: --region {first.region} makes {first.valid:.0%} of those"
            f" without a country code valid{f' (others that fit: {also})' if also else ''}.{_ABROAD}"
        )
    if plan.reasons.get(REASONS[NO_COUNTRY_CODE], 0) * 2 >= plan.rejected > 0:
        return message, f"Set the region the numbers belong to with --region, such as --region US.{_ABROAD}"
    if reading.region is not None:
        return message, f"Check that the region is {reading.region}, and choose the column with --column."
    return message, (
        "Choose the column with --column, and the region with --region if the numbers have no country code."
    )
