"""The rows of a job's screen, read from the state file. Everything here blocks: call it in a thread."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pwl_tui.engine.jobs.planning import Origin
from pwl_tui.filters import Which
from pwl_tui.lists.planned import row_label
from pwl_tui.state.queries.breakdown import Breakdown
from pwl_tui.state.queries.compared import Comparison
from pwl_tui.state.queries.find import Find
from pwl_tui.state.queries.selection import Selection, Sort
from pwl_tui.state.store import Store
from pwl_tui.ui.presenters.columns import BatchRow, RejectedLine, ResultRow
from pwl_tui.ui.presenters.job_tabs import Waiting
from pwl_tui.ui.widgets.cells import Window

if TYPE_CHECKING:
    from pwl_tui.lists.read.reading import Reading

_SLICE_SECONDS = 0.03
"""How long a search or a count runs before its results so far are shown."""


class JobRows:
    """Reads one job.

    Args:
        store: the state file.
        job: the id of the job.
    """

    def __init__(self, store: Store, job: int) -> None:
        self._store, self._job = store, job
        self._reading: Reading | None = None

    def select(self, which: Which, find: Find, sort: Sort) -> Selection:
        """Return a selection of the results that pass, none of which is found yet."""
        return self._store.results.select(self._job, which, find, sort)

    def results(self, selection: Selection, offset: int, limit: int) -> Window[ResultRow]:
        """Return a window of the results found so far."""
        rows = selection.page(offset, limit)
        return Window(selection.total, offset, rows)

    def rejected(self, offset: int, limit: int) -> Window[ResultRow]:
        """Return a window of the rows without a usable number."""
        if self._reading is None:
            self._reading = Origin.decode(self._store.jobs.origin(self._job)[0]).reading
        rows = self._store.results.rejected(self._job, offset, limit)
        lines = [RejectedLine(row_label(row.index, self._reading), row.reason) for row in rows]
        return Window(self._store.results.count(self._job, "rejected"), offset, lines)

    def batches(self, now: float) -> Window[ResultRow]:
        """Return all batches as they are at `now`."""
        batches = [BatchRow(batch, now) for batch in self._store.batches.of(self._job)]
        return Window(len(batches), 0, batches)

    def breakdown(self) -> Breakdown:
        """Return counts by country and carrier, with nothing counted yet."""
        return self._store.results.breakdown(self._job)

    def comparison(self) -> Comparison:
        """Return how many numbers of a recheck changed; seconds for a million."""
        return self._store.results.compare(self._job)

    def waiting(self) -> Waiting:
        """Return how many numbers have no answer."""
        return Waiting(*self._store.results.waiting(self._job))


def for_a_while(grow: Callable[[], bool], enough: Callable[[], bool] = lambda: False) -> bool:
    """Let something grow for a moment, or until there is enough. Returns whether there is more to come."""
    deadline = time.monotonic() + _SLICE_SECONDS
    while grow():
        if enough() or time.monotonic() >= deadline:
            return True
    return False
