"""Single checks: what is known of a number and since when, and what it costs to ask."""

from datetime import UTC, datetime

from pwl_tui.answer import Answer
from pwl_tui.engine.jobs.knowing import InList, Known
from pwl_tui.engine.money.lookups import Finding, LookupPlan
from pwl_tui.text import clean
from pwl_tui.wording.figures import counted, grouped


def outcome(finding: Finding) -> str:
    """Return whether a number is on WhatsApp: ``on WhatsApp, business``; empty if nothing is known."""
    return "" if finding.answer is None else _answer(finding.answer)


def details(finding: Finding) -> str:
    """Return what else is known of a number: ``T-Mobile, US, mobile``; may be empty."""
    if finding.answer is None:
        return ""
    known = (finding.answer.carrier, finding.answer.country, finding.line_type)
    return ", ".join(detail for detail in known if detail)


def source(finding: Finding) -> str:
    """Return where an answer comes from: ``asked now, 1 credit`` or ``as of 2026-11-20 (job 3)``."""
    if finding.answer is None or finding.at is None:
        return ""
    if finding.paid:
        return "asked now, 1 credit"
    by = "lookup" if finding.job is None else f"job {finding.job}"
    return f"as of {datetime.fromtimestamp(finding.at, UTC).date()} ({by})"


def last(known: Known) -> tuple[str, ...]:
    """Return the last answer about a number: what it is, what else it says, where it comes from."""
    if known.answer is None:
        return ("no answer yet" if known.lists else "not known",)
    finding = Finding(known.number, known.answer, known.line_type, known.at, known.job)
    return outcome(finding), details(finding), source(finding)


def in_list(one: InList) -> str:
    """Return what became of a number in a list: ``job 3 spring: on WhatsApp, 2026-11-20``."""
    when = "" if one.answered is None else f", {datetime.fromtimestamp(one.answered, UTC).date()}"
    answer = _answer(one.answer)
    if one.answer.on_whatsapp is None:
        answer = one.answer.outcome.replace("_", " ") + (
            f" ({clean(note)})" if (note := one.answer.note) else ""
        )
    return f"job {one.job.id} {clean(one.job.name, 40)}: {answer}{when}"


def _answer(answer: Answer) -> str:
    words = {True: "on WhatsApp", False: "not on WhatsApp", None: "unknown"}[answer.on_whatsapp]
    return f"{words}, business" if answer.business else words


def cost(plan: LookupPlan) -> str:
    """Return what a plan asks and costs, as ``2 known, 3 to ask, 3 credits; 97 left``, in a sentence."""
    parts = [f"{grouped(plan.known)} known"] if plan.known else []
    if plan.under_way:
        parts.append(f"{grouped(plan.under_way)} under way")
    if unasked := len(plan.free) - plan.known - plan.under_way:
        parts.append(f"{grouped(unasked)} in doubt")
    parts += [f"{grouped(plan.to_ask)} to ask", counted(plan.to_ask, "credit")]
    left = "" if plan.balance is None or plan.problem else f"; {grouped(plan.balance - plan.to_ask)} left"
    return f"{', '.join(parts)}{left}."
