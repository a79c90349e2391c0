"""The batches in doubt, one at a time: what is known about it, and the three ways to settle it."""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button

from pwl_tui.engine.money.settling import Choice, Decision, choices
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.copy import CopyDialog
from pwl_tui.ui.dialogs.give_id import GiveIdDialog
from pwl_tui.ui.dialogs.questions import Ask, Typed, spend
from pwl_tui.ui.dialogs.questions import Choice as Answer
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.presenters.settle import Doubt, story, timeline, verdict
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.wording.figures import counted

_COMMANDS: dict[Decision, str] = {"free": "release", "adopted": "give-id", "lost": "write-off"}


class SettleScreen(CommandScreen[None]):
    """Shows one batch in doubt at a time, and closes when none is left.

    Args:
        ctx: what it works with.
        job: the job whose batch is shown first. None means the batch that was sent first.
    """

    BINDINGS: ClassVar = [
        *bindings("settle"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, ctx: AppContext, job: int | None = None) -> None:
        super().__init__(ctx)
        self._first = job
        self._doubt: Doubt | None = None
        self._story, self._line = TextBlock(id="settle-story"), TextBlock(id="settle-line")
        self._verdict, self._problem = TextBlock(id="settle-verdict"), TextBlock(id="settle-problem")
        self._buttons = {decision: Button(id=f"settle-{decision}", compact=True) for decision in _COMMANDS}
        self._costs = {decision: TextBlock(id=f"cost-{decision}") for decision in _COMMANDS}

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with VerticalScroll(id="settle", can_focus=False):
            yield self._story
            yield self._line
            yield self._verdict
            for decision in _COMMANDS:
                yield self._buttons[decision]
                yield self._costs[decision].add_class("dialog-detail")
            yield self._problem
        yield KeyFooter()

    def on_mount(self) -> None:
        """Focus the way that costs nothing."""
        self._problem.display = False
        self._buttons["adopted"].focus()

    def on_resize(self) -> None:
        """Draw the timeline for the new width."""
        self.call_after_refresh(self._draw)

    def show(self) -> None:
        """Follow the balance readings."""
        super().show()
        self._draw()
        self.work(self._load, "reading the evidence")

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done now."""
        if self._doubt is None and command_id in ("report", "use-id", *_COMMANDS.values()):
            return "The evidence is still being read."
        if command_id == "use-id" and self._doubt is not None and not self._doubt.open_candidates:
            return "No usable ID came with the answer."
        if command_id == "next-doubt" and (self._doubt is None or self._doubt.of < 2):
            return "No other batch is in doubt."
        return super().why_not(command_id)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        for decision, button in self._buttons.items():
            if event.button is not button:
                continue
            if decision == "adopted" and self._doubt is not None and self._doubt.open_candidates:
                self.action_use_id()
            else:
                self._choose(decision)

    def action_back(self) -> None:
        """Leave without deciding."""
        self.dismiss()

    def action_next_doubt(self) -> None:
        """Show the next batch in doubt."""
        if self._doubt is not None:
            self._load_soon(self._doubt.place % self._doubt.of)

    def action_release(self) -> None:
        """Ask whether to send the numbers again."""
        self._choose("free")

    def action_use_id(self) -> None:
        """Look up the ID that came with the answer, and use it."""
        if self._doubt is not None:
            self.work(partial(self._carry_out, self._doubt, "adopted"), "looking up the ID")

    def action_give_id(self) -> None:
        """Ask for the ID."""
        self._choose("adopted")

    def action_write_off(self) -> None:
        """Ask whether to write the batch off."""
        self._choose("lost")

    def action_report(self) -> None:
        """Show a report for the provider's support."""
        if self._doubt is not None:
            self.work(partial(self._report, self._doubt), "making the report")

    def _choose(self, decision: Decision) -> None:
        if self._doubt is not None:
            self.work(partial(self._settle, self._doubt, decision), "settling the batch")

    async def _settle(self, doubt: Doubt, decision: Decision) -> None:
        if decision == "adopted":
            came = next((one.batch_id for one in doubt.open_candidates), "")
            if await self.app.push_screen_wait(GiveIdDialog(self.ctx, doubt.batch, came)):
                self._settled(doubt, decision)
            return
        if await self.app.push_screen_wait(self._question(doubt, decision)) == "yes":
            await self._carry_out(doubt, decision)

    async def _carry_out(self, doubt: Doubt, decision: Decision) -> None:
        job, seq = doubt.batch.job, doubt.batch.seq
        try:
            await in_thread(lambda: self.ctx.engine.recovery.settle(job, seq, decision), "settle")
        except ProblemError as error:
            self.complain(error)
            self._load_soon(doubt.place - 1)  # why an ID was not taken
            return
        self._settled(doubt, decision)

    def _question(self, doubt: Doubt, decision: Decision) -> Ask | Typed:
        choice = next(
            choice for choice in choices(doubt.evidence, doubt.open_candidates) if choice.decision == decision
        )
        text = f"{choice.title}: batch {doubt.batch.label}.\n{choice.cost}"
        if decision == "free":
            return spend("Settle", text, doubt.batch.size, self.ctx.settings.confirm_above)
        price = counted(doubt.batch.size, "credit")
        yes = Answer("yes", f"Write off {price}", key="y", danger=True)
        return Ask("Settle", text, [Answer("no", "Cancel", key="n"), yes])

    def _settled(self, doubt: Doubt, decision: Decision) -> None:
        self.notify(_DONE[decision].format(batch=doubt.batch.label))
        self._problem.display = False
        self.ctx.wake()
        self._load_soon(doubt.place - 1)

    async def _report(self, doubt: Doubt) -> None:
        engine, batch = self.ctx.engine, doubt.batch
        try:
            text = await in_thread(lambda: engine.recovery.report(batch.job, batch.seq), "report")
        except ProblemError as error:
            self.complain(error)
            return
        dialog = CopyDialog(f"Report on batch {batch.label}", text, f"pwl-tui-report-{batch.label}.txt")
        sentence = await self.app.push_screen_wait(dialog)
        self.say(sentence)

    def complain(self, error: ProblemError) -> None:
        """Show what is wrong below the choices, where it stays."""
        self._problem.say(problem_lines(error.problem))
        self._problem.display = True
        self._problem.scroll_visible(animate=False)

    def _load_soon(self, place: int) -> None:
        self.work(partial(self._load, place), "reading the evidence", replace=True)

    async def _load(self, place: int | None = None) -> None:
        """Read the batch at a place, 0 the first, or the one that is shown; close when none is in doubt."""
        try:
            doubt = await in_thread(lambda: self._read(place), "evidence")
        except ProblemError as error:
            self.complain(error)
            return
        if doubt is None:
            if self.is_current:
                self.notify("No batch is in doubt anymore. Sending continues.")
                self.dismiss()
            return
        self._doubt = doubt
        self._draw()
        self.refresh_bindings()

    def _read(self, place: int | None) -> Doubt | None:
        """Read a batch in doubt and its evidence; in a thread."""
        engine = self.ctx.engine
        batches = [] if engine.binding is None else engine.store.batches.in_doubt(engine.binding)
        if not batches:
            return None
        if place is None:
            place = self._place_of([(batch.job, batch.seq) for batch in batches])
        place %= len(batches)
        batch = batches[place]
        evidence = engine.recovery.evidence(batch.job, batch.seq)
        candidates = tuple(engine.recovery.candidates(batch.job, batch.seq))
        return Doubt(engine.store.jobs.get(batch.job), batch, evidence, place + 1, len(batches), candidates)

    def _place_of(self, labels: list[tuple[int, int]]) -> int:
        """Return the place of the batch that is shown; at first, that of the job the person came from."""
        if self._doubt is not None:
            shown = (self._doubt.batch.job, self._doubt.batch.seq)
            return labels.index(shown) if shown in labels else self._doubt.place - 1
        return next((place for place, (job, _) in enumerate(labels) if job == self._first), 0)

    def _draw(self) -> None:
        doubt, now = self._doubt, self.snapshot.now
        if doubt is None:
            return
        self._story.say(story(doubt, now))
        self._line.say(timeline(doubt.evidence, now, max(self.size.width - 4, 40)))
        self._verdict.say(verdict(doubt.evidence))
        for choice in choices(doubt.evidence, doubt.open_candidates):
            self._draw_choice(choice, doubt)

    def _draw_choice(self, choice: Choice, doubt: Doubt) -> None:
        button, command, cost = self._buttons[choice.decision], _COMMANDS[choice.decision], choice.cost
        if choice.decision == "adopted" and doubt.open_candidates:
            cost = f"{cost} Press {self.ctx.key(command)} to enter another one."
            command = "use-id"
        label = f"{self.ctx.key(command)}  {choice.title}"
        if str(button.label) != label:
            button.label = Content(label)
        self._costs[choice.decision].say(Content(clean(cost)))


_DONE: dict[Decision, str] = {
    "free": "Batch {batch} was released. Its numbers are sent again.",
    "lost": "Batch {batch} was written off.",
    "adopted": "Batch {batch} has its ID and is polled again.",
}
