"""What there is left to do for the jobs of a key: for whoever leaves, and for whoever keeps working."""

from msgspec import Struct

from pwl_tui.state.models import BatchState, Binding
from pwl_tui.state.store import Store


class Left(Struct, frozen=True):
    """Work that is left; paused jobs are not counted among what is sent.

    Attributes:
        jobs: unfinished jobs.
        unsent: numbers that were agreed to and are not sent yet; each will cost a credit.
        checking: numbers that were sent and have no answer yet.
    """

    jobs: int = 0
    unsent: int = 0
    checking: int = 0


def left_to_do(store: Store, binding: Binding) -> Left:
    """Return what is left to do for the jobs of a key.

    Raises:
        StateError: the state file failed.
    """
    jobs = [job for job in store.jobs.foremost(0)[0] if job.unfinished and job.binding == binding]
    unsent = checking = 0
    for job in jobs:
        for batch in store.batches.of(job.id):
            if batch.state in {BatchState.PLANNED, BatchState.SENDING} and not job.paused:
                unsent += batch.size
            elif batch.state is BatchState.PROCESSING:
                checking += batch.counts.pending
    return Left(len(jobs), unsent, checking)
