"""The report for the provider's support: shown, copied through the terminal, or saved."""

from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from pwl_tui.paths import write_private
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import Dialog
from pwl_tui.ui.planview import problem_lines
from pwl_tui.ui.widgets.fields import Line, typed_path
from pwl_tui.ui.widgets.words import Words

_MOST_BYTES = 50_000
"""What goes through OSC 52: some terminals and tmux drop more than about 74 kB of base64, without a word."""


class ReportDialog(Dialog[str]):
    """Shows the report, and gives it out. It holds no key and no number.

    Args:
        text: the report.
        label: of its batch, for the name that is suggested.

    Returns:
        A sentence about where it was saved; none when it was left.
    """

    def __init__(self, text: str, label: str) -> None:
        super().__init__()
        self._text, self._label = text, label
        self._outcome = Words(id="report-problem")

    def compose(self) -> ComposeResult:
        """Draw the report, and what can be done with it."""
        lines = Content("\n".join(plain(line) for line in self._text.splitlines()))
        with Vertical(classes="dialog", id="report") as dialog:
            dialog.border_title = Content(f"Report on batch {self._label}")
            dialog.border_subtitle = Content("escape closes")
            with VerticalScroll(id="report-text"):
                yield Static(lines)
            with Horizontal(classes="field"):
                yield Label("File")
                yield Line(str(Path.cwd() / f"pwl-tui-report-{self._label}.txt"), id="report-path")
            yield self._outcome
            yield Button("Copy", id="report-copy", compact=True)
            yield Button("Save the file", id="report-save", compact=True)

    def on_mount(self) -> None:
        """Begin with copying, which changes nothing."""
        self.query_one("#report-copy", Button).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save with enter."""
        event.stop()
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Copy or save."""
        event.stop()
        if event.button.id == "report-copy":
            self._copy()
        else:
            self._save()

    def _copy(self) -> None:
        if len(self._text.encode()) > _MOST_BYTES:
            self._outcome.say(Content("That is too long for the clipboard of a terminal: save it instead."))
            return
        self.app.copy_to_clipboard(self._text)
        self._outcome.say(
            Content("Sent to the terminal. It does not say whether it took it: paste it, or save the file.")
        )

    def _save(self) -> None:
        path = typed_path(self.query_one("#report-path", Line).value).absolute()
        self.work(partial(self._write, path), "the saving of the report")

    async def _write(self, path: Path) -> None:
        try:
            await in_thread(lambda: save_new(path, self._text), "save report")
        except ProblemError as error:
            self._outcome.say(problem_lines(error.problem))
        else:
            self.dismiss(f"The report is in {path}, readable by you alone.")


def plain(line: str) -> str:
    """Return a line safe to show, with the spaces that it begins with and that set its columns apart."""
    return "".join(character for character in line if character.isprintable())


def save_new(path: Path, text: str) -> None:
    """Write a text into a new file, 0600, complete or not at all.

    Raises:
        ProblemError: it is there already, or cannot be written.
    """
    if path.exists():
        raise ProblemError(
            Problem(
                kind="invalid_request",
                message=clean(f"{path} is there already; it is not overwritten."),
                remedy="Name another file.",
            )
        )
    write_private(path, text.encode())
