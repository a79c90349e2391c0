"""The home screen: the credits, the form for a new list, the jobs, and details of the selected job."""

import asyncio
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Input

from pwl_tui.engine.jobs.knowing import Known
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.ui.background import Progressed, in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.presenters.columns import JOBS, JobRow
from pwl_tui.ui.presenters.job_detail import detail_columns, detail_lines
from pwl_tui.ui.presenters.known import known_lines
from pwl_tui.ui.presenters.notices import last_size
from pwl_tui.ui.screens import account_commands, job_commands
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.styles import SCREEN_STYLES
from pwl_tui.ui.textual_private import VeiledScreen
from pwl_tui.ui.widgets.balance import BalancePanel
from pwl_tui.ui.widgets.cells import LazyRows, Window
from pwl_tui.ui.widgets.chart import Chart
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.list_form import ListForm
from pwl_tui.ui.widgets.notices import AttentionPanel
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted, grouped
from pwl_tui.wording.jobs import next_in

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from pwl_tui.engine.jobs.adopting import Adopted
    from pwl_tui.ui.dialogs.adopt import Adoption
    from pwl_tui.ui.dialogs.export import WhenDone

_WIDE = 110
"""From this width in cells on, the credits and the form are beside the jobs."""
_BROAD = 154
"""From this width in cells on, a job's details have room beside all that the jobs show at 120."""
_TALL = 30
"""From this height in cells on, they have room below the jobs."""
_NUMBER = re.compile(r"\+?(?:[-\s./()]*[0-9]){6,}[-\s./()]*")
"""What may be a phone number, and is not part of most names."""
_LONG_SECONDS = 60.0
"""How long a notice of several sentences stays."""


