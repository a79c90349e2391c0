"""Whether the service is there at all: one probe speaks for everyone while it is not."""

import threading
from collections.abc import Callable

from pwl_tui.engine.events import ServiceDown, ServiceUp
from pwl_tui.engine.schedule import backoff
from pwl_tui.problem import Problem


class Health:
    """Learns from the ends of calls; may be told from several threads.

    Args:
        spread: draws 0 to 1.
    """

    def __init__(self, spread: Callable[[], float]) -> None:
        self._spread = spread
        self._lock = threading.Lock()
        self._failures = 0
        self._down_until = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last call failed for a reason that others would meet too."""
        return self._failures > 0

    @property
    def down_until(self) -> float:
        """When to ask again, UTC epoch seconds; in the past while the service answers."""
        return self._down_until

    def probe_now(self) -> None:
        """Ask again at once, since the person wants to know."""
        self._down_until = 0.0

    def learn(self, problem: Problem | None, now: float) -> ServiceDown | ServiceUp | None:
        """Take in how a call ended; return the event that this is, if it is news.

        Args:
            problem: why it failed, where other calls would meet the same; none: it did not.
            now: UTC epoch seconds.
        """
        with self._lock:
            was_failing = self.failing
            if problem is None:
                self._failures, self._down_until = 0, 0.0
                return ServiceUp() if was_failing else None
            self._failures += 1
            wait = backoff(self._failures, problem.retry_after, self._spread())
            self._down_until = max(self._down_until, now + wait)
            return ServiceDown(problem, self._down_until)
