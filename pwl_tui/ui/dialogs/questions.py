"""Small questions: one answered with a choice, and one answered by typing the credits that it is about."""

import math
import re
import time
from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Button, Input, Static

from pwl_tui.text import clean
from pwl_tui.ui.dialogs.base import Dialog
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted, grouped


class Choice(Struct, frozen=True):
    """One answer to a question.

    Attributes:
        id: returned when it is chosen.
        label: on its button.
        detail: what it does and what it can cost, on the line below; may be empty.
        key: a letter that chooses it; empty for none.
        danger: it spends or gives up money.
    """

    id: str
    label: str
    detail: str = ""
    key: str = ""
    danger: bool = False


class Question(Dialog[str | None]):
    """A question that can cost money: keys typed before it was shown do not answer it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_at = math.inf

    def on_mount(self) -> None:
        """Take answers from now on."""
        self.asked_at = time.monotonic()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the pressed button."""
        event.stop()
        self.dismiss(event.button.id)


class Ask(Question):
    """A question with choices. The first one has the focus, and does nothing.

    Args:
        title: shown on the frame.
        text: the question and what is known; plain.
        choices: the answers, in order.

    Returns:
        The ID of the choice. None means that it was canceled.
    """

    BINDINGS: ClassVar = [
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._text, self._choices = title, text, choices

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with self.frame(self._title):
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
        """Focus the harmless choice."""
        self.query(Button).first().focus()

    def on_key(self, event: events.Key) -> None:
        """Answer with the letter of a choice."""
        for choice in self._choices:
            if choice.key and event.character == choice.key:
                event.stop()
                self.dismiss(choice.id)


class Typed(Question):
    """A question about an amount of credits that must be typed, so that nobody spends it by habit.

    Args:
        title: shown on the frame.
        text: the question; plain.
        amount: the credits to type; thousands may be separated.

    Returns:
        ``yes`` if they were typed, ``no`` or None if not.
    """

    def __init__(self, title: str, text: str, amount: int) -> None:
        super().__init__()
        self._title, self._text, self._amount = title, text, amount

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with self.frame(self._title):
            yield Static(_lines(self._text), classes="dialog-text")
            yield Static(Content(f"Type {grouped(self._amount)} to confirm:"))
            yield TextInput(id="amount", max_length=20)
            yield Button("Cancel", id="no", compact=True)
            yield Button(_spend(self._amount), id="yes", variant="error", disabled=True, compact=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Enable the button once the amount is right."""
        event.stop()
        self.query_one("#yes", Button).disabled = amount_typed(event.value) != self._amount

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with enter, if the amount is right."""
        event.stop()
        if amount_typed(event.value) == self._amount:
            self.dismiss("yes")
        else:
            text = f"That does not match {grouped(self._amount)}; nothing was sent."
            self.notify(text, severity="warning")


def spend(title: str, text: str, amount: int, confirm_above: int) -> Ask | Typed:
    """Return the question to ask before credits are spent; its answer is ``yes`` only if the person agreed.

    Args:
        title: shown on the frame.
        text: what is spent on what; plain.
        amount: credits.
        confirm_above: more credits than this must be typed. 0 means never.
    """
    if 0 < confirm_above < amount:
        return Typed(title, text, amount)
    yes = Choice("yes", _spend(amount), key="y", danger=True)
    return Ask(title, text, [Choice("no", "Cancel", key="n"), yes])


def amount_typed(text: str) -> int | None:
    """Return the whole number that a person typed. None means that it is not one.

    Thousands may be separated in any usual way: ``25,000``, ``25.000``, ``25 000``, ``25'000``, ``25_000``.
    """
    digits = text.strip()
    if re.fullmatch(r"[0-9]{1,3}(?:([,. '\u2019_\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*", digits):
        digits = re.sub(r"[^0-9]", "", digits)
    return int(digits) if re.fullmatch(r"[0-9]+", digits) else None


def _spend(amount: int) -> str:
    return f"Spend {counted(amount, 'credit')}"


def _lines(text: str) -> Content:
    """Return lines of plain text, safe to show."""
    return Content("\n".join(clean(line) for line in text.splitlines()))
