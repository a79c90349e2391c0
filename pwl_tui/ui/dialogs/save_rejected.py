"""Where to save the rejected rows of a list."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from pwl_tui.engine.jobs.exporting import save_rejected
from pwl_tui.lists.planned import ListPlan
from pwl_tui.problem import ProblemError
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import Dialog
from pwl_tui.ui.presenters.format import counted
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput, typed_path


class SaveRejected(Dialog[str]):
    """Writes the file itself, so that what is wrong is said beside the field that is to be mended.

    Args:
        plan: of the list.

    Returns:
        A sentence about what was written; none when it was left.
    """

    BINDINGS: ClassVar = [("escape", "dismiss_quietly", "cancel")]

    def __init__(self, plan: ListPlan) -> None:
        super().__init__()
        self._plan = plan

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Save rejected rows")
            rows = counted(self._plan.rejected, "row")
            yield Static(
                Content(f"{rows} with the row number and the reason before your own cells."),
                classes="dialog-text",
            )
            with Horizontal(classes="field"):
                yield Label("File")
                yield TextInput(str(_suggested(self._plan)), id="rejected-path")
            yield Checkbox("overwrite the file if it exists", id="rejected-force")
            yield TextBlock(id="rejected-problem")
            yield Button("Write the file", id="rejected-write", compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write with enter."""
        event.stop()
        self.work(self._write, "the rejected rows")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Write with the button."""
        event.stop()
        self.work(self._write, "the rejected rows")

    async def _write(self) -> None:
        path = typed_path(self.query_one("#rejected-path", TextInput).value)
        force = self.query_one("#rejected-force", Checkbox).value
        say = self.query_one("#rejected-problem", TextBlock).say
        say(Content("Writing…"))
        try:
            saved = await in_thread(lambda: save_rejected(self._plan, path, force=force), "rejected rows")
        except ProblemError as error:
            say(problem_lines(error.problem))
        else:
            self.dismiss(f"{counted(saved, 'rejected row')} saved to {path}")


def _suggested(plan: ListPlan) -> Path:
    """Return a name beside the list, or in the current directory where it was no file."""
    source = plan.source
    beside = Path(source.path) if source.path else Path.cwd() / source.name
    stem = beside.name.removesuffix(".gz").rsplit(".", 1)[0]
    return beside.with_name(f"{stem}-rejected.csv")
