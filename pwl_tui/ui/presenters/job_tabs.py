"""The views of a job: kinds of results, rejected rows, batches and the charts. Values only, no widgets."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from textual.content import Content

from pwl_tui.state.models import BatchState, Job, Which
from pwl_tui.state.queries.find import FindError, hint, parse_find
from pwl_tui.state.queries.selection import Sort, SortColumn
from pwl_tui.text import clean
from pwl_tui.ui.presenters.columns import BATCHES, REJECTED, RESULTS, BatchRow, ResultRow
from pwl_tui.ui.presenters.format import grouped
from pwl_tui.ui.widgets.cells import Column


class Waiting(NamedTuple):
    """Numbers of a job without an answer: those that were sent, and those that were not."""

    pending: int = 0
    not_sent: int = 0


class View(Struct, frozen=True):
    """One kind of rows of a job.

    Attributes:
        title: in the bar.
        brief: the same where there is little room.
        which: the filter over its results; none for its batches and for the charts.
        columns: how they are drawn; none for the charts.
        count: how many there are; none for the charts.
    """

    title: str
    brief: str
    which: Which | None
    columns: Sequence[Column[Any]] = ()
    count: Callable[[Job, Waiting], int] | None = None

    @property
    def is_results(self) -> bool:
        """Whether it shows results, which can be searched and sorted."""
        return self.columns is RESULTS


VIEWS: tuple[View, ...] = (
    View("All", "All", "all", RESULTS, lambda job, _: job.numbers),
    View("On WhatsApp", "WA", "on-whatsapp", RESULTS, lambda job, _: job.counts.on_whatsapp),
    View("Business", "Biz", "business", RESULTS, lambda job, _: job.counts.business),
    View("Not", "Not", "not-on-whatsapp", RESULTS, lambda job, _: job.counts.not_on_whatsapp),
    View("Failed", "Fail", "failed", RESULTS, lambda job, _: job.counts.failed),
    View("Pending", "Pend", "pending", RESULTS, lambda _, waiting: waiting.pending),
    View("Not sent", "Unsent", "not-sent", RESULTS, lambda _, waiting: waiting.not_sent),
    View("Rejected", "Rej", "rejected", REJECTED, lambda job, _: job.rejected),
    View("Charts", "Chart", None),
    View("Batches", "Batch", None, BATCHES, lambda job, _: sum(job.batches.values())),
)
CHARTS = VIEWS[-2]
SORTS: tuple[SortColumn, ...] = ("list", "number", "answer", "country", "carrier", "answered")
"""The orders that a key goes through."""
SORT_WORDS: dict[SortColumn, str] = {
    "list": "list order",
    "number": "by number",
    "answer": "by answer",
    "country": "by country",
    "carrier": "by carrier",
    "answered": "by time of the answer",
}


def tab_titles(job: Job, waiting: Waiting) -> list[list[str]]:
    """Return the titles of the tabs in several lengths: with counts, briefer, and without."""
    counts = [None if view.count is None else view.count(job, waiting) for view in VIEWS]
    return [
        [_titled(view.title, count, grouped) for view, count in zip(VIEWS, counts, strict=True)],
        [_titled(view.brief, count, short) for view, count in zip(VIEWS, counts, strict=True)],
        [view.brief for view in VIEWS],
    ]


def _titled(title: str, count: int | None, figure: Callable[[int], str]) -> str:
    return title if count is None else f"{title} {figure(count)}"


def short(number: int) -> str:
    """Return a number in four cells at most, rounded down: ``697k``, ``1.2M``."""
    if number < 1_000:
        return str(number)
    size, unit = (1_000, "k") if number < 1_000_000 else (1_000_000, "M")
    tenths = number * 10 // size
    return f"{tenths // 10}{unit}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10:.1f}{unit}"


def sort_words(sort: Sort) -> str:
    """Return an order in words: ``by carrier, falling``."""
    return SORT_WORDS[sort.column] + (", falling" if sort.descending else "")


def find_words(text: str, found: int) -> Content:
    """Return the line under the field of a search: how much was found, and what can be typed next.

    Args:
        text: what is typed.
        found: how many rows are shown for it.
    """
    try:
        parse_find(text)
    except FindError as error:
        return Content.assemble(("! ", "bold $text-warning"), clean(error.problem.message))
    return Content.assemble(f"{grouped(found)} found  " if text else "", (hint(text), "$muted"))


def place_words(row: ResultRow | None, position: int, total: int, order: str, *, reading: bool) -> Content:
    """Return the line under the tabs: which row the cursor is on, and of a batch its id and what is wrong.

    Args:
        row: under the cursor; none: there is none, or it has not arrived.
        position: its place, 0 first.
        total: rows there are.
        order: theirs, in words; empty: their own.
        reading: nothing is known of them yet.
    """
    if not total:
        return Content.styled("Reading…" if reading else "Nothing here.", "$muted")
    text = f"{grouped(position + 1)} of {grouped(total)}" + (f"  {order}" if order else "")
    if not isinstance(row, BatchRow):
        return Content.styled(text, "$muted")
    batch = row.batch
    lines = [Content.styled(f"{text}  id {clean(batch.batch_id or 'not known')}", "$muted")]
    if batch.error is not None and batch.state is not BatchState.COMPLETED:
        lines.append(Content.assemble(("! ", "bold $text-error"), clean(batch.error.message)))
        lines.append(Content.styled(clean(batch.error.remedy), "$muted"))
    return Content("\n").join(lines)
