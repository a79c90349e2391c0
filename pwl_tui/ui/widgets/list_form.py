"""The form for a new list: file or pasted numbers, region and name; the plan appears as it is filled in."""

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button, Input, Label

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.planning import JobPlan
from pwl_tui.lists.readers import Options, Source
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import Working, in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.figures import counted
from pwl_tui.ui.planview import plan_lines, problem_lines, progress_line
from pwl_tui.ui.widgets.fields import Line, PathLine, typed_path
from pwl_tui.ui.widgets.words import Words

if TYPE_CHECKING:
    from textual.worker import Worker

_TYPING_SECONDS = 0.3
"""How long the person must have stopped typing before a list is read."""
_HINT = Content.styled("Type the path of a CSV, TSV or text file, or paste numbers into the field.", "$muted")


class ListForm(Vertical, Working):
    """What the person fills in, and the plan of it; computing a plan spends nothing.

    Args:
        engine: makes the plan.
        region: two letters for national numbers, at first.
    """

    BINDINGS: ClassVar = bindings("form")

    plan: reactive[JobPlan | None] = reactive(None, init=False)
    """Of what the fields hold now; none while they are empty, wrong, or being read."""

    class Ready(Message):
        """The person wants to submit what is planned."""

        def __init__(self, plan: JobPlan, name: str) -> None:
            super().__init__()
            self.plan, self.name = plan, name

    class Progressed(Message):
        """So much of the list is read."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

        def can_replace(self, message: Message) -> bool:
            """Only the latest progress is of interest."""
            return isinstance(message, ListForm.Progressed)

    def __init__(self, engine: Engine, region: str) -> None:
        super().__init__(id="list-form")
        self._engine = engine
        self._region = region
        self._pasted: str | None = None
        self._suggested_name = ""
        self._planning: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        self.border_title = Content("New list")
        with Horizontal(classes="field"):
            yield Label("List")
            yield PathLine(id="path", placeholder="a path, or paste numbers")
        with Horizontal(classes="field"):
            yield Label("Region")
            yield Line(self._region, id="region", placeholder="US, DE, …", max_length=2)
        with Horizontal(classes="field"):
            yield Label("Name")
            yield Line(id="name", placeholder="of the job")
        with VerticalScroll(id="plan-scroll", can_focus=False):
            yield Words(_HINT, id="plan")
        label = "Submit…" if self._engine.may_spend else "no-spend: nothing is submitted"
        yield Button(label, id="submit", disabled=True, compact=True)

    def on_mount(self) -> None:
        """Follow the two fields that make the plan, also when the completion fills them in."""
        self.watch(self._path, "value", self._path_changed, init=False)
        self.watch(self.query_one("#region", Line), "value", self._replan, init=False)

    def start(self, path: str = "", region: str = "") -> None:
        """Put the person at the first field, with a path and region filled in where they are given."""
        if region:
            self.query_one("#region", Line).value = region
        if path:
            self._path.value = path
        self._path.focus()

    def know(self, balance: int | None) -> None:
        """Take note of the credits there are, which may be read after the plan was made."""
        if self.plan is not None and self.plan.balance != balance:
            self.plan = replace(self.plan, balance=balance)
            self._say(plan_lines(self.plan))

    def clear(self) -> None:
        """Empty the form after its list was submitted."""
        self._pasted = None
        self._path.value = ""
        self.query_one("#name", Line).value = ""

    def watch_plan(self, plan: JobPlan | None) -> None:
        """Allow to submit what is planned."""
        ready = plan is not None and bool(plan.list.numbers) and self._engine.may_spend
        self.query_one("#submit", Button).disabled = not ready

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what its screen says cannot be done now."""
        return self.screen.check_action(action, parameters)

    def on_path_line_pasted(self, event: PathLine.Pasted) -> None:
        """Take several pasted lines as the list itself."""
        event.stop()
        lines = counted(len(event.text.strip().splitlines()), "pasted line")
        self._path.value = lines
        self._pasted = event.text
        self._suggest("pasted")
        self._replan()

    def on_list_form_progressed(self, event: Progressed) -> None:
        """Draw how far the reading is."""
        event.stop()
        if self._planning is not None and not self._planning.is_finished:
            self._say(progress_line(event.done, event.total))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field with enter; from the last one, to the button."""
        event.stop()
        self.action_next_field()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Ask to submit."""
        event.stop()
        self.action_submit()

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.screen.focus_next()

    def action_submit(self) -> None:
        """Ask to submit what is planned."""
        if self.plan is not None:
            name = self.query_one("#name", Line).value.strip() or self._suggested_name
            self.post_message(self.Ready(self.plan, clean(name, 80)))

    @property
    def _path(self) -> PathLine:
        return self.query_one("#path", PathLine)

    def _path_changed(self) -> None:
        self._pasted = None
        self._suggest(typed_path(self._path.value).name.removesuffix(".gz").rsplit(".", 1)[0])
        self._replan()

    def _suggest(self, name: str) -> None:
        field = self.query_one("#name", Line)
        if field.value in ("", self._suggested_name):
            field.value = clean(name, 80)
        self._suggested_name = clean(name, 80)

    def _replan(self) -> None:
        self.plan = None
        if self._planning is not None:
            self._planning.cancel()
        if self._pasted is None and not self._path.value.strip():
            self._say(_HINT)
            return
        self._planning = self.work(self._make_plan, "the plan", replace=True)

    async def _make_plan(self) -> None:
        await asyncio.sleep(_TYPING_SECONDS)
        pasted, path = self._pasted, typed_path(self._path.value)
        options = Options(
            region=self.query_one("#region", Line).value.strip().upper() or None,
            numbers=self._engine.settings.lists.numbers,
        )
        stopped = threading.Event()

        def progress(done: int, total: int) -> None:
            if not stopped.is_set():
                self.post_message(self.Progressed(done, total))

        def work() -> JobPlan:
            source = Source.from_path(path) if pasted is None else Source.from_text(pasted)
            return self._engine.plan(source, options, progress=progress, cancelled=stopped.is_set)

        self._say(progress_line(0, 1))
        try:
            plan = await in_thread(work, "plan")
        except ProblemError as error:
            self._say(problem_lines(error.problem))
        else:
            self.plan = plan
            self._say(plan_lines(plan))
        finally:
            # Also when this worker was cancelled: the thread then stops at its next look.
            stopped.set()

    def _say(self, content: Content) -> None:
        self.query_one("#plan", Words).say(content)
