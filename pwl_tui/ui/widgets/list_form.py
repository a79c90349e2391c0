"""The form for a new list: file or pasted numbers, region, name; and the plan, made while it is filled in."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import Progressed, Working, in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.data.list_choices import Choices, Wanted
from pwl_tui.ui.data.recent import recent_lists
from pwl_tui.ui.presenters.plan import hint_lines, numberless_lines, plan_lines, problem_lines, progress_line
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import PathLine, TextInput, typed_path
from pwl_tui.wording.figures import counted

if TYPE_CHECKING:
    from textual.worker import Worker

    from pwl_tui.lists.write.export import Target
    from pwl_tui.ui.dialogs.export import WhenDone

_TYPING_SECONDS = 0.3
"""How long the person must pause typing before a list is read."""


class ListForm(Vertical, Working):
    """The form and the plan of its list. Making a plan spends nothing."""

    BINDINGS: ClassVar = bindings("form")

    plan: reactive[JobPlan | None] = reactive(None, init=False)
    """The plan of what the fields hold now; None while they are empty, wrong, or being read."""

    class Ready(Message):
        """The person wants to send what is planned."""

        def __init__(self, plan: JobPlan, name: str, when_done: "WhenDone | None") -> None:
            super().__init__()
            self.plan, self.name, self.when_done = plan, name, when_done

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(id="list-form")
        self.border_title = Content("New list")
        self._ctx, self._engine = ctx, ctx.engine
        self._region = ctx.settings.region or ""
        self._pasted: str | None = None
        self._suggested_name = ""
        self._choices = Choices()
        self._when_done: WhenDone | None = None
        """What the person chose to export. None means as configured."""
        self._listed: ListPlan | None = None
        self._read_before: ListPlan | None = None
        self._seconds: float | None = None
        self._planning: Worker[None] | None = None

    async def fill(self) -> None:
        """Mount the fields."""
        await self.mount_all(self._fields())
        # Otherwise the program is being left, and any of them may be gone.
        if self.is_attached and self.query("#submit"):
            self._follow()

    def _fields(self) -> Iterator[Widget]:
        for label, field in (
            ("List", PathLine(id="path", placeholder="a path, or paste numbers")),
            ("Region", TextInput(self._region, id="region", placeholder="US, DE, …", max_length=13)),
            ("Name", TextInput(id="name", placeholder="of the job")),
        ):
            yield Horizontal(Label(label), field, classes="field")
        yield VerticalScroll(TextBlock(id="plan"), id="plan-scroll", can_focus=False)
        yield Button("", id="take-region", compact=True)
        options = Button("Options…", id="options", disabled=True, compact=True)
        rows = Button("See rows…", id="see-rows", disabled=True, compact=True)
        export = Button("Export…", id="when-done", disabled=True, compact=True)
        yield Horizontal(options, rows, export, id="form-more")
        yield TextBlock(id="export-to")
        submit = "Send…" if self._ctx.forbidden is None else "no-spend: nothing is sent"
        yield Button(submit, id="submit", disabled=True, compact=True)

    def _follow(self) -> None:
        """Follow the fields that plan and export depend on, also when the completion fills them in."""
        self.watch(self.query_one("#region", TextInput), "value", self._reread, init=False)
        self.watch(self.query_one("#name", TextInput), "value", self._show_export, init=False)
        self.watch(self._path, "value", self._path_changed)  # it may hold something already

    def on_resize(self) -> None:
        """Draw the plan for the new width, once all is laid out: before, Textual keeps the old height."""
        self.call_after_refresh(self._show_plan)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Look for recent lists when they can be chosen."""
        if event.widget is self._path and not self._path.value:
            self.work(self._recall, "looking for recent lists")

    def start(self, path: str = "", region: str = "") -> None:
        """Focus the first field; fill in a path and a region if they are given."""
        field = self.query_one("#region", TextInput)
        field.value, self._path.value = region or field.value, path or self._path.value
        self.screen.set_focus(self._path)  # at once, because what is typed next is the path

    def set_balance(self, balance: int | None) -> None:
        """Take the balance into account; it may arrive after the plan was made."""
        if self.plan is not None and self.plan.balance != balance:
            self.plan = replace(self.plan, balance=balance)
            self._show_plan()

    def clear(self) -> None:
        """Empty the form after its list was sent."""
        self._path.value = self.query_one("#name", TextInput).value = ""

    def why_not(self, command_id: str) -> str | None:
        """Return why a command of the form is not available now; None if it is."""
        needs = {
            "submit": self.plan,
            "see-rows": self._listed,
            "options": self._read_before,
            "when-done": self._listed,
        }
        if needs.get(command_id, "") is None:
            return "No list has been read yet: enter one first."
        if command_id == "take-region" and not (self._listed and self._listed.region_guesses):
            return "No region to suggest: no rows lack a country code, or no region fits them."
        return None

    def watch_plan(self, plan: JobPlan | None) -> None:
        """Enable sending when there is something to send."""
        # With all of them in doubt, there is a job whose rest can be sent.
        some = plan is not None and (plan.to_pay or plan.reused or plan.under_way or plan.doubted)
        self.query_one("#submit", Button).disabled = not (some and self._ctx.forbidden is None)
        self.screen.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what is not available now, according to the screen."""
        return self.screen.check_action(action, parameters)

    def on_path_line_pasted(self, event: PathLine.Pasted) -> None:
        """Take several pasted lines as the list itself."""
        event.stop()
        self._path.value = counted(len(event.text.strip().splitlines()), "pasted line")
        self._pasted = event.text
        self._forget_export()
        self._suggest("pasted")
        self._reread()

    def on_progressed(self, event: Progressed) -> None:
        """Show the progress of reading."""
        event.stop()
        if self._planning is not None and not self._planning.is_finished:
            self._say(progress_line(event.done, event.total))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field with Enter; from the last one, to the button."""
        event.stop()
        self.action_next_field()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run the command that the button is named after."""
        event.stop()
        await self.run_action((event.button.id or "").replace("-", "_"))

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.screen.focus_next()

    def action_submit(self) -> None:
        """Ask to send what is planned."""
        if self.plan is not None:
            typed = clean(self.query_one("#name", TextInput).value, 80)
            self.post_message(self.Ready(self.plan, typed or self._suggested_name, self._when_done))

    def action_browse(self) -> None:
        """Browse directories for the list."""
        from pwl_tui.ui.screens.browse import BrowseScreen, nearest_directory

        self.app.push_screen(BrowseScreen(self._ctx, nearest_directory(self._path.value)), self._browsed)

    def action_see_rows(self) -> None:
        """Show the rows as they are read."""
        from pwl_tui.ui.screens.preview import PreviewScreen

        if self._listed is not None:
            self.app.push_screen(PreviewScreen(self._ctx, self._listed))

    def action_options(self) -> None:
        """Choose how to read the list, and how much of it to pay for."""
        from pwl_tui.ui.dialogs.list_options import ListOptions

        if self._read_before is not None:
            days = self._engine.settings.lists.reuse_days
            reused = self.plan.reused if self.plan else 0
            dialog = ListOptions(self._read_before, self._choices, reuse_days=days, reused=reused)
            self.app.push_screen(dialog, self._choose)

    def action_when_done(self) -> None:
        """Choose a file to which the list is exported automatically."""
        from pwl_tui.ui.dialogs.export import WhenDoneDialog, beside_source

        if self._listed is None:
            return
        try:
            target = self._target
        except ProblemError:
            target = None  # sending says what is wrong with the configured name
        name = self.query_one("#name", TextInput).value or self._suggested_name
        suggested = beside_source(self._listed.source.path, name, "csv")
        self.app.push_screen(WhenDoneDialog(self._ctx, target, suggested), self._export_to)

    def action_take_region(self) -> None:
        """Use the region that fits, or choose among several."""
        guesses = self._listed.region_guesses if self._listed is not None else ()
        if len(guesses) == 1:
            self._take_region(guesses[0].region)
        elif guesses:
            from pwl_tui.ui.dialogs.pick_region import NO_REGION, pick_region

            self.app.push_screen(
                pick_region(guesses),
                lambda region: self._take_region(None if region == NO_REGION else region),
            )

    @property
    def _target(self) -> "Target | None":
        """What is exported once the job is finished: as chosen, or as configured.

        Raises:
            ListError: the configured name stands for no format.
        """
        if self._when_done is not None or self._listed is None:
            return None if self._when_done is None else self._when_done.target
        source, name = self._listed.source.path, self.query_one("#name", TextInput).value
        return self._engine.wishes.by_default(Path(source) if source else None, name or self._suggested_name)

    def _export_to(self, chosen: "WhenDone | None") -> None:
        """Take what was chosen, and show it."""
        if chosen is not None:
            self._when_done = chosen
        self._show_export()

    def _show_export(self) -> None:
        """Show where the list is exported, as chosen or as configured."""
        try:
            target = self._target
        except ProblemError as error:
            self._say_export(f"no export: {clean(error.problem.message)}")
        else:
            self._say_export("" if target is None else self._where(target.path))

    def _where(self, path: Path) -> str:
        source = "" if self._listed is None else self._listed.source.path
        beside = bool(source) and Path(source).absolute().parent == path.parent
        return f"export: {clean(path.name, 60)}" + ("" if beside else f" in {clean(str(path.parent), 200)}")

    def _say_export(self, text: str) -> None:
        line = self.query_one("#export-to", TextBlock)
        line.display = bool(text)
        line.say(Content.styled(text, "$muted"))

    def _take_region(self, region: str | None) -> None:
        if region:
            self.query_one("#region", TextInput).value = region

    @property
    def _path(self) -> PathLine:
        return self.query_one("#path", PathLine)

    def _browsed(self, path: Path | None) -> None:
        self._path.value = str(path) if path else self._path.value

    def _choose(self, choices: Choices | None) -> None:
        if choices is None or choices == self._choices:
            return
        same, self._choices = choices.reads_as(self._choices), choices
        self._replan() if same else self._reread()

    def _path_changed(self) -> None:
        self._pasted, self._choices, self._read_before = None, Choices(), None
        self._forget_export()
        self._suggest(typed_path(self._path.value).name.removesuffix(".gz").rsplit(".", 1)[0])
        self._reread()

    def _forget_export(self) -> None:
        """Export as configured: what was chosen was for another list."""
        self._when_done = None
        self._export_to(None)

    def _suggest(self, name: str) -> None:
        field = self.query_one("#name", TextInput)
        if field.value in ("", self._suggested_name):
            field.value = clean(name, 80)
        self._suggested_name = clean(name, 80)

    def _reread(self) -> None:
        self._set_list(None)
        self._replan()

    def _replan(self) -> None:
        self.plan = None
        if self._planning is not None:
            self._planning.cancel()
        if self._pasted is None and not self._path.value.strip():
            self._say(self._hint())
            return
        self._planning = self.work(self._make_plan, "planning", replace=True)

    async def _make_plan(self) -> None:
        await asyncio.sleep(_TYPING_SECONDS)
        stopped, wanted = threading.Event(), self._wanted()
        tell = self.telling(stopped)
        try:
            listed = self._listed
            if listed is None or not listed.numbers:
                self._say(progress_line(0, 1))
                listed = await in_thread(lambda: wanted.read(self._engine, tell, stopped.is_set), "list")
                self._set_list(listed)
            decide = partial(wanted.choices.decide, self._engine, listed)
            plan, self._seconds = await in_thread(decide, "plan")
        except NoNumbersError as error:
            self._set_list(error.plan)
            self._say(numberless_lines(error))
        except ProblemError as error:
            self._say(problem_lines(error.problem))
        else:
            self.plan = plan
            self._show_plan()
        finally:
            # Also if this worker was cancelled: the thread then stops at its next check.
            stopped.set()

    def _wanted(self) -> Wanted:
        region, numbers = (
            self.query_one("#region", TextInput).value.strip(),
            self._engine.settings.lists.numbers,
        )
        path = typed_path(self._path.value)
        return Wanted(self._pasted, path, region.upper() or None, numbers, self._choices)

    def _set_list(self, listed: ListPlan | None) -> None:
        """Remember how the list is read, and enable what can be done with it."""
        self._listed = listed
        # After a choice that turned out impossible, the list as it was read before says what else to choose.
        self._read_before = listed or self._read_before
        self.query_one("#see-rows", Button).disabled = listed is None
        self.query_one("#when-done", Button).disabled = listed is None
        self.query_one("#options", Button).disabled = self._read_before is None
        take = self.query_one("#take-region", Button)
        take.display = bool(listed and listed.region_guesses)
        if listed and listed.region_guesses:
            first, *others = listed.region_guesses
            take.label = Content("Choose the region…" if others else f"Use region {first.region}")
        self._show_export()
        self.screen.refresh_bindings()

    async def _recall(self) -> None:
        recall = partial(recent_lists, self._ctx.snapshot().jobs)
        self._path.recent = await in_thread(recall, "recent lists")
        if not self._path.value:
            self._say(self._hint())

    def _hint(self) -> Content:
        return hint_lines(self._ctx.key("browse"), self._path.recent)

    def _show_plan(self) -> None:
        if self.plan is not None:
            width = self.query_one("#plan-scroll").scrollable_content_region.width
            self._say(plan_lines(self.plan, width, self._seconds))

    def _say(self, content: Content) -> None:
        self.query_one("#plan", TextBlock).say(content)
