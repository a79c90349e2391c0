"""The home screen: credits and the form for a new list, the jobs, and the one under the cursor in detail."""

import asyncio
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.problems import NO_SPEND
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import SCREEN_STYLES, AppContext
from pwl_tui.ui.commands import Scope, bindings
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.presenters.columns import JOBS, JobRow
from pwl_tui.ui.presenters.format import counted, grouped
from pwl_tui.ui.presenters.job_detail import detail_lines
from pwl_tui.ui.presenters.notices import last_size
from pwl_tui.ui.screens.job_commands import JobCommands
from pwl_tui.ui.textual_private import VeiledScreen
from pwl_tui.ui.widgets.balance import BalancePanel
from pwl_tui.ui.widgets.cells import Made, Window
from pwl_tui.ui.widgets.chart import Chart
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.list_form import ListForm
from pwl_tui.ui.widgets.notices import AttentionPanel
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.jobs import next_in

_WIDE = 110
"""Cells from which on the credits and the form stand beside the jobs."""
_BROAD = 154
"""Cells from which on there is room for the details of a job beside what the jobs show at 120."""


class HomeScreen(VeiledScreen, JobCommands):
    """Where the program starts. On narrow screens the form takes the place of the jobs while it is used.

    Args:
        ctx: what it works with.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = ("home", "table", "form")
    BINDINGS: ClassVar = bindings("home")
    CSS_PATH = None  # it is the app's, and the rest of its styles are read by `complete`
    AUTO_FOCUS = "#jobs-table"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(ctx)
        self._attention = AttentionPanel(ctx)
        self._table: Table[JobRow] = Table(JOBS, lambda row: row.job.id, "jobs-table")
        self._form = ListForm(ctx)
        self._find = TextInput(id="find", placeholder="part of a name; escape shows all")
        self._find.display = False
        self._balance = BalancePanel()
        self._detail = Chart("detail")
        self._summary, self._empty = TextBlock(id="summary"), TextBlock(id="no-jobs")
        self._filter = ""
        self._completing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Lay the screen out; its form is empty until `complete`."""
        # Now, since every widget would have to take on another style when its width is found out.
        self._fit(self.app.size.width)
        yield self._attention
        with Horizontal(id="home"):
            with Vertical(id="side"):
                yield self._balance
                yield self._form
            with Vertical(id="jobs") as jobs:
                jobs.border_title = Content("Jobs")
                yield self._summary
                yield self._empty
                yield self._table
            with Vertical(id="beside") as beside:
                beside.border_title = Content("This job")
                yield self._detail
        yield KeyFooter()

    async def complete(self) -> None:
        """Add what the first frame does without, since it takes as long as all the rest."""
        styles = self.app.stylesheet
        if not styles.has_source(str(SCREEN_STYLES)):
            styles.read(SCREEN_STYLES)
            styles.parse()
        async with self._completing:
            if not self._find.is_mounted and self._form.is_attached:  # not while the program is being left
                await self.query_one("#jobs").mount(self._find, after=self._summary)
                await self._form.fill()

    def on_resize(self, event: events.Resize) -> None:
        """Draw what needs the person, the credits and the details for the new size."""
        self._fit(event.size.width)
        self._attention.show()
        self.call_after_refresh(self._show_selected)

    def show(self) -> None:
        """Draw what there is now."""
        super().show()
        self._attention.show()
        snapshot, wanted = self.snapshot, self._filter.casefold()
        jobs = [job for job in snapshot.jobs if wanted in job.name.casefold()] if wanted else snapshot.jobs
        rows = Made(jobs, lambda job: JobRow(job, snapshot.now, snapshot.elsewhere(job)))
        self._table.show(Window(len(rows) + (0 if wanted else snapshot.older), 0, rows))
        self._form.know(snapshot.credits.balance if snapshot.credits else None)
        self._show_selected()
        self._summary.say(_summary(snapshot, self.under_way))
        self._empty.say(_nothing(snapshot, self._filter, self.ctx.key("new-list")))
        self._empty.display, self._table.display = not rows, bool(rows)

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        row = self._table.selected
        return None if row is None else row.job

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done now."""
        if (
            command_id == "back"
            and not self._form.has_focus_within
            and not self._filter
            and not self._find.display
        ):
            return f"This is the first screen; {self.ctx.key('quit')} leaves the program."
        if command_id == "submit" and not self.ctx.engine.may_spend:
            return NO_SPEND.message
        return self._form.why_not(command_id) or super().why_not(command_id)

    @on(Table.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        self._show_selected()

    @on(Table.Opened)
    def _opened(self) -> None:
        self.action_open()

    async def action_new_list(self) -> None:
        """Go to the form."""
        await self.start_list()

    async def start_list(self, path: str = "", region: str = "") -> None:
        """Go to the form, with a path and region filled in where they are given."""
        await self.complete()
        self.add_class("-form")
        self._form.start(path, region)

    def action_open(self) -> None:
        """Open the job under the cursor."""
        from pwl_tui.ui.screens.job import JobScreen

        if self.job is not None:
            self.app.push_screen(JobScreen(self.ctx, self.job))

    def action_back(self) -> None:
        """Leave the form or the filter."""
        if self._find.display:
            self._find.value = ""
            self._find.display = False
        self._to_jobs()

    async def action_find(self) -> None:
        """Type a filter."""
        await self.complete()
        self.remove_class("-form")
        self._find.display = True
        self.set_focus(self._find)  # at once, for the next letter is the filter's

    @on(Input.Changed, "#find")
    def _filter_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter = event.value.strip()
        self.show()

    @on(Input.Submitted, "#find")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._find.display = bool(self._filter)
        self._to_jobs()

    @on(ListForm.Ready)
    def _submit_asked(self, event: ListForm.Ready) -> None:
        event.stop()
        if self.snapshot.binding is None:
            self.action_key()
            return
        self.work(partial(self._submit, event.plan, event.name), "the submission")

    async def _submit(self, plan: JobPlan, name: str) -> None:
        from pwl_tui.ui.dialogs.agreement import agreed

        when_short = await agreed(self.app, "Submit", plan, self.ctx.settings.confirm_above)
        if when_short is None:
            return
        engine = self.ctx.engine
        try:
            job = await in_thread(
                lambda: engine.jobs.create(plan, name=name, when_short=when_short), "submit"
            )
        except ProblemError as error:
            self._complain(error)
            return
        self._form.clear()
        self._to_jobs()
        self.ctx.wake()
        self.notify(f"{job.name}: {counted(plan.to_pay, 'number')} on the way.")

    def _to_jobs(self) -> None:
        self.remove_class("-form")
        self._table.focus()

    def _fit(self, width: int) -> None:
        """Take on the layout for so many cells."""
        self.set_class(width < _WIDE, "-narrow")
        self.set_class(width >= _WIDE, "-wide")
        self.set_class(width >= _BROAD, "-broad")

    def _show_selected(self) -> None:
        """Draw the details of the job under the cursor, and how many more lists like it can be paid."""
        row, snapshot = self._table.selected, self.snapshot
        size = last_size(snapshot) if row is None else row.job.numbers
        wide, key = self.has_class("-wide"), self.ctx.key("key")
        self._balance.show(snapshot, wide=wide, key=key, size=size)
        width = self._detail.size.width
        if width:
            lines = [] if row is None else detail_lines(row, width)
            self._detail.show(lines)


def _summary(snapshot: Snapshot, under_way: str) -> Content:
    polls = [job.next_poll for job in snapshot.live if job.next_poll is not None and snapshot.binding]
    parts = [counted(len(snapshot.jobs) + snapshot.older, "job")]
    if snapshot.live:
        parts.append(f"{grouped(len(snapshot.live))} live")
    if polls:
        parts.append(f"next poll {next_in(min(polls), snapshot.now)}")
    parts = [*(parts if snapshot.jobs else []), *([under_way] if under_way else [])]
    return Content.styled(" · ".join(parts), "$muted")


def _nothing(snapshot: Snapshot, wanted: str, key: str) -> Content:
    if wanted and snapshot.jobs:
        return Content.styled(f"No job's name holds “{wanted}”.", "$muted")
    return Content.assemble("No lists yet: press ", (key, "bold $text-accent"))
