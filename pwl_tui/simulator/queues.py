"""How a service works through the batches that it took: one by one, side by side, or each at its own rate.

A queue has no thread and no clock: what has been answered is computed from the time that the caller gives. A
time before one that was asked about earlier changes nothing.
"""

import heapq
import math
import random
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_BLOCK_SECONDS: Final = 10.0
"""How long a rate holds before an uneven service changes it."""
_OWN_RATES: Final = 0.5
"""How much the rates of batches differ that have one each: the deviation of their logarithm."""


class QueueKind(StrEnum):
    """The order in which a service works."""

    ONE_BY_ONE = "one-by-one"
    SIDE_BY_SIDE = "side-by-side"
    OWN_RATE = "own-rate"


class Queue(ABC):
    """The batches of a service.

    Args:
        rate: numbers a second: of all batches together, or of each where each has its own.
            ``math.inf`` answers everything at once.
        unevenness: the deviation of the rate's logarithm from one block of seconds to the next; 0 is even.
        seed: a different seed gives a different course.
    """

    def __init__(self, rate: float, unevenness: float, seed: int) -> None:
        self.rate = rate
        self.unevenness = unevenness
        self.seed = seed

    @abstractmethod
    def add(self, size: int, now: float) -> int:
        """Take a batch; return its index, counted from 0."""

    @abstractmethod
    def answered(self, index: int, now: float) -> float:
        """Return how many numbers of a batch have their answer; its size once it has ended."""

    @abstractmethod
    def ended(self, index: int, now: float) -> float | None:
        """Return when a batch ended. None means it has not."""


class _Curve:
    """The numbers that one worker completes over time, from 0 at second 0."""

    def __init__(self, rate: float, unevenness: float, seed: int) -> None:
        self._rate = rate
        self._unevenness = unevenness
        self._chance = random.Random(seed)  # noqa: S311 - a course that repeats itself
        self._sums = [0.0]

    def factor(self, block: int) -> float:
        """Return how many numbers are completed in a block of seconds, counted from 0."""
        while len(self._sums) <= block + 1:
            drawn = self._chance.gauss(-(self._unevenness**2) / 2, self._unevenness)
            self._sums.append(self._sums[-1] + self._rate * _BLOCK_SECONDS * math.exp(drawn))
        return self._sums[block + 1] - self._sums[block]

    def done(self, seconds: float) -> float:
        """Return how many numbers are completed by then."""
        if not self._unevenness:
            return self._rate * seconds
        block = int(seconds / _BLOCK_SECONDS)
        within = self.factor(block) * (seconds / _BLOCK_SECONDS - block)
        return self._sums[block] + within

    def when(self, numbers: float) -> float:
        """Return the second by which so many numbers are completed."""
        if not self._unevenness:
            return numbers / self._rate
        while self._sums[-1] < numbers:
            self.factor(len(self._sums))
        block = max(bisect_left(self._sums, numbers) - 1, 0)
        return (block + (numbers - self._sums[block]) / self.factor(block)) * _BLOCK_SECONDS


class OneByOne(Queue):
    """First come, first served."""

    def __init__(self, rate: float, unevenness: float, seed: int) -> None:
        super().__init__(rate, unevenness, seed)
        self._curve = _Curve(rate, unevenness, seed)
        self._begun: float | None = None
        self._batches: list[tuple[int, float, float]] = []

    def add(self, size: int, now: float) -> int:
        """Take a batch; return its index."""
        if self._begun is None:
            self._begun = now
        free = self._batches[-1][2] if self._batches else -math.inf
        start = max(now, free)
        if math.isinf(self.rate):
            finish = start
        elif self.unevenness:
            finish = self._begun + self._curve.when(self._curve.done(start - self._begun) + size)
        else:
            finish = start + size / self.rate
        self._batches.append((size, start, finish))
        return len(self._batches) - 1

    def answered(self, index: int, now: float) -> float:
        """Return how many numbers of a batch have their answer."""
        size, start, finish = self._batches[index]
        if now >= finish:
            return size
        if now <= start or self._begun is None:
            return 0
        if not self.unevenness:
            return size * (now - start) / (finish - start)
        return self._curve.done(now - self._begun) - self._curve.done(start - self._begun)

    def ended(self, index: int, now: float) -> float | None:
        """Return when a batch ended."""
        finish = self._batches[index][2]
        return finish if now >= finish else None


