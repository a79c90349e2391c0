"""Whether a server can be reached: it may refuse, or say nothing although nothing has cut the line."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import psycopg

from pwl_tui.state.engines.postgres_errors import silent
from pwl_tui.state.engines.postgres_line import Line
from pwl_tui.state.engines.postgres_link import Link, Target, link_to
from pwl_tui.state.errors import AwayError

if TYPE_CHECKING:
    from pwl_tui.problem import Problem

_PAUSE_SECONDS: Final = 2.0
"""How long nobody tries to connect after a try that failed."""
_PROBE_SECONDS: Final = 5
"""How long a server may take to accept another connection."""
_BACK: Final = "Nothing is lost. Try again once it is back."


class Reach:
    """Makes connections to a server. While it is away, that fails at once; one caller at a time tries again.

    Args:
        target: the server.
        shared: a lock that each connection holds together with all others. None means none.
        now: seconds that pass whatever happens to the clock.
    """

    def __init__(
        self, target: Target, shared: int | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._target = target
        self._shared = shared
        self._now = now
        self._lock = threading.Lock()
        self._been_there = False
        self._problem: Problem | None = None
        self._try_at = 0.0
        self._trying = False
        self._silent = False
        self._probe = threading.Lock()
        self._answered_at = -_PAUSE_SECONDS

    def connect(self) -> Link:
        """Return a new connection.

        Raises:
            AwayError: none can be made now.
            StateError: the server is not one that can be used.
        """
        with self._lock:
            if self._problem is not None:
                if self._trying or self._now() < self._try_at:
                    raise AwayError(self._problem)
                self._trying = True
        return self._try()

    def is_alive(self) -> bool:
        """Ask a server that is silent whether it answers on another connection; takes some seconds if not."""
        with self._probe:  # several connections may be silent at once
            if self._now() - self._answered_at < _PAUSE_SECONDS:
                return True
            with self._lock:
                if self._silent and self._now() < self._try_at:
                    return False
            if not _answers(self._target):
                with self._lock:
                    self._problem = silent(self._target.host, _BACK).problem
                    self._silent, self._try_at = True, self._now() + _PAUSE_SECONDS
                return False
            self._answered_at = self._now()
            return True

    def _try(self) -> Link:
        problem: Problem | None = None
        try:
            link = link_to(self._target, self._shared)
        except AwayError as error:
            # What it takes to connect for the first time is no help to who was connected before.
            problem = AwayError(error.problem.message, _BACK).problem if self._been_there else error.problem
        finally:
            with self._lock:
                self._trying = False
        with self._lock:
            self._problem = problem if self._been_there else None
            self._silent, self._try_at = False, self._now() + _PAUSE_SECONDS
        if problem is not None:
            raise AwayError(problem)
        self._been_there = True
        link.is_alive = self.is_alive
        return link


def _answers(target: Target) -> bool:
    """Whether a server answers on a new connection."""
    parameters = {**target.parameters, "connect_timeout": _PROBE_SECONDS}
    try:
        with Line.connect(autocommit=True, **parameters) as line:  # type: ignore[arg-type]
            line.execute("SELECT 1")
    except psycopg.Error as error:
        # These are its own words: it takes no more connections, or it is about to start.
        return "FATAL" in str(error)
    return True
