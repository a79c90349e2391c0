"""Every key, from the one declaration of the commands."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pwl_tui.ui.base import Dialog
from pwl_tui.ui.commands import COMMANDS, Command, keys_shown

_KEYS_WIDTH = 14
_ID_WIDTH = 15


class HelpScreen(Dialog[None]):
    """Lists the commands by group, with the keys that they have after remapping.

    Args:
        remapped: keys by command id, where the configuration changes them.
    """

    BINDINGS: ClassVar = [("escape,backspace,question_mark,q,enter", "dismiss_quietly", "close")]

    def __init__(self, remapped: Mapping[str, str]) -> None:
        super().__init__()
        self._remapped = remapped

    def compose(self) -> ComposeResult:
        """List the commands."""
        with VerticalScroll(classes="dialog", id="help") as dialog:
            dialog.border_title = Content("Keys")
            dialog.border_subtitle = Content("escape closes")
            groups: dict[str, list[Command]] = {}
            for command in COMMANDS:
                groups.setdefault(command.group, []).append(command)
            for group, commands in groups.items():
                yield Static(Content.styled(group, "bold $text-accent"), classes="help-group")
                yield Static(Content("\n").join(self._row(command) for command in commands))

    def _row(self, command: Command) -> Content:
        keys = keys_shown(command, self._remapped)
        return Content.assemble(
            (f"{keys:<{_KEYS_WIDTH}}", "bold"), (f"{command.id:<{_ID_WIDTH}}", "$muted"), command.help
        )
