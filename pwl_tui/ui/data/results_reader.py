"""Reads what a job's screen shows in threads: results as they are found, batches, rejected rows and counts.

Nothing here waits for the state file on the event loop. Of several questions the newest is answered.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.message import Message

from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.queries.find import EVERYTHING, Find
from pwl_tui.state.queries.selection import LIST_ORDER, Selection, Sort
from pwl_tui.ui.background import Working, in_thread
from pwl_tui.ui.data.job_rows import JobRows, for_a_while
from pwl_tui.ui.presenters.columns import ResultRow
from pwl_tui.ui.presenters.job_tabs import CHANGES, CHARTS, VIEWS, View, Waiting
from pwl_tui.ui.widgets.cells import Window

if TYPE_CHECKING:
    from pwl_tui.state.queries.breakdown import Breakdown
    from pwl_tui.state.queries.compared import Comparison

_READING, _SEARCHING, _COUNTING = "reading the results", "searching", "counting for the charts"
_COMPARING = "comparing with the earlier answers"
_REST = 10.0
"""A search or count that took so long is repeated after this many times as long, while the job moves."""


class Question(Struct, frozen=True):
    """What the person wants to see of a job.

    Attributes:
        view: which kind of rows, or the charts.
        find: what results must match.
        sort: their order.
    """

    view: View = VIEWS[0]
    find: Find = EVERYTHING
    sort: Sort = LIST_ORDER


class Found(Message):
    """Rows were read.

    Attributes:
        question: the one that they answer; another may have been asked meanwhile.
        window: the rows.
        first: they are the first answer to the question.
    """

    def __init__(self, question: Question, window: Window[ResultRow], *, first: bool) -> None:
        super().__init__()
        self.question, self.window, self.first = question, window, first


class Updated(Message):
    """The reader's counts for the charts have grown, or it has a problem."""


