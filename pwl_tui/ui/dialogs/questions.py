"""Small questions: one that is answered with a choice, one that is answered with the credits it is about."""

import math
import re
import time
from collections.abc import Sequence

from msgspec import Struct
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from pwl_tui.text import clean
from pwl_tui.ui.base import Dialog
from pwl_tui.ui.presenters.format import counted, grouped
from pwl_tui.ui.widgets.text_input import TextInput


class Choice(Struct, frozen=True):
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


class Question(Dialog[str | None]):
    """A question that can cost money: keys that were typed before it was there do not answer it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_at = math.inf

    def on_mount(self) -> None:
        """Take answers from now on."""
        self.asked_at = time.monotonic()


class Ask(Question):
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
        """Give the harmless choice the focus."""
        self.query(Button).first().focus()

    def on_key(self, event: events.Key) -> None:
        """Answer with the choice whose letter was typed."""
        for choice in self._choices:
            if event.key == choice.key:
                event.stop()
                self.dismiss(choice.id)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the pressed choice."""
        event.stop()
        self.dismiss(event.button.id)


def _lines(text: str) -> Content:
    """Return lines of plain text, safe to show."""
    return Content("\n".join(clean(line) for line in text.splitlines()))


class Typed(Question):
    """A question about so many credits that they are typed to say yes: no habit of the fingers spends them.

    Args:
        title: on the frame.
        text: the question; plain.
        amount: the credits to type, with or without separators between the thousands.

    Returns:
        ``yes`` when they were typed; none when it was left.
    """

    def __init__(self, title: str, text: str, amount: int) -> None:
        super().__init__()
        self._title, self._text, self._amount = title, text, amount

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(_lines(self._text), classes="dialog-text")
            yield Static(Content(f"Type the credits, {grouped(self._amount)}, to spend them:"))
            yield TextInput(id="amount", max_length=20)
            yield Button("No, nothing is sent", id="no", compact=True)
            yes = f"Yes, spend {counted(self._amount, 'credit')}"
            yield Button(yes, id="yes", variant="error", disabled=True, compact=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Let the button work once the credits are right."""
        event.stop()
        self.query_one("#yes", Button).disabled = amount_typed(event.value) != self._amount

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on with enter, if the credits are right."""
        event.stop()
        if amount_typed(event.value) == self._amount:
            self.dismiss("yes")
        else:
            self.notify(f"That is not {grouped(self._amount)}; nothing is sent.", severity="warning")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the pressed button."""
        event.stop()
        self.dismiss(event.button.id)


def amount_typed(text: str) -> int | None:
    """Return the whole number that a person typed; none where it is none.

    Thousands may be apart in any usual way: ``25,000``, ``25.000``, ``25 000``, ``25'000``, ``25_000``.
    """
    digits = text.strip()
    if re.fullmatch(r"[0-9]{1,3}(?:([,. '\u2019_\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*", digits):
        digits = re.sub(r"[^0-9]", "", digits)
    return int(digits) if re.fullmatch(r"[0-9]+", digits) else None


def spend(title: str, text: str, amount: int, confirm_above: int) -> Ask | Typed:
    """Return the question that is asked before credits are spent; it is answered with ``yes``, or is not.

    Args:
        title: on the frame.
        text: what is spent on what; plain.
        amount: credits.
        confirm_above: above so many they are typed; 0: never.
    """
    if 0 < confirm_above < amount:
        return Typed(title, text, amount)
    return Ask(
        title,
        text,
        [
            Choice("no", "No, nothing is sent", key="n"),
            Choice("yes", f"Yes, spend {counted(amount, 'credit')}", key="y", danger=True),
        ],
    )
