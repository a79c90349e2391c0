"""Whether the service is available at all: while it is not, a single probe finds out when it is back."""

import threading
from collections.abc import Callable

from pwl_tui.engine.events import ServiceDown, ServiceUp
from pwl_tui.engine.polling.schedule import backoff
from pwl_tui.problem import Problem


class Health:
    """Learns from how calls end; several threads may use it.

    Args:
        spread: draws 0 to 1.
    """

    def __init__(self, spread: Callable[[], float]) -> None:
        self._spread = spread
        self._lock = threading.Lock()
        self._failures = 0
        self._down_until = 0.0
        self._asked_until = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last call failed in a way that others would, too."""
        return self._failures > 0

    @property
    def asked_until(self) -> float:
        """Until when the service asked us to wait, UTC epoch seconds; in the past if it did not.

        Neither new work nor the answer to an earlier call makes this shorter.
        """
        return self._asked_until

    @property
    def down_until(self) -> float:
        """When to call again, UTC epoch seconds; in the past while the service answers."""
        return max(self._down_until, self._asked_until)

    def probe_now(self) -> None:
        """Call again at once, because the person wants to know."""
        self._down_until = self._asked_until = 0.0

    def obey(self, problem: Problem, now: float) -> None:
        """Note how long the service asked us to wait, if it did: that holds for every call."""
        if problem.retry_after is not None:
            with self._lock:
                self._asked_until = max(self._asked_until, now + problem.retry_after)

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped by so much: waits stay as long as they are."""
        with self._lock:
            self._down_until += seconds
            self._asked_until += seconds

    def learn(self, problem: Problem | None, now: float) -> ServiceDown | ServiceUp | None:
        """Note how a call ended; return the event to report. None means there is no news.

        Args:
            problem: why it failed, if other calls would fail in the same way. None means it did not.
            now: UTC epoch seconds.
        """
        if problem is not None:
            self.obey(problem, now)
        with self._lock:
            was_failing = self.failing
            if problem is None:
                self._failures, self._down_until = 0, 0.0
                return ServiceUp() if was_failing else None
            self._failures += 1
            wait = backoff(self._failures, problem.retry_after, self._spread())
            self._down_until = max(self._down_until, now + wait)
            return ServiceDown(problem, self._down_until)
