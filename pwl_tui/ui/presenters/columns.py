"""The columns of the tables of jobs, batches, results and rejected rows."""

from collections.abc import Callable

from msgspec import Struct

from pwl_tui.answer import Outcome
from pwl_tui.changes import CHANGES, change
from pwl_tui.engine.jobs.timing import is_expiring
from pwl_tui.engine.polling.forecast import Eta
from pwl_tui.state.models import Batch, BatchState, Job, JobState, Result
from pwl_tui.text import clean
from pwl_tui.ui.presenters.bars import bar
from pwl_tui.ui.widgets.cells import Cell, Column, Span, Tone
from pwl_tui.wording.figures import age, brief, grouped, percent, phone, rounded
from pwl_tui.wording.jobs import SIGNS, expires_in, needs, next_in, seconds_left

JOB_TONES: dict[JobState, Tone] = {
    JobState.ATTENTION: "bad",
    JobState.WAITING: "warning",
    JobState.SUBMITTING: "accent",
    JobState.PROCESSING: "accent",
    JobState.COMPLETED: "good",
    JobState.PAUSED: "muted",
    JobState.PLANNED: "muted",
}
_BATCH_TONES: dict[BatchState, Tone] = {
    BatchState.UNKNOWN: "bad",
    BatchState.REJECTED: "bad",
    BatchState.UNREACHABLE: "bad",
    BatchState.PROCESSING: "accent",
    BatchState.SENDING: "accent",
    BatchState.COMPLETED: "good",
    BatchState.PLANNED: "muted",
    BatchState.RELEASED: "muted",
    BatchState.LOST: "muted",
}


class JobRow(Struct, frozen=True):
    """A job as the table draws it at one moment; a foreign one belongs to another key or service."""

    job: Job
    now: float
    foreign: bool
    eta: Eta | None = None


def _sign(row: JobRow, _width: int) -> Cell:
    sign = SIGNS.get(row.job.state, " ")
    if row.foreign and sign == "!":
        sign = " "  # nothing can be done about it with this key
    if sign != "!" and is_expiring(row.job, row.now):
        return Cell.of("!", "warning")
    return Cell.of(sign, "plain" if sign == " " else JOB_TONES[row.job.state])


def _state(row: JobRow, _width: int) -> Cell:
    if row.foreign and row.job.unfinished:
        return Cell.of("other key", "muted")
    return Cell.of(row.job.state, JOB_TONES[row.job.state])


def _progress(row: JobRow, width: int) -> Cell:
    filled, empty = bar(row.job.done, width - 5)
    tone: Tone = "good" if row.job.state is JobState.COMPLETED else "accent"
    return Cell((Span(filled, tone), Span(empty, "muted"), Span(f"{percent(row.job.done):>5}")))


def _on_whatsapp(row: JobRow, width: int) -> Cell:
    # A job that is processing shows its figures: what is wrong with a poll has a line of its own.
    if not row.foreign and row.job.state is not JobState.PROCESSING and (note := needs(row.job)):
        return Cell((Span(note, JOB_TONES[row.job.state]),), rest=True)
    return Cell.of(rounded(row.job.counts.on_whatsapp, width))


def _number(of: Callable[[Job], int]) -> Callable[[JobRow, int], Cell]:
    return lambda row, width: Cell.of(rounded(of(row.job), width))


def _failed(row: JobRow, width: int) -> Cell:
    failed = row.job.counts.failed
    return Cell.of(rounded(failed, width), "warning" if failed else "muted")


def _pending(row: JobRow, width: int) -> Cell:
    pending = row.job.counts.pending
    return Cell.of(rounded(pending, width) if pending else "", "plain")


def _time(row: JobRow, _width: int) -> Cell:
    seconds = None if row.foreign else seconds_left(row.job, row.now, row.eta)
    return Cell.of("" if seconds is None else brief(seconds))


def _next_poll(row: JobRow, _width: int) -> Cell:
    due = None if row.foreign else row.job.next_poll
    return Cell.of("" if due is None else next_in(due, row.now, brief), "muted")


def _expires(row: JobRow, _width: int) -> Cell:
    days = expires_in(row.job, row.now)
    return Cell.of(f"! {days}", "warning") if is_expiring(row.job, row.now) else Cell.of(days, "muted")


JOBS: tuple[Column[JobRow], ...] = (
    Column("", 1, _sign),
    Column("Name", 12, lambda row, _: Cell.of(clean(row.job.name)), stretch=True, grow=12),
    Column("State", 10, _state),
    Column("Progress", 8, _progress, grow=12),
    Column("WhatsApp", 8, _on_whatsapp, right=True, grow=3),
    Column("Business", 8, _number(lambda job: job.counts.business), right=True, drop=3),
    Column("Failed", 6, _failed, right=True, drop=2),
    Column("Pending", 7, _pending, right=True, grow=3),
    Column("Time", 5, _time, right=True, drop=1),
    Column("Poll", 5, _next_poll, right=True, drop=4),
    Column("Expires", 7, _expires, right=True, drop=5),
    Column("Numbers", 9, _number(lambda job: job.numbers), right=True, drop=6),
    Column("Age", 8, lambda row, _: Cell.of(age(row.now - row.job.created), "muted"), right=True, drop=7),
)
"""All up to Poll have room in 80 cells."""


