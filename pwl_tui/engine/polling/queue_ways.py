"""The ways in which a service may work through its queue: each predicts every answer, and learns from it."""

import math
from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from pwl_tui.engine.polling.flow import CONTRADICTION, Flow, below, density

Key: TypeAlias = tuple[int, int]
"""A batch: its job and its number within it."""

SURPRISE: Final = 0.02
"""How likely an answer is, at least, however badly it fits: no single one decides."""
_PRIOR_ANSWERS: Final = 4.0
"""So many answers at the usual rate are what others say of a batch."""
_FAMILIAR: Final = 0.4
"""That a batch goes on as it did fits any way: it speaks for rates of their own only if no other fits."""
_CROWD: Final = 30
"""Of so many batches, rates of their own are not taken for what a shared way explains as well: to follow each
by itself costs a poll or two of each."""
_PRIOR_SAMPLES: Final = 3
"""What is assumed of how uneven rates are weighs as much as so many batches."""
_LEAST_WEIGHT: Final = 0.02
"""Of one more batch: those of long ago count less and less, as a service may change."""
_NEIGHBORS: Final = 3
_TELLING_SECONDS: Final = 3_600.0
"""That a batch has ended tells nothing of the pace if nobody has looked for longer."""
_LEAST_OWN_STRAY: Final = 0.03
_MOST_OWN_STRAY: Final = 300.0
_FIRST_OWN_STRAY: Final = 3.0


class Seen(Struct, frozen=True):
    """What one poll told.

    Attributes:
        key: the batch.
        size: how many numbers it has.
        sent: when it was submitted, UTC epoch seconds, as all times.
        at: when it was polled.
        answered: how many numbers had their answer.
        done: whether the batch has ended.
    """

    key: Key
    size: int
    sent: float
    at: float
    answered: int
    done: bool


class Expected(Struct, frozen=True):
    """When a batch is expected to end.

    Attributes:
        end: UTC epoch seconds.
        spread: its standard deviation, in seconds.
        own: the part of `spread` that only a poll of this very batch can take away.
        turn: when its first answer is expected.
    """

    end: float
    spread: float
    own: float
    turn: float


