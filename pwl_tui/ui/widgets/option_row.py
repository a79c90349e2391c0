"""A choice of a few values, all visible in one line; brackets mark the chosen one, not color."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from pwl_tui.ui.commands import bindings


class OptionRow(Static, can_focus=True):
    """A field whose value is one of a few.

    Args:
        options: the values; plain text.
        value: the one that is chosen at first.
        id: of the widget.
    """

    BINDINGS: ClassVar = bindings("choices")

    value: reactive[str] = reactive("", layout=False)
    """The chosen one."""

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, row: "OptionRow", value: str) -> None:
            super().__init__()
            self.row, self.value = row, value

    def __init__(self, options: Sequence[str], value: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._options = list(options)
        self.set_reactive(OptionRow.value, value)

    def render(self) -> Content:
        """Draw the values, with the chosen one in brackets."""
        return Content("").join(
            Content.styled(f"[{option}]" if option == self.value else f" {option} ", self._style(option))
            for option in self._options
        )

    def watch_value(self, value: str) -> None:
        """Post what was chosen."""
        self.post_message(self.Changed(self, value))

    def action_next_choice(self) -> None:
        """Choose the next value; the first one follows the last."""
        self._step(1)

    def action_prev_choice(self) -> None:
        """Choose the previous value."""
        self._step(-1)

    def on_click(self, event: events.Click) -> None:
        """Choose the value that was clicked."""
        left = 0
        for option in self._options:
            right = left + len(option) + 2
            if left <= event.x < right:
                self.value = option
            left = right

    def _step(self, by: int) -> None:
        index = self._options.index(self.value) if self.value in self._options else 0
        self.value = self._options[(index + by) % len(self._options)]

    def _style(self, option: str) -> str:
        return "bold" if option == self.value else "$muted"
