"""The values a table is made of: spans, cells, columns and windows. `table` draws them."""

from collections.abc import Callable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar, overload

from msgspec import Struct, field
from rich.cells import cell_len, set_cell_size

S = TypeVar("S")
T = TypeVar("T")
Tone = Literal["plain", "muted", "accent", "good", "warning", "bad"]
"""What a text means. The style sheet gives it a color; no meaning is conveyed by color alone."""


class Span(NamedTuple):
    """A run of text in one tone. The text is plain, never markup, and safe to show."""

    text: str
    tone: Tone = "plain"


class Cell(Struct, frozen=True):
    """What one column shows of one row.

    Attributes:
        spans: its text, left to right.
        rest: whether it takes the rest of the line; the columns after it are then not drawn.
    """

    spans: tuple[Span, ...]
    rest: bool = False

    @classmethod
    def of(cls, text: str, tone: Tone = "plain") -> "Cell":
        """Return a cell of one text in one tone."""
        return cls((Span(text, tone),))


class Column(Struct, Generic[T], frozen=True):
    """One column.

    Attributes:
        title: its head.
        width: in terminal cells; the minimum for the column that stretches.
        cell: draws a row in a given width.
        right: whether to align right, as figures are.
        drop: on narrow screens the column with the highest `drop` is dropped first; 0 means never.
        stretch: whether it takes the width that the others leave; one column of each table does.
        grow: cells to add if there is room; the column that stretches comes first.
    """

    title: str
    width: int
    cell: Callable[[T, int], Cell]
    right: bool = False
    drop: int = 0
    stretch: bool = False
    grow: int = 0


class Window(Struct, Generic[T], frozen=True):
    """Some consecutive rows of a table.

    Attributes:
        total: how many rows the table has.
        offset: the index of the first of `rows`.
        rows: those that were read.
    """

    total: int = 0
    offset: int = 0
    rows: Sequence[T] = field(default=())

    def at(self, index: int) -> T | None:
        """Return a row by its index in the table; None if it is outside the window."""
        position = index - self.offset
        return self.rows[position] if 0 <= position < len(self.rows) else None


class LazyRows(Sequence[T], Generic[S, T]):
    """Rows that are made when they are looked at: of a thousand jobs, a screen shows thirty.

    Args:
        of: what the rows are made of.
        make: makes a row.
    """

    def __init__(self, of: Sequence[S], make: Callable[[S], T]) -> None:
        self._of, self._make = of, make

    def __len__(self) -> int:
        return len(self._of)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        if isinstance(place, slice):
            return [self._make(one) for one in self._of[place]]
        return self._make(self._of[place])


def fit(columns: Sequence[Column[T]], width: int) -> list[tuple[Column[T], int]]:
    """Return the columns that fit in `width` cells, one cell apart, each with the width it gets."""
    kept = list(columns)
    while sum(column.width + 1 for column in kept) - 1 > width:
        loose = [column for column in kept if column.drop]
        if not loose:
            break
        kept.remove(max(loose, key=lambda column: column.drop))
    spare = max(width - sum(column.width + 1 for column in kept) + 1, 0)
    widths = [column.width for column in kept]
    for place in sorted(range(len(kept)), key=lambda place: not kept[place].stretch):
        more = min(kept[place].grow, spare)
        widths[place] += more
        spare -= more
    return [
        (column, width + spare if column.stretch else width)
        for column, width in zip(kept, widths, strict=True)
    ]


def place_named(text: str, total: int) -> int | None:
    """Return the index of the row that a person typed, as ``900,000`` or ``90%``; None if it is neither."""
    figure = text.strip().replace(",", "").replace(".", "").removeprefix("#")
    number, is_share = figure.removesuffix("%").strip(), figure.endswith("%")
    if not (number.isascii() and number.isdecimal()):
        return None
    return total * int(number[:12]) // 100 if is_share else int(number[:12]) - 1


def aligned(text: str, width: int, right: bool) -> str:
    """Return `text` in exactly `width` cells; if it is too long, it ends in an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - 1, 0)) + "…"[:width]
    return " " * (width - length) + text if right else text + " " * (width - length)


def line_of(row: T, layout: Sequence[tuple[Column[T], int]], width: int) -> list[Span]:
    """Return a row as a line of at most `width` cells.

    Args:
        row: what to draw.
        layout: the columns and their widths, as `fit` returns them.
        width: cells of the line.
    """
    spans: list[Span] = []
    left = width
    for column, cells in layout:
        cell = column.cell(row, cells)
        room = left if cell.rest else min(cells, left)
        spans += _within(cell, room, right=column.right and not cell.rest)
        left -= room
        if left <= 0:
            break
        spans.append(Span(" "))
        left -= 1
    return spans


def _within(cell: Cell, width: int, *, right: bool) -> list[Span]:
    """Return the text of a cell in exactly `width` cells; a text that is cut has the tone it begins with."""
    padding = width - sum(cell_len(span.text) for span in cell.spans)
    if padding < 0:
        text = "".join(span.text for span in cell.spans)
        return [Span(aligned(text, width, False), cell.spans[0].tone)]
    space = Span(" " * padding)
    return [space, *cell.spans] if right else [*cell.spans, space]
