"""What a list holds: its numbers, each once, and what became of every row. Spends nothing."""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pwl_tui.lists.errors import ListError, PlanCancelledError, unusable
from pwl_tui.lists.numbers import EMPTY, NO_COUNTRY_CODE, REASONS, parse
from pwl_tui.lists.readers import Options, Reading, Source, detect, rows

BATCH_SIZE = 1000
"""Numbers that the service takes in one submission."""


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


def plan(
    source: Source,
    options: Options,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ListPlan:
    """Read a list to its end and say what it holds.

    Args:
        source: the list.
        options: how to read it, where that is not to be detected.
        progress: told the bytes read and the bytes there are, every hundred kilobytes or so.
        cancelled: asked as often whether to give up.

    Raises:
        ListError: the list cannot be read, or holds no number.
        PlanCancelledError: `cancelled` said so.
    """

    def watch(done: int) -> None:
        if cancelled is not None and cancelled():
            raise PlanCancelledError
        if progress is not None:
            progress(done, source.size)

    reading = detect(source, options)
    column, region, strictness = reading.column, reading.region, reading.strictness
    plus_lost = reading.plus_lost
    numbers, row_number, row_reason = array("q"), array("i"), array("b")
    places: dict[int, int] = {}
    for row in rows(source, reading, watch):
        cell = row[column] if column < len(row) else ""
        number = parse(cell, region, strictness, plus_lost=plus_lost)
        if number > 0:
            place = places.setdefault(number, len(numbers))
            if place == len(numbers):
                numbers.append(number)
            row_number.append(place)
            row_reason.append(0)
        else:
            row_number.append(-1)
            row_reason.append(-number)
    counts = Counter(row_reason)
    if not numbers:
        raise _numberless(source, reading, len(row_reason), counts)
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
    )


def row_label(index: int, reading: Reading) -> int:
    """Return a row as the person counts it, from its index: a header is row 1."""
    return index + (2 if reading.header else 1)


def _numberless(source: Source, reading: Reading, count: int, reasons: Counter[int]) -> ListError:
    if not count:
        return unusable(
            f"{source.name} has a header but no rows.", "Give a list with at least one phone number."
        )
    where = ""
    if len(reading.columns) > 1:
        name = repr(reading.columns[reading.column]) if reading.header else reading.column + 1
        where = f" in column {name}"
    message = f"None of the {count:,} rows of {source.name} holds a phone number{where}."
    if reasons[NO_COUNTRY_CODE] * 2 >= count - reasons[EMPTY] > 0:
        remedy = "Say which region the numbers belong to with --region, such as --region US."
    elif reading.region is not None:
        remedy = f"Check that the region is {reading.region}, and name the column with --column."
    else:
        remedy = "Name the column with --column, and the region with --region if the numbers are national."
    return unusable(message, remedy)
