"""The plan of a list, as a value that is quick to load; `plan` makes it."""

from typing import TYPE_CHECKING

from msgspec import Struct

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.findings import Example, RegionGuess
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source

if TYPE_CHECKING:
    from array import array


class ListPlan(Struct, frozen=True):
    """The numbers of a list. Every row counts once: ``rows == blank + rejected + duplicates + len(numbers)``.

    Attributes:
        source: the list.
        reading: how it was read.
        rows: how many rows, without the header.
        blank: how many have nothing in the cell for the number.
        rejected: how many have something there that is not a usable number.
        duplicates: how many have the same number as an earlier row.
        reasons: the number of rejected rows by reason, the most common first.
        numbers: E.164 without the plus, each once, in the order of their first appearance.
        row_number: by row, the index into `numbers`, or -1.
        row_reason: by row, the index into `reasons.REASONS` of why it has no number; 0 if it has one.
        region_guesses: regions that would turn rows without a country code into numbers, the likeliest first.
        examples: how some cells are read, from different parts of the list and different countries.
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
    region_guesses: tuple[RegionGuess, ...] = ()
    examples: tuple[Example, ...] = ()


class NoNumbersError(ListError):
    """No row of a list has a number.

    Attributes:
        plan: what the rows have instead.
    """

    def __init__(self, plan: ListPlan, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.plan = plan


def row_label(index: int, reading: Reading) -> int:
    """Return the row number of an index as people count: the first record is 1, even if it is a header."""
    return index + 1 + reading.preamble + reading.header
