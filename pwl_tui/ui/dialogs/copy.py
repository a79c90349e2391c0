"""A text to copy through the terminal or to save; phone numbers in it are masked at first."""

import os
from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button

from pwl_tui.paths import write_private
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.terminal.clipboard import masked, outcome
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput, typed_path


class CopyDialog(FormDialog[str]):
    """Shows a text as it would be copied, and copies or saves it. A terminal never says whether it copied it.

    Args:
        title: shown on the frame.
        text: the text.
        file_name: the suggested name of the file, in the current directory.

    Returns:
        A sentence about where it was saved. None means that it was not.
    """

    def __init__(self, title: str, text: str, file_name: str) -> None:
        super().__init__()
        self._title, self._text, self._file_name = title, text, file_name
        self._masked = masked(text)

    def compose(self) -> ComposeResult:
        """Draw the text, and what can be done with it."""
        private = self._masked != self._text
        with self.frame(self._title, leave="close", id="copy"):
            with VerticalScroll(id="copy-text"):
                yield TextBlock(Content("\n".join(plain(line) for line in self._masked.splitlines())))
            yield field("File", TextInput(str(Path.cwd() / self._file_name), id="copy-path"))
            yield Button("Copy as shown" if private else "Copy", id="copy-shown", compact=True)
            if private:
                yield Button("Copy with full numbers", id="copy-whole", compact=True)
            yield from self.ending("Save with full numbers" if private else "Save to the file")

    def on_mount(self) -> None:
        """Focus the button that copies, because that changes nothing."""
        self.query_one("#copy-shown", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Copy the text."""
        event.stop()
        text = self._text if event.button.id == "copy-whole" else self._masked
        self.app.copy_to_clipboard(text)
        self.tell(Content(outcome(text, os.environ)))

    def action_submit(self) -> None:
        """Save the text."""
        path = typed_path(self.query_one("#copy-path", TextInput).value).absolute()

        def save() -> str:
            save_new(path, self._text)
            return f"Saved to {path} (only you can read it)."

        self.finish(partial(in_thread, save, "save text"), "saving the text", "Saving…")


def plain(line: str) -> str:
    """Return a line that is safe to show, with its spaces: they indent it and separate its columns."""
    return "".join(character for character in line if character.isprintable())


def save_new(path: Path, text: str) -> None:
    """Write a text to a new file with mode 0600, completely or not at all.

    Raises:
        ProblemError: it exists already, or cannot be written.
    """
    if os.path.exists(path):
        raise ProblemError(
            Problem(
                kind=Kind.INVALID_REQUEST,
                message=clean(f"{path} already exists and was not overwritten."),
                remedy="Choose another file name.",
            )
        )
    write_private(path, text.encode())
