"""A text given out: copied by way of the terminal, or saved; numbers in it are masked at first."""

import os
from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label

from pwl_tui.paths import write_private
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import Dialog
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.terminal.clipboard import masked, outcome
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput, typed_path


class CopyDialog(Dialog[str]):
    """Shows a text as it is copied first, and gives it out. A terminal never tells whether it took it.

    Args:
        title: on the frame.
        text: what to give out.
        file_name: the name that is suggested, in the current directory.

    Returns:
        A sentence about where it was saved; none when it was left.
    """

    def __init__(self, title: str, text: str, file_name: str) -> None:
        super().__init__()
        self._title, self._text, self._file_name = title, text, file_name
        self._masked = masked(text)
        self._outcome = TextBlock(id="copy-problem")

    def compose(self) -> ComposeResult:
        """Draw the text, and what can be done with it."""
        private = self._masked != self._text
        with Vertical(classes="dialog", id="copy") as dialog:
            dialog.border_title = Content(self._title)
            dialog.border_subtitle = Content("escape closes")
            with VerticalScroll(id="copy-text"):
                yield TextBlock(Content("\n".join(plain(line) for line in self._masked.splitlines())))
            with Horizontal(classes="field"):
                yield Label("File")
                yield TextInput(str(Path.cwd() / self._file_name), id="copy-path")
            yield self._outcome
            yield Button("Copy as shown" if private else "Copy", id="copy-shown", compact=True)
            if private:
                yield Button("Copy the numbers in full", id="copy-whole", compact=True)
            yield Button(
                "Save the numbers in full" if private else "Save the file", id="copy-save", compact=True
            )

    def on_mount(self) -> None:
        """Begin with copying, which changes nothing."""
        self.query_one("#copy-shown", Button).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save with enter."""
        event.stop()
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Copy or save."""
        event.stop()
        match event.button.id:
            case "copy-shown":
                self._copy(self._masked)
            case "copy-whole":
                self._copy(self._text)
            case _:
                self._save()

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self._outcome.say(Content(outcome(text, os.environ)))

    def _save(self) -> None:
        path = typed_path(self.query_one("#copy-path", TextInput).value).absolute()
        self.work(partial(self._write, path), "the saving of the text")

    async def _write(self, path: Path) -> None:
        try:
            await in_thread(lambda: save_new(path, self._text), "save text")
        except ProblemError as error:
            self._outcome.say(problem_lines(error.problem))
        else:
            self.dismiss(f"It is in {path}, readable by you alone.")


def plain(line: str) -> str:
    """Return a line safe to show, with the spaces that it begins with and that set its columns apart."""
    return "".join(character for character in line if character.isprintable())


def save_new(path: Path, text: str) -> None:
    """Write a text into a new file, 0600, complete or not at all.

    Raises:
        ProblemError: it is there already, or cannot be written.
    """
    if os.path.exists(path):
        raise ProblemError(
            Problem(
                kind=Kind.INVALID_REQUEST,
                message=clean(f"{path} is there already; it is not overwritten."),
                remedy="Name another file.",
            )
        )
    write_private(path, text.encode())
