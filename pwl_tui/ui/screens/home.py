"""The home screen: credits and the form for a new list on the left, the jobs on the right."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from pwl_tui.engine.planning import JobPlan
from pwl_tui.engine.problems import NO_SPEND
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import Desk
from pwl_tui.ui.columns import JOBS, JobRow, next_in
from pwl_tui.ui.commands import Scope, bindings
from pwl_tui.ui.figures import counted, grouped
from pwl_tui.ui.planview import spending
from pwl_tui.ui.screens.dialogs import Ask, Choice, spend
from pwl_tui.ui.screens.job import JobScreen
from pwl_tui.ui.screens.job_commands import JobCommands
from pwl_tui.ui.snapshot import Snapshot
from pwl_tui.ui.widgets.attention import AttentionPanel
from pwl_tui.ui.widgets.balance import BalancePanel
from pwl_tui.ui.widgets.cells import Window
from pwl_tui.ui.widgets.fields import Line
from pwl_tui.ui.widgets.keybar import KeyBar
from pwl_tui.ui.widgets.list_form import ListForm
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.words import Words

if TYPE_CHECKING:
    from pwl_tui.engine.planning import WhenShort


class HomeScreen(JobCommands):
    """Where the program starts. On narrow screens the form takes the place of the jobs while it is used.

    Args:
        desk: what it works with.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = ("home", "table", "form")
    BINDINGS: ClassVar = bindings("home")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._attention = AttentionPanel(desk)
        self._table: Table[JobRow] = Table(JOBS, lambda row: row.job.id, "jobs-table")
        self._form = ListForm(desk.engine, desk.settings.region or "")
        self._find = Line(id="find", placeholder="part of a name; escape shows all")
        self._balance = BalancePanel()
        self._summary, self._empty = Words(id="summary"), Words(id="no-jobs")
        self._filter = ""

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield self._attention
        with Horizontal(id="home"):
            with Vertical(id="side"):
                yield self._balance
                yield self._form
            with Vertical(id="jobs") as jobs:
                jobs.border_title = Content("Jobs")
                yield self._summary
                yield self._find
                yield self._empty
                yield self._table
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin at the jobs."""
        self._find.display = False
        self._table.focus()

    def on_resize(self) -> None:
        """Draw the credits for the new width."""
        self.call_after_refresh(self._show_balance)

    def show(self) -> None:
        """Draw what there is now."""
        super().show()
        self._attention.show()
        snapshot, wanted = self.snapshot, self._filter.casefold()
        rows = [
            JobRow(job, snapshot.now, snapshot.elsewhere(job))
            for job in snapshot.jobs
            if wanted in job.name.casefold()
        ]
        self._table.show(Window(len(rows), 0, rows))
        self._form.know(snapshot.credits.balance if snapshot.credits else None)
        self._show_balance()
        self._summary.say(_summary(snapshot, self.under_way))
        self._empty.say(_nothing(snapshot, self._filter, self.desk.key("new-list")))
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
            return f"This is the first screen; {self.desk.key('quit')} leaves the program."
        if command_id == "submit" and not self.desk.engine.may_spend:
            return NO_SPEND.message
        return super().why_not(command_id)

    @on(Table.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(Table.Opened)
    def _opened(self) -> None:
        self.action_open()

    def action_new_list(self) -> None:
        """Go to the form."""
        self.start_list()

    def start_list(self, path: str = "", region: str = "") -> None:
        """Go to the form, with a path and region filled in where they are given."""
        self.add_class("-form")
        self._form.start(path, region)

    def action_open(self) -> None:
        """Open the job under the cursor."""
        if self.job is not None:
            self.app.push_screen(JobScreen(self.desk, self.job))

    def action_back(self) -> None:
        """Leave the form or the filter."""
        if self._find.display:
            self._find.value = ""
            self._find.display = False
        self._to_jobs()

    def action_find(self) -> None:
        """Type a filter."""
        self.remove_class("-form")
        self._find.display = True
        self._find.focus()

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
        when_short = await self._agreed(plan)
        if when_short is None:
            return
        engine = self.desk.engine
        try:
            job = await in_thread(lambda: engine.create_job(plan, name=name, when_short=when_short), "submit")
        except ProblemError as error:
            self._complain(error)
            return
        self._form.clear()
        self._to_jobs()
        self.desk.wake()
        self.notify(f"{job.name}: {counted(plan.to_pay, 'number')} on the way.")

    async def _agreed(self, plan: JobPlan) -> "WhenShort | None":
        """Ask the person, and return what to do with too few credits; none: nothing is sent."""
        limit = self.desk.settings.confirm_above
        if not plan.short:
            question = spend("Submit", spending(plan), plan.to_pay, limit) if plan.to_pay else _free(plan)
            return "cancel" if await self.app.push_screen_wait(question) == "yes" else None
        answer = await self.app.push_screen_wait(_short(plan))
        if answer not in ("fit", "wait"):
            return None
        amount = plan.balance or 0 if answer == "fit" else plan.to_pay
        if 0 < limit < amount:
            text = f"Spend {counted(amount, 'credit')}{'' if answer == 'fit' else ', some after a top-up'}?"
            if await self.app.push_screen_wait(spend("Submit", text, amount, limit)) != "yes":
                return None
        return "fit" if answer == "fit" else "wait"

    def _to_jobs(self) -> None:
        self.remove_class("-form")
        self._table.focus()

    def _show_balance(self) -> None:
        self._balance.show(self.snapshot, wide=self.has_class("-wide"), key=self.desk.key("key"))


def _free(plan: JobPlan) -> Ask:
    question = f"All {grouped(plan.reused)} numbers have an answer already: this costs nothing. Go on?"
    return Ask("Submit", question, [Choice("no", "No", key="n"), Choice("yes", "Yes", key="y")])


def _short(plan: JobPlan) -> Ask:
    balance = plan.balance or 0
    choices = [
        Choice("no", "Cancel", "Nothing is sent."),
        Choice(
            "wait",
            "Send now and after a top-up",
            f"Spends {counted(balance, 'credit')} at most now; the rest waits until there are enough.",
            danger=True,
        ),
    ]
    if balance:
        choices.insert(
            1,
            Choice(
                "fit",
                "Send what fits",
                f"Spends {counted(balance, 'credit')}; the other numbers are left out.",
                danger=True,
            ),
        )
    return Ask(
        "Credits short",
        f"{counted(plan.to_pay, 'credit')} are needed and {grouped(balance)} are there.",
        choices,
    )


def _summary(snapshot: Snapshot, under_way: str) -> Content:
    polls = [
        job.next_poll
        for job in snapshot.live
        if job.next_poll is not None and job.binding == snapshot.binding
    ]
    parts = [counted(len(snapshot.jobs), "job")]
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
