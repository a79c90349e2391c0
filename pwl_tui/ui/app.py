"""The application: connects the engine to the screens, and does no work of its own."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from textual.message import Message
from textual.screen import Screen

from pwl_tui import config
from pwl_tui.config import Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.left import Left, left_to_do
from pwl_tui.engine.problems import internal
from pwl_tui.problem import ProblemError
from pwl_tui.state.patience import WAITING
from pwl_tui.text import clean, encoding_of
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings, remap
from pwl_tui.ui.context import AppContext, Save
from pwl_tui.ui.data.snapshot import Snapshot, Watcher, first, worker_alive
from pwl_tui.ui.dialogs.palette import Everything, Palette
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.screens.home import HomeScreen
from pwl_tui.ui.styles import HOME_STYLES
from pwl_tui.ui.terminal import notify, signals
from pwl_tui.ui.terminal.terminal_app import TerminalApp
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.jobs import exported

if TYPE_CHECKING:
    from pwl_tui.ui.dialogs.leave import Leaving

_TICK_SECONDS = 1.0
_SLOW_TICK_SECONDS = 3.0
_SWITCH_SECONDS = 0.0005
"""How long a polling thread may keep the screen's thread waiting: Python's 5 ms make keys feel slow."""
_UNTIL_DISMISSED_SECONDS = 86_400.0


class DemoList(Struct, frozen=True):
    """A list that is filled in, ready to send, when the program starts.

    Attributes:
        path: the file.
        region: two letters, for its national numbers. None means that all have a country code.
    """

    path: Path
    region: str | None


class Departure(Struct, frozen=True):
    """How the person left the screen.

    Attributes:
        code: the exit code of the process: 0 if the person quit, 130 if a signal or a lost terminal ended it,
            and 1 after an internal error.
        in_background: whether the work is to be continued in the background.
        profile: in use at the end. None means the one that the screen was opened with.
        terminated: whether the process was told to end (SIGTERM), and not just left or without its terminal.
    """

    code: int
    in_background: bool = False
    profile: str | None = None
    terminated: bool = False


class PwlApp(TerminalApp):
    """The screen of the program.

    Args:
        engine: does the work; started after the first frame, stopped when the program ends.
        settings: what the person configured.
        config_file: where the settings and the API key are saved.
        low_bandwidth: write as little as possible to the terminal.
        mouse: whether the mouse is captured at first.
        demo: fills in the form at the start. None leaves it empty.
        save: writes changed settings. None writes them to `config_file`, with this process's environment.
        encoding: what the terminal shows.
        clock: returns UTC epoch seconds. None means the engine's own.
        tick: the least seconds between two redraws. None means the default; tests make it short.
    """

    TITLE = "pwl-tui"
    CSS_PATH = HOME_STYLES
    BINDINGS: ClassVar = bindings("everywhere")
    COMMANDS = {Everything}  # noqa: RUF012 - as Textual declares it
    ENABLE_COMMAND_PALETTE = False
    """Textual would bind its own palette, whose cursor blinks; ours is a command like any other."""

    class Changed(Message):
        """A new snapshot was taken."""

        def __init__(self, snapshot: Snapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

        def can_replace(self, message: Message) -> bool:
            """Only the latest matters."""
            return isinstance(message, PwlApp.Changed)

    class Waiting(Message):
        """The state file is locked, and some thread waits for it."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        config_file: Path,
        *,
        low_bandwidth: bool = False,
        mouse: bool = True,
        demo: DemoList | None = None,
        save: Save | None = None,
        encoding: str = "utf-8",
        clock: Callable[[], float] | None = None,
        tick: float | None = None,
    ) -> None:
        super().__init__(settings, low_bandwidth=low_bandwidth, mouse=mouse, encoding=encoding)
        self._engine, clock = engine, clock or engine.clock
        self._demo = demo
        self._remapped, self._key_warnings = remap(settings.keys)
        self.set_keymap(self._remapped)
        interval = tick or (_SLOW_TICK_SECONDS if low_bandwidth else _TICK_SECONDS)
        self._watcher = Watcher(engine, self._publish, clock, interval)
        self._ctx = AppContext(
            engine,
            settings,
            lambda: self.snapshot,
            self._watcher.wake,
            config_file,
            self._remapped,
            save or partial(config.save, config_file, environ=os.environ),
            self._use,
            self.show_theme,
            lambda wanted: self._home.adopt(wanted),
        )
        self.snapshot = first(engine, clock())
        """What the screens draw; only ever replaced as a whole."""
        self._completions = notify.Completions()
        self._left = False
        self.in_background = False
        """Whether the work is to be continued in the background once the screen is closed."""
        self._home = HomeScreen(self._ctx)

    @property
    def profile(self) -> str:
        """The profile in use, which the person may have switched."""
        return self._ctx.settings.profile

    def get_default_screen(self) -> Screen[None]:
        """Start at the home screen."""
        return self._home

    def on_mount(self) -> None:
        """Ask for the terminal's background as early as possible."""
        self.ask_background()

    def on_ready(self) -> None:
        """Write the first frame once the screen is laid out and its widgets know their sizes."""
        self._home.call_later(self._paint)

    def on_unmount(self) -> None:
        """Stop the work."""
        self._left = True
        self._watcher.stop()
        self._engine.store.patience.on_wait = lambda: None
        self._engine.stop()

    def on_pwl_app_changed(self, event: Changed) -> None:
        """Draw a snapshot, and announce the jobs that are complete."""
        before, self.snapshot = self.snapshot, event.snapshot
        if sentence := self._completions.due(event.snapshot.finished_since(before), event.snapshot.now):
            self.announce(sentence, self._ctx.settings)
        for job in event.snapshot.exported_since(before):
            failing = job.wish is not None and job.wish.problem is not None
            words = f"{clean(job.name, 40)}: {exported(job)}."
            self.notify(words, severity="error" if failing else "information")
        self._retitle()
        failed = event.snapshot.engine_problem
        if failed is not None and failed != before.engine_problem:
            # It may name a batch ID that is saved nowhere else, so it stays until it is dismissed.
            text = f"{failed.message} {failed.remedy}"
            self.notify(text, severity="error", timeout=_UNTIL_DISMISSED_SECONDS)
        # Only the screen in front: Textual writes it out again whenever something changes on one below.
        for screen in self.screen_stack[-1:]:
            if isinstance(screen, CommandScreen):
                screen.show()

    def on_pwl_app_waiting(self) -> None:
        """Say why nothing happens."""
        self.notify(WAITING, severity="warning")

    def on_input_ended(self) -> None:
        """Quit when the terminal is gone."""
        self.lose_terminal()

    def lose_terminal(self) -> None:
        """Quit because nobody can see or say anything; nobody has said to stop the work, either."""
        snapshot = self.snapshot
        wanted = self._ctx.settings.worker.on_leave != "stop" and self._demo is None
        self.in_background = wanted and bool(snapshot.unfinished) and snapshot.binding is not None
        self.exit(return_code=signals.INTERRUPTED)

    def draw_less(self) -> None:
        """Draw live figures less often from now on."""
        super().draw_less()
        self._watcher.redraw_every(_SLOW_TICK_SECONDS)

    def action_help(self) -> None:
        """Show all keys."""
        from pwl_tui.ui.dialogs.help import HelpScreen

        self.push_screen(HelpScreen(self.screen, self._remapped))

    def action_palette(self) -> None:
        """Search for a command or a job."""
        self.push_screen(Palette())

    def action_free_mouse(self) -> None:
        """Toggle mouse capture; without it, the terminal can select text."""
        self.use_mouse(not self.mouse)
        key = self._ctx.key("free-mouse")
        if self.mouse:
            self.notify(f"Mouse capture on. Press {key} to select text with the mouse.")
        else:
            self.notify(f"Mouse capture off: you can select text. Press {key} to turn it on.")

    def action_hide_numbers(self) -> None:
        """Hide all but the last digits of phone numbers, or show them, until the program ends."""
        self.show_masked(not self.masked)
        key = self._ctx.key("hide-numbers")
        what = "hidden, except for their last digits" if self.masked else "shown"
        self.notify(f"Phone numbers are {what}. Press {key} to change that.")

    async def action_quit(self) -> None:
        """Quit; ask what becomes of work that is left."""
        self.action_leave()

    def action_leave(self) -> None:
        """Quit from anywhere; asked twice, at once."""
        from pwl_tui.ui.dialogs.leave import LeaveDialog

        nothing_left = self._demo is not None or self._engine.binding is None or not self.snapshot.unfinished
        if (
            nothing_left
            or self.snapshot.away  # nobody can work in the background, either
            or self._ctx.settings.worker.on_leave == "stop"
            or isinstance(self.screen, LeaveDialog)
        ):
            self.exit()
        elif self._home.work(self._ask_to_leave, "leaving") is None:
            self.exit()  # it is looked what is left, and somebody else may hold the state file

    async def _ask_to_leave(self) -> None:
        from pwl_tui.ui.dialogs.leave import LeaveDialog

        left = await in_thread(self._left_to_do, "what is left")
        if left is None:
            self.exit()
        elif self._ctx.settings.worker.on_leave == "background":
            self._exit_to_background()
        else:
            self.push_screen(LeaveDialog(left), self._leave)

    def _exit_to_background(self) -> None:
        self.in_background = True
        self.exit()

    def _left_to_do(self) -> Left | None:
        """Return what a background worker could do. None means nothing, or that there is one already."""
        engine = self._engine
        try:
            if engine.binding is None or engine.misplaced is not None or worker_alive(engine):
                return None
            left = left_to_do(engine.store, engine.binding)
        except ProblemError:
            return None
        sends = left.unsent and engine.may_spend and not self.snapshot.doubts
        return left if sends or left.checking else None

    def _leave(self, answer: "Leaving | None") -> None:
        if answer is None:
            return
        if answer.always:
            self._home.work(partial(self._remember, answer.how), "saving the setting")
        elif answer.how == "background":
            self._exit_to_background()
        else:
            self.exit()

    async def _remember(self, how: str) -> None:
        try:
            await in_thread(
                lambda: self._ctx.save({"worker": {"on_leave": how}}, self._ctx.settings.profile),
                "save setting",
            )
        except ProblemError as error:
            self._home.complain(error)
            return
        if how == "background":
            self._exit_to_background()
        else:
            self.exit()

    def _paint(self) -> None:
        """Write the first frame, and nothing else that would delay it."""
        self._home.unveil()
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        """Add what the first frame left out, and start the work."""
        await self._home.complete()
        if self._left:
            return
        if not gc.isenabled():
            # All objects so far stay alive, so the collector need not look at them again.
            gc.freeze()
            gc.enable()
        self.time_line(self._ctx.settings)
        self._retitle()
        self._engine.store.on_older = lambda: None  # a notice says it
        self._watcher.start()
        self._engine.store.patience.on_wait = lambda: self.post_message(self.Waiting())
        self._engine.start(self._watcher.hear)
        for warning in (*self._ctx.settings.warnings, *self._key_warnings):
            self.notify(warning, severity="warning")
        if self._demo is not None:
            await self._home.start_list(str(self._demo.path), self._demo.region or "")
        elif self._engine.binding is None:
            self._home.action_key()
        elif self.snapshot.misplaced is not None:
            self._home.action_settle()

    def _retitle(self) -> None:
        """Show the progress of this key's jobs in the terminal's title."""
        if self._ctx.settings.notify.title:
            self.set_title(notify.title(self.snapshot.unfinished))

    def _use(self, settings: Settings) -> None:
        """Put settings in force on the screen; the engine has them already."""
        replaced, self._ctx.settings = self._ctx.settings, settings
        before, after = replaced.ui, settings.ui
        if after.low_bandwidth != before.low_bandwidth:
            self.low_bandwidth = after.low_bandwidth == "always"
            self._watcher.redraw_every(_SLOW_TICK_SECONDS if self.low_bandwidth else _TICK_SECONDS)
        if after.mouse != before.mouse:
            self.use_mouse(after.mouse)
        for field in self._home.query("#region").results(TextInput):
            if field.value == (replaced.region or ""):
                field.value = settings.region or ""
        self.show_ascii(after.ascii)
        if after.mask != before.mask:
            self.show_masked(after.mask)
        self.show_theme(after.theme)
        self._watcher.wake()

    def _publish(self, snapshot: Snapshot) -> None:
        self.post_message(self.Changed(snapshot))

    def crash_report(self, error: BaseException | None) -> str:
        """Return what the person reads after an internal error: what happened, and where the details are."""
        if error is None:
            return ""
        problem = internal(error)
        return f"{problem.message}\n{problem.remedy}"


