"""The head of a job's screen in words: how far it is, how fast, what it cost. Pure text, no widgets."""

from textual.content import Content

from pwl_tui.state.models import Binding, Job, JobState
from pwl_tui.text import clean
from pwl_tui.ui.columns import needs, next_in, rate, seconds_left
from pwl_tui.ui.figures import ago, bar, counted, duration, grouped, pace, percent

_BAR_WIDTH = 24
STATE_STYLES: dict[JobState, str] = {
    JobState.ATTENTION: "bold $text-error",
    JobState.WAITING: "bold $text-warning",
    JobState.COMPLETED: "$text-success",
}


def job_lines(job: Job, now: float, binding: Binding | None, width: int) -> Content:
    """Return the head of a job: name and state, progress, answers, pace, and what it needs.

    Args:
        job: the job.
        now: UTC epoch seconds.
        binding: the key in force.
        width: cells; the source's path is cut to what is left.
    """
    sign = {JobState.ATTENTION: "! ", JobState.WAITING: "! ", JobState.COMPLETED: "✓ "}.get(job.state, "")
    name = clean(job.name, 40)
    state = f"{sign}{job.state}"
    room = width - len(name) - len(state) - 4
    source = clean(job.source)
    if len(source) > room:
        source = "…" + source[-max(room - 1, 0) :] if room > 8 else ""
    filled, empty = bar(job.done, _BAR_WIDTH)
    lines = [
        Content.assemble(
            (name, "bold"),
            "  ",
            (state, STATE_STYLES.get(job.state, "$text-accent")),
            "  ",
            (source, "$muted"),
        ),
        Content.assemble(
            (filled, "$text-accent"),
            (empty, "$muted"),
            f" {percent(job.done)}  {grouped(job.counts.answered)} of {counted(job.numbers, 'number')}",
        ),
        Content(_answers(job)),
        Content.styled(_pace(job, now), "$muted"),
    ]
    if need := needs(job, binding):
        lines.append(Content.assemble(("! ", "bold $text-error"), need))
        if job.error is not None:
            lines.append(Content.styled(clean(job.error.remedy), "$muted"))
    return Content("\n").join(lines)


def _answers(job: Job) -> str:
    counts = job.counts
    parts = [
        f"{grouped(counts.on_whatsapp)} on WhatsApp",
        f"{grouped(counts.business)} business",
        f"{grouped(counts.not_on_whatsapp)} not",
        f"{grouped(counts.failed)} failed",
        f"{grouped(counts.pending)} left" if counts.pending else "",
    ]
    return " · ".join(part for part in parts if part)


def _pace(job: Job, now: float) -> str:
    speed, left = rate(job), seconds_left(job, now)
    parts = [
        counted(sum(job.batches.values()), "batch", "batches"),
        f"{counted(job.charged, 'credit')} spent",
        f"{grouped(job.reused)} reused" if job.reused else "",
        pace(speed) if speed and left is not None else "",
        f"{duration(left)} left" if left is not None else "",
        f"next poll {next_in(job.next_poll, now)}" if job.next_poll is not None else "",
        f"finished {ago(now - job.finished)}" if job.finished is not None else "",
    ]
    return " · ".join(part for part in parts if part)
