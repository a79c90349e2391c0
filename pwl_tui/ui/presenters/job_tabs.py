"""The tabs of a job: kinds of results, rejected rows, charts and batches; and the lines below them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from textual.content import Content

from pwl_tui.filters import FILTERS, Choice, Which
from pwl_tui.state.models import BatchState, Job
from pwl_tui.state.queries.find import CHANGED as FIND_CHANGED
from pwl_tui.state.queries.find import EVERYTHING, Find, FindError, hint, parse_find
from pwl_tui.state.queries.selection import Sort, SortColumn
from pwl_tui.text import clean
from pwl_tui.ui.presenters.columns import BATCHES, CHANGED, REJECTED, RESULTS, BatchRow, ResultRow
from pwl_tui.ui.widgets.cells import Column
from pwl_tui.wording.figures import grouped, short


class Waiting(NamedTuple):
    """How many numbers of a job have no answer: those that were sent, and those that were not."""

    pending: int = 0
    not_sent: int = 0


class View(Struct, frozen=True):
    """One tab.

    Attributes:
        title: its name.
        brief: its name where there is little room.
        which: the filter over the results; None for batches and charts.
        columns: how the rows are drawn; empty for charts.
        count: how many rows there are; None for charts and changes.
        find: what results must match besides.
    """

    title: str
    brief: str
    which: Which | None
    columns: Sequence[Column[Any]] = ()
    count: Callable[[Job, Waiting], int] | None = None
    find: Find = EVERYTHING

    @property
    def is_results(self) -> bool:
        """Whether it shows results, which can be filtered and sorted."""
        return self.columns is RESULTS or self.columns is CHANGED


_COUNTS: dict[Choice, Callable[[Job, Waiting], int]] = {
    "on-whatsapp": lambda job, _: job.counts.on_whatsapp,
    "business": lambda job, _: job.counts.business,
    "not-on-whatsapp": lambda job, _: job.counts.not_on_whatsapp,
    "failed": lambda job, _: job.counts.failed,
    "pending": lambda _, waiting: waiting.pending,
    "not-sent": lambda _, waiting: waiting.not_sent,
    "rejected": lambda job, _: job.rejected,
}


def _filtered(key: Choice) -> View:
    kind = FILTERS[key]
    return View(kind.title, kind.brief, key, REJECTED if key == "rejected" else RESULTS, _COUNTS[key])


CHARTS = View("Charts", "Charts", None)
VIEWS: tuple[View, ...] = (
    View("All", "All", "all", RESULTS, lambda job, _: job.numbers),
    *map(_filtered, FILTERS),
    CHARTS,
    View("Batches", "Batches", None, BATCHES, lambda job, _: sum(job.batches.values())),
)
CHANGES = View("Changes", "Change", "all", CHANGED, None, FIND_CHANGED)
_OF_A_RECHECK = (VIEWS[0], CHANGES, *VIEWS[1:])


def views(job: Job) -> tuple[View, ...]:
    """Return the tabs of a job; a recheck has one more."""
    return VIEWS if job.recheck_of is None else _OF_A_RECHECK


SORTS: tuple[SortColumn, ...] = ("list", "number", "answer", "country", "carrier", "answered")
"""The orders that a key cycles through."""
SORT_WORDS: dict[SortColumn, str] = {
    "list": "list order",
    "number": "by number",
    "answer": "by answer",
    "country": "by country",
    "carrier": "by carrier",
    "answered": "by time answered",
}


def tab_titles(job: Job, waiting: Waiting) -> list[list[str]]:
    """Return the titles of the tabs, the longest first: with counts, with short counts, without counts."""
    tabs = views(job)
    counts = [None if view.count is None else view.count(job, waiting) for view in tabs]
    return [
        [_titled(view.title, count, grouped) for view, count in zip(tabs, counts, strict=True)],
        [_titled(view.brief, count, short) for view, count in zip(tabs, counts, strict=True)],
        [view.brief for view in tabs],
    ]


def _titled(title: str, count: int | None, figure: Callable[[int], str]) -> str:
    return title if count is None else f"{title} {figure(count)}"


def sort_words(sort: Sort) -> str:
    """Return an order in words: ``by carrier, descending``."""
    return SORT_WORDS[sort.column] + (", descending" if sort.descending else "")


def find_words(text: str, found: int) -> Content:
    """Return the line below the filter: how many rows match, and what can be typed next.

    Args:
        text: what was typed.
        found: how many rows match it.
    """
    try:
        parse_find(text)
    except FindError as error:
        return Content.assemble(("! ", "bold $text-warning"), clean(error.problem.message))
    return Content.assemble(f"{grouped(found)} found  " if text else "", (hint(text), "$muted"))


def place_words(row: ResultRow | None, position: int, total: int, order: str, *, reading: bool) -> Content:
    """Return the line below the tabs: which row is selected, and the id and the problem of a batch.

    Args:
        row: the selected row; None if there is none, or if it was not read yet.
        position: of the row, 0 for the first.
        total: how many rows there are.
        order: of the rows, in words; may be empty.
        reading: whether nothing was read yet.
    """
    if not total:
        return Content.styled("Reading…" if reading else "Nothing here.", "$muted")
    text = f"{grouped(position + 1)} of {grouped(total)}" + (f"  {order}" if order else "")
    if not isinstance(row, BatchRow):
        return Content.styled(text, "$muted")
    batch = row.batch
    lines = [Content.styled(f"{text}  id {clean(batch.batch_id or 'unknown')}", "$muted")]
    # Of a finished batch, only why it has no answer for some of its numbers.
    problem = batch.trouble if batch.state is BatchState.COMPLETED else batch.problem
    if problem is not None:
        lines.append(Content.assemble(("! ", "bold $text-error"), clean(problem.message)))
        lines.append(Content.styled(clean(problem.remedy), "$muted"))
    return Content("\n").join(lines)
