"""One job: how far it is, its results by kind, its batches, and the picture of it all."""

import os
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from pwl_tui.state.models import Job
from pwl_tui.state.queries.find import FindError, parse_find
from pwl_tui.state.queries.selection import Sort
from pwl_tui.ui.base import AppContext
from pwl_tui.ui.commands import Scope, bindings
from pwl_tui.ui.presenters.columns import BatchRow, ResultRow, result_key
from pwl_tui.ui.presenters.job_charts import chart_lines
from pwl_tui.ui.presenters.job_header import job_lines
from pwl_tui.ui.presenters.job_tabs import (
    CHARTS,
    SORTS,
    VIEWS,
    find_words,
    place_words,
    sort_words,
    tab_titles,
)
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.screens.job_reading import JobReading
from pwl_tui.ui.terminal import clipboard
from pwl_tui.ui.widgets.cells import Window
from pwl_tui.ui.widgets.chart import Chart
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.notices import AttentionPanel
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.ui.widgets.view_tabs import ViewTabs

_EXPORTS_EVERYTHING = ("all", "not-sent", None)
"""Views that are no filter of an export."""


class JobScreen(JobReading):
    """A job's results, read in windows; while it is live the rows in sight follow it.

    Args:
        ctx: what it works with.
        job: which job.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = ("job", "table")
    BINDINGS: ClassVar = bindings("job")

    def __init__(self, ctx: AppContext, job: Job) -> None:
        super().__init__(ctx, job)
        self._table: Table[ResultRow] = Table(VIEWS[0].columns, result_key, "rows-table")
        self._attention = AttentionPanel(ctx)
        self._head, self._place, self._bar = (
            TextBlock(id="job-head"),
            TextBlock(id="place"),
            ViewTabs(id="views"),
        )
        self._field = TextInput(id="find")
        self._goto = TextInput(id="go-to", placeholder="the row to go to, or a per cent: 900000 or 90%")
        self._picture, self._scroll = Chart("picture"), VerticalScroll(id="picture-scroll")

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield self._attention
        with Vertical(id="job"):
            yield self._head
            yield self._bar
            yield self._field
            yield self._goto
            yield self._place
            yield self._table
            with self._scroll:
                yield self._picture
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin with all results."""
        self._field.display = self._goto.display = self._scroll.display = False
        self.set_focus(self._table)
        self.draw()
        self.begin()

    def on_resize(self) -> None:
        """Draw the head and the picture for the new width."""
        self.call_after_refresh(self.draw)

    def show(self) -> None:
        """Follow the job."""
        super().show()
        self.follow(self.snapshot.job(self._job.id) or self._job)
        self.draw()

    def show_rows(self, window: Window[ResultRow], *, restart: bool) -> None:
        """Draw rows that were read."""
        self._table.show(window, restart=restart)

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done now."""
        title = self.view.title.lower()
        if command_id in ("find", "sort", "reverse") and not self.view.is_results:
            return f"There are no results to look through in {title}."
        if command_id == "go-to" and self.view is CHARTS:
            return "The picture has no rows."
        if command_id == "copy" and not self._batch_id:
            return "Only the id of a batch is copied, in Batches; press e for the answers as a file."
        return super().why_not(command_id)

    def export_filter(self) -> str:
        """Begin an export with the rows that are shown."""
        which = self.view.which
        return "" if which is None or which in _EXPORTS_EVERYTHING else which

    def forgotten(self) -> None:
        """Leave the job that is no more."""
        self.dismiss()

    def action_next_view(self) -> None:
        """Show the next kind of rows."""
        self._choose((self._view + 1) % len(VIEWS))

    def action_previous_view(self) -> None:
        """Show the kind of rows before."""
        self._choose((self._view - 1) % len(VIEWS))

    def action_picture(self) -> None:
        """Show the picture, or all results again."""
        self._choose(0 if self.view is CHARTS else VIEWS.index(CHARTS))

    def action_sort(self) -> None:
        """Show the results in the next order."""
        column = SORTS[(SORTS.index(self._sort.column) + 1) % len(SORTS)]
        self._order(Sort(column))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._order(self._sort._replace(descending=not self._sort.descending))

    def action_copy(self) -> None:
        """Copy the id of the batch under the cursor."""
        if batch_id := self._batch_id:
            self.app.copy_to_clipboard(batch_id)
            self.notify(clipboard.outcome(batch_id, os.environ))

    def action_back(self) -> None:
        """Leave the field, then the search, then the job."""
        if self._goto.display:
            self._close(self._goto)
        elif self._field.display:
            self._field.value = ""
            self._close(self._field)
        else:
            self.dismiss()

    def action_find(self) -> None:
        """Type what to look for."""
        self._field.display = True
        self.set_focus(self._field)

    def action_go_to(self) -> None:
        """Type the row to go to, where it stands which row this is: nothing else moves."""
        self._place.display, self._goto.display = False, True
        self.set_focus(self._goto)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what can be typed now, or where the person is; the row to go to is not asked for any more."""
        if event.widget is not self._goto:
            self._goto.display, self._place.display = False, True
        self._tell_place()

    @on(ViewTabs.Picked)
    def _picked(self, event: ViewTabs.Picked) -> None:
        self._choose(event.index)

    @on(Table.Wanted)
    def _rows_wanted(self, event: Table.Wanted) -> None:
        event.stop()
        self._wanted = (event.offset, event.limit)
        self.load()

    @on(Table.Moved)
    def _moved(self, event: Table.Moved) -> None:
        event.stop()
        self._tell_place()
        self.refresh_bindings()

    @on(Input.Changed, "#find")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell_place()
        try:
            find = parse_find(event.value)
        except FindError:
            return  # the line under the field says what is wrong; what was found before stays
        if find != self._find:
            self._find = find
            self.begin(restart=True)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input is self._goto:
            self._table.go_to(event.value)
            self._close(self._goto)
        self.set_focus(self._table)

    @property
    def _batch_id(self) -> str | None:
        row = self._table.selected
        return row.batch.batch_id if isinstance(row, BatchRow) else None

    def _order(self, sort: Sort) -> None:
        self._sort = sort
        self._table.point(sort.column.capitalize(), falling=sort.descending)
        self.begin(restart=True)

    def _close(self, field: TextInput) -> None:
        field.display = False
        self.set_focus(self._table)

    def _choose(self, view: int) -> None:
        self._view = view
        self._table.display, self._scroll.display = self.view is not CHARTS, self.view is CHARTS
        if not self.view.is_results:
            self._field.display = False
        if self.view is CHARTS:
            self.set_focus(self._scroll)
        else:
            self._table.show_columns(self.view.columns)
            self.set_focus(self._table)
        self.draw()
        if self.view is CHARTS:
            self.call_after_refresh(self.draw)  # when it is known how much room there is
        self.begin(restart=True)
        self.refresh_bindings()

    def draw(self) -> None:
        """Draw everything but the rows."""
        width = max(self.size.width - 2, 20)
        job, snapshot = self._job, self.snapshot
        retries = [other for other in snapshot.jobs if other.retry_of == job.id]
        elsewhere = self.ctx.engine.jobs.elsewhere(job)
        self._head.say(job_lines(job, snapshot.now, width, elsewhere=elsewhere, retries=retries))
        self._attention.show()
        self._bar.show(tab_titles(job, self._waiting), self._view)
        if self.view is CHARTS:
            room = self._scroll.scrollable_size
            self._picture.show(chart_lines(job, self._waiting, self._breakdown, room.width, room.height))
        self._tell_place()

    def _tell_place(self) -> None:
        """Say under the tabs what is wrong, what can be typed, or which row the person is on."""
        table = self._table
        if self._problem is not None:
            self._place.say(problem_lines(self._problem))
        elif self._field.has_focus:
            self._place.say(find_words(self._field.value, table.total))
        elif self.view is CHARTS:
            self._place.say(Content())
        else:
            order = sort_words(self._sort) if self.view.is_results else ""
            reading = self.view.is_results and self._selection is None
            words = place_words(table.selected, table.cursor, table.total, order, reading=reading)
            self._place.say(words)
