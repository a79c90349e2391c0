"""What commands print for people."""

from collections.abc import Callable, Iterator, Sequence

from pwl_tui.cli.output import table
from pwl_tui.cli.render.json_output import moment
from pwl_tui.engine.jobs.knowing import Known
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.jobs.timing import days_left, expires
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.ledger import Ledger, Movement
from pwl_tui.engine.money.lookups import Finding
from pwl_tui.engine.money.settling import choices
from pwl_tui.problem import Problem
from pwl_tui.state.models import Batch, Candidate, Job
from pwl_tui.text import clean
from pwl_tui.wording import doubt, ledger, lookup, retry
from pwl_tui.wording.figures import counted, grouped, percent, phone
from pwl_tui.wording.jobs import expires_in, exported, needs, under_way

_SHOWN_OF_REPLY = 300
"""Characters; `--json` and the report have more."""
_RECEIVED = 300
"""Characters of a foreign answer."""


def retry_text(plan: RetryPlan, balance: int) -> str:
    """Return what a retry sends and costs; `balance` is the credits there are."""
    left = max(balance - plan.to_pay, 0)
    return "\n".join([*retry.retry(plan), f"Credits: {grouped(balance)} now, {grouped(left)} after."])


def jobs_text(jobs: Sequence[Job], now: float, elsewhere: Callable[[Job], Problem | None]) -> str:
    """Return jobs as a table.

    Args:
        jobs: in order.
        now: UTC epoch seconds.
        elsewhere: returns why a job is not worked on, if it belongs to another key.
    """
    rows = [
        (
            str(job.id),
            job.name,
            job.state,
            percent(job.done),
            grouped(job.counts.on_whatsapp),
            grouped(job.counts.business),
            grouped(job.counts.not_on_whatsapp),
            grouped(job.counts.failed),
            grouped(job.counts.pending),
            grouped(job.charged),
            expires_in(job, now),
            _in_the_way(job, elsewhere(job)),
        )
        for job in jobs
    ]
    counts = ("WhatsApp", "Business", "No WhatsApp", "Failed", "Pending")
    return table(("Job", "Name", "State", "Done", *counts, "Charged", "Expires", ""), rows, left=(1, 2, 11))


def job_notes(job: Job, now: float) -> str:
    """Return what else there is to say about a job, one sentence a line; may be empty."""
    lines = [f"Made by {clean(job.by)}."] if job.by else []
    if job.retry_of is not None:
        lines.append(f"It retries what failed in job {job.retry_of}.")
    if job.recheck_of is not None:
        lines.append(f"It rechecks job {job.recheck_of}: `pwl-tui changes {job.id}` shows what changed.")
    if export := exported(job):
        lines.append(f"{export}.")
    if job.under_way:
        lines.append(f"{under_way(job)}: their answers come from there.")
    days, until = days_left(job, now), moment(expires(job))
    if days is not None:
        when = counted(days, "day") if days else "now or soon"
        lines.append(f"Unfetched results expire around {until} ({when}).")
    return "\n".join(lines)


def batches_text(batches: Sequence[Batch]) -> str:
    """Return the batches of a job as a table."""
    rows = [
        (
            batch.label,
            batch.batch_id or "-",
            batch.state,
            grouped(batch.size),
            grouped(batch.counts.answered),
            grouped(batch.charged),
            moment(batch.submitted) or "-",
            "" if (problem := batch.problem) is None else f"{problem.message} {problem.remedy}",
        )
        for batch in batches
    ]
    heads = ("Batch", "ID", "State", "Size", "Answered", "Charged", "Submitted", "")
    return table(heads, rows, left=(1, 2, 6, 7))


def lookup_text(found: Sequence[Finding]) -> str:
    """Return what is known of single numbers: one line each, and lines for what went wrong."""
    lines = []
    for finding in found:
        parts = (
            phone(finding.number),
            lookup.outcome(finding),
            lookup.details(finding),
            lookup.source(finding),
        )
        known = "  ".join(part for part in parts if part)
        problem = finding.problem
        lines.append(f"{known}  {problem.message} {problem.remedy}" if problem else known)
    return "\n".join(lines)