class Way(Protocol):
    """One way in which a service may work."""

    @property
    def rate(self) -> float | None:
        """Numbers a second, of all batches together. None means unknown."""

    def join(self, key: Key, size: int, sent: float) -> None:
        """Note that a batch was sent; in the order of sending."""

    def likelihood(self, seen: Seen) -> float:
        """Return how likely an answer is before it is taken in; of a partial one, per number."""

    def learn(self, seen: Seen) -> None:
        """Take an answer in; in the order of polling."""

    def advance(self, now: float) -> None:
        """Let time pass."""

    def expected(self) -> Mapping[Key, Expected]:
        """Return when each batch that is not known to have ended will end; empty if nothing is known."""

    def leave(self, key: Key) -> None:
        """Forget a batch that is not followed any more."""

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped by so much."""


def odds(seen: Seen, begun: float, end: float, deviation: float, count: float) -> float:
    """Return how likely it is to see what was seen if the count is about `count`."""
    deviation = max(deviation, 0.5)
    if seen.done:
        return below((count - end) / deviation)
    if seen.answered == 0:
        return below((begun + 0.5 - count) / deviation)
    return density((begun + seen.answered - count) / deviation) / deviation


class _Place(Struct):
    """Where a batch is within the flow."""

    size: int
    sent: float
    begin: float
    astray: bool = False
    """Its answers do not fit the flow that fits the others."""


class OneByOne:
    """The oldest batch has the whole rate."""

    def __init__(self) -> None:
        self._places: dict[Key, _Place] = {}
        self._total = 0.0
        self._reached: list[float] = []
        """The two furthest places at which there were answers."""
        self.flow: Flow | None = None

    @property
    def rate(self) -> float | None:
        """Numbers a second."""
        return None if self.flow is None else self.flow.rate

    def join(self, key: Key, size: int, sent: float) -> None:
        """Note that a batch was sent."""
        self.advance(sent)
        if self.flow is not None:
            self.flow.count = min(self.flow.count, self._total)  # there was no more to do
        self._places[key] = _Place(size, sent, self._total)
        self._total += size

    def likelihood(self, seen: Seen) -> float:
        """Return how likely an answer is."""
        place = self._places[seen.key]
        if place.astray:
            return SURPRISE
        if self.flow is None:
            first = next(iter(self._places))
            if seen.key != first:
                return 0.8 if not seen.answered else 0.1
            return 0.3 if seen.done or not seen.answered else 0.5 / place.size
        count, flow = self.flow.count, self.flow
        return odds(seen, place.begin, place.begin + place.size, flow.deviation, count)

    def learn(self, seen: Seen) -> None:
        """Take an answer in."""
        place = self._places[seen.key]
        end = place.begin + place.size
        if self.flow is None:
            self._begin(seen, place)
        elif not seen.done and self._overtaken(end, place.size):
            place.astray = True
        elif seen.done:
            self._contradict(end, below=True)
            self.flow.at_least(end)
        elif seen.answered:
            place.astray = False
            at = place.begin + seen.answered
            if abs(at - self.flow.count) > CONTRADICTION * self.flow.deviation:
                self.flow.widen(at - self.flow.count)
            self.flow.observe(at, 1.0)
        else:
            self._contradict(place.begin + 1, below=False)
            self.flow.at_most(place.begin + 1)
        if seen.answered:
            self._reached = sorted({*self._reached, place.begin + seen.answered})[-2:]
        if seen.done:
            self.leave(seen.key)

    def advance(self, now: float) -> None:
        """Let time pass."""
        if self.flow is not None and now > self.flow.at:
            self.flow.advance(now - self.flow.at)

    def expected(self) -> Mapping[Key, Expected]:
        """Return when each batch will end."""
        flow = self.flow
        if flow is None:
            return {}
        found: dict[Key, Expected] = {}
        doubt, base = flow.doubt, flow.deviation / flow.rate
        stray = flow.uneven * 0.01
        for key, place in self._places.items():
            if place.astray:
                continue
            ahead = (place.begin + place.size - flow.count) / flow.rate
            wait = max(ahead, 0.0)
            spread = math.sqrt(base * base + (doubt * wait) ** 2 + stray * wait)
            own = spread if len(self._places) == 1 else 0.0  # no other tells of it then
            found[key] = Expected(
                flow.at + ahead, spread, own, flow.at + (place.begin - flow.count) / flow.rate
            )
        return found

    def leave(self, key: Key) -> None:
        """Forget a batch."""
        self._places.pop(key, None)

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped."""
        for place in self._places.values():
            place.sent += seconds
        if self.flow is not None:
            self.flow.at += seconds

    def _overtaken(self, end: float, size: int) -> bool:
        """Whether batches that came later were begun: one that came soon after, or two of any."""
        later = [at for at in self._reached if at > end]
        return len(later) > 1 or any(at <= end + _NEIGHBORS * size for at in later)

    def _begin(self, seen: Seen, place: _Place) -> None:
        first = next(iter(self._places.values()))
        seconds, numbers = seen.at - first.sent, place.begin - first.begin + seen.answered
        if numbers <= 0 or seconds <= 0:
            return
        if not seen.done:
            self.flow = Flow(first.begin + numbers, numbers / seconds, seen.at, doubt=0.3, seconds=0.0)
        elif seconds < _TELLING_SECONDS:  # it ended at any time before
            count, rate = first.begin + 2 * numbers, 2 * numbers / seconds
            self.flow = Flow(count, rate, seen.at, doubt=1.0, seconds=seconds)

    def _contradict(self, bound: float, *, below: bool) -> None:
        """Widen what is known if it excludes what was seen: that the count is beyond a bound."""
        flow = self.flow
        miss = 0.0 if flow is None else bound - flow.count if below else flow.count - bound
        if flow is not None and miss > CONTRADICTION * flow.deviation:
            flow.widen(bound - flow.count)


class _Own(Struct):
    size: int
    sent: float
    at: float
    answered: int = 0
    rate: float = 0.0
    news_at: float = 0.0


