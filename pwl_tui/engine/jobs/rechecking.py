"""Asking again for answers that are old: which job rechecks which."""

from typing import Final

from pwl_tui.engine.problems import EngineError, no_recheck
from pwl_tui.state.models import Job
from pwl_tui.state.store import Store

_SUFFIX: Final = " recheck"


def recheck_name(job: Job) -> str:
    """Return what a recheck of a job is called."""
    return job.name.removesuffix(_SUFFIX) + _SUFFIX


def last_recheck(store: Store, job: Job) -> Job:
    """Return a job if it is a recheck, or else the last recheck of it.

    Raises:
        EngineError: there is none.
        StateError: the state file failed.
    """
    if job.recheck_of is not None:
        return job
    later = [other for other in store.jobs.all() if other.recheck_of == job.id]
    if not later:
        raise EngineError(no_recheck(job))
    return max(later, key=lambda other: other.id)
