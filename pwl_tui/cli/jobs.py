"""Commands about jobs that are there already."""

from pwl_tui.cli.exits import Exit, UsageError
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.session import Session
from pwl_tui.cli.shapes import job_shape
from pwl_tui.cli.words import batches_text, jobs_text
from pwl_tui.engine.problems import EngineError, other_key
from pwl_tui.engine.settling import evidence_of
from pwl_tui.state.models import BatchState, Job

_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
    ".xlsx": "xlsx",
}


def jobs(session: Session) -> int:
    """List the jobs."""
    found = session.store.jobs.all()
    session.output.value([job_shape(job, None) for job in found], jobs_text(found))
    return Exit.DONE


def show(session: Session) -> int:
    """Show one job with its batches."""
    job = session.store.jobs.find(session.arguments.job)
    batches = session.store.batches.of(job.id)
    session.output.value(job_shape(job, batches), f"{jobs_text([job])}\n\n{batches_text(batches)}")
    for batch in batches:
        if batch.state is BatchState.UNKNOWN:
            evidence = evidence_of(session.store, job.binding, batch)
            session.output.note(f"Batch {batch.label}, says the balance: {evidence}.")
    return Exit.DONE


def watch(session: Session) -> int:
    """Poll until jobs are finished."""
    arguments, output, engine = session.arguments, session.output, session.engine
    binding = engine.binding
    if arguments.jobs:
        wanted = [session.store.jobs.find(name) for name in arguments.jobs]
        for job in wanted:
            if job.unfinished and job.binding != binding:
                raise EngineError(other_key(job))
    else:
        unfinished = [job for job in session.store.jobs.all() if job.unfinished]
        wanted = [job for job in unfinished if job.binding == binding]
        for job in unfinished:
            if job.binding != binding:
                output.note(other_key(job).message)
    if not wanted:
        output.value([], "There is nothing to watch: no job is unfinished.")
        return Exit.DONE
    ending = follow(
        engine,
        [job.id for job in wanted],
        output,
        finish=True,
        await_credits=True,
        timeout=arguments.timeout,
    )
    return _report_all(session, [session.store.jobs.get(job.id) for job in wanted], ending)


def export(session: Session) -> int:
    """Write the list of a job with its answers."""
    arguments = session.arguments
    job = session.store.jobs.find(arguments.job)
    chosen = arguments.format or _FORMATS.get(arguments.output.suffix.lower())
    if chosen is None:
        raise UsageError(
            f"The format of {arguments.output.name!r} is not known.",
            "Say it with --format csv, jsonl or txt.",
        )
    if chosen == "xlsx":
        raise UsageError("This version does not write workbooks.", "Export as CSV with --format csv.")
    written = session.engine.export(
        job.id,
        arguments.output,
        format=chosen,
        only=arguments.only,
        digits=arguments.digits,
        force=arguments.force,
    )
    session.output.say(f"{written:,} rows written to {arguments.output}.")
    return Exit.DONE


def pause(session: Session) -> int:
    """Stop sending a job."""
    job = session.store.jobs.find(session.arguments.job)
    session.engine.pause(job.id)
    session.output.say(f"Job {job.id} is paused: nothing more is sent, and what was sent is still polled.")
    return Exit.DONE


def resume(session: Session) -> int:
    """Go on with a job."""
    job = session.store.jobs.find(session.arguments.job)
    session.engine.resume(job.id)
    session.output.say(
        f"Job {job.id} goes on: `pwl-tui watch {job.id}` sends and polls it, and so does the screen."
    )
    return Exit.DONE


def _report_all(session: Session, watched: list[Job], ending: Ending) -> int:
    shapes = [job_shape(job, session.store.batches.of(job.id)) for job in watched]
    session.output.value(shapes, jobs_text(watched))
    if ending.problem is not None:
        session.output.note(f"{ending.problem.message}\n{ending.problem.remedy}")
    if ending.exit is Exit.TIMEOUT:
        session.output.note("The time is up. Everything is kept, and `pwl-tui watch` goes on with it.")
    return ending.exit