def run(
    engine: Engine,
    *,
    settings: Settings,
    config_file: Path,
    mouse: bool,
    low_bandwidth: bool,
    demo: DemoList | None = None,
    save: Save | None = None,
) -> Departure:
    """Open the screen, and return when the person quits.

    Args:
        engine: not started yet; stopped when this returns.
        settings: what the person configured.
        config_file: where the settings and the API key are saved.
        mouse: whether to capture the mouse.
        low_bandwidth: write as little as possible to the terminal.
        demo: a list to fill in at the start. None leaves the form empty.
        save: writes changed settings. None writes them to `config_file`, with this process's environment.

    Returns:
        How the person left.
    """
    signals.give_size()
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = PwlApp(
        engine,
        settings,
        config_file,
        low_bandwidth=low_bandwidth,
        mouse=mouse,
        demo=demo,
        save=save,
        encoding=encoding_of(sys.stderr),
    )

    terminated = False

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        app.exit(return_code=signals.INTERRUPTED)

    async def live() -> None:
        loop = asyncio.get_running_loop()
        signals.leave_on_signals(loop, terminate, app.lose_terminal)
        try:
            await app.run_async(mouse=mouse)
        finally:
            signals.forget_signals(loop)

    asyncio.run(live())
    code = app.return_code or 0
    in_background = app.in_background and code in {0, signals.INTERRUPTED}
    return Departure(code, in_background, app.profile, terminated)
