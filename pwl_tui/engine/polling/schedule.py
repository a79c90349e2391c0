"""When to ask again: pure functions of the clock and of what was learned. Nothing here waits.

The bounds are the service's etiquette (`Provider`), which the settings may stretch. Within them the next poll
goes where news is likely.
"""

from msgspec import Struct

from pwl_tui.config import Polling
from pwl_tui.provider import PROVIDER

_TAIL_FACTOR = 4.0
"""A batch that waits behind others is looked at up to this many times less often."""
_OVERSHOOT_SECONDS = 0.5
"""Added to an expected end, so that the last poll comes just after it and not just before."""
_BACKOFF_SECONDS = 5.0
_BACKOFF_LIMIT_SECONDS = 300.0


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
    """Return when to look at a batch for the first time after it was accepted."""
    return now + bounds(size, pace)[0]


def next_poll(
    size: int, pending: int, pace: Polling, *, rate: float | None, ahead: int, now: float, spread: float
) -> float:
    """Return when to look at a batch again.

    Args:
        size: its numbers.
        pending: of these, as the last poll told.
        pace: the settings.
        rate: numbers a second that the service answers for this key, as learned; none: not known.
        ahead: numbers of the key that are pending in batches sent before this one.
        now: the time of the last poll.
        spread: 0 to 1, drawn at random, so that batches do not march in step.
    """
    shortest, longest = bounds(size, pace)
    waiting = ahead > 0 and pending == size
    if waiting:
        longest *= _TAIL_FACTOR
    if not rate:
        return now + shortest + (longest - shortest) * spread
    # A batch that waits has its first news when those ahead of it are done, the others when they end.
    expected = (ahead if waiting else pending) / rate + _OVERSHOOT_SECONDS
    return now + min(max(expected, shortest), longest) * (1 + 0.1 * spread)


def backoff(attempts: int, retry_after: float | None, spread: float) -> float:
    """Return how many seconds to wait after `attempts` failures in a row (1, 2, …).

    Full jitter between half and all of a doubling pause; what the service asked for is obeyed as it stands,
    with a little on top.

    Args:
        attempts: failures in a row.
        retry_after: seconds the service asked for; none: it did not say.
        spread: 0 to 1, drawn at random.
    """
    if retry_after is not None:
        return retry_after * (1 + 0.1 * spread)
    pause = min(_BACKOFF_SECONDS * 2.0 ** min(attempts - 1, 10), _BACKOFF_LIMIT_SECONDS)
    return pause * (0.5 + 0.5 * spread)


class RateEstimate(Struct):
    """How fast the service answers, learned from the polls of one key.

    An exponential mean over the stretches in which there was news. Numbers a second.
    """

    value: float | None = None
    _weight: float = 0.4

    def learn(self, answered: int, seconds: float) -> None:
        """Take in that `answered` numbers were answered within `seconds`."""
        if answered <= 0 or seconds <= 0:
            return
        seen = answered / seconds
        self.value = seen if self.value is None else self.value + self._weight * (seen - self.value)


class Budget(Struct):
    """Requests that all batches share: a token bucket that is asked and told the time.

    Args:
        per_second: requests a second in the long run.
        burst: requests that may be made at once after a quiet time.
    """

    per_second: float
    burst: float = 4.0
    _tokens: float = -1.0
    _at: float = 0.0

    def take(self, now: float) -> float:
        """Take one request if there is one; return 0, or the seconds until there will be."""
        if self._tokens < 0:
            self._tokens, self._at = self.burst, now
        # A clock set back gives nothing and takes nothing.
        self._tokens = min(self.burst, self._tokens + max(now - self._at, 0.0) * self.per_second)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.per_second
