"""What every dialog has in common: its frame and the way out of it; and the form, which most dialogs are."""

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from pwl_tui.problem import ProblemError
from pwl_tui.ui.background import Working
from pwl_tui.ui.commands import bindings, key_shown
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.styles import SCREEN_STYLES
from pwl_tui.ui.widgets.text_block import TextBlock

R = TypeVar("R")


class Dialog(ModalScreen[R], Working):
    """A small window over a screen; the cancel key closes it without doing anything.

    Returns:
        What a subclass says. None means that it was canceled.
    """

    CSS_PATH: ClassVar[Path | None] = SCREEN_STYLES
    BINDINGS: ClassVar = bindings("dialog")
    focused = Reactive[Widget | None](None, repaint=False)
    """Like Textual's, but without writing the whole screen again whenever the focus moves."""
    asked_at = 0.0
    """Keys typed before this moment, by the monotonic clock, are dropped instead of answering it."""

    def frame(
        self,
        title: str,
        *,
        leave: str = "cancel",
        id: str | None = None,  # noqa: A002 - Textual's name
        container: type[Vertical] | type[VerticalScroll] = Vertical,
    ) -> Widget:
        """Return the window to compose the dialog in.

        Args:
            title: shown on its border; plain.
            leave: what the cancel key is said to do.
            id: of the widget.
            container: what it is.
        """
        window = container(classes="dialog", id=id)
        window.border_title = Content(title)
        window.border_subtitle = Content(f"{self.key('cancel')} to {leave}")
        return window

    def key(self, command_id: str) -> str:
        """Return the key that a command of this dialog has now; empty if it has none."""
        keys = (key for key, active in self.active_bindings.items() if active.binding.id == command_id)
        return key_shown(next(keys, ""))

    def action_cancel(self) -> None:
        """Close it without doing anything; a key that came before it was complete was meant for another."""
        if self.is_mounted:
            self.dismiss(None)


class FormDialog(Dialog[R]):
    """A dialog with fields and a button; enter in a field does what the button does.

    A subclass composes its fields, then `ending`, and does its work in ``action_submit``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._outcome = TextBlock()
        self._outcome.add_class("form-outcome").display = False

    def ending(self, label: str, *, disabled: bool = False) -> ComposeResult:
        """Yield what every form ends with: the place for what is wrong, and its button."""
        yield self._outcome
        yield Button(label, action="screen.submit", disabled=disabled, id="submit", compact=True)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do with enter what the button does."""
        event.stop()
        await self.run_action("submit")

    def tell(self, content: Content) -> None:
        """Show above the button what was done, what is being done, or what is wrong."""
        self._outcome.display = True
        self._outcome.say(content)

    def refuse(self, what: str) -> None:
        """Say what is wrong with a field."""
        self.tell(Content.assemble(("! ", "bold $text-error"), what))

    def finish(self, work: Callable[[], Coroutine[None, None, R]], name: str, doing: str) -> None:
        """Close with the result of slow work; or say what went wrong, and stay open.

        Args:
            work: awaits `in_thread`, and may raise `ProblemError`. Canceling the dialog ends it.
            name: what it is doing, for people: ``reading the list``.
            doing: shown while it runs.
        """
        self.work(partial(self._finish, work, doing), name)

    async def _finish(self, work: Callable[[], Coroutine[None, None, R]], doing: str) -> None:
        self.tell(Content(doing))
        try:
            result = await work()
        except ProblemError as error:
            self.tell(problem_lines(error.problem))
        else:
            self.dismiss(result)


def field(label: str, *widgets: Widget) -> Horizontal:
    """Return one line of a form: a label, then its field."""
    return Horizontal(Label(label), *widgets, classes="field")
