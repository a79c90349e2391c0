"""One job: its progress, its results by kind, its rejected rows and batches, and charts of it all."""

import os
from typing import ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from pwl_tui.state.models import Job
from pwl_tui.state.queries.find import FindError, parse_find
from pwl_tui.state.queries.selection import Sort
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.data.job_rows import JobRows
from pwl_tui.ui.data.results_reader import Found, ResultsReader, Updated
from pwl_tui.ui.presenters.columns import BatchRow, ResultRow, result_key
from pwl_tui.ui.presenters.job_charts import charts, comparison
from pwl_tui.ui.presenters.job_header import job_lines
from pwl_tui.ui.presenters.job_tabs import (
    CHANGES,
    CHARTS,
    SORTS,
    VIEWS,
    View,
    find_words,
    place_words,
    sort_words,
    tab_titles,
    views,
)
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.screens import account_commands, job_commands
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.terminal import clipboard
from pwl_tui.ui.widgets.chart import Chart
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.notices import AttentionPanel
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.ui.widgets.view_tabs import ViewTabs

_EXPORTS_EVERYTHING = ("all", "not-sent", None)
"""Views that are not a filter of an export."""


class JobScreen(CommandScreen[None]):
    """A job's results, read in windows; the rows in sight follow the job while it is live.

    Args:
        ctx: what it works with.
        job: which job.
    """

    BINDINGS: ClassVar = bindings("job")

    action_refresh = account_commands.refresh
    action_key = account_commands.enter_key
    action_ledger = account_commands.show_ledger
    action_settings = account_commands.show_settings
    action_profile = account_commands.switch_profile
    action_adopt = account_commands.adopt
    action_lookup = account_commands.look_up

    def __init__(self, ctx: AppContext, job: Job) -> None:
        super().__init__(ctx)
        self._job = job
        self._reader = ResultsReader(self, JobRows(ctx.engine.store, job.id), lambda: self.snapshot.now)
        self._table: Table[ResultRow] = Table(VIEWS[0].columns, result_key, "rows-table")
        self._attention = AttentionPanel(ctx)
        self._head, self._place = TextBlock(id="job-head"), TextBlock(id="place")
        self._tabs = ViewTabs(id="views")
        self._find = TextInput(id="find")
        self._goto = TextInput(id="go-to", placeholder="row number or percentage: 900000 or 90%")
        self._charts, self._scroll = Chart("charts"), VerticalScroll(id="charts-scroll")
        self._changes = Chart("changes")

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield self._attention
        with Vertical(id="job"):
            yield self._head
            yield self._tabs
            yield self._find
            yield self._goto
            yield self._changes
            yield self._place
            yield self._table
            with self._scroll:
                yield self._charts
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin with all results."""
        self._find.display = self._goto.display = self._scroll.display = self._changes.display = False
        self.set_focus(self._table)
        self._draw()
        self._reader.ask(self._reader.question)

    def on_resize(self) -> None:
        """Draw the header and the charts for the new width."""
        self.call_after_refresh(self._draw)

    def show(self) -> None:
        """Follow the job."""
        super().show()
        before, self._job = self._job, self.snapshot.job(self._job.id) or self._job
        self._reader.follow(changed=self._job != before)
        self._draw()

    @property
    def _views(self) -> tuple[View, ...]:
        return views(self._job)

    @property
    def view(self) -> View:
        """The tab that is shown."""
        return self._reader.question.view

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot run now."""
        if command_id in ("find", "sort", "reverse") and not self.view.is_results:
            return f"{self.view.title} cannot be filtered or sorted; results can."
        if command_id == "go-to" and self.view is CHARTS:
            return "Charts have no rows to go to."
        if command_id == "copy" and not self._batch_id:
            return (
                "Only the ID of a batch can be copied, in the Batches tab."
                f" Press {self.ctx.key('export')} to export results."
            )
        return job_commands.why_not(self.ctx, command_id, self._job) or account_commands.why_not(
            self.ctx, command_id
        )

    # -- the job

    def action_export(self) -> None:
        """Export the job, beginning with the rows that are shown."""
        which = self.view.which
        only = "" if which is None or which in _EXPORTS_EVERYTHING else which
        job_commands.export(self, self._job, only)

    def action_pause(self) -> None:
        """Pause or resume the job."""
        job_commands.pause(self, self._job)

    def action_retry(self) -> None:
        """Retry what failed."""
        job_commands.retry(self, self._job)

    def action_rest(self) -> None:
        """Review the sample, and send the rest of its list."""
        job_commands.send_rest(self, self._job)

    def action_recheck(self) -> None:
        """Pay to check old answers again."""
        job_commands.recheck(self, self._job)

    def action_forget(self) -> None:
        """Delete the job, and leave its screen."""
        job_commands.forget(self, self._job, forgotten=self.dismiss)

    def action_settle(self) -> None:
        """Settle the batches in doubt, this job's first."""
        account_commands.settle(self, self._job.id)

    def action_activity(self) -> None:
        """Show what was sent and received for this job."""
        account_commands.show_activity(self, self._job.id)

    # -- what is shown of it

    def action_next_view(self) -> None:
        """Show the next tab."""
        self._choose(self._views.index(self.view) + 1)

    def action_previous_view(self) -> None:
        """Show the previous tab."""
        self._choose(self._views.index(self.view) - 1)

    def action_charts(self) -> None:
        """Show the charts, or all results again."""
        self._choose(0 if self.view is CHARTS else self._views.index(CHARTS))

    def action_sort(self) -> None:
        """Sort the results by the next column."""
        column = self._reader.question.sort.column
        self._order(Sort(SORTS[(SORTS.index(column) + 1) % len(SORTS)]))

    def action_reverse(self) -> None:
        """Reverse the order."""
        sort = self._reader.question.sort
        self._order(sort._replace(descending=not sort.descending))

    def action_find(self) -> None:
        """Type what to look for."""
        self._find.display = True
        self.set_focus(self._find)

    def action_go_to(self) -> None:
        """Type the row to go to, in place of the line that says which row this is: nothing else moves."""
        self._place.display, self._goto.display = False, True
        self.set_focus(self._goto)

    def action_copy(self) -> None:
        """Copy the ID of the selected batch."""
        if batch_id := self._batch_id:
            self.app.copy_to_clipboard(batch_id)
            self.notify(clipboard.outcome(batch_id, os.environ))

    def action_back(self) -> None:
        """Leave the field, then the search, then the job."""
        if self._goto.display:
            self._close(self._goto)
        elif self._find.display:
            self._find.value = ""
            self._close(self._find)
        else:
            self.dismiss()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what can be typed now, or which row is selected; leaving the field for a row closes it."""
        if event.widget is not self._goto:
            self._goto.display, self._place.display = False, True
        self._tell_place()

    @on(ViewTabs.Picked)
    def _picked(self, event: ViewTabs.Picked) -> None:
        self._choose(event.index)

    @on(Table.Wanted)
    def _rows_wanted(self, event: Table.Wanted) -> None:
        event.stop()
        self._reader.scroll(event.offset, event.limit)

    @on(Found)
    def _rows_found(self, event: Found) -> None:
        event.stop()
        if event.question is self._reader.question:
            self._table.show(event.window, restart=event.first)
            self._draw()

    @on(Updated)
    def _reader_updated(self, event: Updated) -> None:
        event.stop()
        self._draw()

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
        if find != self._reader.question.find:
            self._reader.ask(replace(self._reader.question, find=find))

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
        self._table.show_order(sort.column.capitalize(), descending=sort.descending)
        self._reader.ask(replace(self._reader.question, sort=sort))

    def _close(self, field: TextInput) -> None:
        field.display = False
        self.set_focus(self._table)

    def _choose(self, index: int) -> None:
        view = self._views[index % len(self._views)]
        self._table.display, self._scroll.display = view is not CHARTS, view is CHARTS
        self._changes.display = view is CHANGES
        if not view.is_results:
            self._find.display = False
        if view is CHARTS:
            self.set_focus(self._scroll)
        else:
            self._table.show_columns(view.columns)
            self.set_focus(self._table)
        self._reader.ask(replace(self._reader.question, view=view))
        self._draw()
        if view in (CHARTS, CHANGES):
            self.call_after_refresh(self._draw)  # when it is known how much room there is
        self.refresh_bindings()

    def _draw(self) -> None:
        """Draw everything but the rows."""
        width = max(self.size.width - 2, 20)
        job, snapshot, reader = self._job, self.snapshot, self._reader
        retries = [other for other in snapshot.jobs if other.retry_of == job.id]
        elsewhere = self.ctx.engine.jobs.elsewhere(job)
        self._head.say(
            job_lines(
                job,
                snapshot.now,
                width,
                elsewhere=elsewhere,
                retries=retries,
                eta=snapshot.etas.get(job.id),
            )
        )
        self._attention.show()
        self._tabs.show(tab_titles(job, reader.waiting), self._views.index(self.view))
        if self.view is CHANGES and (width := self._changes.content_size.width):
            self._changes.show(comparison(reader.comparison, width))
        if self.view is CHARTS:
            room = self._scroll.scrollable_size
            self._charts.show(charts(job, reader.waiting, reader.breakdown, room.width, room.height))
        self._tell_place()

    def _tell_place(self) -> None:
        """Say under the tabs what is wrong, what can be typed, or which row is selected."""
        table, question = self._table, self._reader.question
        if self._reader.problem is not None:
            self._place.say(problem_lines(self._reader.problem))
        elif self._find.has_focus:
            self._place.say(find_words(self._find.value, table.total))
        elif question.view is CHARTS:
            self._place.say(Content())
        else:
            order = sort_words(question.sort) if question.view.is_results else ""
            words = place_words(
                table.selected, table.cursor, table.total, order, reading=self._reader.searching
            )
            self._place.say(words)