class ResultsReader:
    """Reads one job for its screen, and posts `Found` and `Updated` to it.

    Args:
        screen: gets the messages; ends the work when it is left.
        rows: reads the job; blocks.
        now: returns UTC epoch seconds.

    Attributes:
        question: the newest one.
        waiting: the numbers without an answer, when they were last counted.
        breakdown: the counts for the charts. None means that counting has not begun.
        comparison: how many numbers changed. None means that they were not counted.
        problem: why the last read failed. None means that it did not.
    """

    def __init__(self, screen: Working, rows: JobRows, now: Callable[[], float]) -> None:
        self.question = Question()
        self.waiting = Waiting()
        self.breakdown: Breakdown | None = None
        self.comparison: Comparison | None = None
        self.problem: Problem | None = None
        self._screen, self._rows, self._now = screen, rows, now
        self._wanted = (0, 100)
        self._selection: Selection | None = None
        self._answered = self._stale = False
        self._rests_until = 0.0

    @property
    def searching(self) -> bool:
        """Whether nothing is known of the results yet."""
        return self.question.view.is_results and self._selection is None

    def ask(self, question: Question) -> None:
        """Answer another question, from its first row; the one before is given up."""
        self.question, self._selection, self._answered = question, None, False
        self._wanted, self._rests_until = (0, self._wanted[1]), 0.0
        self._begin(replace=True)

    def scroll(self, offset: int, limit: int) -> None:
        """Read other rows of the answer: `limit` of them from `offset` on."""
        self._wanted = (offset, limit)
        self._load(replace=True)

    def follow(self, *, changed: bool) -> None:
        """Read again what may have changed.

        Args:
            changed: the job is not what it was at the last call.
        """
        self._stale |= changed
        view, rested = self.question.view, time.monotonic() >= self._rests_until
        if self._stale and rested and (view.is_results or view is CHARTS):
            self._stale = not self._begin()
        elif self._stale or view.which is None:
            # What is under way is not replaced: on a slow disk nothing would ever arrive.
            self._load()

    def _begin(self, *, replace: bool = False) -> bool:
        """Answer the question. Returns False if that is under way already, and not replaced."""
        view, work = self.question.view, self._screen.work
        if view is CHARTS:
            return work(self._count, _COUNTING, replace=replace) is not None
        if view is CHANGES:
            work(self._compare, _COMPARING, replace=replace)
        if view.is_results:
            return work(self._search, _SEARCHING, replace=replace) is not None
        self._load(replace=True)
        return True

    def _load(self, *, replace: bool = False) -> None:
        self._screen.work(self._read, _READING, replace=replace)

    async def _search(self) -> None:
        """Find the results; those of another question are shown while the rest is still being found."""
        question, another = self.question, self._selection is None
        began, more = time.monotonic(), True
        try:
            find = question.view.find & question.find
            select = partial(self._rows.select, question.view.which or "all", find, question.sort)
            selection = await in_thread(select, "search")
            while more:
                offset, limit = wanted = self._wanted
                seen = self._selection is selection
                filled = not another or (seen and selection.total >= offset + limit)
                # Three screens of rows are wanted: the first is shown as soon as it is full.
                enough = None if filled else offset + (limit if seen else limit // 3)
                look = partial(self._look, selection, wanted, enough=enough)
                more, found = await in_thread(look, "search")
                if found is not None:
                    self._selection = selection
                    if wanted == self._wanted:
                        self._post(question, *found)
                    else:
                        self._load(replace=True)
        except ProblemError as error:
            self._fail(error)
        self._rest_after(began)

    def _look(
        self, selection: Selection, wanted: tuple[int, int], *, enough: int | None
    ) -> tuple[bool, tuple[Window[ResultRow], Waiting] | None]:
        """Find more for a while, or until there is `enough` to show; in a thread.

        Returns:
            Whether there is more to find; and the rows, at the end or if the person has not seen enough yet.
        """
        more = for_a_while(
            selection.grow, lambda: selection.counted or (enough is not None and selection.total >= enough)
        )
        if more and enough is None:
            return more, None
        return more, (self._rows.results(selection, *wanted), self._rows.waiting())

    async def _count(self) -> None:
        """Count for the charts, which show the progress of the first count."""
        began, more = time.monotonic(), True
        try:
            breakdown, self.waiting = await in_thread(
                lambda: (self._rows.breakdown(), self._rows.waiting()), "count"
            )
            while more:
                more = await in_thread(lambda: for_a_while(breakdown.grow), "count")
                if not more or self.breakdown is None or self.breakdown.progress < 1:
                    self.breakdown = breakdown
                    self._screen.post_message(Updated())
        except ProblemError as error:
            self._fail(error)
        self._rest_after(began)

    async def _compare(self) -> None:
        """Count what has changed."""
        began = time.monotonic()
        try:
            self.comparison = await in_thread(self._rows.comparison, "compare")
        except ProblemError as error:
            self._fail(error)
        else:
            self._screen.post_message(Updated())
        self._rest_after(began)

    async def _read(self) -> None:
        """Read the rows that are wanted of what is found already."""
        question, selection, (offset, limit), now = self.question, self._selection, self._wanted, self._now()
        view = question.view
        if view is CHARTS or self.searching:
            return

        def read() -> tuple[Window[ResultRow], Waiting]:
            if view.is_results and selection is not None:
                rows = self._rows.results(selection, offset, limit)
            elif view.which is None:
                rows = self._rows.batches(now)
            else:
                rows = self._rows.rejected(offset, limit)
            return rows, self._rows.waiting()

        try:
            window, waiting = await in_thread(read, "rows")
        except ProblemError as error:
            self._fail(error)
            return
        if selection is self._selection:  # else newer rows have been found since
            self._post(question, window, waiting)

    def _post(self, question: Question, window: Window[ResultRow], waiting: Waiting) -> None:
        """Post rows, unless another question was asked since."""
        if question is not self.question:
            return
        self.waiting, self.problem = waiting, None
        first, self._answered = not self._answered, True
        self._screen.post_message(Found(question, window, first=first))

    def _fail(self, error: ProblemError) -> None:
        self.problem = error.problem
        self._screen.post_message(Updated())

    def _rest_after(self, began: float) -> None:
        now = time.monotonic()
        self._rests_until = max(self._rests_until, now + _REST * (now - began))
