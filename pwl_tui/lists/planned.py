"""What a list holds, as a value that is quick to load; `plan` finds it out."""

from typing import TYPE_CHECKING

from msgspec import Struct

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.findings import Offer
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source

if TYPE_CHECKING:
    from array import array


class ListPlan(Struct, frozen=True):
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


class NoNumbersError(ListError):
    """No row of a list holds a number.

    Attributes:
        plan: what the rows hold instead.
    """

    def __init__(self, plan: ListPlan, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.plan = plan


def row_label(index: int, reading: Reading) -> int:
    """Return a row as the person counts it, from its index: the first record is row 1, also a header."""
    return index + 1 + reading.preamble + reading.header
