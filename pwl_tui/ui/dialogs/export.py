"""Where to export a list with its results to, and in which format."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.widgets import Select

from pwl_tui.filters import FILTERS
from pwl_tui.lists.write.export import Format, Target
from pwl_tui.state.models import Job
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_input import TextInput, typed_path
from pwl_tui.wording.figures import counted

if TYPE_CHECKING:
    from pwl_tui.filters import Choice

_FORMATS = (
    ("CSV: your rows with the results", "csv"),
    ("Excel workbook: all cells as text", "xlsx"),
    ("JSON Lines", "jsonl"),
    ("Text: one number per line", "txt"),
)
_ONLY = (("All", ""), *((kind.title, key) for key, kind in FILTERS.items()))


def beside_source(job: Job, ending: str) -> Path:
    """Return the suggested file: beside the list, or in the current directory if the list was not a file."""
    source = Path(job.source)
    # A name with control characters could neither be shown nor typed.
    if source.is_absolute() and job.source.isprintable():
        stem = source.name.removesuffix(".gz").rsplit(".", 1)[0]
        return source.with_name(f"{stem}-answers.{ending}")
    name = "".join(c if c.isalnum() or c in "-_ ." else "-" for c in job.name)
    return Path.cwd() / f"{name}-answers.{ending}"


class ExportDialog(FormDialog[str]):
    """Writes the export itself, so that an error appears beside the field to correct.

    Args:
        ctx: its engine writes.
        job: whose list it is.
        only: the filter suggested, as `Target.only` has it; empty for everything.

    Returns:
        A sentence about what was written. None means that nothing was.
    """

    def __init__(self, ctx: AppContext, job: Job, only: str = "") -> None:
        super().__init__()
        self._ctx, self._job, self._only = ctx, job, only

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with self.frame(f"Export {clean(self._job.name, 40)}"):
            yield field("File", TextInput(str(beside_source(self._job, "csv")), id="export-path"))
            formats = Select(_FORMATS, value="csv", allow_blank=False, compact=True, id="export-format")
            yield field("Format", formats)
            only = Select(_ONLY, value=self._only, allow_blank=False, compact=True, id="export-only")
            yield field("Rows", only)
            yield Checkbox("one file per outcome", id="export-split")
            yield Checkbox("digits only, without the plus sign", id="export-digits")
            yield Checkbox("overwrite the file if it exists", id="export-force")
            yield from self.ending("Export")

    def on_select_changed(self, event: Select.Changed) -> None:
        """Give the suggested name the ending of the format."""
        event.stop()
        path = self.query_one("#export-path", TextInput)
        suggestions = {str(beside_source(self._job, ending)) for _, ending in _FORMATS}
        if event.select.id == "export-format" and path.value in suggestions:
            path.value = str(beside_source(self._job, str(event.value)))

    def action_submit(self) -> None:
        """Write the export."""
        only = cast("Choice | None", self.query_one("#export-only", Select).value or None)
        split = self.query_one("#export-split", Checkbox).value
        target = Target(
            typed_path(self.query_one("#export-path", TextInput).value),
            cast("Format", self.query_one("#export-format", Select).value),
            only=None if split else only,
            split=split,
            digits=self.query_one("#export-digits", Checkbox).value,
            force=self.query_one("#export-force", Checkbox).value,
        )
        engine, job = self._ctx.engine, self._job

        def export() -> str:
            written = engine.jobs.export(job.id, target)
            rows = counted(sum(file.rows for file in written), "row")
            if len(written) == 1:
                return f"Exported {rows} to {written[0].path}."
            return f"Exported {rows} to {counted(len(written), 'file')} beside {target.path}."

        self.finish(partial(in_thread, export, "export"), "exporting", "Writing…")
