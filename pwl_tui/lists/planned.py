"""The plan of a list, as a value that is quick to load; `plan` makes it."""

from array import array
from bisect import bisect_left, bisect_right
from functools import partial

from msgspec import Struct, field

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.findings import Example, RegionGuess
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source


class ListPlan(Struct, frozen=True):
    """The numbers of a list.

    Every row counts once, and may have further numbers:
    ``rows + further == blank + rejected + duplicates + len(numbers)``.

    Attributes:
        source: the list.
        reading: how it was read.
        rows: how many rows, without the header.
        blank: how many have nothing in the cell for the number.
        rejected: how many have something there that is not a usable number.
        duplicates: how many have only numbers that earlier rows have.
        reasons: the number of rejected rows by reason, the most common first.
        numbers: E.164 without the plus, each once, in the order of their first appearance.
        row_number: by row, the index into `numbers`, or -1; of several, the first.
        row_reason: by row, the index into `reasons.REASONS` of why it has no number; 0 if it has one.
        more_rows: by further number of a row with several, the index of that row, ascending.
        more_numbers: beside it, the index into `numbers`.
        ninth_digits: how many rows were read with the ninth digit that Brazil's mobile numbers have today.
        beside: by reason, how many that should be numbers are beside that of a row and are not usable.
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
    more_rows: "array[int]" = field(default_factory=partial(array, "i"))
    more_numbers: "array[int]" = field(default_factory=partial(array, "i"))
    ninth_digits: int = 0
    beside: dict[str, int] = field(default_factory=dict)

    @property
    def further(self) -> int:
        """How many numbers come from rows that already have a new one."""
        return len(self.numbers) + self.blank + self.rejected + self.duplicates - self.rows

    def numbers_of(self, row: int) -> list[int]:
        """Return the numbers of a row, by its index."""
        place = self.row_number[row]
        if place < 0:
            return []
        first, last = bisect_left(self.more_rows, row), bisect_right(self.more_rows, row)
        return [self.numbers[place] for place in (place, *self.more_numbers[first:last])]


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
