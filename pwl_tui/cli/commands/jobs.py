"""Commands about jobs that are there already."""

import time

from pwl_tui.cli.exit_codes import Exit, UsageError
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.output import counted
from pwl_tui.cli.render.jobs import (
    print_jobs,
    shape_of,
    text_of,
    warn_of_alarms,
    warn_of_expiry,
    warn_of_unadopted,
)
from pwl_tui.cli.render.sample import sample_text
from pwl_tui.cli.render.text_output import batches_text, job_notes
from pwl_tui.cli.session import Session
from pwl_tui.engine.problems import NO_KEY, EngineError
from pwl_tui.lists.write.export import Format, Target
from pwl_tui.state.models import BatchState, Job
from pwl_tui.text import clean

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
    ".xlsx": "xlsx",
}
_ROWS_PER_STEP = 20_000
"""How often an export says how far it is: a shorter one is done before there is anything to say."""
_MAX_PATH = 4096


def jobs(session: Session) -> int:
    """List the jobs."""
    print_jobs(
        session,
        session.store.jobs.all(),
        batches=False,
        none="There is no job: `pwl-tui submit LIST` makes one.",
    )
    warn_of_unadopted(session)
    warn_of_alarms(session)
    return Exit.DONE


def show(session: Session) -> int:
    """Show one job with its batches."""
    job = session.store.jobs.find(session.arguments.job)
    batches = session.store.batches.of(job.id)
    parts = [
        text_of(session, [job]),
        job_notes(job, time.time()),
        sample_text(session, job),
        batches_text(batches),
    ]
    session.output.value(shape_of(session, job, batches=True), "\n\n".join(part for part in parts if part))
    for batch in batches:
        if batch.state is BatchState.UNKNOWN:
            explanation = session.engine.recovery.evidence(batch.job, batch.seq).explanation
            session.output.note(
                f"Batch {batch.label}: {explanation}\n`pwl-tui settle {batch.label}` shows what can be done."
            )
    warn_of_expiry(session, [job])
    return Exit.DONE


def watch(session: Session) -> int:
    """Poll until jobs are finished."""
    arguments, output, engine = session.arguments, session.output, session.engine
    warn_of_unadopted(session)
    if arguments.jobs:
        wanted = [session.store.jobs.find(name) for name in arguments.jobs]
        for job in wanted:
            if job.unfinished and (problem := engine.jobs.elsewhere(job)) is not None:
                raise EngineError(problem)
    else:
        wanted = []
        for job in session.store.jobs.all():
            if job.unfinished and (problem := engine.jobs.elsewhere(job)) is not None:
                output.note(f"{problem.message} {problem.remedy}")
            elif job.unfinished:
                wanted.append(job)
    if engine.binding is None and any(job.unfinished for job in wanted):
        raise EngineError(NO_KEY)
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
            "Say it with --format csv, xlsx, jsonl or txt.",
        )
    target = Target(
        arguments.output,
        chosen,
        only=arguments.only,
        split=arguments.split,
        digits=arguments.digits,
        force=arguments.force,
    )

    def watch(done: int) -> None:
        if done % _ROWS_PER_STEP == 0:
            session.output.progress(done / job.rows, f"{done:,} of {job.rows:,} rows")

    one, many = ("number", "numbers") if chosen == "txt" else ("row", "rows")
    for path, rows in session.engine.jobs.export(job.id, target, watch):
        session.output.say(f"{counted(rows, one, many)} written to {clean(str(path), _MAX_PATH)}.")
    return Exit.DONE


def pause(session: Session) -> int:
    """Stop sending a job."""
    job = session.store.jobs.find(session.arguments.job)
    session.engine.jobs.pause(job.id)
    session.output.say(f"Job {job.id} is paused: nothing more is sent, and what was sent is still polled.")
    return Exit.DONE


def resume(session: Session) -> int:
    """Go on with a job."""
    job = session.store.jobs.find(session.arguments.job)
    session.engine.jobs.resume(job.id)
    session.output.say(
        f"Job {job.id} goes on: `pwl-tui watch {job.id}` sends and polls it, and so does the screen."
    )
    return Exit.DONE


def _report_all(session: Session, watched: list[Job], ending: Ending) -> int:
    print_jobs(session, watched, batches=True)
    if ending.problem is not None:
        session.output.note(f"{ending.problem.message}\n{ending.problem.remedy}")
    if ending.exit is Exit.TIMEOUT:
        session.output.note("The time is up. Everything is kept, and `pwl-tui watch` goes on with it.")
    return ending.exit
