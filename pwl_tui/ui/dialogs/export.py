"""Where to write a list with its answers, and as what."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, Select

from pwl_tui.lists.write.export import Format, Target
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import AppContext, Dialog
from pwl_tui.ui.presenters.format import counted
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput, typed_path

if TYPE_CHECKING:
    from pwl_tui.lists.write.answers import Choice

_FORMATS = (
    ("CSV: your rows with the answers", "csv"),
    ("Workbook for Excel: all cells as text", "xlsx"),
    ("JSON lines", "jsonl"),
    ("Text: one number a line", "txt"),
)
_ONLY = (
    ("everything", ""),
    ("on WhatsApp", "on-whatsapp"),
    ("not on WhatsApp", "not-on-whatsapp"),
    ("business accounts", "business"),
    ("failed", "failed"),
    ("rejected", "rejected"),
    ("pending", "pending"),
    ("not sent", "not-sent"),
)


def beside_source(job: Job, ending: str) -> Path:
    """Return where an export is suggested: beside the list, or in the current directory if it was no file."""
    source = Path(job.source)
    # A name with control characters could neither be shown nor typed.
    if source.is_absolute() and job.source.isprintable():
        stem = source.name.removesuffix(".gz").rsplit(".", 1)[0]
        return source.with_name(f"{stem}-answers.{ending}")
    name = "".join(c if c.isalnum() or c in "-_ ." else "-" for c in job.name)
    return Path.cwd() / f"{name}-answers.{ending}"


class ExportDialog(Dialog[str]):
    """Writes the export itself, so that what is wrong is said beside the field that is to be mended.

    Args:
        context: whose engine writes.
        job: whose list it is.
        only: the filter to begin with, empty for everything.

    Returns:
        A sentence about what was written; none when it was left.
    """

    BINDINGS: ClassVar = [("escape", "dismiss_quietly", "cancel")]

    def __init__(self, ctx: AppContext, job: Job, only: str = "") -> None:
        super().__init__()
        self._ctx, self._job, self._only = ctx, job, only

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(f"Export {clean(self._job.name, 40)}")
            with Horizontal(classes="field"):
                yield Label("File")
                yield TextInput(str(beside_source(self._job, "csv")), id="export-path")
            with Horizontal(classes="field"):
                yield Label("Format")
                yield Select(_FORMATS, value="csv", allow_blank=False, compact=True, id="export-format")
            with Horizontal(classes="field"):
                yield Label("Only")
                yield Select(_ONLY, value=self._only, allow_blank=False, compact=True, id="export-only")
            yield Checkbox("a file for each outcome", id="export-split")
            yield Checkbox("digits only, without the plus", id="export-digits")
            yield Checkbox("overwrite the file if it exists", id="export-force")
            yield TextBlock(id="export-problem")
            yield Button("Write the file", id="export-write", compact=True)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Let the suggested name end as the format does."""
        event.stop()
        field = self.query_one("#export-path", TextInput)
        suggestions = {str(beside_source(self._job, ending)) for _, ending in _FORMATS}
        if event.select.id == "export-format" and field.value in suggestions:
            field.value = str(beside_source(self._job, str(event.value)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write with enter."""
        event.stop()
        self._start()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Write with the button."""
        event.stop()
        self._start()

    def _start(self) -> None:
        self.work(self._write, "the export")

    async def _write(self) -> None:
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
        say = self.query_one("#export-problem", TextBlock).say
        say(Content("Writing…"))
        engine, job_id = self._ctx.engine, self._job.id
        try:
            written = await in_thread(lambda: engine.jobs.export(job_id, target), "export")
        except ProblemError as error:
            say(problem_lines(error.problem))
        else:
            rows = counted(sum(file.rows for file in written), "row")
            where = (
                str(written[0].path)
                if len(written) == 1
                else f"{counted(len(written), 'file')} beside {target.path}"
            )
            self.dismiss(f"{rows} written to {where}")