class SideBySide(Queue):
    """All batches at once: each gets an even share of the rate."""

    def __init__(self, rate: float, unevenness: float, seed: int) -> None:
        super().__init__(rate, unevenness, seed)
        self._curve = _Curve(rate, unevenness, seed)
        self._begun = self._at = 0.0
        self._level = 0.0
        """How many numbers each batch would have that is there since the beginning."""
        self._open: list[tuple[float, int]] = []
        self._batches: list[tuple[int, float]] = []
        self._ended: dict[int, float] = {}

    def add(self, size: int, now: float) -> int:
        """Take a batch; return its index."""
        if not self._batches:
            self._begun = self._at = now
        self._advance(now)
        index = len(self._batches)
        self._batches.append((size, self._level))
        if math.isinf(self.rate):
            self._ended[index] = now
        else:
            heapq.heappush(self._open, (self._level + size, index))
        return index

    def answered(self, index: int, now: float) -> float:
        """Return how many numbers of a batch have their answer."""
        self._advance(now)
        size, begun = self._batches[index]
        return size if index in self._ended else min(self._level - begun, size - 1e-3)

    def ended(self, index: int, now: float) -> float | None:
        """Return when a batch ended."""
        self._advance(now)
        return self._ended.get(index)

    def _advance(self, now: float) -> None:
        while self._at < now:
            if not self._open:
                self._at = now
                return
            block = int((self._at - self._begun) / _BLOCK_SECONDS)
            pace = self._curve.factor(block) / _BLOCK_SECONDS / len(self._open)
            until = min(now, self._begun + (block + 1) * _BLOCK_SECONDS)
            end = self._at + (self._open[0][0] - self._level) / pace
            if end <= until:
                self._level, index = heapq.heappop(self._open)
                self._ended[index] = self._at = max(end, self._at)
            else:
                self._level += pace * (until - self._at)
                # Floating point must not keep it at the end of a block for ever.
                self._at = max(until, math.nextafter(self._at, math.inf))


class OwnRate(Queue):
    """Each batch at a rate of its own, whatever the others do."""

    def __init__(self, rate: float, unevenness: float, seed: int) -> None:
        super().__init__(rate, unevenness, seed)
        self._chance = random.Random(seed)  # noqa: S311 - a course that repeats itself
        self._batches: list[tuple[int, float, float, _Curve]] = []

    def add(self, size: int, now: float) -> int:
        """Take a batch; return its index."""
        index = len(self._batches)
        factor = math.exp(self._chance.gauss(0.0, _OWN_RATES))
        curve = _Curve(self.rate * factor, self.unevenness, self.seed * 100_003 + index)
        finish = now if math.isinf(self.rate) else now + curve.when(size)
        self._batches.append((size, now, finish, curve))
        return index

    def answered(self, index: int, now: float) -> float:
        """Return how many numbers of a batch have their answer."""
        size, start, finish, curve = self._batches[index]
        if now >= finish:
            return size
        return curve.done(now - start) if now > start else 0

    def ended(self, index: int, now: float) -> float | None:
        """Return when a batch ended."""
        finish = self._batches[index][2]
        return finish if now >= finish else None


_QUEUES: Final[dict[QueueKind, Callable[[float, float, int], Queue]]] = {
    QueueKind.ONE_BY_ONE: OneByOne,
    QueueKind.SIDE_BY_SIDE: SideBySide,
    QueueKind.OWN_RATE: OwnRate,
}


def queue_of(kind: QueueKind, *, rate: float, unevenness: float = 0.0, seed: int = 0) -> Queue:
    """Return an empty queue of a kind; see `Queue` for the rest."""
    return _QUEUES[kind](rate, unevenness, seed)
