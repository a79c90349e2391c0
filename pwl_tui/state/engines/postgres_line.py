"""A connection that does not wait forever for a server that stands still: nothing has cut the line to it."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

SILENT_SECONDS: Final = 3.0
"""How long a server may say nothing before it is asked on another connection whether it is alive."""
_LONGEST_SECONDS: Final = 60.0


class SilentError(psycopg.OperationalError):
    """The server says nothing, on another connection either."""


class Found(NamedTuple):
    """What a connection has found when it was made.

    Attributes:
        row: the answer to `postgres_link.WHERE`.
        began: when that was asked, as `postgres_clock.steady` has it.
        ended: when its answer came.
    """

    row: tuple[Any, ...]
    began: float
    ended: float


class Line(psycopg.Connection[Any]):
    """A connection. A statement may take as long as it likes on a server that is alive.

    Attributes:
        is_alive: returns whether the server answers on another connection. Before it is set, as while the
            connection is being made, silence alone ends it.
        silence: seconds to wait before that is asked.
        found: where it leads. None means that it is not known.
    """

    is_alive: Callable[[], bool] = staticmethod(lambda: False)
    silence = SILENT_SECONDS
    found: Found | None = None

    def wait(self, gen: PQGen[T], *args: Any, **kwargs: Any) -> T:
        """Wait for the server as psycopg does, and not longer than it is alive."""
        return super().wait(self._watched(gen), *args, **kwargs)

    @contextmanager
    def in_short(self, seconds: float) -> Iterator[None]:
        """Give up on a silent server after so many seconds, whether it is alive or not."""
        before = self.is_alive, self.silence
        self.is_alive, self.silence = lambda: False, seconds
        try:
            yield
        finally:
            self.is_alive, self.silence = before

    def _watched(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """Pass on what psycopg waits for; nothing comes back if the server has said nothing for a moment."""
        heard, silence = time.monotonic(), self.silence
        ready: Any = None
        while True:
            try:
                wanted = gen.send(ready)
            except StopIteration as done:
                result: T = done.value
                return result
            ready = yield wanted
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard >= silence:
                if not self.is_alive():
                    self.close()
                    raise SilentError("the server does not answer")
                silence = min(silence * 2, _LONGEST_SECONDS)
                heard = time.monotonic()
