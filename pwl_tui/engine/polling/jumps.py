"""Clocks that jump: set by a person or a time server, or stopped while the machine slept."""

from collections.abc import Callable
from typing import Final

_LEAST_SECONDS: Final = 2.0
"""A smaller difference is drift, and changes nothing."""


class Jumps:
    """Notices when the clock that times are written by moves otherwise than time passes.

    Args:
        clock: UTC epoch seconds.
        steady: seconds that only ever pass, from any beginning.
    """

    def __init__(self, clock: Callable[[], float], steady: Callable[[], float]) -> None:
        self._steady = steady
        self._difference = clock() - steady()

    def since_last(self, now: float) -> float:
        """Return by how many seconds the clock jumped since the last call: negative if it was set back.

        Args:
            now: what `clock` just said; whoever asks goes on with the same time.
        """
        difference = now - self._steady()
        jump = difference - self._difference
        if abs(jump) < _LEAST_SECONDS:
            return 0.0
        self._difference = difference
        return jump
