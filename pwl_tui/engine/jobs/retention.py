"""How long the service keeps the answers of a batch: about 14 days from its submission."""

from typing import Final

from pwl_tui.state.models import Job

RETENTION_DAYS: Final = 14
WARN_FROM_DAYS: Final = 10
"""Age at which what is not fetched becomes urgent."""

_DAY_SECONDS: Final = 86_400.0
RETENTION_SECONDS: Final = RETENTION_DAYS * _DAY_SECONDS


def expires(job: Job) -> float | None:
    """Return when the first answers of a job that are not fetched may be gone; none: all are fetched."""
    return None if job.unfetched_since is None else job.unfetched_since + RETENTION_SECONDS


def days_left(job: Job, now: float) -> int | None:
    """Return the days until then, rounded; 0 if it is hours away or past, None if all were fetched."""
    until = expires(job)
    return None if until is None else max(round((until - now) / _DAY_SECONDS), 0)


def is_expiring(job: Job, now: float) -> bool:
    """Whether answers that are not fetched are at least `WARN_FROM_DAYS` old."""
    since = job.unfetched_since
    return since is not None and now - since >= WARN_FROM_DAYS * _DAY_SECONDS
