"""The rows of a list as they are read, and the rejected ones, which can be saved to be corrected."""

from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from pwl_tui.lists.numbers.reasons import EMPTY
from pwl_tui.lists.planned import ListPlan, row_label
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.data.row_reader import RowReader, RowSeen
from pwl_tui.ui.dialogs.save_rejected import SaveRejected
from pwl_tui.ui.presenters.plan import problem_lines, read_as
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.cells import Cell, Column, Window
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.view_tabs import ViewTabs
from pwl_tui.wording.figures import grouped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_COLUMNS = 12
"""Columns shown besides the numbers: no screen has room for more."""
_WIDEST = 24
_BECOMES = len("! not valid for region")
_SAMPLE_ROWS = 100
"""Rows that decide how wide the columns are."""
_READING = "reading the rows"


class PreviewScreen(CommandScreen[None]):
    """A list before it is sent, row by row.

    Args:
        ctx: what it works with.
        plan: the list as it is read; it may be without numbers.
    """

    BINDINGS: ClassVar = bindings("preview")

    def __init__(self, ctx: AppContext, plan: ListPlan) -> None:
        super().__init__(ctx)
        self._plan = plan
        self._reader = RowReader(plan)
        self._rejected_only = False
        self._rejected: Sequence[int] = ()
        self._wanted = (0, 100)
        self._columns = _columns(plan, self._reader.read(range(min(plan.rows, _SAMPLE_ROWS))))
        self._table: Table[RowSeen] = Table(self._columns, lambda row: row.label, "preview-table")
        self._bar, self._head = ViewTabs(id="views"), TextBlock(id="preview-head")
        self._empty = TextBlock(Content.styled("No rejected rows.", "$muted"), id="no-rows")

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical(id="preview") as frame:
            frame.border_title = Content(self._plan.source.name)
            yield self._head
            yield self._bar
            yield self._empty
            yield self._table
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin at the first of all rows."""
        self._head.say(read_as(self._plan.reading))
        self._table.focus()
        self._draw()
        self._load()

    def on_resize(self) -> None:
        """Draw the titles for the new width."""
        self.call_after_refresh(self._draw)

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done now."""
        if command_id == "save-rejected" and not self._plan.rejected:
            return "There are no rejected rows to save."
        return super().why_not(command_id)

    def action_next_view(self) -> None:
        """Show the other kind of rows."""
        self._rejected_only = not self._rejected_only
        self._wanted = (0, 100)
        self._table.show_columns(self._columns)
        self._draw()
        self._load()

    def action_previous_view(self) -> None:
        """Show the other kind of rows."""
        self.action_next_view()

    def action_save_rejected(self) -> None:
        """Ask where to, and write the rejected rows."""
        self.app.push_screen(SaveRejected(self._plan, self.ctx.engine.store.directory), self.say)

    def action_back(self) -> None:
        """Go back to the form."""
        self.dismiss()

    @on(ViewTabs.Picked)
    def _picked(self, event: ViewTabs.Picked) -> None:
        event.stop()
        if bool(event.index) != self._rejected_only:
            self.action_next_view()

    @on(Table.Wanted)
    def _rows_wanted(self, event: "Table.Wanted") -> None:
        event.stop()
        self._wanted = (event.offset, event.limit)
        self._load()

    def _draw(self) -> None:
        titles = [f"All rows {grouped(self._plan.rows)}", f"Rejected {grouped(self._plan.rejected)}"]
        self._bar.show([titles], int(self._rejected_only))
        nothing = self._rejected_only and not self._plan.rejected
        self._empty.display, self._table.display = nothing, not nothing

    def _load(self) -> None:
        # There is one reader: a read that is under way then reads what is wanted by that time.
        self.work(self._load_rows, _READING)

    async def _load_rows(self) -> None:
        shown: tuple[bool, tuple[int, int]] | None = None
        while shown != (wanted := (self._rejected_only, self._wanted)):
            shown = wanted
            try:
                window = await in_thread(partial(self._window, *wanted), "rows")
            except ProblemError as error:
                self._head.say(problem_lines(error.problem))
                return
            if self._rejected_only == wanted[0]:
                self._table.show(window)

    def _window(self, rejected_only: bool, wanted: tuple[int, int]) -> Window[RowSeen]:
        """Read a window of rows; in a thread."""
        offset, limit = wanted
        indices: Sequence[int] = range(self._plan.rows)
        if rejected_only:
            if not self._rejected:
                reasons = self._plan.row_reason
                self._rejected = list(compress(indices, (reason > EMPTY for reason in reasons)))
            indices = self._rejected
        return Window(len(indices), offset, self._reader.read(indices[offset : offset + limit]))


def _columns(plan: ListPlan, sample: "Sequence[RowSeen]") -> list[Column[RowSeen]]:
    """Return the columns: the row, its cell, how that is read, and as many other columns as have room."""
    reading = plan.reading
    names = [clean(name, _WIDEST) for name in reading.columns]
    last = len(grouped(row_label(plan.rows, reading)))
    width = _width(names[reading.column], [row.cell for row in sample])
    columns = [
        Column[RowSeen]("Row", last, lambda row, _: Cell.of(grouped(row.label), "muted"), right=True),
        Column[RowSeen](names[reading.column], width, lambda row, _: Cell.of(row.cell)),
        Column[RowSeen]("Read as", _BECOMES, _becomes, stretch=True),
    ]
    others = [name for at, name in enumerate(names) if at != reading.column][:_MOST_COLUMNS]
    for at, name in enumerate(others):
        cells = [row.others[at] for row in sample if at < len(row.others)]
        columns.append(Column[RowSeen](name, _width(name, cells), partial(_other, at), drop=at + 1))
    return columns


def _width(name: str, cells: "Iterable[str]") -> int:
    return min(max(map(cell_len, (name, *cells))), _WIDEST)


def _becomes(row: RowSeen, _width: int) -> Cell:
    if row.number:
        return Cell.of(row.number, "good")
    return Cell.of(f"! {row.reason}", "muted" if row.reason == "empty" else "warning")


def _other(at: int, row: RowSeen, _width: int) -> Cell:
    return Cell.of(row.others[at] if at < len(row.others) else "", "muted")
