"""The limits of polling: pure functions of the clock. Nothing here waits.

The bounds are the service's etiquette (see `Provider`), which the settings may change. Within them,
`planner` sends polls where news is likely.
"""

from typing import Final

from pwl_tui.config import Polling
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Batch

_BACKOFF_SECONDS = 5.0
_BACKOFF_LIMIT_SECONDS = 300.0
TRIES: Final = 5
"""How often in a row the service must say something unlikely of a batch to be believed."""
_NEW_SECONDS = 600.0
"""How long after it was accepted a batch may still be unknown to a part of the service."""
_LOOK_SECONDS = (300.0, 21_600.0)
"""The shortest and longest pause between two looks at an unreachable batch."""


def bounds(size: int, pace: Polling) -> tuple[float, float]:
    """Return the shortest and longest pause, in seconds, between two polls of a batch of `size` numbers."""
    small_batch, large_batch = PROVIDER.small_batch, PROVIDER.large_batch
    share = min(max((size - small_batch) / (large_batch - small_batch), 0.0), 1.0)
    shortest, longest = (
        small + (large - small) * share for small, large in zip(pace.small, pace.large, strict=True)
    )
    shortest = max(shortest, pace.minimum)
    return shortest, max(longest, shortest)


def first_poll(size: int, pace: Polling, now: float) -> float:
    """Return when to poll a batch for the first time after it was accepted."""
    return now + bounds(size, pace)[0]


def is_new(batch: Batch, now: float) -> bool:
    """Return whether a batch was accepted only minutes ago, so that not all of the service may know it."""
    return batch.submitted is not None and 0 <= now - batch.submitted < _NEW_SECONDS


def next_look(batch: Batch, now: float, spread: float) -> float:
    """Return when to look again whether the service knows an unreachable batch: the older, the later."""
    shortest, longest = _LOOK_SECONDS
    age = 0.0 if batch.submitted is None else now - batch.submitted
    return now + min(max(age / 4, shortest), longest) * (1 + 0.1 * spread)


def backoff(attempts: int, retry_after: float | None, spread: float, limit: float | None = None) -> float:
    """Return how many seconds to wait after `attempts` failures in a row (1, 2, …).

    A doubling pause with jitter between half and all of it; a wait that the service asked for is obeyed, with
    a little on top.

    Args:
        attempts: failures in a row.
        retry_after: seconds the service asked us to wait. None means it did not say.
        spread: 0 to 1, drawn at random.
        limit: the longest pause without `retry_after`. None means five minutes.
    """
    if retry_after is not None:
        return retry_after * (1 + 0.1 * spread)
    pause = min(_BACKOFF_SECONDS * 2.0 ** min(attempts - 1, 10), limit or _BACKOFF_LIMIT_SECONDS)
    return pause * (0.5 + 0.5 * spread)
