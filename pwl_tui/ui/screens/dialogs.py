"""Small questions: one that is answered with a choice, one that is answered with a text."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from pwl_tui.text import clean
from pwl_tui.ui.base import Dialog
from pwl_tui.ui.widgets.fields import Line


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question.

    Attributes:
        id: what is returned when it is chosen.
        label: on its button.
        detail: what it does and what it can cost, in a line below; may be empty.
        key: a letter that chooses it.
        danger: it spends or gives up money.
    """

    id: str
    label: str
    detail: str = ""
    key: str = ""
    danger: bool = False


class Ask(Dialog[str | None]):
    """A question with choices. The first has the focus, and is the one that does nothing.

    Args:
        title: on the frame.
        text: the question and what is known; plain.
        choices: the answers, in order.

    Returns:
        The id of the choice, or none when it was left with escape.
    """

    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._text, self._choices = title, text, choices

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(_lines(self._text), classes="dialog-text")
            for choice in self._choices:
                yield Button(
                    Content(f"{choice.label} ({choice.key})" if choice.key else choice.label),
                    variant="error" if choice.danger else "default",
                    id=choice.id,
                    compact=True,
                )
                if choice.detail:
                    yield Static(Content(choice.detail), classes="dialog-detail")

    def on_mount(self) -> None:
        """Give the harmless choice the focus, and each choice its letter."""
        for choice in self._choices:
            if choice.key:
                self._bindings.bind(choice.key, f"choose('{choice.id}')", show=False)
        self.query(Button).first().focus()

    def action_choose(self, choice: str) -> None:
        """Answer with a choice."""
        self.dismiss(choice)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the pressed choice."""
        event.stop()
        self.dismiss(event.button.id)


def _lines(text: str) -> Content:
    """Return lines of plain text, safe to show."""
    return Content("\n".join(clean(line) for line in text.splitlines()))


class Prompt(Dialog[str | None]):
    """A question that is answered with a line of text.

    Args:
        title: on the frame.
        text: the question; plain.
        placeholder: shows the form of an answer.

    Returns:
        What was typed, without surrounding white space; none when nothing was, or it was left with escape.
    """

    def __init__(self, title: str, text: str, placeholder: str = "") -> None:
        super().__init__()
        self._title, self._text, self._placeholder = title, text, placeholder

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(_lines(self._text), classes="dialog-text")
            yield Line(placeholder=self._placeholder)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with what was typed."""
        event.stop()
        self.dismiss(event.value.strip() or None)
