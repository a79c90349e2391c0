"""Single numbers: what is known is free and shown at once; the rest is paid for when enter says so."""

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input

from pwl_tui.engine.money.lookups import Finding, LookupPlan
from pwl_tui.problem import ProblemError
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.dialogs.questions import spend
from pwl_tui.ui.presenters.lookup import lookup_lines, refusals
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted

if TYPE_CHECKING:
    from pwl_tui.lists.numbers.typed import Typed

_LOOK_UP = "Look up"
_COMMAS = "Separate numbers with commas; spaces may be part of a number."
_REGION = "Begin a number with + and its country code, or enter the country of national numbers."


class _Entered(NamedTuple):
    """What the fields held when it was planned."""

    numbers: str
    region: str
    fresh: bool


class NumbersInput(TextInput):
    """A field for one or more numbers; lines that are pasted stay apart."""

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted lines as numbers separated by commas."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(
            ", ".join(line.strip() for line in event.text.splitlines() if line.strip())
        )


class LookupDialog(FormDialog[None]):
    """Shows what is known of numbers and what the rest costs, then asks for the rest.

    Enter plans what was entered, and pays for nothing. Once the plan is shown, enter carries it out.

    Args:
        ctx: its engine looks the numbers up.
    """

    class Found(Message):
        """Something came of a number."""

        def __init__(self, finding: Finding) -> None:
            super().__init__()
            self.finding = finding

    def __init__(self, ctx: AppContext) -> None:
        super().__init__()
        self._ctx = ctx
        self._found: list[Finding] = []
        self._planned: tuple[_Entered, LookupPlan] | None = None
        self._asking = False
        self._stopped = threading.Event()
        self._shown = TextBlock()

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with self.frame("Look up numbers", leave="close", id="lookup"):
            yield field("Numbers", NumbersInput(id="lookup-numbers", placeholder="one or more, with commas"))
            region = self._ctx.settings.region or ""
            yield field(
                "Region", TextInput(region, id="lookup-region", placeholder="US, GB, …: for national numbers")
            )
            yield Checkbox("fresh: ask and pay again, even if known", id="lookup-fresh")
            with VerticalScroll(id="lookup-found"):
                yield self._shown
            yield from self.ending(_LOOK_UP)

    def on_mount(self) -> None:
        """Focus the numbers."""
        self.query_one(NumbersInput).focus()

    def on_unmount(self) -> None:
        """Ask for no further number; the answer to one that is being asked is still saved."""
        self._stopped.set()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Forget the plan of what was entered before."""
        event.stop()
        self._offer(None)

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Forget the plan of what was entered before."""
        event.stop()
        self._offer(None)

    def on_lookup_dialog_found(self, event: Found) -> None:
        """Show what came of a number."""
        self._found.append(event.finding)
        if self._planned is not None:
            left = len(self._planned[1].numbers) - len(self._found)
            self._show(f"Asking the service; {counted(left, 'number')} left…" if left else "")

    def action_submit(self) -> None:
        """Plan what was entered; or, if its plan is shown, pay for what is not known."""
        entered = self._entered()
        if self._asking:
            return
        if self._planned is not None and self._planned[0] == entered and self._payable(self._planned[1]):
            self.work(self._ask, "looking up numbers")
        else:
            self.work(partial(self._plan, entered), "planning the lookup")

    def _payable(self, plan: LookupPlan) -> bool:
        return bool(plan.to_ask) and plan.problem is None and not self._found

    def _entered(self) -> _Entered:
        return _Entered(
            self.query_one("#lookup-numbers", Input).value,
            self.query_one("#lookup-region", Input).value,
            self.query_one("#lookup-fresh", Checkbox).value,
        )

    async def _plan(self, entered: _Entered) -> None:
        engine, strictness = self._ctx.engine, self._ctx.settings.lists.numbers

        def work() -> "Typed | LookupPlan":
            from pwl_tui.lists.numbers.regions import checked_region  # takes all of libphonenumber along
            from pwl_tui.lists.numbers.typed import read_typed, split

            region = checked_region(entered.region) if entered.region.strip() else None
            typed = read_typed(split(entered.numbers), region, strictness)
            if typed.refused or not typed.numbers:
                return typed
            return engine.lookups.plan(typed.numbers, fresh=entered.fresh)

        self.tell(Content("Looking at what is known…"))
        try:
            planned = await in_thread(work, "plan lookup")
        except ProblemError as error:
            self.tell(problem_lines(error.problem))
            return
        if not isinstance(planned, LookupPlan):
            if planned.refused:
                self.tell(refusals(planned.refused, _hint(entered, planned)))
            else:
                self.refuse("Enter at least one number.")
            return
        if entered == self._entered():
            self._offer((entered, planned))

    def _offer(self, planned: tuple[_Entered, LookupPlan] | None) -> None:
        """Show a plan and what it costs; None shows none."""
        self._planned, self._found = planned, []
        self._outcome.display = False
        label = _LOOK_UP
        if planned is None:
            self._shown.say(Content())
        else:
            # Keys typed ahead were not meant for what is only now to be seen.
            self.asked_at = time.monotonic()
            self._show()
            if self._payable(planned[1]):
                label = f"Ask for {counted(planned[1].to_ask, 'credit')}"
        self.query_one("#submit", Button).label = label

    def _show(self, doing: str = "") -> None:
        if self._planned is not None:
            self._shown.say(lookup_lines(self._planned[1], self._found, doing))

    async def _ask(self) -> None:
        if self._planned is None:
            raise AssertionError("only what was planned is asked")
        _, plan = self._planned
        limit = self._ctx.settings.confirm_above
        if 0 < limit < plan.to_ask:
            text = f"Spend {counted(plan.to_ask, 'credit')}?"
            if await self.app.push_screen_wait(spend("Look up numbers", text, plan.to_ask, limit)) != "yes":
                return
        self._show("Asking the service…")
        self._freeze(asking=True)
        stopped = self._stopped

        def work() -> None:
            for finding in self._ctx.engine.lookups.run(plan, stopped.is_set):
                if not stopped.is_set():
                    self.post_message(self.Found(finding))

        try:
            await in_thread(work, "look up")
        except ProblemError as error:
            self.tell(problem_lines(error.problem))
        finally:
            self._freeze(asking=False)
            # Nobody should see for minutes what there was before.
            self._ctx.engine.refresh_balance()
            self._ctx.wake()

    def _freeze(self, *, asking: bool) -> None:
        """Keep what is being asked as it was entered, until every answer is there."""
        self._asking = asking
        for widget in self.query("Input, Checkbox, #submit"):
            widget.disabled = asking
        if asking:
            self.query_one("#lookup-found").focus()
        elif self.is_attached:
            self.query_one("#submit", Button).label = _LOOK_UP
            self.query_one(NumbersInput).focus()


def _hint(entered: _Entered, typed: "Typed") -> str:
    """Return what to do about entered numbers that are unusable."""
    if typed.needs_region:
        return _REGION
    region = entered.region.strip().upper()
    return f"Numbers without + are read as those of {region}. {_COMMAS}" if region else _COMMAS