def known_text(found: Sequence[Known]) -> str:
    """Return what is known of single numbers, and below each the lists that it is in."""
    lines = []
    for one in found:
        parts = (phone(one.number), *lookup.last(one))
        lines.append("  ".join(part for part in parts if part))
        lines += [f"  {lookup.in_list(each)}" for each in one.lists]
    return "\n".join(lines)


def received_text(batch: Batch) -> str:
    """Return the beginning of a batch's last answer that could not be understood, as kept for support."""
    return f"Batch {batch.label}: its last answer begins with: {clean(batch.received, _RECEIVED)}"


def ledger_text(found: Ledger) -> str:
    """Return the charges as a table, newest first, with what they do not explain marked among them."""
    doubts = (
        (at, ("?", moment(at) or "", "1", "", "", "", ledger.LOOKUP_IN_DOUBT, "", ""))
        for at in found.lookups_in_doubt
    )
    rows = sorted([*_charges(found), *map(_movement, found.movements), *doubts], reverse=True)
    total = f"{ledger.total(found)}."
    if not rows:
        return total
    heads: Sequence[str] = ("", "Time", "Credits", "Before", "After", "Batch", "Job", "ID", "By")
    cells: list[Sequence[str]] = [row for _, row in rows]
    if not any(line.by for line in found.lines):
        heads, cells = heads[:-1], [row[:-1] for row in cells]
    return f"{table(heads, cells, left=(0, 1, 5, 6, 7, 8))}\n{total}"


def _charges(found: Ledger) -> Iterator[tuple[float, tuple[str, ...]]]:
    for line in found.lines:
        yield (
            line.at,
            (
                "",
                moment(line.at) or "",
                grouped(line.credits),
                "" if line.before is None else grouped(line.before),
                "" if line.after is None else grouped(line.after),
                "" if line.job is None else f"{line.job}.{line.seq}",
                "single lookup" if line.job is None else line.name or "(forgotten)",
                line.batch_id or "",
                line.by,
            ),
        )


def _movement(moved: Movement) -> tuple[float, tuple[str, ...]]:
    sign, amount = "!" if moved.unexplained > 0 else "+", grouped(abs(moved.unexplained))
    return moved.until, (sign, moment(moved.until) or "", amount, "", "", "", "", ledger.movement(moved), "")


def doubt_text(batch: Batch, evidence: Evidence, candidates: Sequence[Candidate], reply: str) -> str:
    """Return what happened to a batch in doubt, what the balance says, and the three ways to settle it."""
    lines = [f"Batch {batch.label} is in doubt. {doubt.unknown(batch)}"]
    if batch.error is not None:
        lines.append(batch.error.message)
    lines += [doubt.came(one) for one in candidates]
    if reply:
        lines.append(f"Received: {clean(reply, _SHOWN_OF_REPLY)}")
    lines.append("")
    readings = [(reading.at, reading.balance, _after(reading.at, batch)) for reading in evidence.readings]
    if batch.submitted is not None:
        if evidence.before is not None:
            readings.insert(0, (batch.submitted, evidence.before, "credits before it was sent"))
        else:
            lines.append(f"It was sent at {moment(batch.submitted)}.")
    lines += [f"  {moment(at)}  {balance:>12,}  {when}" for at, balance, when in readings]
    lines += ["", evidence.explanation, "", f"{doubt.FROZEN} You can:"]
    open_candidates = [one for one in candidates if not one.final]
    for choice in choices(evidence, open_candidates):
        id_option = " --batch-id ID" if choice.decision == "adopted" and not open_candidates else ""
        lines += [
            f"  {choice.title}",
            f"    {choice.cost}",
            f"    pwl-tui settle {batch.label} --as {choice.decision}{id_option}",
        ]
    lines.append("")
    if not evidence.complete:
        lines.append(f"`pwl-tui settle {batch.label} --wait` waits for all readings of the balance.")
    lines.append(f"`pwl-tui settle {batch.label} --report` prints what the provider's support needs.")
    return "\n".join(lines)


def _after(at: float, batch: Batch) -> str:
    return "" if batch.submitted is None else f"{at - batch.submitted:,.0f} s after"


def _in_the_way(job: Job, elsewhere: Problem | None) -> str:
    if elsewhere is None:
        return needs(job) or exported(job)
    return f"other key: {elsewhere.remedy}" if job.unfinished else "other key"
