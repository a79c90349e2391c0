"""What a sample says about its whole list, and the offer to send the rest."""

import threading

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.sampling import Rates
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.text import clean
from pwl_tui.ui.background import Progressed, in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.base import Dialog
from pwl_tui.ui.presenters.plan import plan_lines, problem_lines, progress_line
from pwl_tui.ui.presenters.sample import rates_lines
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.wording.jobs import continued_by
from pwl_tui.wording.sample import rest


class SampleDialog(Dialog[JobPlan | None]):
    """Shows the rates; plans the rest on request, because that reads the whole list again.

    Args:
        ctx: its engine makes the plan.
        job: a finished job that left numbers out.
        rates: what its results say about its list. None means that it is not a sample.
        later: the job that sent the rest of the list already. None means that there is none.

    Returns:
        The plan of the rest, still to be confirmed. None means that it was canceled.
    """

    def __init__(self, ctx: AppContext, job: Job, rates: Rates | None, later: Job | None) -> None:
        super().__init__()
        self._engine, self._job, self._rates, self._later = ctx.engine, job, rates, later
        self._may_spend = ctx.forbidden is None
        self._stopped = threading.Event()
        self._plan: JobPlan | None = None
        self._seconds: float | None = None

    def compose(self) -> ComposeResult:
        """Draw what is known."""
        with self.frame(f"Rest of {clean(self._job.name, 40)}", leave="close"):
            with VerticalScroll(id="rest-text"):
                if self._rates is not None:
                    yield Static(rates_lines(self._rates, self._job.left_out), classes="dialog-text")
                yield TextBlock(self._offer(), id="rest-plan")
            yield Button("Close", id="close", compact=True)
            disabled = self._later is not None or not self._may_spend
            yield Button("Plan the rest", id="rest", disabled=disabled, compact=True)

    def on_mount(self) -> None:
        """Focus the button that does nothing."""
        self.query_one("#close", Button).focus()

    def on_resize(self) -> None:
        """Draw the plan for the new width."""
        self.call_after_refresh(self._draw)

    def on_unmount(self) -> None:
        """Stop reading the list."""
        self._stopped.set()

    def on_progressed(self, event: Progressed) -> None:
        """Draw how much of the list is read."""
        event.stop()
        if self._plan is None:
            self.query_one("#rest-plan", TextBlock).say(progress_line(event.done, event.total))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close, plan the rest, or go on to its confirmation."""
        event.stop()
        if event.button.id == "close":
            self.dismiss(None)
        elif self._plan is not None:
            self.dismiss(self._plan)
        else:
            self.work(self._make_plan, "planning the rest of the list")

    def _offer(self) -> Content:
        if self._later is not None:
            return Content(continued_by(self._later))
        return Content(rest(self._job.left_out))

    async def _make_plan(self) -> None:
        say, button = self.query_one("#rest-plan", TextBlock).say, self.query_one("#rest", Button)
        button.disabled = True
        say(progress_line(0, 1))
        tell = self.telling(self._stopped)

        def work() -> tuple[JobPlan, float | None]:
            made = self._engine.plans.for_remainder(
                self._job.id, progress=tell, cancelled=self._stopped.is_set
            )
            return made, self._engine.plans.seconds_for(made.to_pay)

        try:
            self._plan, self._seconds = await in_thread(work, "rest")
        except ProblemError as error:
            say(problem_lines(error.problem))
            return
        self._draw()
        button.label = "Send the rest…"
        button.disabled = False
        button.focus()

    def _draw(self) -> None:
        if self._plan is not None:
            block = self.query_one("#rest-plan", TextBlock)
            block.say(plan_lines(self._plan, block.content_region.width, self._seconds, rest=True))
