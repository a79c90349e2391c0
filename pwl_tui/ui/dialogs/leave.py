"""The question for whoever leaves while something is left to do."""

from typing import Literal

from msgspec import Struct
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Button, Static

from pwl_tui.engine.jobs.left import Left
from pwl_tui.ui.dialogs.base import Dialog
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.wording.worker import left_words


class Leaving(Struct, frozen=True):
    """What to do with the work that is left.

    Attributes:
        how: keep working in the background, or stop.
        always: whether to do so from now on, without asking.
    """

    how: Literal["background", "stop"]
    always: bool


class LeaveDialog(Dialog[Leaving | None]):
    """Asks what to do with the work that is left.

    Args:
        left: what is left to do.

    Returns:
        The answer. None means to stay.
    """

    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, left: Left) -> None:
        super().__init__()
        self._left = left

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with self.frame("Quit", leave="stay"):
            yield Static(Content(left_words(self._left)), classes="dialog-text")
            yield Button("Keep working in the background (b)", id="background", compact=True)
            yield Static(
                Content("Sends what you confirmed and fetches the answers, then ends."),
                classes="dialog-detail",
            )
            yield Button("Stop here (s)", id="stop", compact=True)
            yield Static(
                Content("Sends nothing more until you come back."),
                classes="dialog-detail",
            )
            yield Checkbox("Do not ask again", id="always")

    def on_mount(self) -> None:
        """Focus the usual answer."""
        self.query_one("#background").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the pressed button."""
        event.stop()
        self._answer("stop" if event.button.id == "stop" else "background")

    def on_key(self, event: events.Key) -> None:
        """Answer with a letter."""
        if event.character == "b":
            event.stop()
            self._answer("background")
        elif event.character == "s":
            event.stop()
            self._answer("stop")

    def _answer(self, how: Literal["background", "stop"]) -> None:
        self.dismiss(Leaving(how, self.query_one("#always", Checkbox).value))
