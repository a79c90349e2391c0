"""Prints jobs as several commands do, and says on standard error what should not be overlooked."""

import time
from collections.abc import Sequence

from pwl_tui.cli.output import counted
from pwl_tui.cli.render.json_output import batch_shape, job_shape, moment
from pwl_tui.cli.render.plan_funnel import plan_text
from pwl_tui.cli.render.text_output import jobs_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.timing import days_left, is_expiring
from pwl_tui.state.models import Job

_ALARM_SECONDS = 86_400.0
"""How recently something else must have taken credits to be said unasked; `ledger` says it for ever."""


def print_job(session: Session, job_id: int) -> None:
    """Print one job; as JSON with its batches."""
    job = session.store.jobs.get(job_id)
    session.output.value(shape_of(session, job, batches=True), text_of(session, [job]))
    warn_of_expiry(session, [job])


def print_jobs(session: Session, jobs: Sequence[Job], *, batches: bool, none: str = "") -> None:
    """Print jobs; as JSON with their `batches` if they are wanted. `none` is what to say of no job."""
    shapes = [shape_of(session, job, batches=batches) for job in jobs]
    session.output.value(shapes, text_of(session, jobs) if jobs else none)
    warn_of_expiry(session, jobs)


def shape_of(session: Session, job: Job, *, batches: bool) -> dict[str, object]:
    """Return the JSON shape of a job; its error says so where it waits for another key.

    With its `batches` come the ``rates`` of a sample, see `Engine.rates`.
    """
    error = session.engine.jobs.elsewhere(job) if job.unfinished else None
    shape = job_shape(job, error or job.error)
    if batches:
        shape["rates"] = session.engine.plans.sample_rates(job)
        shape["batches"] = [batch_shape(batch) for batch in session.store.batches.of(job.id)]
    return shape


def text_of(session: Session, jobs: Sequence[Job]) -> str:
    """Return jobs as a table."""
    return jobs_text(jobs, time.time(), session.engine.jobs.elsewhere)


def picture_of(session: Session, plan: JobPlan, *, rest: bool = False) -> str:
    """Return a plan as a picture, drawn with what can be written here; see `plan_text`."""
    seconds = session.engine.plans.seconds_for(plan.to_pay)
    return plan_text(plan, seconds=seconds, marks=session.output.marks, rest=rest)


def warn_of_expiry(session: Session, jobs: Sequence[Job]) -> None:
    """Say which jobs have answers that the service will soon delete, and nobody has fetched."""
    now = time.time()
    for job in jobs:
        if is_expiring(job, now):
            days = days_left(job, now)
            when = f"in about {days} days" if days else "today, if it has not yet"
            session.output.note(
                f"Job {job.id} {job.name}: the service deletes its answers {when}, and not all are fetched."
                f" `pwl-tui watch {job.id}` fetches them."
            )


def warn_of_unadopted(session: Session) -> None:
    """Say that the journal knows batches which are paid for and in no job, as after a restored backup."""
    if missing := len(session.engine.recovery.unadopted()):
        batches = counted(missing, "batch that is", "batches that are")
        session.output.note(
            f"The journal knows {batches} paid for and not in the state file."
            " `pwl-tui adopt --journal` takes over what is there."
        )


def warn_of_alarms(session: Session) -> None:
    """Say that something else took credits of this key a short while ago."""
    engine = session.engine
    since = time.time() - _ALARM_SECONDS
    recent = (
        []
        if engine.binding is None
        else [one for one in engine.credits.ledger().alarms if one.until >= since]
    )
    if recent:
        session.output.note(
            f"{sum(one.unexplained for one in recent):,} credits went since"
            f" {moment(recent[-1].since)} that were not spent from here: `pwl-tui ledger` shows when."
        )
