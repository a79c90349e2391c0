"""Every key: first those that work where the person is, from the bindings in force there, then the others."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pwl_tui.ui.base import CommandScreen, Dialog
from pwl_tui.ui.commands import COMMANDS, Command, keys_shown

_KEYS_WIDTH = 14
_ID_WIDTH = 15
_ELSEWHERE = "On other screens"


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
            for group, rows in self._groups().items():
                yield Static(Content.styled(group, "bold $text-accent"), classes="help-group")
                yield Static(Content("\n").join(rows))

    def _groups(self) -> dict[str, list[Content]]:
        """Rows by heading: what works on the screen below by its group, all else at the end."""
        below = self.app.screen_stack[-2]
        live = {active.binding.id for active in below.active_bindings.values()}
        groups: dict[str, list[Content]] = {}
        for command in sorted(COMMANDS, key=lambda command: command.id not in live):
            heading = command.group if command.id in live else _ELSEWHERE
            why = below.why_not(command.id) if isinstance(below, CommandScreen) else None
            groups.setdefault(heading, []).extend(self._rows(command, why if command.id in live else None))
        return groups

    def _rows(self, command: Command, why_not: str | None) -> Iterator[Content]:
        """A line for the command, and another where it cannot be done now."""
        keys = keys_shown(command, self._remapped)
        yield Content.assemble(
            (f"{keys:<{_KEYS_WIDTH}}", "$muted" if why_not else "bold"),
            (f"{command.id:<{_ID_WIDTH}}", "$muted"),
            command.help,
        )
        if why_not:
            yield Content.styled(f"{'':{_KEYS_WIDTH}}Not now: {why_not}", "$muted")