class OwnRate:
    """Each batch at its own rate, which is about the others' as long as it is unknown."""

    def __init__(self) -> None:
        self._batches: dict[Key, _Own] = {}
        self._log_rate: float | None = None
        self._log_spread = 1.0
        self._rates = self._steps = 0
        self.stray = _FIRST_OWN_STRAY
        """How far a batch comes off its rate: seconds of it squared, for each second."""

    @property
    def rate(self) -> float | None:
        """Numbers a second, of all batches together."""
        return sum(self._rate(one) or 0.0 for one in self._batches.values()) or None

    def join(self, key: Key, size: int, sent: float) -> None:
        """Note that a batch was sent."""
        self._batches[key] = _Own(size, sent, sent, news_at=sent)

    def likelihood(self, seen: Seen) -> float:
        """Return how likely an answer is."""
        one = self._batches[seen.key]
        rate = self._rate(one)
        if rate is None:
            return 0.3 if seen.done or not seen.answered else 0.5 / one.size
        seconds = max(seen.at - one.at, 0.0)
        step = rate * seconds
        likely = odds(seen, 0.0, one.size, self._doubt(one, seconds) * step, one.answered + step)
        return _FAMILIAR * likely if one.rate or len(self._batches) > _CROWD else likely

    def learn(self, seen: Seen) -> None:
        """Take an answer in."""
        one = self._batches[seen.key]
        if seen.done:
            if not one.answered:
                self._population(one.size / max(seen.at - one.sent, 1.0))
            self.leave(seen.key)
            return
        if not seen.answered:  # it waits; once begun it is about as fast as others
            one.at = seen.at
            return
        seconds, step = seen.at - one.at, seen.answered - one.answered
        if seconds > 0:
            if one.rate and step > 0:
                self._learn_stray(one, step, seconds)
            total = seen.answered / max(seen.at - one.sent, 1.0)
            if self._log_rate is not None:  # a few answers say less than all the others do
                usual = _PRIOR_ANSWERS / math.exp(self._log_rate)
                total = (seen.answered + _PRIOR_ANSWERS) / (max(seen.at - one.sent, 1.0) + usual)
            last = max(step, 0) / seconds
            # What it did last says more of what it will do next, if enough was seen of it.
            share = 0.5 * min(step / max(seen.answered, 1), 1.0) if step > 0 else 0.25
            one.rate = total + share * (last - total)
            if seen.answered and not one.answered:
                self._population(total)
        if step > 0:
            one.news_at = seen.at
        one.at, one.answered = seen.at, seen.answered

    def advance(self, now: float) -> None:
        """Let time pass: batches keep their rates."""

    def expected(self) -> Mapping[Key, Expected]:
        """Return when each batch will end."""
        found = {}
        for key, one in self._batches.items():
            rate = self._rate(one)
            if rate is None:
                continue
            left = (one.size - one.answered) / rate
            silent = max(one.at - one.news_at, 0.0)
            left = max(left, 0.5 * silent)
            doubt = self._doubt(one, left)
            if one.rate:
                spread = max(doubt * left, 0.3 * silent, 0.5)
            else:  # far faster than others is as likely as far slower
                spread = left * (1 - math.exp(-4 * doubt)) / 1.2
            found[key] = Expected(one.at + left, spread, spread, one.sent)
        return found

    def leave(self, key: Key) -> None:
        """Forget a batch."""
        self._batches.pop(key, None)

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped."""
        for one in self._batches.values():
            one.sent, one.at, one.news_at = one.sent + seconds, one.at + seconds, one.news_at + seconds

    def _rate(self, one: _Own) -> float | None:
        if one.rate:
            return one.rate
        return None if self._log_rate is None else math.exp(self._log_rate)

    def _doubt(self, one: _Own, seconds: float) -> float:
        """Return how far what a batch does within some time is off what is expected, as a share of it."""
        if not one.rate:
            return min(self._log_spread, 1.0)
        return math.sqrt(self.stray * _brevity(one, seconds) + 0.25 / (one.answered + 1))

    def _learn_stray(self, one: _Own, step: int, seconds: float) -> None:
        predicted = one.rate * seconds
        miss = min(abs(step - predicted) / max(predicted, 1.0), 2.0)
        self._steps += 1
        # A few answers, more or less, tell little.
        weight = max(1 / (self._steps + _PRIOR_SAMPLES), _LEAST_WEIGHT) * min(
            predicted / (0.2 * one.size), 1.0
        )
        self.stray += weight * (miss**2 / _brevity(one, seconds) - self.stray)
        self.stray = min(max(self.stray, _LEAST_OWN_STRAY), _MOST_OWN_STRAY)

    def _population(self, rate: float) -> None:
        """Take in the rate of one more batch."""
        log = math.log(max(rate, 1e-6))
        if self._log_rate is None:
            self._log_rate = log
        self._rates += 1
        miss = log - self._log_rate
        self._log_rate += max(1 / self._rates, _LEAST_WEIGHT) * miss
        weight = max(1 / (self._rates + _PRIOR_SAMPLES), _LEAST_WEIGHT)
        self._log_spread = math.sqrt((1 - weight) * self._log_spread**2 + weight * miss**2)


def _brevity(one: _Own, seconds: float) -> float:
    """Return by how much the shortness of what was seen, and of what is foretold, makes it uncertain."""
    return 1 / max(seconds, 1.0) + 1 / max(one.at - one.sent, 1.0)
