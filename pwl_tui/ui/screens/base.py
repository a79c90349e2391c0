"""What every screen has in common: its commands, why one of them cannot run now, and how it reports."""

from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from pwl_tui.problem import ProblemError
from pwl_tui.ui.background import Working
from pwl_tui.ui.commands import command_of
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.styles import SCREEN_STYLES

R = TypeVar("R")


class CommandScreen(Screen[R], Working):
    """A screen with commands. The key of a command that cannot run now says why, in a notice.

    A subclass declares its commands with ``BINDINGS = bindings(SCOPE)`` and runs each in ``action_<id>``; its
    `why_not` says which of them cannot run now.

    Args:
        ctx: what it works with.
    """

    CSS_PATH: ClassVar[Path | None] = SCREEN_STYLES
    focused = Reactive[Widget | None](None, repaint=False)
    """Like Textual's, but without writing the whole screen again whenever the focus moves."""

    def __init__(self, ctx: AppContext) -> None:
        super().__init__()
        self.ctx = ctx

    @property
    def snapshot(self) -> Snapshot:
        """What there is to draw now."""
        return self.ctx.snapshot()

    def show(self) -> None:
        """Draw what there is now; called about once a second while the screen is in front."""
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """Draw what has changed while another screen was in front."""
        self.show()

    def why_not(self, command_id: str) -> str | None:
        """Return in one sentence why a command cannot run now. None means that it can."""
        del command_id
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the commands that cannot run now. A screen that is not complete cannot be left."""
        del parameters
        if action == "back" and not self.is_mounted:
            return False
        command = command_of(action)
        return None if command is not None and self.why_not(command.id) else True

    def on_key(self, event: events.Key) -> None:
        """Say why a dimmed key does nothing."""
        for key in event.aliases:
            active = self.active_bindings.get(key)
            if active is not None and not active.enabled and self.explain(active.binding.action):
                event.stop()

    def explain(self, action: str) -> bool:
        """Say why an action cannot run now. Returns whether there was anything to say."""
        command = command_of(action)
        why = self.why_not(command.id) if command is not None else None
        if why:
            self.notify(why, severity="warning")
        return bool(why)

    def say(self, sentence: str | None) -> None:
        """Show in a notice what a dialog has done. None means that it did nothing, and shows nothing."""
        if sentence:
            self.notify(sentence)

    def complain(self, error: ProblemError) -> None:
        """Show what is wrong and what to do about it."""
        self.notify(f"{error.problem.message} {error.problem.remedy}", severity="error")
