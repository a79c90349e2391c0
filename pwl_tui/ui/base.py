"""What every screen of the program has in common: its commands, and why one of them cannot be done now."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, TypeAlias, TypeVar

from msgspec import Struct
from textual import events
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from pwl_tui.config import Changes, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.ui.background import Working
from pwl_tui.ui.commands import COMMANDS, Scope, key_of
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.terminal.themes import ThemeChoice

R = TypeVar("R")
Save: TypeAlias = Callable[[Changes, str], tuple[Settings, Path | None]]
"""Writes changed settings, and puts a profile in force; see `config.save`."""
STYLES = Path(__file__).parent / "styles"
SCREEN_STYLES = STYLES / "screens.tcss"
_BY_ACTION = {command.action: command for command in COMMANDS}


class AppContext(Struct):
    """What the screens work with.

    Attributes:
        engine: does the work.
        settings: what the person configured.
        snapshot: gives what there is to draw now.
        wake: makes the screen look at the store again soon.
        config_file: where a key that is entered is saved.
        remapped: keys by command id, where the configuration changes them.
        save: writes changed settings, with a profile put in force; slow. See `config.save`.
        use: puts settings in force; slow. See `Engine.use_settings`.
        preview: shows a theme for now.
    """

    engine: Engine
    settings: Settings
    snapshot: Callable[[], Snapshot]
    wake: Callable[[], None]
    config_file: Path
    remapped: Mapping[str, str]
    save: Save
    use: Callable[[Settings], None]
    preview: Callable[[ThemeChoice], None]

    def key(self, command_id: str) -> str:
        """Return the key of a command as people read it."""
        return key_of(command_id, self.remapped)


class CommandScreen(Screen[R], Working):
    """A screen with commands. A key that can do nothing now says why, in a notice.

    Args:
        ctx: what it works with.
    """

    CSS_PATH: ClassVar[Path | None] = SCREEN_STYLES
    focused = Reactive[Widget | None](None, repaint=False)
    """As Textual's, which would write the whole screen again whenever the focus moves."""
    SCOPES: ClassVar[tuple[Scope, ...]] = ()
    """Whose commands it has; its ``BINDINGS`` are made of the same."""

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
        """Return in one sentence why a command cannot be done now; none when it can."""
        del command_id
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what cannot be done now."""
        del parameters
        command = _BY_ACTION.get(action)
        return None if command is not None and self.why_not(command.id) else True

    def on_key(self, event: events.Key) -> None:
        """Say why a dimmed key does nothing."""
        for key in event.aliases:
            active = self.active_bindings.get(key)
            if active is not None and not active.enabled and self.explain(active.binding.action):
                event.stop()

    def explain(self, action: str) -> bool:
        """Say why an action cannot be done, and return whether there was anything to say."""
        command = _BY_ACTION.get(action)
        why = self.why_not(command.id) if command is not None else None
        if why:
            self.notify(why, severity="warning")
        return bool(why)


class Dialog(ModalScreen[R], Working):
    """A small window over the screen; escape leaves it without doing anything."""

    CSS_PATH: ClassVar[Path | None] = SCREEN_STYLES
    focused = Reactive[Widget | None](None, repaint=False)
    asked_at = 0.0
    """What was typed before this moment, by the monotonic clock, is no answer to it."""
    BINDINGS: ClassVar = [("escape", "dismiss_quietly", "cancel")]

    def action_dismiss_quietly(self) -> None:
        """Leave, deciding nothing."""
        self.dismiss(None)
