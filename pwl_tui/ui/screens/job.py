"""One job: how far it is, its results by kind, and its batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from pwl_tui.engine.planning import Origin
from pwl_tui.lists.plan import row_label
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job, Which
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import Desk
from pwl_tui.ui.columns import BATCHES, REJECTED, RESULTS, BatchRow, RejectedLine, ResultRow, result_key
from pwl_tui.ui.commands import Scope, bindings
from pwl_tui.ui.figures import grouped
from pwl_tui.ui.jobview import job_lines
from pwl_tui.ui.planview import problem_lines
from pwl_tui.ui.screens.job_commands import JobCommands
from pwl_tui.ui.widgets.attention import AttentionPanel
from pwl_tui.ui.widgets.cells import Column, Window
from pwl_tui.ui.widgets.fields import Line
from pwl_tui.ui.widgets.keybar import KeyBar
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.viewbar import ViewBar
from pwl_tui.ui.widgets.words import Words

if TYPE_CHECKING:
    from pwl_tui.lists.readers import Reading


@dataclass(frozen=True, slots=True)
class View:
    """One kind of rows of a job.

    Attributes:
        title: in the bar.
        which: the filter over its results; none for its batches.
        columns: how they are drawn.
        count: how many there are, where the job itself knows it.
        find: it can be searched.
    """

    title: str
    which: Which | None
    columns: Sequence[Column[Any]]
    count: Callable[[Job], int] | None = None
    find: bool = True


VIEWS: tuple[View, ...] = (
    View("All", "all", RESULTS, lambda job: job.numbers),
    View("On WhatsApp", "on-whatsapp", RESULTS, lambda job: job.counts.on_whatsapp),
    View("Not", "not-on-whatsapp", RESULTS, lambda job: job.counts.not_on_whatsapp),
    View("Business", "business", RESULTS, lambda job: job.counts.business),
    View("Failed", "failed", RESULTS, lambda job: job.counts.failed),
    View("Pending", "pending", RESULTS),
    View("Not sent", "not-sent", RESULTS),
    View("Rejected", "rejected", REJECTED, lambda job: job.rejected, find=False),
    View("Batches", None, BATCHES, lambda job: sum(job.batches.values()), find=False),
)
_READING = "the reading of the results"
_EXPORTS_EVERYTHING = ("all", "not-sent", None)
"""Views that are no filter of an export."""


class JobScreen(JobCommands):
    """A job's results, read in windows; while it is live the rows in sight follow it.

    Args:
        desk: what it works with.
        job: which job.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = ("job", "table")
    BINDINGS: ClassVar = bindings("job")

    def __init__(self, desk: Desk, job: Job) -> None:
        super().__init__(desk)
        self._job = job
        self._view = 0
        self._wanted = (0, 100)
        self._reading: Reading | None = None
        self._table: Table[ResultRow] = Table(VIEWS[0].columns, result_key, "rows-table")
        self._attention = AttentionPanel(desk)
        self._head, self._empty, self._bar = Words(id="job-head"), Words(id="no-rows"), ViewBar(id="views")
        self._find = Line(id="find", placeholder="digits of a number; escape shows all")

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield self._attention
        with Vertical(id="job"):
            yield self._head
            yield self._bar
            yield self._find
            yield self._empty
            yield self._table
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with all results."""
        self._find.display = False
        self._table.focus()
        self._empty.display = False
        self._draw()
        self._load()

    def on_resize(self) -> None:
        """Draw the head for the new width."""
        self.call_after_refresh(self._draw)

    def show(self) -> None:
        """Follow the job."""
        super().show()
        job = self.snapshot.job(self._job.id) or self._job
        changed, self._job = job != self._job, job
        self._draw()
        if changed or self.view.which is None:
            # A read that is under way is not replaced: on a slow disk nothing would ever arrive.
            self.work(self._load_rows, _READING)

    @property
    def view(self) -> View:
        """The kind of rows that is shown."""
        return VIEWS[self._view]

    @property
    def job(self) -> Job:
        """The job of this screen."""
        return self._job

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done now."""
        if command_id == "find" and not self.view.find:
            return f"There are no numbers to look for among {self.view.title.lower()}."
        return super().why_not(command_id)

    def export_filter(self) -> str:
        """Begin an export with the rows that are shown."""
        which = self.view.which
        return "" if which is None or which in _EXPORTS_EVERYTHING else which

    def forgotten(self) -> None:
        """Leave the job that is no more."""
        self.dismiss()

    def action_next_view(self) -> None:
        """Show the next kind of rows."""
        self._choose((self._view + 1) % len(VIEWS))

    def action_previous_view(self) -> None:
        """Show the kind of rows before."""
        self._choose((self._view - 1) % len(VIEWS))

    def action_back(self) -> None:
        """Leave the search, or the job."""
        if self._find.display:
            self._find.value = ""
            self._find.display = False
            self._table.focus()
        else:
            self.dismiss()

    def action_find(self) -> None:
        """Type digits to look for."""
        self._find.display = True
        self._find.focus()

    @on(ViewBar.Picked)
    def _picked(self, event: ViewBar.Picked) -> None:
        self._choose(event.index)

    @on(Table.Wanted)
    def _rows_wanted(self, event: Table.Wanted) -> None:
        event.stop()
        self._wanted = (event.offset, event.limit)
        self._load()

    @on(Input.Changed, "#find")
    def _find_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._wanted = (0, self._wanted[1])
        self._load()

    @on(Input.Submitted, "#find")
    def _find_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._table.focus()

    def _choose(self, view: int) -> None:
        self._view = view
        if not VIEWS[view].find:
            self._find.display = False
            self._table.focus()
        self._wanted = (0, self._wanted[1])
        self._table.show_columns(VIEWS[view].columns)
        self._draw()
        self._load()
        self.refresh_bindings()

    def _draw(self) -> None:
        width = max(self.size.width - 2, 20)
        job, snapshot = self._job, self.snapshot
        retries = [other for other in snapshot.jobs if other.retry_of == job.id]
        elsewhere = self.desk.engine.elsewhere(job)
        self._head.say(job_lines(job, snapshot.now, width, elsewhere=elsewhere, retries=retries))
        self._attention.show()
        wide = self.has_class("-wide")
        titles = [
            f"{view.title} {grouped(view.count(self._job))}" if wide and view.count else view.title
            for view in VIEWS
        ]
        self._bar.show(titles, self._view)

    def _load(self) -> None:
        self.work(self._load_rows, _READING, replace=True)

    async def _load_rows(self) -> None:
        view, find = self.view, "".join(filter(str.isdigit, self._find.value))
        offset, limit = self._wanted
        try:
            window = await in_thread(lambda: self._read(view, find, offset, limit), "rows")
        except ProblemError as error:
            self._empty.say(problem_lines(error.problem))
            self._empty.display = True
            return
        self._empty.say(Content.styled("Nothing here.", "$muted"))
        self._empty.display = not window.total
        self._table.show(window)

    def _read(self, view: View, find: str, offset: int, limit: int) -> Window[ResultRow]:
        """Read a window of rows; called in a thread."""
        store, job = self.desk.engine.store, self._job
        if view.which is None:
            batches = [BatchRow(batch, self.snapshot.now) for batch in store.batches.of(job.id)]
            return Window(len(batches), 0, batches)
        if view.which == "rejected":
            if self._reading is None:
                self._reading = Origin.decode(store.jobs.origin(job.id)[0]).reading
            reading = self._reading
            rejected = store.results.rejected(job.id, offset, limit)
            lines = [RejectedLine(row_label(row.index, reading), row.reason) for row in rejected]
            return Window(store.results.count(job.id, "rejected"), offset, lines)
        total = store.results.count(job.id, view.which, find)
        return Window(total, offset, store.results.page(job.id, view.which, offset, limit, find))
