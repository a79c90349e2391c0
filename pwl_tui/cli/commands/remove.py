"""``forget`` and ``purge``: jobs and their numbers are removed for good."""

from pwl_tui.cli.confirm import removal_agreed
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.output import counted, table
from pwl_tui.cli.render.json_output import moment
from pwl_tui.cli.session import Session


def forget(session: Session) -> int:
    """Remove one job that nothing is left to do for."""
    engine, output = session.engine, session.output
    job = session.store.jobs.find(session.arguments.job)
    if not removal_agreed(session, f"job {job.id} {job.name} with its {job.numbers:,} numbers"):
        output.note("Nothing was removed.")
        return Exit.USAGE
    engine.jobs.forget(job.id)
    output.say(f"Job {job.id} {job.name} is removed; what it cost stays in the ledger.")
    return Exit.DONE


def purge(session: Session) -> int:
    """Remove every job that nothing is left to do for and that is older than so many days."""
    engine, output, days = session.engine, session.output, session.arguments.older_than
    old = engine.jobs.purgeable(days)
    if not old:
        output.say(f"No finished job is older than {days:,} days: nothing was removed.")
        return Exit.DONE
    if not session.arguments.yes:
        rows = [(str(job.id), job.name, moment(job.created) or "", f"{job.numbers:,}") for job in old]
        output.note(table(("Job", "Name", "Made", "Numbers"), rows, left=(1,)))
    if not removal_agreed(session, f"{counted(len(old), 'job', 'jobs')} with all numbers"):
        output.note("Nothing was removed.")
        return Exit.USAGE
    # Those that were named, and no other that came of age meanwhile.
    for job in old:
        engine.jobs.forget(job.id)
        output.say(f"Job {job.id} {job.name} is removed: {job.numbers:,} numbers.")
    return Exit.DONE
