"""Where to save the rejected rows of a list."""

from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from pwl_tui.engine.jobs.exporting import save_rejected
from pwl_tui.lists.planned import ListPlan
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_input import TextInput, typed_path
from pwl_tui.wording.figures import counted


class SaveRejected(FormDialog[str]):
    """Writes the file itself, so that an error appears beside the field to correct.

    Args:
        plan: the list as it is read.
        state: the state directory, where the file may not be.

    Returns:
        A sentence about what was written. None means that nothing was.
    """

    def __init__(self, plan: ListPlan, state: Path) -> None:
        super().__init__()
        self._plan = plan
        self._state = state

    def compose(self) -> ComposeResult:
        """Draw the form."""
        rows = counted(self._plan.rejected, "row")
        text = f"{rows}, each with its row number and the reason before your own cells."
        with self.frame("Save rejected rows"):
            yield Static(Content(text), classes="dialog-text")
            yield field("File", TextInput(str(_suggested(self._plan)), id="rejected-path"))
            yield Checkbox("overwrite the file if it exists", id="rejected-force")
            yield from self.ending("Save")

    def action_submit(self) -> None:
        """Write the file."""
        path = typed_path(self.query_one("#rejected-path", TextInput).value)
        force = self.query_one("#rejected-force", Checkbox).value

        def save() -> str:
            saved = save_rejected(self._plan, path, self._state, force=force)
            return f"Saved {counted(saved, 'rejected row')} to {path}."

        self.finish(partial(in_thread, save, "rejected rows"), "saving the rejected rows", "Writing…")


def _suggested(plan: ListPlan) -> Path:
    """Return a name beside the list, or in the current directory if the list was not a file."""
    source = plan.source
    beside = Path(source.path) if source.path else Path.cwd() / source.name
    stem = beside.name.removesuffix(".gz").rsplit(".", 1)[0]
    return beside.with_name(f"{stem}-rejected.csv")
