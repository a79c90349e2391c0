"""The head of a job's screen: how far the job is, how fast, what it cost, and what it needs."""

from collections.abc import Sequence

from textual.content import Content

from pwl_tui.engine.jobs.timing import is_expiring
from pwl_tui.engine.polling.forecast import Eta
from pwl_tui.problem import Problem
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.text import clean
from pwl_tui.ui.presenters.bars import bar
from pwl_tui.wording import jobs as wording
from pwl_tui.wording.figures import ago, counted, grouped, pace, percent

_BAR_WIDTH = 24
_STATE_STYLES: dict[JobState, str] = {
    JobState.ATTENTION: "bold $text-error",
    JobState.WAITING: "bold $text-warning",
    JobState.COMPLETED: "$text-success",
}


def job_lines(
    job: Job,
    now: float,
    width: int,
    *,
    elsewhere: Problem | None = None,
    retries: Sequence[Job] = (),
    eta: Eta | None = None,
) -> Content:
    """Return the head of a job: name and state, progress, answers, pace, and what it needs.

    Args:
        job: the job.
        now: UTC epoch seconds.
        width: cells; who made it is left out, and the path of the list cut, if there is no room.
        elsewhere: why the job is not worked on, if it belongs to another key.
        retries: the jobs that retry what failed in it.
        eta: when it is expected to be finished, if that is known.
    """
    name = clean(job.name, 40)
    state = "other key" if elsewhere is not None and job.unfinished else wording.state(job)
    room = width - len(name) - len(state) - 4
    by = f"{clean(job.by)}  " if job.by and len(job.by) + 2 <= room else ""
    source, room = clean(job.source) if job.retry_of is None else "", room - len(by)
    if len(source) > room:
        source = "…" + source[-max(room - 1, 0) :] if room > 8 else ""
    filled, empty = bar(job.done, _BAR_WIDTH)
    lines = [
        Content.assemble(
            (name, "bold"),
            "  ",
            (state, _STATE_STYLES.get(job.state, "$text-accent")),
            "  ",
            (f"{by}{source}", "$muted"),
        ),
        Content.assemble(
            (filled, "$text-accent"),
            (empty, "$muted"),
            f" {percent(job.done)}  {grouped(job.counts.answered)} of {counted(job.numbers, 'number')}",
        ),
        Content(wording.answers(job.counts)),
        Content.styled(_pace(job, now, eta, live=elsewhere is None), "$muted"),
    ]
    if links := _links(job, retries):
        lines.append(Content.styled(links, "$muted"))
    if export := wording.exported(job):
        lines.append(Content.styled(export if len(export) <= width else f"{export[: width - 1]}…", "$muted"))
    if is_expiring(job, now):
        lines.append(Content.assemble(("! ", "bold $text-warning"), wording.expiry([job], now)))
    if elsewhere is not None:
        lines.append(Content.assemble(("! ", "bold $text-warning"), clean(elsewhere.message)))
        lines.append(Content.styled(clean(elsewhere.remedy), "$muted"))
    elif need := wording.needs(job):
        lines.append(Content.assemble(("! ", "bold $text-error"), need))
        if BatchState.UNKNOWN not in job.batches:  # the line itself says what to do
            lines.append(Content.styled(wording.remedy(job), "$muted"))
    return Content("\n").join(lines)


def _links(job: Job, retries: Sequence[Job]) -> str:
    parts = [
        wording.under_way(job),
        f"retry of job {job.retry_of}" if job.retry_of is not None else "",
        f"recheck of job {job.recheck_of}" if job.recheck_of is not None else "",
        f"retried in {', '.join(f'job {retry.id}' for retry in retries)}" if retries else "",
    ]
    return " · ".join(part for part in parts if part)


def _pace(job: Job, now: float, eta: Eta | None, *, live: bool) -> str:
    speed, left = wording.rate(job), wording.seconds_left(job, now, eta) if live else None
    expires = wording.expires_in(job, now)
    parts = [
        counted(sum(job.batches.values()), "batch", "batches"),
        f"{counted(job.charged, 'credit')} spent",
        f"{grouped(job.reused)} reused" if job.reused else "",
        pace(speed) if speed and left is not None else "",
        wording.left(left, now, eta) if left is not None else "",
        f"next poll {wording.next_in(job.next_poll, now)}" if live and job.next_poll is not None else "",
        f"expires in {expires}" if expires and not is_expiring(job, now) else "",
        f"finished {ago(now - job.finished)}" if job.finished is not None else "",
    ]
    return " · ".join(part for part in parts if part)
