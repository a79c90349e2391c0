"""How old answers may be before they are asked for again, and the plan of that."""

import threading
from functools import partial

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.state.models import Job
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.dialogs.questions import amount_typed
from pwl_tui.ui.widgets.text_input import TextInput

_TEXT = (
    "The same list becomes a new job that pays only for answers older than this. Newer ones are reused."
    " Its Changes tab then shows who joined WhatsApp, who left, and who became a business."
)


class RecheckDialog(FormDialog[JobPlan | None]):
    """Plans a recheck; that reads the whole list again, and spends nothing.

    Args:
        ctx: its engine makes the plan.
        job: the job whose answers are asked for again.

    Returns:
        The plan, still to be confirmed. None means that it was canceled.
    """

    def __init__(self, ctx: AppContext, job: Job) -> None:
        super().__init__()
        self._engine, self._job, self._days = ctx.engine, job, ctx.settings.lists.reuse_days
        self._stopped = threading.Event()

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with self.frame(f"Recheck {clean(self._job.name, 40)}"):
            yield Static(Content(_TEXT), classes="dialog-text")
            hint = "days; 0 for all answers"
            yield field("Days", TextInput(str(self._days), id="recheck-days", placeholder=hint, max_length=6))
            yield from self.ending("See what it costs")

    def on_mount(self) -> None:
        """Focus the days."""
        self.query_one("#recheck-days", TextInput).focus()

    def on_unmount(self) -> None:
        """Stop reading the list."""
        self._stopped.set()

    def action_submit(self) -> None:
        """Make the plan, and close with it."""
        older_than = amount_typed(self.query_one("#recheck-days", TextInput).value)
        if older_than is None:
            self.refuse("Enter a number of days, 0 or more.")
            return

        def work() -> JobPlan | None:
            return self._engine.plans.for_recheck(
                self._job.id, older_than=older_than, cancelled=self._stopped.is_set
            )

        self.finish(partial(in_thread, work, "recheck plan"), "planning the recheck", "Reading the list…")
