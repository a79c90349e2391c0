"""Reads what the screen of a job shows: results as they are found, batches, rejected rows, counts.

Nothing here waits for the state file: threads read, and of several questions the newest is answered.
"""

import time
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.models import Job
from pwl_tui.state.queries.find import EVERYTHING
from pwl_tui.state.queries.selection import LIST_ORDER, Selection
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import AppContext
from pwl_tui.ui.data.job_rows import JobRows, for_a_while
from pwl_tui.ui.presenters.columns import ResultRow
from pwl_tui.ui.presenters.job_tabs import CHARTS, VIEWS, View, Waiting
from pwl_tui.ui.screens.job_commands import JobCommands
from pwl_tui.ui.widgets.cells import Window

if TYPE_CHECKING:
    from pwl_tui.state.queries.breakdown import Breakdown

Found: TypeAlias = tuple[Window[ResultRow], Waiting]
_READING = "the reading of the results"
_SEEKING = "the search of the results"
_COUNTING = "the counting for the picture"
_REST = 10.0
"""What moves is searched and counted again after so many times as long as that took."""


class JobReading(JobCommands):
    """A screen that shows one view of a job.

    Args:
        ctx: what it works with.
        job: which job.
    """

    def __init__(self, ctx: AppContext, job: Job) -> None:
        super().__init__(ctx)
        self._job = job
        self._rows = JobRows(ctx.engine.store, job.id)
        self._view = 0
        self._find, self._sort = EVERYTHING, LIST_ORDER
        self._wanted = (0, 100)
        self._waiting = Waiting()
        self._breakdown: Breakdown | None = None
        self._selection: Selection | None = None
        self._problem: Problem | None = None
        self._restart = self._behind = False
        self._rests_until = 0.0

    @property
    def view(self) -> View:
        """The kind of rows that is shown."""
        return VIEWS[self._view]

    @property
    def job(self) -> Job:
        """The job of this screen."""
        return self._job

    def show_rows(self, window: Window[ResultRow], *, restart: bool) -> None:
        """Draw rows that were read; with `restart` they answer another question than those before."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw everything but the rows."""
        raise NotImplementedError

    def follow(self, job: Job) -> None:
        """Read again what may have changed since the job was as it is now."""
        self._behind |= job != self._job
        self._job = job
        rested = time.monotonic() >= self._rests_until
        if self._behind and rested and (self.view.is_results or self.view is CHARTS):
            self._behind = not self.begin()
        elif self._behind or self.view.which is None:
            # What is under way is not replaced: on a slow disk nothing would ever arrive.
            self.work(self._load_rows, _READING)

    def begin(self, *, restart: bool = False) -> bool:
        """Read what the view shows.

        Args:
            restart: it is another question: what is under way is given up, and the answer begins at the top.

        Returns:
            Whether it began; else the same is under way.
        """
        if restart:
            self._wanted, self._selection, self._restart = (0, self._wanted[1]), None, True
        if self.view is CHARTS:
            return self.work(self._count, _COUNTING, replace=restart) is not None
        if self.view.is_results:
            return self.work(self._seek, _SEEKING, replace=restart) is not None
        self.load()
        return True

    def load(self) -> None:
        """Read the rows that are wanted."""
        self.work(self._load_rows, _READING, replace=True)

    async def _seek(self) -> None:
        """Find the results; those of another question are shown while the rest is still being found."""
        which, find, sort = self.view.which or "all", self._find, self._sort
        another, began, more = self._selection is None, time.monotonic(), True
        try:
            selection = await in_thread(lambda: self._rows.select(which, find, sort), "search")
            while more:
                offset, limit = wanted = self._wanted
                seen = self._selection is selection
                filled = not another or (seen and selection.total >= offset + limit)
                # What is wanted is three screens of rows: the first is shown as soon as it is full.
                enough = None if filled else offset + (limit if seen else limit // 3)
                look = partial(self._look, selection, wanted, enough=enough)
                more, found = await in_thread(look, "search")
                if found is not None:
                    self._selection = selection
                    self._arrived(*found) if wanted == self._wanted else self.load()
        except ProblemError as error:
            self._say_problem(error)
        self._rests_until = time.monotonic() + _REST * (time.monotonic() - began)

    def _look(
        self, selection: Selection, wanted: tuple[int, int], *, enough: int | None
    ) -> tuple[bool, Found | None]:
        """Find more for a while, or until there is `enough` to show; return whether there is still more.

        The rows come with it at the end, and where the person has not seen enough yet.
        """
        more = for_a_while(
            selection.grow, lambda: selection.counted or (enough is not None and selection.total >= enough)
        )
        if more and enough is None:
            return more, None
        return more, (self._rows.results(selection, *wanted), self._rows.waiting())

    async def _count(self) -> None:
        """Count for the picture, which shows how far it is the first time."""
        began, more = time.monotonic(), True
        try:
            breakdown, self._waiting = await in_thread(
                lambda: (self._rows.breakdown(), self._rows.waiting()), "count"
            )
            while more:
                more = await in_thread(lambda: for_a_while(breakdown.grow), "count")
                if not more or self._breakdown is None or self._breakdown.progress < 1:
                    self._breakdown = breakdown
                    self.draw()
        except ProblemError as error:
            self._say_problem(error)
        self._rests_until = time.monotonic() + _REST * (time.monotonic() - began)

    async def _load_rows(self) -> None:
        view, selection, (offset, limit), now = self.view, self._selection, self._wanted, self.snapshot.now
        if view is CHARTS or (view.is_results and selection is None):
            return

        def read() -> Found:
            if selection is not None:
                rows = self._rows.results(selection, offset, limit)
            elif view.which is None:
                rows = self._rows.batches(now)
            else:
                rows = self._rows.rejected(offset, limit)
            return rows, self._rows.waiting()

        try:
            found = await in_thread(read, "rows")
        except ProblemError as error:
            self._say_problem(error)
            return
        if selection is self._selection:  # else another question was asked meanwhile
            self._arrived(*found)

    def _arrived(self, window: Window[ResultRow], waiting: Waiting) -> None:
        self._waiting, self._problem = waiting, None
        restart, self._restart = self._restart, False
        self.show_rows(window, restart=restart)
        self.draw()

    def _say_problem(self, error: ProblemError) -> None:
        self._problem = error.problem
        self.draw()
