"""How the service works through its queue, as far as the answers tell.

Three ways are weighed against each other. *One by one*: the oldest batch has the whole rate, so one position
tells where all stand. *Side by side*: all batches share the rate evenly, so one level tells it. *Own rate*:
each batch goes its own way. Each way predicts every answer before it is taken in, and the weights follow from
how well it did. All of it follows from the clock and what was seen; nothing here waits or reads a file.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import partial
from operator import itemgetter
from typing import Final

from pwl_tui.engine.polling.queue_ways import (
    SURPRISE,
    Expected,
    Key,
    OneByOne,
    OwnRate,
    Seen,
    Way,
)
from pwl_tui.engine.polling.side_by_side import SideBySide
from pwl_tui.state.polls import Standing

_SURE: Final = 0.97
"""The weight from which a way is taken for what the service does."""
_MEMORY: Final = 0.93
"""How much of what spoke for a way is left after one more answer: a service may change its way."""
_FORETOLD: Final = 0.5
"""How likely an end is at most. Batches are asked when they should have ended: an end that comes true tells
no way from another, and takes nothing from what was told before."""
_SWITCH: Final = 3.0
"""How much likelier another way must be, as a logarithm: two that foretell the same must not take turns."""


class Kind(StrEnum):
    """The way in which a service works."""

    ONE_BY_ONE = "one by one"
    SIDE_BY_SIDE = "side by side"
    OWN_RATE = "own rate"


class QueueModel:
    """All that was learned of one key's queue.

    Attributes:
        ways: the three ways, each of which has learned from every answer.
        kind: the way that is likeliest, or was so lately.
    """

    def __init__(self) -> None:
        self.one_by_one, self.side_by_side, self.own_rate = OneByOne(), SideBySide(), OwnRate()
        self.ways: dict[Kind, Way] = {
            Kind.ONE_BY_ONE: self.one_by_one,
            Kind.SIDE_BY_SIDE: self.side_by_side,
            Kind.OWN_RATE: self.own_rate,
        }
        self._logs = dict.fromkeys(Kind, 0.0)
        self.kind = Kind.ONE_BY_ONE
        self._known: dict[Key, float] = {}
        """The batches that are followed, with the time of the last answer; infinite for those that ended."""
        self._open = 0
        self.at = -math.inf
        """When the last answer was given that was taken in."""
        self.answers = 0
        """How many were taken in."""

    @property
    def weight(self) -> float:
        """How sure that is, from nearly 0 to 1."""
        return 1 / sum(math.exp(log - self._logs[self.kind]) for log in self._logs.values())

    @property
    def sure(self) -> bool:
        """Whether one way is taken for what the service does."""
        return self.weight >= _SURE

    @property
    def rate(self) -> float | None:
        """How many numbers a second the service seems to answer. None means that is unknown."""
        return self.ways[self.kind].rate

    def take(self, standings: Sequence[Standing], now: float) -> None:
        """Take in how far all batches are: those that are new, and every answer that is.

        Args:
            standings: every unfinished batch, and those that ended lately; by when they were sent.
            now: UTC epoch seconds; answers of later times are from before the clock was set back.
        """
        events: list[tuple[float, Callable[[], None]]] = []
        for one in standings:
            sent = min(one.sent, now)
            if one.key not in self._known:
                self._known[one.key] = sent - 1.0
                self._open += 1
                events.append((sent, partial(self._join, one.key, one.size, sent)))
            if one.last_poll is not None and self._known[one.key] < one.last_poll <= now and not one.failures:
                seen = Seen(one.key, one.size, one.sent, one.last_poll, one.answered, one.done)
                events.append((max(sent, one.last_poll), partial(self.learn, seen)))
        if len(self._known) > len(standings):
            self._leave(self._known.keys() - {one.key for one in standings})
        # As it happened, even if all is new after a start: what is known when a batch joins tells its begin.
        for _, happen in sorted(events, key=itemgetter(0)):
            happen()

    def _join(self, key: Key, size: int, sent: float) -> None:
        for way in self.ways.values():
            way.join(key, size, sent)

    def learn(self, seen: Seen) -> None:
        """Take in an answer; it changes nothing if it is known, or its batch is not followed."""
        if self._known.get(seen.key, math.inf) >= seen.at:
            return
        self._known[seen.key] = self.at = seen.at
        self.answers += 1
        for way in self.ways.values():
            way.advance(seen.at)
        least = SURPRISE if seen.done or not seen.answered else SURPRISE / seen.size
        most, memory = (_FORETOLD, 1.0) if seen.done else (1.0, _MEMORY)
        for kind, way in self.ways.items():
            likely = min(max(way.likelihood(seen), least), most)
            self._logs[kind] = memory * self._logs[kind] + math.log(likely)
            way.learn(seen)
        likeliest = max(self._logs, key=self._logs.__getitem__)
        best = self._logs[likeliest]
        if best > self._logs[self.kind] + _SWITCH:
            self.kind = likeliest
        for kind in self._logs:
            self._logs[kind] -= best
        if seen.done:
            self._known[seen.key] = math.inf
            self._open -= 1

    def _leave(self, keys: Iterable[Key]) -> None:
        """Forget batches that are not followed any more."""
        for key in keys:
            self._open -= math.isfinite(self._known.pop(key, math.inf))
            for way in self.ways.values():
                way.leave(key)

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped by so much."""
        self.at += seconds
        self._known = {key: at + seconds for key, at in self._known.items()}
        for way in self.ways.values():
            way.shift(seconds)

    def expected(self) -> dict[Key, Expected]:
        """Return when each batch is expected to end; without those of which nothing is known."""
        # What is expected follows from the last answer: time that passes without one must put nothing off.
        way = self.ways[self.kind]
        found = dict(way.expected())
        if len(found) < self._open and way is not self.own_rate:
            # Those that do not fit in go their own way.
            found = {**self.own_rate.expected(), **found}
        return found
