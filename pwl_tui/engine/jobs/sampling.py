"""What a sample says about the whole list and how certain that is; whether the remainder was sent."""

import math
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from pwl_tui.engine.jobs.planning import Origin
from pwl_tui.engine.problems import EngineError, continued
from pwl_tui.state.models import Batch, Job
from pwl_tui.state.store import Store

_Z: Final = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


class Share(Struct, frozen=True):
    """A share in a sample, and the range in which that of the whole list is with 95 % probability.

    Attributes:
        value: 0 to 1.
        low: the lower end.
        high: the upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.0%} ({self.low:.0%} to {self.high:.0%})"


class Rates(Struct, frozen=True):
    """What became of the numbers of a sample that have a result.

    Attributes:
        answered: how many have one, including failures.
        on_whatsapp: of those.
        business: of those.
        failed: of those.
    """

    answered: int
    on_whatsapp: Share
    business: Share
    failed: Share


def share(hits: int, of: int) -> Share:
    """Return the share of `hits` among `of` drawn at random, with its Wilson score interval.

    The interval stays within 0 and 1 and is right for few draws, unlike the usual one. See E. B.
    Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    if not of:
        return Share(0.0, 0.0, 1.0)
    value, square = hits / of, _Z * _Z
    middle = (value + square / (2 * of)) / (1 + square / of)
    half = _Z * math.sqrt(value * (1 - value) / of + square / (4 * of * of)) / (1 + square / of)
    # Rounding must not leave the share itself outside.
    return Share(value, min(max(middle - half, 0.0), value), max(min(middle + half, 1.0), value))


def rates(batches: Iterable[Batch]) -> Rates | None:
    """Return what the results of a sample's batches say about its list. None means there are none yet.

    Takes batches and not the job, because reused results were not drawn at random.
    """
    counts = [batch.counts for batch in batches]
    answered = sum(count.answered for count in counts)
    if not answered:
        return None
    return Rates(
        answered,
        share(sum(count.on_whatsapp for count in counts), answered),
        share(sum(count.business for count in counts), answered),
        share(sum(count.failed for count in counts), answered),
    )


def why_left_out(store: Store, job: Job) -> str:
    """Return why numbers were left out of a job; empty if none were."""
    return store.results.why_left_out(job.id) if job.left_out > 0 else ""


def continued_by(store: Store, job: Job) -> Job | None:
    """Return the latest job that sent more of the same list than this one. None means there is none."""
    later = [
        other
        for other in store.jobs.all()
        if other.id > job.id and other.left_out < job.left_out
        # First compare what needs no reading of the lists.
        if (other.binding, other.rows, other.numbers) == (job.binding, job.rows, job.numbers)
    ]
    wanted = _list_of(store, job) if later else ""
    return next((other for other in later if _list_of(store, other) == wanted), None)


def require_not_continued(store: Store, job: Job) -> None:
    """Check that no other job has sent what this one left out: it would be paid for twice.

    Raises:
        EngineError: another job has.
    """
    later = continued_by(store, job)
    if later is not None:
        raise EngineError(continued(job, later))


def _list_of(store: Store, job: Job) -> str:
    """Return the SHA-256 of the list that a job was made from."""
    origin, _ = store.jobs.origin(job.id)
    return Origin.decode(origin).sha256
