"""What a sample says about the whole list, and the offer to send the rest."""

import threading
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from pwl_tui.engine.pilot import Rates, Share
from pwl_tui.engine.planning import JobPlan
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.text import clean
from pwl_tui.ui.background import Progressed, in_thread
from pwl_tui.ui.base import Desk, Dialog
from pwl_tui.ui.figures import counted, grouped
from pwl_tui.ui.planview import plan_lines, problem_lines, progress_line
from pwl_tui.ui.widgets.words import Words

_DIGITS = 3
"""Significant digits of what is worked out for the whole list: more would pretend to know them."""


class PilotDialog(Dialog[JobPlan | None]):
    """Shows the rates; plans the rest when it is wanted, because that reads the whole list again.

    Args:
        desk: whose engine makes the plan.
        job: a finished one that left numbers out.
        rates: what its answers say about its list; none: it is no sample.
        later: the job that went on with the list, if there is one.

    Returns:
        The plan of the rest, for the question what it may cost; none when it was left.
    """

    BINDINGS: ClassVar = [("escape", "dismiss_quietly", "cancel")]

    def __init__(self, desk: Desk, job: Job, rates: Rates | None, later: Job | None) -> None:
        super().__init__()
        self._engine, self._job, self._rates, self._later = desk.engine, job, rates, later
        self._stopped = threading.Event()
        self._plan: JobPlan | None = None
        self._seconds: float | None = None

    def compose(self) -> ComposeResult:
        """Draw what is known."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(f"The rest of {clean(self._job.name, 40)}")
            with VerticalScroll(id="rest-text"):
                if self._rates is not None:
                    yield Static(rates_lines(self._rates, self._job.held), classes="dialog-text")
                yield Words(self._offer(), id="rest-plan")
            yield Button("Close", id="close", compact=True)
            wanted = Button("See what the rest costs", id="rest", compact=True)
            wanted.disabled = self._later is not None or not self._engine.may_spend
            yield wanted

    def on_mount(self) -> None:
        """Put the person at the button that does nothing."""
        self.query_one("#close", Button).focus()

    def on_resize(self) -> None:
        """Draw the plan for the new width."""
        self.call_after_refresh(self._draw)

    def on_unmount(self) -> None:
        """Read no further."""
        self._stopped.set()

    def on_progressed(self, event: Progressed) -> None:
        """Draw how far the reading is."""
        event.stop()
        if self._plan is None:
            self.query_one("#rest-plan", Words).say(progress_line(event.done, event.total))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, plan the rest, or go on with its plan."""
        event.stop()
        if event.button.id == "close":
            self.dismiss(None)
        elif self._plan is not None:
            self.dismiss(self._plan)
        else:
            self.work(self._make_plan, "the plan of the rest")

    def _offer(self) -> Content:
        if self._later is not None:
            return Content(f"Job {self._later.id} {clean(self._later.name, 40)} went on with this list.")
        held = counted(self._job.held, "number")
        return Content(f"{held} left out. What is answered is not paid for again.")

    async def _make_plan(self) -> None:
        say, button = self.query_one("#rest-plan", Words).say, self.query_one("#rest", Button)
        button.disabled = True
        say(progress_line(0, 1))
        tell = self.telling(self._stopped)

        def work() -> tuple[JobPlan, float | None]:
            made = self._engine.rest_plan(self._job.id, progress=tell, cancelled=self._stopped.is_set)
            return made, self._engine.seconds_for(made.to_pay)

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
            words = self.query_one("#rest-plan", Words)
            words.say(plan_lines(self._plan, words.content_region.width, self._seconds, rest=True))


def rates_lines(rates: Rates, held: int) -> Content:
    """Return rates as a table: of what was asked, and what that makes of the numbers left out."""
    shares = (("on WhatsApp", rates.on_whatsapp), ("business", rates.business), ("failed", rates.failed))
    head = f"{'':<12} {f'of {grouped(rates.answered)}':<16} of the other {grouped(held)}"
    lines = [Content.styled(head, "$muted")]
    lines += [
        Content(f"{name:<12} {_range(share):<16} {_extrapolated(share, held)}") for name, share in shares
    ]
    note = "Drawn at random: 95 times in 100 the whole list lies in these ranges."
    return Content("\n").join([*lines, Content.styled(note, "$muted")])


def _range(share: Share) -> str:
    return f"{share.value:.0%} ({share.low:.0%}-{share.high:.0%})"


def _extrapolated(share: Share, numbers: int) -> str:
    value, low, high = (_rounded(part * numbers) for part in (share.value, share.low, share.high))
    return f"{grouped(value)} ({grouped(low)}-{grouped(high)})"


def _rounded(count: float) -> int:
    whole = round(count)
    return round(whole, min(_DIGITS - len(str(whole)), 0))
