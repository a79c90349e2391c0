"""Commands about existing jobs: ``jobs`` and ``show``, ``watch``, ``export``, ``pause`` to ``purge``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import get_args

from pwl_tui.cli.arguments import Command, add_job, add_json, add_yes, days, seconds
from pwl_tui.cli.confirm import removal_agreed
from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.output import table
from pwl_tui.cli.render.jobs import (
    note_ended_early,
    print_jobs,
    shape_of,
    text_of,
    warn_of_alarms,
    warn_of_expiry,
    warn_of_unadopted,
)
from pwl_tui.cli.render.json_output import moment
from pwl_tui.cli.render.sample import sample_text
from pwl_tui.cli.render.text_output import batches_text, job_notes, received_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.problems import NO_KEY, EngineError
from pwl_tui.filters import FILTERS
from pwl_tui.lists.write.export import Format, Target, format_of
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.text import clean
from pwl_tui.wording.figures import counted

_ROWS_PER_STEP = 20_000
"""How often an export reports progress; a shorter one is done before that."""
_MAX_PATH = 4096


def jobs(session: Session) -> int:
    """List the jobs."""
    print_jobs(
        session,
        session.store.jobs.all(),
        batches=False,
        none="No jobs yet. Run `pwl-tui submit LIST` to create one.",
    )
    warn_of_unadopted(session)
    warn_of_alarms(session)
    return Exit.DONE


def _show_arguments(parser: ArgumentParser) -> None:
    add_job(parser)
    add_json(parser)


def show(session: Session) -> int:
    """Show one job with its batches."""
    job = session.store.jobs.find(session.arguments.job)
    batches = session.store.batches.of(job.id)
    parts = [
        text_of(session, [job]),
        job_notes(job, session.engine.clock()),
        sample_text(session, job),
        batches_text(batches),
    ]
    session.output.value(shape_of(session, job, batches=True), "\n\n".join(part for part in parts if part))
    for batch in batches:
        if batch.state is BatchState.UNKNOWN:
            explanation = session.engine.recovery.evidence(batch.job, batch.seq).explanation
            session.output.note(
                f"Batch {batch.label}: {explanation}\nRun `pwl-tui settle {batch.label}` to settle it."
            )
        if batch.received and batch.state is BatchState.PROCESSING:
            session.output.note(received_text(batch))
    warn_of_expiry(session, [job])
    return Exit.DONE


def _watch_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "jobs", nargs="*", metavar="JOB", help="Numbers or names of jobs (default: all unfinished jobs)"
    )
    parser.add_argument("--timeout", type=seconds, metavar="S", help="Stop after S seconds; nothing is lost")
    parser.add_argument(
        "--background", action="store_true", help="Do it in the background: the same as `worker start`"
    )
    add_json(parser)


def watch(session: Session) -> int:
    """Poll until jobs are finished."""
    arguments, output = session.arguments, session.output
    if arguments.background:
        return _watch_in_background(session)
    engine = session.engine
    warn_of_unadopted(session)
    engine.wishes.try_again()
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
            elif job.unfinished or engine.wishes.pending(job):
                wanted.append(job)
    if engine.binding is None and any(job.unfinished for job in wanted):
        raise EngineError(NO_KEY)
    if not wanted:
        output.value([], "Nothing to watch: every job is finished.")
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


def _watch_in_background(session: Session) -> int:
    from pwl_tui.cli.worker.process import start_command  # few ask for it

    if session.arguments.jobs or session.arguments.timeout is not None:
        raise UsageError(
            "--background watches all unfinished jobs until they are finished.",
            "Leave out the jobs and --timeout, or leave out --background.",
        )
    return start_command(session)


def _export_arguments(parser: ArgumentParser) -> None:
    add_job(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="File to write, readable only by you; with --split, the files are named after it",
    )
    parser.add_argument(
        "--format", choices=get_args(Format), help="Format of the file (default: as its name says)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--only", choices=tuple(FILTERS), help="Export only rows with this outcome")
    which.add_argument("--split", action="store_true", help="Write one file per outcome: FILE-on-whatsapp, …")
    parser.add_argument("--digits", action="store_true", help="Write numbers without the plus sign")
    parser.add_argument("--force", action="store_true", help="Overwrite an existing file")


def export(session: Session) -> int:
    """Export the list of a job with its results."""
    arguments = session.arguments
    job = session.store.jobs.find(arguments.job)
    chosen = arguments.format or format_of(arguments.output)
    if chosen is None:
        raise UsageError(
            f"The format of {arguments.output.name!r} is unknown.",
            f"Choose one with --format: {', '.join(get_args(Format))}.",
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

    noun = "number" if chosen == "txt" else "row"
    for path, rows in session.engine.jobs.export(job.id, target, watch):
        session.output.say(f"{counted(rows, noun)} written to {clean(str(path), _MAX_PATH)}.")
    return Exit.DONE


def pause(session: Session) -> int:
    """Stop sending a job."""
    job = session.store.jobs.find(session.arguments.job)
    if job.state is JobState.COMPLETED:
        session.output.say(f"Job {job.id} is finished; there is nothing to pause.")
        return Exit.DONE
    session.engine.jobs.pause(job.id)
    session.output.say(f"Paused job {job.id}. Nothing more is sent; what was sent is still polled.")
    return Exit.DONE


def resume(session: Session) -> int:
    """Resume a job."""
    job = session.store.jobs.find(session.arguments.job)
    session.engine.jobs.resume(job.id)
    session.output.say(
        f"Resumed job {job.id}. Run `pwl-tui watch {job.id}` or open the screen to send and poll it."
    )
    return Exit.DONE


def _forget_arguments(parser: ArgumentParser) -> None:
    add_job(parser)
    add_yes(parser, "Delete it without asking")


def forget(session: Session) -> int:
    """Delete a finished job."""
    engine, output = session.engine, session.output
    job = session.store.jobs.find(session.arguments.job)
    if not removal_agreed(session, f"job {job.id} {job.name} and its {counted(job.numbers, 'number')}"):
        output.note("Nothing was deleted.")
        return Exit.USAGE
    engine.jobs.forget(job.id)
    output.say(f"Deleted job {job.id} {job.name}. The ledger keeps what it cost.")
    return Exit.DONE


def _purge_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--older-than",
        type=days,
        required=True,
        metavar="DAYS",
        help="Delete jobs created, and lookups made, more than DAYS days ago",
    )
    add_yes(parser, "Delete them without asking")


def purge(session: Session) -> int:
    """Delete every finished job and every lookup that is older than so many days."""
    engine, output, older_than = session.engine, session.output, session.arguments.older_than
    old, lookups = engine.jobs.purgeable(older_than), engine.lookups.purgeable(older_than)
    if not old and not lookups:
        output.say(
            f"No finished job or lookup is older than {counted(older_than, 'day')}; nothing was deleted."
        )
        return Exit.DONE
    if old and not session.arguments.yes:
        rows = [(str(job.id), job.name, moment(job.created) or "", f"{job.numbers:,}") for job in old]
        output.note(table(("Job", "Name", "Created", "Numbers"), rows, left=(1,)))
    what = [counted(len(old), "job")] if old else []
    what += [counted(lookups, "lookup")] if lookups else []
    if not removal_agreed(session, f"{' and '.join(what)} and all numbers"):
        output.note("Nothing was deleted.")
        return Exit.USAGE
    # Only the jobs that were shown, not ones that have become old enough since.
    try:
        for job in old:
            engine.jobs.forget(job.id, wipe=False)
            output.say(f"Deleted job {job.id} {job.name} and its {counted(job.numbers, 'number')}.")
    finally:  # also of those before an error
        if lookups:
            engine.lookups.purge(older_than)
            output.say(f"Deleted {counted(lookups, 'lookup')}.")
        else:
            session.store.wipe()
    return Exit.DONE


def _report_all(session: Session, watched: list[Job], ending: Ending) -> int:
    print_jobs(session, watched, batches=True)
    note_ended_early(session, watched)
    if ending.problem is not None:
        session.output.explain(ending.problem)
    if ending.exit is Exit.TIMEOUT:
        session.output.note("Timed out; nothing is lost. Run `pwl-tui watch` to continue.")
    return ending.exit


COMMANDS = {
    "jobs": Command(jobs, add_json),
    "show": Command(show, _show_arguments),
    "watch": Command(
        watch,
        _watch_arguments,
        "It also sends what has not been sent yet, unless --no-spend is given. Made for cron: several can run"
        " at the same time.",
    ),
    "export": Command(export, _export_arguments),
    "pause": Command(pause, add_job),
    "resume": Command(resume, add_job),
    "forget": Command(
        forget,
        _forget_arguments,
        "The ledger keeps what the job cost. Its results can no longer be reused: checking its numbers again"
        " costs credits again.",
    ),
    "purge": Command(
        purge,
        _purge_arguments,
        "Jobs that still have something to send, fetch, or settle are kept. The ledger keeps what was spent.",
    ),
}
