"""A retry: what is sent again, and what that costs."""

from collections.abc import Sequence

from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.problems import COPIED
from pwl_tui.state.models import Batch
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
    withdrawn = [batch for batch in plan.rejected if batch.error == COPIED]
    refused = [batch for batch in plan.rejected if batch.error != COPIED]
    if refused:
        lines.append(
            f"{_batches('rejected', refused)} will be sent again within the job; they were not charged."
        )
    if withdrawn:
        lines.append(
            f"{_batches('withdrawn', withdrawn)} will be sent after all. If the original of this directory"
            " has sent them, or will, they are paid for twice."
        )
    return [*lines, f"This costs {counted(plan.to_pay, 'credit')}."]


def _batches(kind: str, batches: Sequence[Batch]) -> str:
    numbers = counted(sum(batch.size for batch in batches), "number")
    return f"{counted(len(batches), f'{kind} batch', f'{kind} batches')} with {numbers}"
