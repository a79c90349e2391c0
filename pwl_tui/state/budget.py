"""How many requests may be made: a token bucket without a clock of its own."""

from msgspec import Struct


class Rate(Struct, frozen=True):
    """How many requests may be made.

    Attributes:
        per_second: requests per second in the long run.
        burst: requests that may be made at once after a pause.
    """

    per_second: float
    burst: float = 4.0


class Budget(Struct):
    """The requests that all batches share.

    It begins with one request, because whoever ran before may have just made the others.

    Args:
        per_second: requests per second in the long run.
        burst: requests that may be made at once after a pause.
    """

    per_second: float
    burst: float = 4.0
    _tokens: float = -1.0
    _at: float = 0.0

    def take(self, now: float) -> float:
        """Take one request if there is one; return 0, or the seconds until there is one."""
        if self._tokens < 0:
            self._tokens, self._at = 1.0, now
        # A clock set back gives nothing and takes nothing.
        self._tokens = min(self.burst, self._tokens + max(now - self._at, 0.0) * self.per_second)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.per_second

    def drain(self) -> None:
        """Give up what was saved: the next requests come one at a time."""
        self._tokens = min(max(self._tokens, 0.0), 1.0)
