"""How long the service will take for a list, by how long it took for others."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from pwl_tui.state.models import Binding, Job

_JOBS: Final = 5
"""Finished jobs that count, the newest first: the service's pace changes."""


def seconds_for(numbers: int, jobs: Iterable[Job], binding: Binding) -> float | None:
    """Return the seconds from the first submission to the last answer; none where nothing is known.

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
    from statistics import median  # slow to load, and not wanted before there is a list

    recent = list(islice(paces, _JOBS))
    return numbers / median(recent) if recent and numbers else None
