"""How long the service takes for a list, and how long it keeps results that were not fetched."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Binding, Job

_RECENT_JOBS: Final = 5
"""Finished jobs that an estimate is made of, the newest ones: the service's pace changes."""
_URGENT_DAYS: Final = 4
"""Days left from which fetching results is urgent."""
_DAY_SECONDS: Final = 86_400.0


def seconds_for(numbers: int, jobs: Iterable[Job], binding: Binding) -> float | None:
    """Return the seconds from the first submission to the last result. None means there is no past job.

    Args:
        numbers: to be sent.
        jobs: the newest first.
        binding: the service and key; only its jobs count.
    """
    paces = (
        job.charged / (job.finished - job.started)
        for job in jobs
        if job.binding == binding and job.charged and job.started and job.finished
        if job.finished > job.started
    )
    from statistics import median  # slow to load, and not needed before there is a list

    recent = list(islice(paces, _RECENT_JOBS))
    return numbers / median(recent) if recent and numbers else None


def expires(job: Job) -> float | None:
    """Return when the first unfetched results of a job may be gone. None means all are fetched."""
    return None if job.unfetched_since is None else job.unfetched_since + PROVIDER.retention_seconds


def days_left(job: Job, now: float) -> int | None:
    """Return the days until `expires`, rounded; 0 means hours, or past. None means all are fetched."""
    until = expires(job)
    return None if until is None else max(int((until - now) / _DAY_SECONDS + 0.5), 0)


def is_expiring(job: Job, now: float) -> bool:
    """Whether unfetched results have at most `_URGENT_DAYS` days left."""
    until = expires(job)
    return until is not None and until - now <= _URGENT_DAYS * _DAY_SECONDS
