"""The activity: what was sent to the service and received, and what was decided, newest first."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.copy import CopyDialog
from pwl_tui.ui.presenters.activity import ActivityRow, activity_rows, columns, in_full
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.cells import Window
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted

_READING = "reading the activity"


class ActivityScreen(CommandScreen[None]):
    """What happened, to all jobs or to one, read in windows.

    Args:
        ctx: what it works with.
        job: the job whose activity is shown. None means that of all jobs.
    """

    BINDINGS: ClassVar = bindings("activity")

    def __init__(self, ctx: AppContext, job: int | None = None) -> None:
        super().__init__(ctx)
        self._job = job
        self._wanted = (0, 100)
        self._head = TextBlock(Content.styled("Reading the activity…", "$muted"), id="activity-head")
        self._detail = TextBlock(id="activity-detail")
        hint = f"words, or part of a job name; {ctx.key('back')} to show all"
        self._find = TextInput(id="find", placeholder=hint)
        self._table: Table[ActivityRow] = Table(
            columns(shared=ctx.engine.store.shared), lambda row: row.entry, "activity-table"
        )

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical(id="activity") as frame:
            frame.border_title = Content("Activity")
            yield self._head
            yield self._find
            yield self._table
            yield self._detail
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin at the newest entry."""
        self._find.display = False
        self._table.focus()

    def show(self) -> None:
        """Read it again, unless that is under way."""
        super().show()
        self.work(self._load, _READING)

    def why_not(self, command_id: str) -> str | None:
        """Return why there is nothing to copy."""
        if command_id == "copy" and self._table.selected is None:
            return "There is nothing to copy."
        return super().why_not(command_id)

    def action_find(self) -> None:
        """Type what to look for."""
        self._find.display = True
        self.set_focus(self._find)

    def action_copy(self) -> None:
        """Copy or save the selected entry."""
        if self._table.selected is not None:
            text = in_full(self._table.selected)
            self.app.push_screen(CopyDialog("Copy", text, "pwl-tui-activity.txt"), self.say)

    def action_back(self) -> None:
        """Leave the filter, then the screen."""
        if not self._find.display:
            self.dismiss()
            return
        self._find.value = ""
        self._find.display = False
        self._table.focus()

    @on(Input.Changed)
    def _sought(self, event: Input.Changed) -> None:
        event.stop()
        self._wanted = (0, self._wanted[1])
        self.work(self._load, _READING, replace=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the matching entries."""
        event.stop()
        self._table.focus()

    @on(Table.Wanted)
    def _other_rows(self, event: Table.Wanted) -> None:
        self._wanted = (event.offset, event.limit)
        self.work(self._load, _READING, replace=True)

    @on(Table.Moved)
    def _moved(self) -> None:
        """Show all of the selected entry; its line may be too short for it."""
        row = self._table.selected
        self._detail.say(Content(in_full(row) if row else ""))
        self.refresh_bindings()

    async def _load(self) -> None:
        activity, words, (offset, limit) = self.ctx.engine.store.activity, self._find.value, self._wanted

        def read() -> tuple[int, Sequence[ActivityRow]]:
            total = activity.count(job=self._job, words=words)
            newest = activity.newest(offset, limit, job=self._job, words=words)
            return total, activity_rows(newest, self.snapshot)

        try:
            total, rows = await in_thread(read, "activity")
        except ProblemError as error:
            self._head.say(problem_lines(error.problem))
            return
        whose = "for all jobs" if self._job is None else f"for job {self._job}"
        matching = f" matching “{clean(words.strip(), 40)}”" if words.strip() else ""
        message = f"{counted(total, 'entry', 'entries')}{matching} {whose}, newest first."
        if not total:
            message = f"No entries{matching} {whose}." if matching else "Nothing has happened yet."
        self._head.say(Content(message))
        self._table.show(Window(total, offset, rows))
