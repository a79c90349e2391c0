"""What commands print for people."""

from collections.abc import Callable, Iterator, Sequence

from pwl_tui.cli.output import counted, table
from pwl_tui.cli.render.json_output import moment
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.jobs.timing import days_left, expires
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.ledger import Ledger, Movement
from pwl_tui.engine.money.settling import choices
from pwl_tui.problem import Problem
from pwl_tui.state.models import Batch, Job


def retry_text(retry: RetryPlan, balance: int) -> str:
    """Return what a retry sends and costs; `balance` is the credits that are there."""
    lines = [f"What failed in job {retry.job.id} {retry.job.name}:"]
    if retry.plan is not None:
        lines.append(f"{len(retry.plan.list.numbers):>10,} failed numbers, as a new job")
        if retry.plan.reused:
            lines.append(f"{retry.plan.reused:>10,} of them reused: another job has their answers")
    if retry.rejected_batches:
        batches = counted(retry.rejected_batches, "batch", "batches")
        lines.append(f"{retry.rejected_numbers:>10,} numbers in {batches} that were rejected and not charged")
    lines.append(f"{retry.to_pay:>10,} to pay")
    lines.append(f"{balance:>10,} credits, {max(balance - retry.to_pay, 0):,} after")
    return "\n".join(lines)


def jobs_text(jobs: Sequence[Job], now: float, elsewhere: Callable[[Job], Problem | None]) -> str:
    """Return jobs as a table.

    Args:
        jobs: in order.
        now: UTC epoch seconds, for the days that the service still keeps answers which are not fetched.
        elsewhere: tells of a job whether it belongs to another key.
    """
    rows = [
        (
            str(job.id),
            job.name,
            job.state,
            f"{job.done:.0%}",
            f"{job.counts.on_whatsapp:,}",
            f"{job.counts.business:,}",
            f"{job.counts.not_on_whatsapp:,}",
            f"{job.counts.failed:,}",
            f"{job.counts.pending:,}",
            f"{job.charged:,}",
            "" if (days := days_left(job, now)) is None else f"{days} d",
            _in_the_way(job, elsewhere(job)),
        )
        for job in jobs
    ]
    heads = ("Job", "Name", "State", "Done", "On WA", "Business", "Not", "Failed", "Left", "Charged", "Kept")
    return table((*heads, ""), rows, left=(1, 2, 11))


def job_notes(job: Job, now: float) -> str:
    """Return what there is to say of a job beside its row in the table: a sentence a line, or nothing."""
    lines = []
    if job.retry_of is not None:
        lines.append(f"It asks again for what failed in job {job.retry_of}.")
    days, until = days_left(job, now), moment(expires(job))
    if days is not None:
        lines.append(f"The service keeps what is not fetched until about {until}: {days} more days.")
    return "\n".join(lines)


def batches_text(batches: Sequence[Batch]) -> str:
    """Return the batches of a job as a table."""
    rows = [
        (
            batch.label,
            batch.batch_id or "-",
            batch.state,
            f"{batch.size:,}",
            f"{batch.counts.answered:,}",
            f"{batch.charged:,}",
            moment(batch.submitted) or "-",
            "" if batch.error is None else f"{batch.error.message} {batch.error.remedy}",
        )
        for batch in batches
    ]
    heads = ("Batch", "Id", "State", "Size", "Answered", "Charged", "Submitted", "")
    return table(heads, rows, left=(1, 2, 6, 7))


def ledger_text(ledger: Ledger) -> str:
    """Return the charges as a table, newest first; among them, marked, what they do not explain."""
    rows = sorted([*_charges(ledger), *map(_movement, ledger.movements)], reverse=True)
    charges = counted(len(ledger.lines), "charge", "charges")
    total = f"{counted(ledger.spent, 'credit', 'credits')} in {charges}."
    if not rows:
        return total
    heads = ("", "Time", "Credits", "Before", "After", "Batch", "Job", "Id")
    return f"{table(heads, [cells for _, cells in rows], left=(0, 1, 5, 6, 7))}\n{total}"


def _charges(ledger: Ledger) -> Iterator[tuple[float, tuple[str, ...]]]:
    for line in ledger.lines:
        yield (
            line.at,
            (
                "",
                moment(line.at) or "",
                f"{line.credits:,}",
                "" if line.before is None else f"{line.before:,}",
                "" if line.after is None else f"{line.after:,}",
                "" if line.job is None else f"{line.job}.{line.seq}",
                "single lookup" if line.job is None else line.name or "(forgotten)",
                line.batch_id or "",
            ),
        )


def _movement(movement: Movement) -> tuple[float, tuple[str, ...]]:
    what, sign = "added", "+"
    if movement.unexplained > 0:
        what = f"the balance fell by {movement.fell:,}, of which {movement.known:,} were spent from here"
        sign = "!"
    amount = f"{abs(movement.unexplained):,}"
    return movement.until, (sign, moment(movement.until) or "", amount, "", "", "", "", what)


def doubt_text(batch: Batch, evidence: Evidence) -> str:
    """Return what happened to a batch in doubt, what the balance says, and the three ways out."""
    lines = [
        f"Batch {batch.label}: nobody knows whether its {batch.size:,} numbers were accepted and charged."
    ]
    if batch.error is not None:
        lines.append(batch.error.message)
    lines.append("")
    readings = [(reading.at, reading.balance, _after(reading.at, batch)) for reading in evidence.readings]
    if batch.submitted is not None:
        if evidence.before is not None:
            readings.insert(0, (batch.submitted, evidence.before, "credits before it was sent"))
        else:
            lines.append(f"It was sent at {moment(batch.submitted)}.")
    lines += [f"  {moment(at)}  {balance:>12,}  {when}" for at, balance, when in readings]
    lines += ["", evidence.explanation, "", "What you can do; nothing else is sent before you have:"]
    for choice in choices(evidence):
        id_option = " --batch-id ID" if choice.decision == "adopted" else ""
        lines += [
            f"  {choice.title}",
            f"    {choice.cost}",
            f"    pwl-tui settle {batch.label} --as {choice.decision}{id_option}",
        ]
    lines.append("")
    if not evidence.complete:
        lines.append(f"`pwl-tui settle {batch.label} --wait` stays until the balance was read often enough.")
    lines.append(f"`pwl-tui settle {batch.label} --report` prints what the provider's support needs.")
    return "\n".join(lines)


def _after(at: float, batch: Batch) -> str:
    return "" if batch.submitted is None else f"{at - batch.submitted:,.0f} s after"


def _in_the_way(job: Job, elsewhere: Problem | None) -> str:
    if elsewhere is None:
        return "" if job.error is None else job.error.message
    return f"other key: {elsewhere.remedy}" if job.unfinished else "other key"
