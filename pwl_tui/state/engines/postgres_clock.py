"""The clock of a server, as far as a machine knows it: what its own clock says makes no difference."""

import time
from collections.abc import Callable
from typing import Final

_LOOK_SECONDS: Final = 30.0
"""How often to compare, though nothing else was asked of the server: clocks drift, and are set."""
_TICKING: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts the time that a machine sleeps, on Linux and macOS."""


def steady() -> float:
    """Return seconds that only ever pass, from any beginning, also while the machine sleeps."""
    return time.clock_gettime(_TICKING)


class ServerClock:
    """Says what a server's clock says, without asking it each time.

    Args:
        steady: seconds that only ever pass.
    """

    def __init__(self, steady: Callable[[], float] = steady) -> None:
        self.steady = steady
        # Until it is compared for the first time, that is the best guess.
        self._ahead = time.time() - steady()
        self._compared: float | None = None

    def __call__(self) -> float:
        """Return UTC epoch seconds."""
        return self.steady() + self._ahead

    def compare(self, there: float, began: float, ended: float | None = None) -> None:
        """Note what the server's clock said.

        It said so at some time between the question and the answer. As long as what was known fits that, it
        is kept: so a slow answer does not make it worse.

        Args:
            there: UTC epoch seconds.
            began: what `steady` said just before it was asked.
            ended: what it said when the answer came. None means that it came just now.
        """
        ended = self.steady() if ended is None else ended
        if self._compared is None or not there - ended <= self._ahead <= there - began:
            self._ahead = there - (began + ended) / 2
        self._compared = ended

    @property
    def is_due(self) -> bool:
        """Whether it should be compared again."""
        return self._compared is None or self.steady() - self._compared >= _LOOK_SECONDS
