"""A retry: what is sent again, and what that costs."""

from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.text import clean
from pwl_tui.wording import plan as wording
from pwl_tui.wording.figures import counted, grouped


def retry(plan: RetryPlan) -> list[str]:
    """Return what a retry does and costs, a sentence a line."""
    lines = []
    if plan.plan is not None:
        numbers = counted(plan.plan.to_pay, "failed number")
        lines.append(f"{numbers} of {clean(plan.job.name, 40)} will be sent as a new job and paid for again.")
        if plan.plan.reused:
            lines.append(f"{grouped(plan.plan.reused)} more cost nothing: another job has their results.")
        if plan.plan.under_way:
            lines.append(wording.under_way(plan.plan))
    if plan.rejected_batches:
        batches = counted(plan.rejected_batches, "rejected batch", "rejected batches")
        numbers = counted(plan.rejected_numbers, "number")
        lines.append(f"{batches} with {numbers} will be sent again within the job; they were not charged.")
    return [*lines, f"This costs {counted(plan.to_pay, 'credit')}."]
