"""Whether the service is there at all: one probe speaks for everyone while it is not."""

import threading
from collections.abc import Callable

from pwl_tui.engine.events import ServiceDown, ServiceUp
from pwl_tui.engine.polling.schedule import backoff
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
        self._asked_until = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last call failed for a reason that others would meet too."""
        return self._failures > 0

    @property
    def asked_until(self) -> float:
        """Until when the service asked to be left alone, UTC epoch seconds; in the past if it did not.

        Neither new work nor an answer that was under way meanwhile makes this shorter.
        """
        return self._asked_until

    @property
    def down_until(self) -> float:
        """When to ask again, UTC epoch seconds; in the past while the service answers."""
        return max(self._down_until, self._asked_until)

    def probe_now(self) -> None:
        """Ask again at once, since the person wants to know."""
        self._down_until = self._asked_until = 0.0

    def obey(self, problem: Problem, now: float) -> None:
        """Take in how long the service asked to be left alone, if it did: that is meant for every call."""
        if problem.retry_after is not None:
            with self._lock:
                self._asked_until = max(self._asked_until, now + problem.retry_after)

    def learn(self, problem: Problem | None, now: float) -> ServiceDown | ServiceUp | None:
        """Take in how a call ended; return the event that this is, if it is news.

        Args:
            problem: why it failed, where other calls would meet the same; none: it did not.
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
