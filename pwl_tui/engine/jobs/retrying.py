"""Retrying what failed: numbers as a new job, rejected batches within their own."""

from typing import NamedTuple

from msgspec import Struct

from pwl_tui.engine.jobs.doubts import looked_up
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Batch, BatchState, Job
from pwl_tui.state.queries.results import Reusable, UnderWay
from pwl_tui.state.store import Store

AS_THEY_ARE = Options(header=False, numbers="possible")
"""How to read a list that the program made of numbers that were sent before."""


class RetryPlan(Struct, frozen=True):
    """What a retry would send and cost; computing it spends nothing.

    Attributes:
        job: whose failures are retried.
        plan: of its failed numbers. None means there are none, or they were not requested.
        rejected: the batches that the service refused and did not charge, and that may be sent again.
        last_charge: the last charge in the books when this was planned.
    """

    job: Job
    plan: JobPlan | None
    rejected: tuple[Batch, ...]
    last_charge: int

    @property
    def rejected_batches(self) -> int:
        """How many batches are sent again."""
        return len(self.rejected)

    @property
    def rejected_numbers(self) -> int:
        """How many numbers they hold."""
        return sum(batch.size for batch in self.rejected)

    @property
    def to_pay(self) -> int:
        """Credits that it costs."""
        return self.rejected_numbers + (0 if self.plan is None else self.plan.to_pay)


def failed_numbers(store: Store, job: Job) -> Source | None:
    """Return the failed numbers of a job that no retry has sent, as a list. None means there are none."""
    numbers = store.results.failed(job.id)
    if not numbers:
        return None
    return Source.from_text("".join(f"+{number}\n" for number in numbers), f"retry of job {job.id}")


class Elsewhere(NamedTuple):
    """What other jobs have of the numbers of a batch.

    Attributes:
        answers: those that came since the job of the batch was made.
        payers: where numbers are under way.
    """

    answers: dict[int, Reusable]
    payers: dict[int, UnderWay]


def rejected(store: Store, job: Job, now: float) -> tuple[list[Batch], list[tuple[Batch, Elsewhere]]]:
    """Return the rejected batches of a job: those that may be sent again, and those that may not.

    Of the latter, other jobs or lookups have numbers by now: sent as they are, those would be paid for twice.
    """
    free, taken = list[Batch](), list[tuple[Batch, Elsewhere]]()
    for batch in store.batches.of(job.id):
        if batch.state is BatchState.REJECTED:
            numbers = store.batches.numbers(batch)
            # What is open before what is answered: else an answer that comes in between is in neither.
            doubted = looked_up(store, job.binding, numbers)
            payers = store.results.under_way(job.binding, numbers, now - PROVIDER.retention_seconds)
            elsewhere = Elsewhere(store.results.reusable(job.binding, numbers, job.created), payers)
            if doubted or any(elsewhere):
                taken.append((batch, elsewhere))
            else:
                free.append(batch)
    return free, taken
