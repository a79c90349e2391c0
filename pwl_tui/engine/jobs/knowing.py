"""What the jobs and lookups of a key know of single numbers: free, and without asking the service."""

from collections.abc import Sequence

from msgspec import Struct

from pwl_tui.answer import Answer
from pwl_tui.state.models import Binding, Job
from pwl_tui.state.store import Store


class InList(Struct, frozen=True):
    """A list that a number is in.

    Attributes:
        job: of the list.
        answer: what is known of the number there.
        answered: when the service gave that answer. None means that there is none.
    """

    job: Job
    answer: Answer
    answered: float | None


class Known(Struct, frozen=True):
    """What is known of one number.

    Attributes:
        number: E.164 without the plus.
        answer: the last one. None means that there is none.
        line_type: as the service names it; may be empty.
        at: when the service gave it.
        job: ID of the job that it was given to. None means a lookup.
        lists: those that the number is in, the newest first.
    """

    number: int
    answer: Answer | None = None
    line_type: str = ""
    at: float | None = None
    job: int | None = None
    lists: tuple[InList, ...] = ()


def known(store: Store, binding: Binding, numbers: Sequence[int]) -> list[Known]:
    """Return what all jobs and lookups of a key know of some numbers, in their order.

    Args:
        store: where they are.
        binding: the service and key.
        numbers: E.164 without the plus.

    Raises:
        StateError: the state file failed.
    """
    jobs = {job.id: job for job in store.jobs.all() if job.binding == binding}
    # Only such jobs have to be searched for numbers without an answer.
    unanswered = [job.id for job in jobs.values() if job.numbers > job.counts.answered - job.counts.failed]
    held = store.results.holding(numbers, unanswered)
    last = store.results.reusable(binding, numbers, 0.0)
    checks = store.lookups.latest(binding, numbers)
    found = []
    for number in numbers:
        lists = tuple(
            InList(jobs[one.job], one.answer, one.answered)
            for one in sorted(held.get(number, ()), key=lambda one: -one.job)
            if one.job in jobs
        )
        if (answer := last.get(number)) is None:
            found.append(Known(number, lists=lists))
            continue
        check = checks.get(number)
        own = answer.job is None and check is not None and check.answered == answer.answered
        line_type = check.line_type if own and check is not None else ""
        found.append(Known(number, answer.answer, line_type, answer.answered, answer.job, lists))
    return found
