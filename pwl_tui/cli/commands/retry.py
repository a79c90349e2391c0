"""``retry``: what failed in a job is asked for again."""

from msgspec.structs import replace

from pwl_tui.cli.commands.lists import report
from pwl_tui.cli.confirm import require_spending, spending_agreed
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import follow
from pwl_tui.cli.render.text_output import retry_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.problems import EngineError, credits_short


def retry(session: Session) -> int:
    """Say what it costs to ask again, ask the person, and send it."""
    arguments, output, engine = session.arguments, session.output, session.engine
    require_spending(session)
    job = session.store.jobs.find(arguments.job)
    both = arguments.failed == arguments.rejected
    wanted = engine.plans.for_retry(
        job.id, failed=both or arguments.failed, rejected=both or arguments.rejected
    )
    balance = engine.credits.balance().balance
    if wanted.plan is not None:
        wanted = replace(wanted, plan=replace(wanted.plan, balance=balance))
    output.note(retry_text(wanted, balance))
    if wanted.to_pay > balance:
        raise EngineError(credits_short(wanted.to_pay, balance))
    if not spending_agreed(session, wanted.to_pay, balance - wanted.to_pay):
        output.note("Nothing was sent.")
        return Exit.USAGE
    new = engine.jobs.retry(wanted)
    jobs = [job.id] if wanted.rejected_batches else []
    if new.id != job.id:
        output.note(f"Job {new.id} is {new.name}.")
        jobs.append(new.id)
    ending = follow(engine, jobs, output, finish=arguments.wait, await_credits=False)
    return report(session, session.store.jobs.get(new.id), ending)
