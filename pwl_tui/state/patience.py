"""Waiting for other processes: in steps short enough for ctrl+c, and not in silence."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

STEP_SECONDS = 0.25
"""The longest wait inside SQLite, during which Python handles no signal."""
_PAUSE_SECONDS = 0.05
SILENT_SECONDS = 2.0
LONGEST_SECONDS = 60.0
"""Long, because storing an ID that was paid for must not fail because of a queue."""
WAITING: Final = "Another process has locked the state file; waiting for it."


class Patience:
    """How long the users of one state directory wait for locks, and who is told.

    Args:
        clock: seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._waiting = 0
        self.on_wait: Callable[[], object] = lambda: None
        """Called, by any thread, once waits have lasted for two seconds; again only after they have ended."""

    @contextmanager
    def wait(self) -> Iterator["Wait"]:
        """Lend a wait, which is over when the block ends."""
        wait = Wait(self)
        try:
            yield wait
        finally:
            if wait.told:
                with self._lock:
                    self._waiting -= 1

    def now(self) -> float:
        """Return the seconds of the clock."""
        return self._clock()

    def pause(self) -> None:
        """Wait before the next attempt, if the attempt itself does not wait."""
        self._sleep(_PAUSE_SECONDS)

    def tell(self) -> None:
        """Say that a wait is long, unless another one has said so and still waits."""
        with self._lock:
            self._waiting += 1
            first = self._waiting == 1
        if first:
            self.on_wait()


class Wait:
    """One wait for a lock.

    Args:
        patience: says how long it may last.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._began = patience.now()
        self.told = False
        """Whether it has lasted so long that it was said."""

    def goes_on(self) -> bool:
        """Return whether to try once more. Call it after each attempt that failed."""
        waited = self._patience.now() - self._began
        if waited >= SILENT_SECONDS and not self.told:
            self.told = True
            self._patience.tell()
        return waited < LONGEST_SECONDS
