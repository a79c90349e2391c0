"""Details of the selected job, beside or below the jobs: how its answers divide, its pace, what it needs."""

import textwrap
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

from pwl_tui.engine.jobs.timing import is_expiring
from pwl_tui.state.models import BatchState, Job
from pwl_tui.text import clean
from pwl_tui.ui.presenters.bars import bar
from pwl_tui.ui.presenters.columns import JOB_TONES, JobRow
from pwl_tui.ui.widgets.cells import Span, aligned
from pwl_tui.ui.widgets.chart import Part, TextLine, shares
from pwl_tui.wording import jobs as wording
from pwl_tui.wording.figures import ago, counted, grouped, pace, percent

_LABEL = 11
_SIDE_BY_SIDE, _BETWEEN = 66, 3
_NO_LABELS = ("",) * len(BatchState)
_MOST_NEED_LINES, _MOST_BELOW = 5, 3


def detail_lines(row: JobRow, width: int) -> list[TextLine]:
    """Return what is known of a job without reading the state file.

    Args:
        row: the job, and when it is drawn.
        width: cells.
    """
    return [*_course(row, width), (), *_figures(row, width)]


def detail_columns(row: JobRow, width: int) -> list[TextLine]:
    """Return the same side by side, where there is room for that: how far the job is, and its figures.

    Args:
        row: the job, and when it is drawn.
        width: cells.
    """
    if width < _SIDE_BY_SIDE:
        return detail_lines(row, width)
    each = (width - _BETWEEN) // 2
    pairs = zip_longest(_course(row, each, _MOST_BELOW), _figures(row, width - each - _BETWEEN), fillvalue=())
    return [(*left, Span(" " * (each + _BETWEEN - _cells(left))), *right) for left, right in pairs]


def _course(row: JobRow, width: int, most: int = _MOST_NEED_LINES) -> list[TextLine]:
    """Return how far a job is, what it needs on so many lines at most, and how its answers divide."""
    job = row.job
    filled, empty = bar(job.done, width - 5)
    done = Span(f"{percent(job.done):>5}")
    return [
        *((Span(line),) for line in _name(job, width)),
        (Span(_state(row), "muted" if row.foreign else JOB_TONES[job.state]),),
        (Span(filled, JOB_TONES[job.state]), Span(empty, "muted"), done),
        *_needed(row, width, most),
        (),
        *shares(_parts(job), width),
    ]


def _name(job: Job, width: int) -> list[str]:
    """Return the name of a job, which the table may have cut, on one line or two."""
    name = clean(job.name)
    first = next(iter(chop_cells(name, width)), "")
    return [aligned(line, width, False) for line in (first, name[len(first) :].lstrip()) if line]


def _figures(row: JobRow, width: int) -> list[TextLine]:
    return [
        (Span(f"{label:<{_LABEL}}", "muted"), Span(aligned(value, width - _LABEL, False)))
        for label, value in _facts(row, width - _LABEL)
        if value
    ]


def _cells(line: TextLine) -> int:
    return sum(cell_len(span.text) for span in line)


def _state(row: JobRow) -> str:
    job = row.job
    if row.foreign and job.unfinished:
        return "other key: not polled with this one"
    return wording.state(job)


def _needed(row: JobRow, width: int, most: int) -> list[TextLine]:
    need = None if row.foreign else wording.needs(row.job)
    if need is None:
        return []
    if what_to_do := wording.remedy(row.job):
        need = f"{need.removesuffix('.')}. {what_to_do}"
    wrapped = textwrap.wrap(need, width, max_lines=most, placeholder=" …")
    return [(), *((Span(line, JOB_TONES[row.job.state]),) for line in wrapped)]


def _parts(job: Job) -> list[Part]:
    counts = job.counts
    parts = [
        Part("personal", counts.on_whatsapp - counts.business, "█", "accent"),
        Part("business", counts.business, "▓", "good"),
        Part("no WhatsApp", counts.not_on_whatsapp, "░", "muted"),
        Part("failed", counts.failed, "▚", "bad"),
        Part("pending", counts.pending, "·", "muted"),
    ]
    return [part for part in parts if part.size]


def _facts(row: JobRow, width: int) -> list[tuple[str, str]]:
    """Return labels and values; what is live comes first, and an empty value is not shown."""
    job, now = row.job, row.now
    left = None if row.foreign else wording.seconds_left(job, now, row.eta)
    speed = wording.rate(job) if left is not None else None
    polled = job.next_poll is not None and not row.foreign
    expires = wording.expires_in(job, now)
    return [
        ("Time left", "" if left is None else wording.left(left, now, row.eta).replace(" left", "", 1)),
        ("Pace", "" if speed is None else pace(speed)),
        ("Next poll", wording.next_in(job.next_poll, now) if polled and job.next_poll is not None else ""),
        ("Job", str(job.id)),
        *zip(("Batches", *_NO_LABELS), _batches(job), strict=False),
        ("Numbers", grouped(job.numbers)),
        ("Spent", counted(job.charged, "credit")),
        ("Reused", grouped(job.reused) if job.reused else ""),
        (
            "Under way",
            f"{grouped(job.under_way)} in {wording.numbered(job.follows)}" if job.under_way else "",
        ),
        ("Left out", grouped(job.left_out) if job.left_out else ""),
        ("Duplicates", grouped(job.duplicates) if job.duplicates else ""),
        ("Rejected", counted(job.rejected, "row") if job.rejected else ""),
        ("Expires in", f"{'! ' if is_expiring(job, now) else ''}{expires}" if expires else ""),
        ("Retry of", f"job {job.retry_of}" if job.retry_of is not None else ""),
        ("Recheck of", f"job {job.recheck_of}" if job.recheck_of is not None else ""),
        ("Exported" if job.wish and job.wish.written else "Export to", _export(job, width)),
        ("By", clean(job.by)),
        ("Created", ago(now - job.created)),
        ("Finished", ago(now - job.finished) if job.finished is not None else ""),
        ("List", _end(clean(job.source), width)),
    ]


def _export(job: Job, width: int) -> str:
    """Return the file of an export; of several, how many there are and what their names begin with."""
    wish = job.wish
    if wish is None:
        return ""
    if wish.written is not None and len(wish.files) != 1:
        files = f"{counted(len(wish.files), 'file')} beside "
        return files + _end(clean(wish.path), width - len(files))
    path = wish.files[0].path if wish.written is not None else wish.path
    return _end(clean(path), width - 2) + (" !" if wish.problem else "")


def _end(text: str, width: int) -> str:
    """Return the end of a text that has room in so many cells."""
    return text if len(text) <= width else "…" + text[1 - width :]


def _batches(job: Job) -> list[str]:
    """Return a line for each state that batches are in."""
    names = {BatchState.UNKNOWN: "in doubt"}
    lines = [f"{grouped(number)} {names.get(state, state)}" for state, number in job.batches.items()]
    return lines or ["none"]
