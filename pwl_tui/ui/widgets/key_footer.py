"""The footer: one line of keys, the most important ones that fit."""

from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from pwl_tui.ui.commands import BY_ID, Command, key_shown


class Entry(Struct, frozen=True):
    """A command in the footer: the node whose action it is, its key, and whether it is available now."""

    command: Command
    node: DOMNode
    key: str
    enabled: bool

    @property
    def width(self) -> int:
        """How many cells it takes."""
        return cell_len(f"{self.key} {self.command.title}")


class KeyFooter(Widget):
    """Shows the commands of its screen, the unavailable ones dimmed. A click does what the key does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-footer--key", "key-footer--off"}

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Entry] = []

    def on_mount(self) -> None:
        """Follow the screen's commands."""
        self.screen.bindings_updated_signal.subscribe(self, self._commands_changed)
        self._shown = self._commands()

    async def on_click(self, event: events.Click) -> None:
        """Run the command that was clicked."""
        left = 1
        for entry in self._fitting():
            if left <= event.x < left + entry.width:
                await self.app.run_action(entry.command.action, entry.node)
                return
            left += entry.width + 2

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        key_style = self.get_component_rich_style("key-footer--key")
        off_style = self.get_component_rich_style("key-footer--off")
        segments = [Segment(" ", self.rich_style)]
        for entry in self._fitting():
            segments.append(Segment(entry.key, key_style if entry.enabled else off_style))
            segments.append(
                Segment(f" {entry.command.title}  ", self.rich_style if entry.enabled else off_style)
            )
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style).simplify()

    def _commands_changed(self, _screen: Screen[object]) -> None:
        shown = self._commands()
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def _commands(self) -> list[Entry]:
        """Return the commands for the footer: the available ones first, then by importance."""
        shown: dict[str, Entry] = {}
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            # A command with several keys has a binding for each; only the first one is shown.
            if binding.show and binding.id and binding.id in BY_ID and binding.id not in shown:
                shown[binding.id] = Entry(BY_ID[binding.id], node, key_shown(binding.key), enabled)
        return sorted(shown.values(), key=lambda entry: (not entry.enabled, entry.command.footer))

    def _fitting(self) -> list[Entry]:
        """Return those that fit in the line, in the order of their declaration."""
        left, fitting = self.size.width - 1, []
        for entry in self._shown:
            if entry.width <= left:
                fitting.append(entry)
                left -= entry.width + 2
        order = list(BY_ID)
        return sorted(fitting, key=lambda entry: order.index(entry.command.id))
