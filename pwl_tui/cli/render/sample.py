"""What a sample's answers say about its list, and what was left out of a job."""

from pwl_tui.cli.output import table
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.planning import NOT_AFFORDED, NOT_CHOSEN
from pwl_tui.engine.jobs.sampling import Rates, Share, why_held
from pwl_tui.state.models import Job

_DIGITS = 3
"""Significant digits of an extrapolated count: more would pretend to know them."""


def sample_text(session: Session, job: Job) -> str:
    """Return what a sample's rates say about the rest of its list, and how what was left out is sent.

    Empty where nothing was left out that could be sent.
    """
    if why_held(session.store, job) not in {NOT_CHOSEN, NOT_AFFORDED}:
        return ""
    found = session.engine.plans.sample_rates(job)
    lines = [] if found is None else [rates_text(found, job.held)]
    if (rest := session.engine.plans.continued_by(job)) is not None:
        lines.append(f"Job {rest.id} {rest.name} went on with its list.")
    elif not job.unfinished:
        lines.append(
            f"`{rest_command(job)}` sends the rest for at most {job.held:,} credits;\n"
            "what is answered is not paid for again."
        )
    return "\n".join(lines)


def rest_command(job: Job) -> str:
    """Return the command that sends what a job left out."""
    return f"pwl-tui submit --rest-of {job.id}"


def rates_text(rates: Rates, held: int) -> str:
    """Return rates as a table: of what was asked, and what that makes of the `held` numbers left out."""
    shares = (("on WhatsApp", rates.on_whatsapp), ("business", rates.business), ("failed", rates.failed))
    rows = [(name, str(share), _extrapolated(share, held)) for name, share in shares]
    heads = ("", f"of {rates.answered:,} answered", f"of the {held:,} left out, about")
    note = "Drawn at random: 95 times in 100 the whole list lies in these ranges."
    return f"{table(heads, rows, left=(0, 1, 2))}\n{note}"


def _extrapolated(share: Share, numbers: int) -> str:
    value, low, high = (_rounded(part * numbers) for part in (share.value, share.low, share.high))
    return f"{value:,} ({low:,} to {high:,})"


def _rounded(count: float) -> int:
    whole = round(count)
    return round(whole, min(_DIGITS - len(str(whole)), 0))
