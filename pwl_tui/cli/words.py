"""What commands print for people."""

from collections.abc import Sequence

from pwl_tui.cli.output import table
from pwl_tui.cli.shapes import moment
from pwl_tui.engine.planning import JobPlan
from pwl_tui.state.models import Batch, Job

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def plan_text(plan: JobPlan) -> str:
    """Return a plan: what was detected, what becomes of the rows, and the cost."""
    listed, reading = plan.list, plan.list.reading
    detected = [
        f"column {reading.columns[reading.column]!r}" if reading.header else f"column {reading.column + 1}"
    ]
    detected.append(reading.encoding)
    if reading.delimiter:
        detected.append(f"{_DELIMITERS.get(reading.delimiter, repr(reading.delimiter))} between cells")
    detected.append("with a header" if reading.header else "no header")
    detected.append(f"region {reading.region}" if reading.region else "no region")
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in listed.reasons.items())
    lines = [
        f"{listed.source.name}: {', '.join(detected)}",
        f"{listed.rows:>10,} rows",
        f"{listed.blank:>10,} empty",
        f"{listed.rejected:>10,} rejected{f' ({reasons})' if reasons else ''}",
        f"{listed.duplicates:>10,} duplicates",
        f"{plan.reused:>10,} reused",
    ]
    if plan.held:
        lines.append(f"{plan.held:>10,} held back ({plan.held_because})")
    lines.append(f"{plan.to_pay:>10,} to pay, in {plan.batches:,} batches")
    if plan.balance is not None:
        lines.append(f"{plan.balance:>10,} credits, {plan.balance_after:,} after")
    if plan.short:
        lines.append(f"{plan.short:>10,} credits are missing")
    return "\n".join(lines)


def jobs_text(jobs: Sequence[Job]) -> str:
    """Return jobs as a table."""
    if not jobs:
        return "No jobs yet: `pwl-tui submit LIST` makes one."
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
            "" if job.error is None else job.error.message,
        )
        for job in jobs
    ]
    heads = ("Job", "Name", "State", "Done", "On WA", "Business", "Not", "Failed", "Left", "Charged", "")
    return table(heads, rows, left=(1, 2, 10))


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
