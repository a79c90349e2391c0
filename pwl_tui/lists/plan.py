"""What a list holds: its numbers, each once, and what became of every row. Spends nothing."""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import phonenumbers

from pwl_tui.lists.errors import ListError, PlanCancelledError, unusable
from pwl_tui.lists.findings import Offer
from pwl_tui.lists.numbers import parse
from pwl_tui.lists.offers import MOST_WEIGHED, offers
from pwl_tui.lists.readers import Options, Reading, Source, cells, detect
from pwl_tui.lists.reasons import EMPTY, NO_COUNTRY_CODE, REASONS

BATCH_SIZE = 1000
"""Numbers that the service takes in one submission."""
MAX_ROWS = 5_000_000
"""The most rows of a list: five times what the program is made for, and what fits into a gigabyte."""


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What a list holds. Every row has one fate: ``rows == blank + rejected + duplicates + len(numbers)``.

    Attributes:
        source: the list.
        reading: how it was read.
        rows: rows, the header left out.
        blank: rows with nothing in the cell of the number.
        rejected: rows with something in it that is no usable number.
        duplicates: rows with a number that an earlier row has.
        reasons: rejected rows by reason, the commonest first.
        numbers: E.164 without the plus, each once, in the order in which they first appear.
        row_number: by row, the index into `numbers`; -1: none.
        row_reason: by row, the index into `numbers.REASONS` of why it has no number; 0: it has one.
        offers: regions that would make numbers of the rows without a country code, the likeliest first.
    """

    source: Source
    reading: Reading
    rows: int
    blank: int
    rejected: int
    duplicates: int
    reasons: dict[str, int]
    numbers: "array[int]"
    row_number: "array[int]"
    row_reason: "array[int]"
    offers: tuple[Offer, ...] = ()


def plan(
    source: Source,
    options: Options | Reading,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ListPlan:
    """Read a list to its end and say what it holds.

    Args:
        source: the list.
        options: how to read it, where that is not to be detected; or how it was read before.
        progress: told the bytes read and the bytes there are, every hundred kilobytes or so.
        cancelled: asked as often whether to give up.

    Raises:
        ListError: the list cannot be read, or holds no number.
        PlanCancelledError: `cancelled` said so.
    """

    def may_go_on(_: int) -> None:
        if cancelled is not None and cancelled():
            raise PlanCancelledError

    def watch(done: int) -> None:
        may_go_on(done)
        if progress is not None:
            progress(done, source.size)

    reading = options if isinstance(options, Reading) else detect(source, options, may_go_on)
    strictness, plus_lost = reading.strictness, reading.plus_lost
    numbers, row_number, row_reason = array("q"), array("i"), array("b")
    places: dict[int, int] = {}
    national: list[str] = []
    for text, region in islice(cells(source, reading, watch), MAX_ROWS + 1):
        number = parse(text, region, strictness, plus_lost=plus_lost)
        if number > 0:
            place = places.setdefault(number, len(numbers))
            if place == len(numbers):
                numbers.append(number)
            row_number.append(place)
            row_reason.append(0)
        else:
            row_number.append(-1)
            row_reason.append(-number)
            if number == -NO_COUNTRY_CODE and len(national) < MOST_WEIGHED:
                national.append(text)
    if len(row_reason) > MAX_ROWS:
        raise unusable(
            f"{source.name} has more than {MAX_ROWS:,} rows.", "Split it into several lists and plan each."
        )
    counts = Counter(row_reason)
    if not numbers:
        raise _numberless(source, reading, counts, offers(national))
    accepted, blank = counts.pop(0), counts.pop(EMPTY, 0)
    return ListPlan(
        source=source,
        reading=reading,
        rows=len(row_reason),
        blank=blank,
        rejected=counts.total(),
        duplicates=accepted - len(numbers),
        reasons={REASONS[reason]: count for reason, count in counts.most_common()},
        numbers=numbers,
        row_number=row_number,
        row_reason=row_reason,
        offers=offers(national, _regions(numbers)) if national else (),
    )


def row_label(index: int, reading: Reading) -> int:
    """Return a row as the person counts it, from its index: the first record is row 1, also a header."""
    return index + 1 + reading.preamble + reading.header


def _regions(numbers: "array[int]") -> set[str]:
    """Return the regions that numbers of a list are of, by a sample of them."""
    sample = numbers[:: 1 + len(numbers) // MOST_WEIGHED]
    parsed = (phonenumbers.parse(f"+{number}") for number in sample)
    return {region for number in parsed if (region := phonenumbers.region_code_for_number(number))}


def _numberless(
    source: Source, reading: Reading, reasons: Counter[int], offered: tuple[Offer, ...]
) -> ListError:
    count = reasons.total()
    if not count:
        return unusable(
            f"{source.name} has a header but no rows.", "Give a list with at least one phone number."
        )
    where = ""
    if len(reading.columns) > 1:
        name = repr(reading.columns[reading.column]) if reading.header else reading.column + 1
        where = f" in column {name}"
    message = f"None of the {count:,} rows of {source.name} holds a phone number{where}."
    if offered:
        first = offered[0]
        remedy = (
            "Say which region the numbers belong to: with --region"
            f" {first.region} {first.valid:.0%} of those without a country code are valid."
        )
    elif reasons[NO_COUNTRY_CODE] * 2 >= count - reasons[EMPTY] > 0:
        remedy = "Say which region the numbers belong to with --region, such as --region US."
    elif reading.region is not None:
        remedy = f"Check that the region is {reading.region}, and name the column with --column."
    else:
        remedy = "Name the column with --column, and the region with --region if the numbers are national."
    return unusable(message, remedy)
