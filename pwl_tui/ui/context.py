"""What screens and dialogs work with: the engine, the settings in force and the latest snapshot."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from pwl_tui.config import Changes, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.problem import Problem
from pwl_tui.ui.commands import key_of
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.terminal.themes import ThemeChoice

if TYPE_CHECKING:
    from pwl_tui.ui.dialogs.adopt import Adoption

Save: TypeAlias = Callable[[Changes, str], tuple[Settings, Path | None]]
"""Writes changed settings and makes a profile the one in use; see `config.save`."""


class AppContext(Struct):
    """What the application gives to its screens and dialogs.

    Attributes:
        engine: does the work.
        settings: the settings in force.
        snapshot: returns what there is to draw now.
        wake: makes the watcher take another snapshot soon.
        config_file: where the settings and the API key are saved.
        remapped: keys by command id, for the commands that the configuration remaps.
        save: writes changed settings; blocks. See `config.save`.
        use: puts settings in force on the screen.
        preview: shows a theme without saving it.
        adopt: adopts batches in the background, whatever screen is in front by then.
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
    adopt: "Callable[[Adoption], None]"

    @property
    def forbidden(self) -> Problem | None:
        """Why nothing that costs credits may be sent, as far as was seen. None means that it may.

        The engine decides; but it may have to ask a database, and the screen must not wait for that.
        """
        return self.engine.no_spend or self.snapshot().misplaced

    def key(self, command_id: str) -> str:
        """Return the first key of a command as people read it, after remapping."""
        return key_of(command_id, self.remapped)