class HomeScreen(VeiledScreen, CommandScreen[None]):
    """Where the program starts. On narrow screens the form takes the place of the jobs while it is in use.

    Args:
        ctx: what it works with.
    """

    BINDINGS: ClassVar = bindings("home")
    CSS_PATH = None  # the app has it; `complete` reads the rest of the styles
    AUTO_FOCUS = "#jobs-table"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - as Textual declares it

    action_refresh = account_commands.refresh
    action_key = account_commands.enter_key
    action_ledger = account_commands.show_ledger
    action_activity = account_commands.show_activity
    action_settings = account_commands.show_settings
    action_profile = account_commands.switch_profile
    action_adopt = account_commands.adopt
    action_lookup = account_commands.look_up

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(ctx)
        self._attention = AttentionPanel(ctx)
        self._table: Table[JobRow] = Table(JOBS, lambda row: row.job.id, "jobs-table")
        self._form = ListForm(ctx)
        hint = f"part of a name, or a number; {ctx.key('back')} to show all"
        self._find = TextInput(id="find", placeholder=hint)
        self._known = TextBlock(id="known")
        self._find.display = self._known.display = False
        self._balance = BalancePanel()
        self._detail, self._below = Chart("detail"), Chart("below-detail")
        self._below_jobs = Vertical(id="below")
        self._below_jobs.border_title = Content("Selected job")
        self._summary, self._empty = TextBlock(id="summary"), TextBlock(id="no-jobs")
        self._filter = ""
        self._holding = frozenset[int]()
        """IDs of the jobs that hold the number that was typed as a filter."""
        self._adopting = ""
        """How far the adoption of batches is; empty while none is under way."""
        self._completing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Lay the screen out; its form is empty until `complete`."""
        # Before the width is known for sure, or every widget would have to be styled again.
        self._fit(self.app.size)
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
                with self._below_jobs:
                    yield self._below
            with Vertical(id="beside") as beside:
                beside.border_title = Content("Selected job")
                yield self._detail
        yield KeyFooter()

    async def complete(self) -> None:
        """Add what the first frame does without, because it takes as long as everything else."""
        styles = self.app.stylesheet
        if not styles.has_source(str(SCREEN_STYLES)):
            styles.read(SCREEN_STYLES)
            styles.parse()
        async with self._completing:
            if not self._find.is_mounted and self._form.is_attached:  # not while the program is being left
                await self.query_one("#jobs").mount(self._find, self._known, after=self._summary)
                await self._form.fill()

    def on_resize(self, event: events.Resize) -> None:
        """Draw the notices, the credits and the details for the new size."""
        self._fit(event.size)
        self._attention.show()
        self.call_after_refresh(self._show_selected)

    def show(self) -> None:
        """Draw what there is now."""
        super().show()
        self._attention.show()
        snapshot, wanted = self.snapshot, self._filter.casefold()
        jobs: Sequence[Job] = snapshot.jobs
        if wanted:
            jobs = [job for job in jobs if wanted in job.name.casefold() or job.id in self._holding]
        rows = LazyRows(
            jobs, lambda job: JobRow(job, snapshot.now, snapshot.elsewhere(job), snapshot.etas.get(job.id))
        )
        self._table.show(Window(len(rows) + (0 if wanted else snapshot.older), 0, rows))
        self._form.set_balance(snapshot.credits.balance if snapshot.credits else None)
        self._show_selected()
        self._summary.say(_summary(snapshot, self._adopting))
        self._empty.say(_nothing(snapshot, self._filter, self.ctx.key("new-list")))
        self._empty.display = not rows and not self._known.display
        self._table.display = bool(rows)

    @property
    def job(self) -> Job | None:
        """The selected job. None means that there is none."""
        row = self._table.selected
        return None if row is None else row.job

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot run now."""
        if (
            command_id == "back"
            and not self._form.has_focus_within
            and not self._filter
            and not self._find.display
        ):
            return f"This is the first screen. Press {self.ctx.key('quit')} to quit."
        if command_id == "submit" and (forbidden := self.ctx.forbidden) is not None:
            return forbidden.message
        return (
            self._form.why_not(command_id)
            or job_commands.why_not(self.ctx, command_id, self.job)
            or account_commands.why_not(self.ctx, command_id)
        )

    # -- the selected job

    def action_open(self) -> None:
        """Open the selected job."""
        from pwl_tui.ui.screens.job import JobScreen

        if self.job is not None:
            self.app.push_screen(JobScreen(self.ctx, self.job))

    def action_export(self) -> None:
        """Export the selected job."""
        self._with_job(job_commands.export)

    def action_pause(self) -> None:
        """Pause or resume the selected job."""
        self._with_job(job_commands.pause)

    def action_retry(self) -> None:
        """Retry what failed in the selected job."""
        self._with_job(job_commands.retry)

    def action_rest(self) -> None:
        """Review the selected sample, and send the rest of its list."""
        self._with_job(job_commands.send_rest)

    def action_recheck(self) -> None:
        """Pay to check the old answers of the selected job again."""
        self._with_job(job_commands.recheck)

    def action_forget(self) -> None:
        """Delete the selected job."""
        self._with_job(job_commands.forget)

    def action_settle(self) -> None:
        """Settle the batches in doubt, those of the selected job first."""
        account_commands.settle(self, None if self.job is None else self.job.id)

    def _with_job(self, command: Callable[[CommandScreen[None], Job], None]) -> None:
        if self.job is not None:
            command(self, self.job)

    @on(Table.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        self._show_selected()

    @on(Table.Opened)
    def _opened(self) -> None:
        self.action_open()

    # -- the form and the filter

    async def action_new_list(self) -> None:
        """Go to the form."""
        await self.start_list()

    async def start_list(self, path: str = "", region: str = "") -> None:
        """Go to the form.

        Args:
            path: fills in the list; empty to leave it.
            region: fills in the region; empty to leave it.
        """
        await self.complete()
        self.add_class("-form")
        self._form.start(path, region)

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
        self.set_focus(self._find)  # at once, because the next letter belongs to the filter

    @on(Input.Changed, "#find")
    def _filter_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter = event.value.strip()
        self._tell_known(None)
        if self.snapshot.binding is not None and _NUMBER.fullmatch(self._filter):
            self.work(partial(self._recall, self._filter), "looking at what is known", replace=True)
        self.show()

    async def _recall(self, typed: str) -> None:
        """Show what is known of a number that was typed as a filter, if it is one."""
        engine, settings = self.ctx.engine, self.ctx.settings

        def work() -> Known | None:
            from pwl_tui.lists.numbers.regions import region_named  # takes all of libphonenumber along
            from pwl_tui.lists.numbers.typed import read_typed

            region = region_named(settings.region or "")  # the configuration knows no regions
            read = read_typed([typed], region, settings.lists.numbers)
            if not read.numbers:  # an export with --digits has no plus, and a wrong guess costs nothing here
                read = read_typed([f"+{typed}"], None, settings.lists.numbers)
            return engine.jobs.known(read.numbers)[0] if read.numbers else None

        try:
            found = await in_thread(work, "known")
        except ProblemError as error:
            self.complain(error)
            return
        if typed == self._filter:
            self._tell_known(found)
            self.show()

    def _tell_known(self, known: Known | None) -> None:
        """Show what is known of a number, and the jobs that hold it. None shows nothing."""
        self._known.display = known is not None
        self._holding = frozenset(one.job.id for one in known.lists) if known is not None else frozenset()
        if known is not None:
            self._known.say(known_lines(known, self.ctx.key("lookup")))

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
        self.work(partial(self._submit, event.plan, event.name, event.when_done), "sending the list")

    async def _submit(self, plan: JobPlan, name: str, when_done: "WhenDone | None") -> None:
        from pwl_tui.ui.dialogs.agreement import agreed

        engine, source = self.ctx.engine, plan.list.source.path
        try:
            export = await in_thread(partial(job_commands.wished, engine, source, name, when_done), "export")
            answer = await agreed(self.app, "Send", plan, self.ctx.settings.confirm_above, export)
            if answer is None:
                return
            job = await in_thread(
                lambda: engine.jobs.create(
                    answer.plan, name=name, when_short=answer.when_short, export=export
                ),
                "submit",
            )
        except ProblemError as error:
            self.complain(error)
            return
        self._form.clear()
        self._to_jobs()
        self.ctx.wake()
        self.notify(job_commands.sending_words(job, answer.credits))

    # -- adopting: here, because this screen is never left, and its work not ended with it

    def adopt(self, wanted: "Adoption") -> None:
        """Adopt batches in the background, and show what came of it."""
        if self.work(partial(self._adopt_batches, wanted), "adopting batches") is None:
            self.notify("Batches are already being adopted. Wait until that is done.", severity="warning")

    async def _adopt_batches(self, wanted: "Adoption") -> None:
        engine, finished = self.ctx.engine, threading.Event()
        progress = self.telling(finished)

        def work() -> "Adopted":
            if wanted.ids:
                return engine.recovery.adopt(wanted.ids, wanted.name, progress)
            return engine.recovery.adopt_journal(tell=progress)

        self._show_adopting("adopting batches")
        try:
            adopted = await in_thread(work, "adopt")
        except ProblemError as error:
            self.complain(error)
            return
        finally:
            finished.set()
            self._show_adopting("")
        self.ctx.wake()
        severity: SeverityLevel = "warning" if adopted.failed or adopted.nameless else "information"
        self.notify(account_commands.adopted_words(adopted), severity=severity, timeout=_LONG_SECONDS)

    def on_progressed(self, event: Progressed) -> None:
        """Show how many batches have been adopted."""
        event.stop()
        if self._adopting:
            self._show_adopting(f"adopting batch {event.done + 1:,} of {event.total:,}")

    def _show_adopting(self, words: str) -> None:
        self._adopting = words
        self.show()

    def _to_jobs(self) -> None:
        self.remove_class("-form")
        self._table.focus()

    def _fit(self, size: Size) -> None:
        """Choose the layout for so many cells."""
        self.set_class(size.width < _WIDE, "-narrow")
        self.set_class(size.width >= _WIDE, "-wide")
        self.set_class(size.width >= _BROAD, "-broad")
        self.set_class(size.height >= _TALL, "-tall")

    def _show_selected(self) -> None:
        """Draw the details of the selected job, and how many more lists like it the credits pay for."""
        row, snapshot = self._table.selected, self.snapshot
        size = last_size(snapshot) if row is None else row.job.numbers
        wide, key = self.has_class("-wide"), self.ctx.key("key")
        self._balance.show(snapshot, wide=wide, key=key, size=size)
        self._below_jobs.set_class(row is None, "-none")
        for chart, lines in ((self._detail, detail_lines), (self._below, detail_columns)):
            if width := chart.size.width:
                chart.show([] if row is None else lines(row, width))


def _summary(snapshot: Snapshot, under_way: str) -> Content:
    polls = [job.next_poll for job in snapshot.live if job.next_poll is not None and snapshot.binding]
    parts = [counted(len(snapshot.jobs) + snapshot.older, "job")]
    if snapshot.live:
        parts.append(f"{grouped(len(snapshot.live))} live")
    if snapshot.worker:
        parts.append("background worker on")
    if polls:
        parts.append(f"next poll {next_in(min(polls), snapshot.now)}")
    parts = [*(parts if snapshot.jobs else []), *([under_way] if under_way else [])]
    return Content.styled(" · ".join(parts), "$muted")


def _nothing(snapshot: Snapshot, wanted: str, key: str) -> Content:
    if wanted and snapshot.jobs:
        return Content.styled(f"No job name contains “{wanted}”.", "$muted")
    return Content.assemble("No jobs yet. Press ", (key, "bold $text-accent"), " to enter a list.")
