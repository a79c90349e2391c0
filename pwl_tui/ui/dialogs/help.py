"""All keys: first those that work on the screen below, from its live bindings, then the others."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from pwl_tui.ui.commands import BY_ID, COMMANDS, Command, keys_shown
from pwl_tui.ui.dialogs.base import Dialog
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.text_block import TextBlock

_KEYS_WIDTH = 14
_ID_WIDTH = 15
_LEAST_WIDTH = 20
_ELSEWHERE = "On other screens"


class HelpScreen(Dialog[None]):
    """Lists the commands by group, with the keys that they have after remapping.

    Args:
        below: the screen that it is about.
        remapped: keys by command id, for the commands that the configuration remaps.
    """

    BINDINGS: ClassVar = [
        Binding("enter,backspace", "cancel", show=False),
        # The keys that open it and that quit the program close it, too, whatever they are remapped to.
        *(Binding(BY_ID[id_].keys, "cancel", id=id_, show=False) for id_ in ("help", "quit")),
    ]

    def __init__(self, below: Screen[Any], remapped: Mapping[str, str]) -> None:
        super().__init__()
        self._below = below
        self._remapped = remapped

    def compose(self) -> ComposeResult:
        """List the commands."""
        with self.frame("Keys", leave="close", id="help", container=VerticalScroll):
            for group in self._groups():
                yield Static(Content.styled(group, "bold $text-accent"), classes="help-group")
                yield TextBlock()

    def on_resize(self) -> None:
        """Draw the commands for the new width."""
        width = self.query_one("#help").scrollable_content_region.width
        for words, entries in zip(self.query(TextBlock), self._groups().values(), strict=True):
            words.say(Content("\n").join(row for entry in entries for row in self._rows(*entry, width)))

    def _groups(self) -> dict[str, list[tuple[Command, str | None]]]:
        """Return commands by heading, and why they cannot run now: first those of the screen below."""
        below = self._below
        live = {active.binding.id for active in below.active_bindings.values()}
        groups: dict[str, list[tuple[Command, str | None]]] = {}
        for command in sorted(COMMANDS, key=lambda command: command.id not in live):
            heading = command.group if command.id in live else _ELSEWHERE
            why = below.why_not(command.id) if isinstance(below, CommandScreen) else None
            groups.setdefault(heading, []).append((command, why if command.id in live else None))
        return groups

    def _rows(self, command: Command, why_not: str | None, width: int) -> Iterator[Content]:
        """Yield the lines of a command, and of why it cannot run now."""
        keys, indent = keys_shown(command, self._remapped), _KEYS_WIDTH + _ID_WIDTH
        first, *more = textwrap.wrap(command.help, max(width - indent, _LEAST_WIDTH))
        yield Content.assemble(
            (f"{keys:<{_KEYS_WIDTH}}", "$muted" if why_not else "bold"),
            (f"{command.id:<{_ID_WIDTH}}", "$muted"),
            first,
        )
        yield from (Content(" " * indent + line) for line in more)
        if why_not:
            for line in textwrap.wrap(f"Not now: {why_not}", max(width - _KEYS_WIDTH, _LEAST_WIDTH)):
                yield Content.styled(" " * _KEYS_WIDTH + line, "$muted")
