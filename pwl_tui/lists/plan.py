"""Plans a list: its numbers, each once, and the outcome of every row. Spends nothing."""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count, islice
from typing import NamedTuple

import phonenumbers
from msgspec.structs import replace

from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.examples import Examples
from pwl_tui.lists.formats import kind_named
from pwl_tui.lists.numbers.international import INTERNATIONAL, speaks_against
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import (
    CELL_TOO_LONG,
    EMPTY,
    LETTERS,
    NO_COUNTRY_CODE,
    REASONS,
    SEVERAL_NUMBERS,
)
from pwl_tui.lists.numbers.region_clues import clues
from pwl_tui.lists.numbers.region_guess import MOST_WEIGHED, guess_regions
from pwl_tui.lists.outcomes import InOrder, Outcomes, Part, in_turn, outcomes, parts
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.findings import Example, RegionGuess
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source

MAX_ROWS = 5_000_000
"""The most rows of a list: five times what the program is made for, and what fits into a gigabyte."""
_REGIONS_NAMED = 6
_ABROAD = f" If they begin with their country code, use --region {INTERNATIONAL}."
_CONFIRMING = 200
"""How many rows from all over a list, and from its end, may speak against what its first rows suggest."""

_REMEDIES = {
    SEVERAL_NUMBERS: "Add --several first or --several all to read them.",
    CELL_TOO_LONG: "Put each number on a line of its own.",
    LETTERS: "Correct them: pwl-tui does not guess which digit was meant.",
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
    in_order: InOrder = in_turn,
) -> Found:
    """Read every row of a list; `in_order` finds the numbers of its parts. See `plan` for the rest."""

    def check_cancelled(_: int) -> None:
        if cancelled is not None and cancelled():
            raise PlanCancelledError

    def watch(done: int) -> None:
        check_cancelled(done)
        if progress is not None:
            progress(done, source.size)

    if isinstance(options, Reading):
        return _find(source, options, watch, in_order)
    reading = _confirmed(source, detect(source, options, check_cancelled), check_cancelled)
    return _find(source, reading, watch, in_order, options.earlier_regions)


def _confirmed(source: Source, reading: Reading, watch: Callable[[int], None]) -> Reading:
    """Return how a list is read, once all of it was asked whether its digits begin with their country code.

    The first rows may be from elsewhere than the rest, and those would be paid for as strangers' numbers.
    """
    if not any(finding.aspect == "region" and finding.value == INTERNATIONAL for finding in reading.findings):
        return reading
    if any(finding.aspect == "region" and finding.sure == "given" for finding in reading.findings):
        return reading
    spread, step, last = list[str](), 1, deque[str](maxlen=_CONFIRMING)
    for index, text in enumerate(text for part in parts(source, reading, watch) for text in part.texts):
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
    source: Source,
    reading: Reading,
    watch: Callable[[int], None],
    in_order: InOrder,
    earlier: Sequence[str] = (),
) -> Found:
    """Do what `find` does for a list that is read in a known way.

    Args:
        source: the list.
        reading: how it is read.
        watch: see `Source.open`.
        in_order: see `find`.
        earlier: regions of earlier lists, the latest first.
    """
    numbers, row_number, row_reason = array("q"), array("i"), array("b")
    more_rows, more_numbers = array("i"), array("i")
    places: dict[int, int] = {}
    national: list[str] = []
    examples = Examples()
    ninth_digits = duplicates = 0
    beside = Counter[int]()
    for part, found in in_order(partial(outcomes, reading), parts(source, reading, watch)):
        known, first_row = len(numbers), len(row_reason)
        read = part if found.mentions is None else Part(found.mentions, None, None)
        new = [number for number in found.different if number not in places]
        duplicates += found.reasons.count(0) - found.rows_with(new)
        numbers.extend(new)
        places.update(zip(new, count(known)))
        row_number.extend([places.get(number, -1) for number in found.numbers])
        row_reason.extend(found.reasons)
        for row, others in found.further.items():
            more_rows.extend([first_row + row] * len(others))
            more_numbers.extend(places[number] for number in others)
        while known <= examples.following < len(numbers):
            number = new[examples.following - known]
            examples.add(" ".join(read.row(found.first_row(number))), number)
        ninth_digits += found.ninth_digits
        beside.update(found.beside)
        if len(national) < MOST_WEIGHED:
            national += islice(_without_country(read, found), MOST_WEIGHED - len(national))
        if len(row_reason) > MAX_ROWS or len(more_rows) > MAX_ROWS:
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


def _without_country(part: Part, found: Outcomes) -> Iterator[str]:
    """Yield the texts of a part that are numbers but for their country code, one of each row."""
    for texts, reason in zip(part.rows(), found.reasons, strict=True):
        if reason != NO_COUNTRY_CODE:
            continue
        if len(texts) == 1:
            yield texts[0]
        else:
            yield from [text for text in texts if parse(text, None, "valid") == -NO_COUNTRY_CODE][:1]


def _too_long(source: Source) -> ListError:
    return ListError(
        f"{source.name} has more than {MAX_ROWS:,} rows.", "Split it into several lists and plan each."
    )


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