class BatchRow(Struct, frozen=True):
    """A batch as the table draws it at one moment."""

    batch: Batch
    now: float


def _batch_id(row: BatchRow, _width: int) -> Cell:
    return Cell.of(clean(row.batch.batch_id or "none yet"), "muted")


def _batch_pending(row: BatchRow, _width: int) -> Cell:
    if (problem := row.batch.problem) is not None and row.batch.state is not BatchState.COMPLETED:
        text = f"{clean(problem.message)} {clean(problem.remedy)}"
        return Cell((Span(text, _BATCH_TONES[row.batch.state]),), rest=True)
    return Cell.of(grouped(row.batch.counts.pending) if row.batch.counts.pending else "")


def _batch_poll(row: BatchRow, _width: int) -> Cell:
    due = row.batch.next_poll
    live = due is not None and row.batch.state is BatchState.PROCESSING
    return Cell.of(next_in(due, row.now) if live and due is not None else "", "muted")


BATCHES: tuple[Column[BatchRow], ...] = (
    Column("Batch", 6, lambda row, _: Cell.of(row.batch.label), right=True),
    Column("State", 11, lambda row, _: Cell.of(row.batch.state, _BATCH_TONES[row.batch.state])),
    Column("Size", 5, lambda row, _: Cell.of(grouped(row.batch.size)), right=True),
    Column("WhatsApp", 8, lambda row, _: Cell.of(grouped(row.batch.counts.on_whatsapp)), right=True),
    Column("Business", 8, lambda row, _: Cell.of(grouped(row.batch.counts.business)), right=True, drop=1),
    Column("Failed", 6, lambda row, _: Cell.of(grouped(row.batch.counts.failed)), right=True),
    Column("Pending", 7, _batch_pending, right=True),
    Column("Poll", 5, _batch_poll, right=True, drop=2),
    Column("Batch ID", 8, _batch_id, drop=0, stretch=True),
)


def _answer(result: Result, _width: int) -> Cell:
    answer = result.answer
    if answer.on_whatsapp is not None:
        return Cell.of("on WhatsApp", "good") if answer.on_whatsapp else Cell.of("not on WhatsApp", "muted")
    tone: Tone = "bad" if answer.outcome is Outcome.FAILED else "muted"
    return Cell.of(answer.outcome.replace("_", " "), tone)


def _business(result: Result, _width: int) -> Cell:
    answer = result.answer
    if answer.note and answer.on_whatsapp is None and not (answer.country or answer.carrier):
        # Nothing else is known of the number, and a narrow screen must not cut off the reason.
        return Cell((Span(clean(answer.note), "muted"),), rest=True)
    return Cell.of("business" if answer.business else "", "accent")


RESULTS: tuple[Column[Result], ...] = (
    Column("Number", 16, lambda result, _: Cell.of(phone(result.number))),
    Column("Answer", 15, _answer),
    Column("Business", 8, _business),
    Column("Country", 9, lambda result, _: Cell.of(clean(result.answer.country)), drop=2),
    Column("Carrier", 14, lambda result, _: Cell.of(clean(result.answer.carrier)), drop=1),
    Column("Note", 10, lambda result, _: Cell.of(clean(result.answer.note), "muted"), stretch=True),
)


def _change(result: Result, _width: int) -> Cell:
    how = change(result.before, result.answer)
    if how is None:
        return Cell.of("")
    return Cell.of(CHANGES[how].title, "good" if how == "joined" else "bad" if how == "left" else "accent")


CHANGED: tuple[Column[Result], ...] = (RESULTS[0], Column("Change", 20, _change), *RESULTS[2:])


class RejectedLine(Struct, frozen=True):
    """A row with no usable number, as the person counts rows: the header is row 1."""

    row: int
    reason: str


REJECTED: tuple[Column[RejectedLine], ...] = (
    Column("Row", 9, lambda line, _: Cell.of(grouped(line.row)), right=True),
    Column("Why it has no usable number", 20, lambda line, _: Cell.of(clean(line.reason)), stretch=True),
)

ResultRow = BatchRow | Result | RejectedLine
"""A row of the table on a job's screen, which shows one kind at a time."""


def result_key(row: ResultRow) -> int:
    """Return what identifies a row while it changes."""
    match row:
        case BatchRow():
            return row.batch.seq
        case Result():
            return row.index
        case RejectedLine():
            return row.row
