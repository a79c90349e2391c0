"""Prints jobs for several commands, and warns on standard error of what should not be overlooked."""

from collections.abc import Sequence

from pwl_tui.cli.render.json_output import batch_shape, eta_shape, job_shape, moment
from pwl_tui.cli.render.plan_funnel import plan_text
from pwl_tui.cli.render.text_output import jobs_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.timing import is_expiring
from pwl_tui.state.models import BatchState, Job
from pwl_tui.wording.jobs import expiry, unadopted
from pwl_tui.wording.ledger import alarm

_ALARM_SECONDS = 86_400.0
"""How recent an unexplained charge must be to be mentioned unasked; `ledger` always shows it."""


def print_job(session: Session, job_id: int) -> None:
    """Print one job; as JSON with its batches."""
    job = session.store.jobs.get(job_id)
    session.output.value(shape_of(session, job, batches=True), text_of(session, [job]))
    warn_of_expiry(session, [job])


def print_jobs(session: Session, jobs: Sequence[Job], *, batches: bool, none: str = "") -> None:
    """Print jobs; as JSON with their `batches` on request. `none` is what to print if there are no jobs."""
    shapes = [shape_of(session, job, batches=batches) for job in jobs]
    session.output.value(shapes, text_of(session, jobs) if jobs else none)
    warn_of_expiry(session, jobs)


def shape_of(session: Session, job: Job, *, batches: bool) -> dict[str, object]:
    """Return a job as JSON; its error says so if it belongs to another key.

    With `batches` it also has the ``rates`` of a sample, see `Plans.sample_rates`, and its ``eta``.
    """
    error = session.engine.jobs.elsewhere(job) if job.unfinished else None
    shape = job_shape(job, error or job.error or job.trouble)
    if batches:
        shape["rates"] = session.engine.plans.sample_rates(job)
        shape["eta"] = eta_shape(session.engine.forecast([job]).get(job.id), session.engine.clock())
        shape["batches"] = [batch_shape(batch) for batch in session.store.batches.of(job.id)]
    return shape


def text_of(session: Session, jobs: Sequence[Job]) -> str:
    """Return jobs as a table."""
    return jobs_text(jobs, session.engine.clock(), session.engine.jobs.elsewhere)


def plan_text_of(session: Session, plan: JobPlan, *, rest: bool = False) -> str:
    """Return a plan as text, with bars of what the output can show; see `plan_text`."""
    seconds = session.engine.plans.seconds_for(plan.to_pay)
    return plan_text(plan, seconds=seconds, marks=session.output.marks, rest=rest)


def note_ended_early(session: Session, jobs: Sequence[Job]) -> None:
    """Say which finished batches ended without an answer for all of their numbers."""
    for job in jobs:
        for batch in session.store.batches.of(job.id):
            if batch.state is BatchState.COMPLETED and batch.trouble is not None:
                session.output.explain(batch.trouble)


def warn_of_expiry(session: Session, jobs: Sequence[Job]) -> None:
    """Warn of jobs with unfetched results that expire soon."""
    now = session.engine.clock()
    for job in jobs:
        if is_expiring(job, now):
            session.output.note(
                f"Job {job.id}: {expiry([job], now)} Fetch them with `pwl-tui watch {job.id}`."
            )


def warn_of_unadopted(session: Session) -> None:
    """Warn of batches that are in the journal and in no job, as after a backup was restored."""
    if missing := len(session.engine.recovery.unadopted()):
        session.output.note(f"{unadopted(missing)} Adopt with `pwl-tui adopt --journal`.")


def warn_of_alarms(session: Session) -> None:
    """Warn that something else took credits of this key recently."""
    engine = session.engine
    since = engine.clock() - _ALARM_SECONDS
    recent = (
        []
        if engine.binding is None
        else [one for one in engine.credits.ledger().alarms if one.until >= since]
    )
    if recent:
        text = alarm(recent, moment(min(one.since for one in recent)) or "")
        session.output.note(f"{text} See `pwl-tui ledger`.")
