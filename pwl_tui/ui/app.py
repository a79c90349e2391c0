"""The application: wires the engine to the screens, and does no work of its own."""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from msgspec import Struct
from textual.message import Message
from textual.screen import Screen

from pwl_tui import config
from pwl_tui.config import Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.problems import internal
from pwl_tui.ui.base import STYLES, AppContext, CommandScreen, Save
from pwl_tui.ui.commands import bindings, remap
from pwl_tui.ui.data.snapshot import Snapshot, Watcher, first
from pwl_tui.ui.dialogs.palette import Everything, Palette
from pwl_tui.ui.screens.home import HomeScreen
from pwl_tui.ui.terminal import notify, signals
from pwl_tui.ui.terminal.terminal_app import TerminalApp
from pwl_tui.ui.widgets.text_input import TextInput

_TICK_SECONDS = 1.0
_SLOW_TICK_SECONDS = 3.0
_SWITCH_SECONDS = 0.0005
"""How long a thread that polls may keep the screen's waiting: Python's own 5 ms make keys feel slow."""
_UNTIL_DISMISSED_SECONDS = 86_400.0


class DemoList(Struct, frozen=True):
    """A list that the form holds, ready to submit, when the program starts.

    Attributes:
        path: of the list.
        region: two letters, for its national numbers; none where they have their country code.
    """

    path: Path
    region: str | None


class PwlApp(TerminalApp):
    """The screen of the program.

    Args:
        engine: does the work; started when the screen is up, stopped when it is left.
        settings: what the person configured.
        config_file: where a key that is entered is saved.
        low_bandwidth: write as little as possible to the terminal.
        mouse: whether mouse events are taken from the terminal at first.
        demo: fills in the form at the start.
        save: writes changed settings; none: into `config_file`, under this process's environment.
        clock: UTC epoch seconds.
        tick: least seconds between two redraws; tests make it short.
    """

    TITLE = "pwl-tui"
    CSS_PATH = STYLES / "home.tcss"
    BINDINGS: ClassVar = bindings("everywhere")
    COMMANDS = {Everything}  # noqa: RUF012 - as Textual declares it
    ENABLE_COMMAND_PALETTE = False
    """Textual would keep ctrl+p for a palette whose cursor blinks; ours is a command like the others."""

    class Changed(Message):
        """A new snapshot was taken."""

        def __init__(self, snapshot: Snapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

        def can_replace(self, message: Message) -> bool:
            """Only the latest is of interest."""
            return isinstance(message, PwlApp.Changed)

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
        clock: Callable[[], float] = time.time,
        tick: float | None = None,
    ) -> None:
        super().__init__(settings, low_bandwidth=low_bandwidth, mouse=mouse)
        self._engine = engine
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
        )
        self.snapshot = first(engine, clock())
        """What the screens draw; replaced as a whole."""
        self._completions = notify.Completions()
        self._left = False
        self._home = HomeScreen(self._ctx)

    def get_default_screen(self) -> Screen[None]:
        """Begin at home."""
        return self._home

    def on_mount(self) -> None:
        """Start the work once the screen is up."""
        self.ask_background()

    def on_ready(self) -> None:
        """Write the first frame once the screen is laid out and its widgets have told what they need."""
        self._home.call_later(self._paint)

    def on_unmount(self) -> None:
        """Begin nothing more."""
        self._left = True
        self._watcher.stop()
        self._engine.stop()

    def on_pwl_app_changed(self, event: Changed) -> None:
        """Draw a snapshot, and say which jobs are complete."""
        before, self.snapshot = self.snapshot, event.snapshot
        if said := self._completions.told(event.snapshot.finished_since(before), event.snapshot.now):
            self.announce(said, self._ctx.settings)
        self._retitle()
        failed = event.snapshot.engine_problem
        if failed is not None and failed != before.engine_problem:
            # It may name an id that stands nowhere else: it stays until it is dismissed.
            text = f"{failed.message} {failed.remedy}"
            self.notify(text, severity="error", timeout=_UNTIL_DISMISSED_SECONDS)
        # Only the screen in front: Textual writes all of it again when something changes on one below.
        for screen in self.screen_stack[-1:]:
            if isinstance(screen, CommandScreen):
                screen.show()

    def on_input_ended(self) -> None:
        """Leave when nobody can say so any more."""
        self.exit(return_code=signals.INTERRUPTED)

    def draw_less(self) -> None:
        """Draw what is live less often from now on."""
        super().draw_less()
        self._watcher.redraw_every(_SLOW_TICK_SECONDS)

    def action_help(self) -> None:
        """Show every key."""
        from pwl_tui.ui.dialogs.help import HelpScreen

        self.push_screen(HelpScreen(self.screen, self._remapped))

    def action_palette(self) -> None:
        """Search for a command."""
        self.push_screen(Palette())

    def action_free_mouse(self) -> None:
        """Leave the mouse to the terminal, for selecting text, or take it back."""
        self.use_mouse(not self.mouse)
        key = self._ctx.key("free-mouse")
        if self.mouse:
            self.notify(f"The mouse is the program's again; {key} frees it.")
        else:
            self.notify(f"The mouse is the terminal's: select with it. {key} takes it back.")

    def action_leave(self) -> None:
        """Leave from anywhere."""
        self.exit()

    def _paint(self) -> None:
        """Write the first frame, and do nothing else that would hold it up."""
        self._home.unveil()
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        """Complete what the first frame left out, and start the work."""
        await self._home.complete()
        if self._left:
            return
        if not gc.isenabled():
            # All that there is will stay: it need not be looked through ever again.
            gc.freeze()
            gc.enable()
        self.time_line(self._ctx.settings)
        self._retitle()
        self._watcher.start()
        self._engine.start(self._watcher.hear)
        for warning in (*self._ctx.settings.warnings, *self._key_warnings):
            self.notify(warning, severity="warning")
        if self._demo is not None:
            await self._home.start_list(str(self._demo.path), self._demo.region or "")
        elif self._engine.binding is None:
            self._home.action_key()

    def _retitle(self) -> None:
        """Tell in the terminal's title how far the work with this key is."""
        if self._ctx.settings.notify.title:
            self.tell_title(notify.title(self.snapshot.unfinished))

    def _use(self, settings: Settings) -> None:
        """Put settings in force; what the engine needs of them is in force already."""
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
) -> int:
    """Open the screen and stay until the person leaves.

    Args:
        engine: not started yet; stopped when this returns.
        settings: what the person configured.
        config_file: where a key that is entered is saved.
        mouse: whether to take mouse events from the terminal.
        low_bandwidth: write as little as possible.
        demo: a list to fill in at the start.
        save: writes changed settings; none: into `config_file`, under this process's environment.

    Returns:
        The exit code of the process: 0 when the person left, 130 when a signal or a lost terminal ended it,
        1 after an error in the program.
    """
    signals.give_size()
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = PwlApp(
        engine, settings, config_file, low_bandwidth=low_bandwidth, mouse=mouse, demo=demo, save=save
    )

    async def live() -> None:
        loop = asyncio.get_running_loop()
        signals.leave_on_signals(loop, lambda: app.exit(return_code=signals.INTERRUPTED))
        try:
            await app.run_async(mouse=mouse)
        finally:
            signals.forget_signals(loop)

    asyncio.run(live())
    return app.return_code or 0
