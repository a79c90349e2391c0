"""``forget`` and ``purge``: jobs and their numbers are removed for good."""

from pwl_tui.cli.asking import removal_agreed
from pwl_tui.cli.exits import Exit
from pwl_tui.cli.session import Session


def forget(session: Session) -> int:
    """Remove one job that nothing is left to do for."""
    engine, output = session.engine, session.output
    job = session.store.jobs.find(session.arguments.job)
    if not removal_agreed(session, f"job {job.id} {job.name} with its {job.numbers:,} numbers"):
        output.note("Nothing was removed.")
        return Exit.USAGE
    engine.forget(job.id)
    output.say(f"Job {job.id} {job.name} is removed; what it cost stays in the ledger.")
    return Exit.DONE


def purge(session: Session) -> int:
    """Remove every job that nothing is left to do for and that is older than so many days."""
    engine, output, days = session.engine, session.output, session.arguments.older_than
    if not removal_agreed(session, f"every finished job made more than {days:,} days ago, with its numbers"):
        output.note("Nothing was removed.")
        return Exit.USAGE
    gone = engine.purge(days)
    for job in gone:
        output.say(f"Job {job.id} {job.name} is removed: {job.numbers:,} numbers.")
    if not gone:
        output.say(f"No finished job is older than {days:,} days: nothing was removed.")
    return Exit.DONE
