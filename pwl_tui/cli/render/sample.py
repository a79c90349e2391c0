"""What the answers of a sample say about its list, and what was left out of a job."""

from pwl_tui.cli.output import table
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.planning import FAILED_SINCE, NOT_AFFORDED, NOT_CHOSEN
from pwl_tui.engine.jobs.sampling import Rates, why_left_out
from pwl_tui.state.follows import NO_ANSWER
from pwl_tui.state.models import Job
from pwl_tui.wording import sample as wording
from pwl_tui.wording.jobs import continued_by


def sample_text(session: Session, job: Job) -> str:
    """Return what a sample says about the rest of its list, and how to send what was left out.

    Empty if nothing was left out that could be sent.
    """
    why = why_left_out(session.store, job)
    if why not in {NOT_CHOSEN, NOT_AFFORDED, FAILED_SINCE} and not why.startswith(NO_ANSWER):
        return ""
    found = session.engine.plans.sample_rates(job)
    lines = [] if found is None else [rates_text(found, job.left_out)]
    if (rest := session.engine.plans.continued_by(job)) is not None:
        lines.append(continued_by(rest))
    elif not job.unfinished:
        lines.append(wording.rest(job.left_out))
        lines.append(f"Send them with `{rest_command(job)}`.")
    return "\n".join(lines)


def rest_command(job: Job) -> str:
    """Return the command that sends what a job left out."""
    return f"pwl-tui submit --rest-of {job.id}"


def rates_text(rates: Rates, left_out: int) -> str:
    """Return rates as a table: of the sample, and what they make of the numbers left out."""
    rows = table(wording.heads(rates, left_out), wording.table(rates, left_out), left=(0, 1, 2))
    return f"{rows}\n{wording.NOTE}"
