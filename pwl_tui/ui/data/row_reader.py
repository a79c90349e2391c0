"""Any rows of a list, read when needed: browsing a list of a million rows takes no memory."""

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.planned import ListPlan, row_label
from pwl_tui.lists.read.rows import rows
from pwl_tui.text import clean
from pwl_tui.wording.figures import phone

_LONGEST_CELL = 80


class RowSeen(Struct, frozen=True):
    """A row as it is read.

    Attributes:
        label: its number, as the person counts rows.
        cell: the text in the phone column; safe to show.
        number: in E.164, several with commas between them; empty if there is none.
        reason: why there is none.
        others: the other cells, in the order of their columns; safe to show.
    """

    label: int
    cell: str
    number: str
    reason: str
    others: tuple[str, ...]


class RowReader:
    """Reads forward from where it is, and from the start for earlier rows. For one thread at a time."""

    def __init__(self, plan: ListPlan) -> None:
        self._plan = plan
        self._following: Iterator[list[str]] = iter(())
        self._next = len(plan.row_reason)

    def read(self, indices: Sequence[int]) -> list[RowSeen]:
        """Return rows by their indices, which must be ascending.

        Raises:
            ListError: the stored list is damaged.
        """
        return [self._seen(index, self._cells(index)) for index in indices]

    def _cells(self, index: int) -> list[str]:
        if index < self._next:
            self._following, self._next = rows(self._plan.source, self._plan.reading), 0
        cells = next(islice(self._following, index - self._next, None), [])
        self._next = index + 1
        return cells

    def _seen(self, index: int, cells: list[str]) -> RowSeen:
        plan, column = self._plan, self._plan.reading.column
        return RowSeen(
            label=row_label(index, plan.reading),
            cell=clean(cells[column], _LONGEST_CELL) if column < len(cells) else "",
            number=", ".join(map(phone, plan.numbers_of(index))),
            reason=REASONS[plan.row_reason[index]],
            others=tuple(clean(cell, _LONGEST_CELL) for at, cell in enumerate(cells) if at != column),
        )
