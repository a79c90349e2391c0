"""A job: how far it is, how fast, what it waits for, and when its results expire."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pwl_tui.engine.jobs.timing import days_left, expires
from pwl_tui.engine.polling.forecast import Eta
from pwl_tui.state.models import BatchState, Counts, Job, JobState
from pwl_tui.text import clean
from pwl_tui.wording.figures import counted, duration, grouped

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target

SIGNS: Final[Mapping[JobState, str]] = {
    JobState.ATTENTION: "!",
    JobState.WAITING: "!",
    JobState.COMPLETED: "✓",
}
"""What marks a state without words; most have no sign."""
_LONGEST_PATH: Final = 4096
_IDS_SHOWN: Final = 4
"""Jobs that are named by their IDs in one place."""


def followers(jobs: Iterable[Job]) -> set[int]:
    """Return the IDs of the jobs that wait for numbers that others of them pay for."""
    some = list(jobs)
    ids = {job.id for job in some}
    return {job.id for job in some if not ids.isdisjoint(job.follows)}


def progress(jobs: Iterable[Job], following: Collection[int]) -> tuple[int, int]:
    """Return how many numbers of some jobs have their answer, and how many they have, without those left out.

    Args:
        jobs: which.
        following: IDs of those that follow others of them, or did: only what they pay for themselves counts,
            because the other numbers count with the jobs that they follow.
    """
    done = total = 0
    for job in jobs:
        elsewhere = job.reused + job.failed_elsewhere if job.id in following else 0
        done += job.counts.answered - elsewhere
        total += job.in_batches if job.id in following else job.numbers - job.left_out
    return done, total


def state(job: Job) -> str:
    """Return the state of a job behind its sign: ``! waiting``."""
    return f"{SIGNS.get(job.state, '')} {job.state}".lstrip()


def answers(counts: Counts) -> str:
    """Return how the answers divide: ``900 on WhatsApp (80 business), 95 not, 5 failed, 20 pending``."""
    text = (
        f"{grouped(counts.on_whatsapp)} on WhatsApp ({grouped(counts.business)} business),"
        f" {grouped(counts.not_on_whatsapp)} not, {grouped(counts.failed)} failed"
    )
    return f"{text}, {grouped(counts.pending)} pending" if counts.pending else text


# -- pace

_WIDE_RANGE: Final = 0.25
"""The share of what is left from which its range is worth saying."""


def rate(job: Job) -> float | None:
    """Return how many numbers a second the service has answered so far; None before the first answers."""
    answered = job.counts.answered - job.reused - job.failed_elsewhere
    if job.started is None or job.last_poll is None or answered <= 0 or job.last_poll <= job.started:
        return None
    return answered / (job.last_poll - job.started)


def seconds_left(job: Job, now: float, eta: Eta | None = None) -> float | None:
    """Return how long a job's own batches will still take, by what is expected or else at their rate so far.

    None if that is unknown, if nothing arrives, or if it only waits for other jobs.
    """
    if eta is not None and job.state in (JobState.PROCESSING, JobState.SUBMITTING):
        return max(eta.end - now, 1.0)
    speed = rate(job)
    if speed is None or job.last_poll is None or job.state not in (JobState.PROCESSING, JobState.SUBMITTING):
        return None
    own = job.counts.pending - job.under_way
    return max(own / speed - (now - job.last_poll), 1.0) if own > 0 else None


def left(seconds: float, now: float, eta: Eta | None = None) -> str:
    """Return how long a job will still take, with a wide range: ``2 h left (1 h 40 m to 3 h)``."""
    words = f"{duration(seconds)} left"
    if eta is None:
        return words
    least, most = duration(max(eta.earliest - now, 1.0)), duration(max(eta.latest - now, 1.0))
    wide = eta.latest - eta.earliest > _WIDE_RANGE * seconds
    return f"{words} ({least} to {most})" if wide and least != most else words


def next_in(moment: float, now: float, words: Callable[[float], str] = duration) -> str:
    """Return how far off a moment is; ``now`` once it has come."""
    return words(moment - now) if moment > now else "now"


# -- what it needs


def needs(job: Job) -> str | None:
    """Return in one line what a job waits for; None if it needs nothing."""
    if unknown := job.batches.get(BatchState.UNKNOWN):
        return f"{counted(unknown, 'batch', 'batches')} in doubt: settle {'it' if unknown == 1 else 'them'}"
    for batch_state in (BatchState.REJECTED, BatchState.UNREACHABLE):
        if number := job.batches.get(batch_state):
            why = f": {job.error.message}" if job.error else ""
            return clean(f"{counted(number, 'batch', 'batches')} {batch_state}{why}")
    if job.hold is not None and job.state is JobState.WAITING:
        return clean(job.hold.message)
    return None if job.trouble is None else clean(job.trouble.message)


def remedy(job: Job) -> str:
    """Return what to do about what a job needs; empty if there is nothing more to say."""
    problem = job.error or job.trouble
    return "" if problem is None else clean(problem.remedy)


# -- how long the service keeps what was not fetched


def expires_in(job: Job, now: float) -> str:
    """Return how long the service keeps the results that were not fetched: ``11 d``, ``hours``, ``now``.

    Empty if all were fetched.
    """
    until, days = expires(job), days_left(job, now)
    if until is None:
        return ""
    return f"{days} d" if days else "hours" if now < until else "now"


def expiry(jobs: Sequence[Job], now: float) -> str:
    """Return a warning that results of jobs, of one at least, expire soon. All of them have some to fetch."""
    days = min(days_left(job, now) or 0 for job in jobs)
    when = f"in about {counted(days, 'day')}" if days else "within hours, if they have not already"
    return f"Unfetched results of {names(jobs)} expire {when}."


def names(jobs: Sequence[Job]) -> str:
    """Return which jobs are meant, in a few words: ``spring and 2 others``."""
    first = clean(jobs[0].name, 24)
    return first if len(jobs) == 1 else f"{first} and {counted(len(jobs) - 1, 'other')}"


# -- what belongs together


def numbered(jobs: Sequence[int]) -> str:
    """Return which jobs are meant, by their IDs: ``job 3``, ``jobs 3 and 5``, ``jobs 3, 5 and 7 others``."""
    if len(jobs) == 1:
        return f"job {jobs[0]}"
    shown, others = (
        (jobs, 0) if len(jobs) <= _IDS_SHOWN else (jobs[: _IDS_SHOWN - 1], len(jobs) - _IDS_SHOWN + 1)
    )
    *first, last = [*map(str, shown), *([counted(others, "other")] if others else [])]
    return f"jobs {', '.join(first)} and {last}"


def under_way(job: Job) -> str:
    """Return how many answers of a job come from which other jobs; empty if none do."""
    return f"{grouped(job.under_way)} under way in {numbered(job.follows)}" if job.under_way else ""


def cheaper(job: Job, agreed: int) -> str:
    """Return that a job that was just created costs less than was agreed to; empty if it does not.

    Args:
        job: as it was created.
        agreed: credits that the person agreed to spend.
    """
    if job.in_batches >= agreed:
        return ""
    return (
        f"It costs {counted(job.in_batches, 'credit')} instead of {grouped(agreed)},"
        " because the other numbers were asked for elsewhere in the meantime."
    )


def exported(job: Job) -> str:
    """Return what becomes, or became, of the export that a job is to have; empty if it is to have none."""
    wish = job.wish
    if wish is None:
        return ""
    path = clean(wish.path, _LONGEST_PATH)
    if wish.written is not None:
        if len(wish.files) == 1:
            return f"Exported to {clean(wish.files[0].path, _LONGEST_PATH)}"
        return f"Exported to {counted(len(wish.files), 'file')} beside {path}"
    if wish.problem is None:
        return f"It will be exported to {path} once it is finished"
    return f"Not exported to {path} yet: {clean(wish.problem.message).removesuffix('.')}"


def to_be_exported(target: "Target | None") -> str:
    """Return where a list will be exported, in a sentence; empty if nowhere."""
    if target is None:
        return ""
    first, *more = target.files()
    path = clean(str(first), _LONGEST_PATH)
    return f"Once the job is finished, the list will be exported to {'files such as ' if more else ''}{path}."


def continued_by(later: Job) -> str:
    """Return which job sent more of a list."""
    return f"Job {later.id} {clean(later.name, 40)} continues with this list."


def unadopted(number: int) -> str:
    """Return that the journal knows batches that are in no job, as after an old state file was restored."""
    batches = counted(number, "batch in the journal is", "batches in the journal are")
    return f"{batches} paid for but not in the state file."
