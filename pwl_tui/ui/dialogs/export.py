"""Where to export a list with its results to, and in which format."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from msgspec import Struct
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Select, Static

from pwl_tui.engine.jobs.wishes import safe_name, target_for
from pwl_tui.filters import FILTERS
from pwl_tui.lists.write.export import ENDINGS, Format, Target
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


class WhenDone(Struct, frozen=True):
    """What to export automatically once a job is finished.

    Attributes:
        target: the file, and what to write there. None means that nothing is exported.
    """

    target: Target | None


def beside_source(source: str, name: str, ending: str) -> Path:
    """Return the suggested file: beside the list, or in the current directory if the list was not a file.

    Args:
        source: where the list is from.
        name: of the job.
        ending: of the file.
    """
    path = Path(source)
    # A name with control characters could neither be shown nor typed.
    if path.is_absolute() and source.isprintable():
        stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
        return path.with_name(f"{stem}-answers.{ending}")
    return Path.cwd() / f"{safe_name(name)}-answers.{ending}"


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
            yield field(
                "File",
                TextInput(str(beside_source(self._job.source, self._job.name, "csv")), id="export-path"),
            )
            formats = Select(_FORMATS, value="csv", allow_blank=False, compact=True, id="export-format")
            yield field("Format", formats)
            yield from _how(self._only)
            yield Checkbox("overwrite the file if it exists", id="export-force")
            yield from self.ending("Export")

    def on_select_changed(self, event: Select.Changed) -> None:
        """Give the suggested name the ending of the format."""
        event.stop()
        path = self.query_one("#export-path", TextInput)
        suggest = partial(beside_source, self._job.source, self._job.name)
        suggestions = {str(suggest(ending)) for _, ending in _FORMATS}
        if event.select.id == "export-format" and path.value in suggestions:
            path.value = str(suggest(str(event.value)))

    def action_submit(self) -> None:
        """Write the export."""
        target = Target(
            typed_path(self.query_one("#export-path", TextInput).value),
            cast("Format", self.query_one("#export-format", Select).value),
            **_chosen(self),
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


class WhenDoneDialog(FormDialog[WhenDone]):
    """Asks where to export a list automatically once its job is finished; checks that it will be possible.

    Args:
        ctx: its engine checks.
        target: what is chosen so far. None means nothing.
        suggested: the file that is offered then.

    Returns:
        What was chosen. None means that it was canceled.
    """

    def __init__(self, ctx: AppContext, target: Target | None, suggested: Path) -> None:
        super().__init__()
        self._ctx, self._target, self._suggested = ctx, target, suggested

    def compose(self) -> ComposeResult:
        """Draw the form."""
        target = self._target
        with self.frame("Export once the job is done"):
            file = self._suggested if target is None else target.path
            path = TextInput(str(file), id="export-path", placeholder="none")
            yield field("File", path)
            formats = Content.styled(f"The suffix sets the format: {', '.join(ENDINGS)}.", "$muted")
            yield Static(formats, classes="dialog-text")
            yield from _how((target and target.only) or "", target)
            yield from self.ending("Apply")

    def action_submit(self) -> None:
        """Close with what was chosen, if it can be written."""
        typed, wishes = self.query_one("#export-path", TextInput).value.strip(), self._ctx.engine.wishes
        if not typed:
            self.dismiss(WhenDone(None))
            return
        how = _chosen(self)

        def check() -> WhenDone:
            target = target_for(typed_path(typed), **how)
            wishes.check(target)
            return WhenDone(target)

        self.finish(partial(in_thread, check, "check export"), "checking the export", "Checking…")


class _How(TypedDict):
    only: "Choice | None"
    split: bool
    digits: bool


def _how(only: str, target: Target | None = None) -> ComposeResult:
    """Yield the fields for what is written."""
    yield field("Rows", Select(_ONLY, value=only, allow_blank=False, compact=True, id="export-only"))
    for name, label, value in (
        ("split", "one file per outcome", target is not None and target.split),
        ("digits", "digits only, without the plus sign", target is not None and target.digits),
    ):
        box = Checkbox(label, id=f"export-{name}")
        box.value = value
        yield box


def _chosen(dialog: Widget) -> _How:
    """Return what the fields of `_how` say."""
    split = dialog.query_one("#export-split", Checkbox).value
    only = cast("Choice | None", dialog.query_one("#export-only", Select).value or None)
    return {
        "only": None if split else only,
        "split": split,
        "digits": dialog.query_one("#export-digits", Checkbox).value,
    }
