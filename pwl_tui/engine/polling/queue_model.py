"""How the service works through its queue, as far as the answers tell.

Three ways are weighed against each other. *One by one*: the oldest batch has the whole rate, so one position
tells where all stand. *Side by side*: all batches share the rate evenly, so one level tells it. *Own rate*:
each batch goes its own way. Each way predicts every answer before it is taken in, and the weights follow from
how well it did. All of it follows from the clock and what was seen; nothing here waits or reads a file.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from pwl_tui.state.polls import Standing

Key: TypeAlias = tuple[int, int]
"""A batch: its job and its number within it."""

_SURE: Final = 0.9
"""The weight from which a way is taken for what the service does."""
_MEMORY: Final = 0.93
"""How much of what spoke for a way is left after one more answer: a service may change its way."""
_SURPRISE: Final = 0.02
"""How likely an answer is, at least, however badly it fits: no single one decides."""
_CONTRADICTION: Final = 4.0
"""From how many deviations on an answer contradicts what was known, and not only corrects it."""
_STEADY_SECONDS: Final = 300.0
"""Within such a time a rate changes by about `_DRIFT`."""
_DRIFT: Final = 0.03
_LEAST_UNEVEN: Final = 0.3
_MOST_UNEVEN: Final = 200.0
_FIRST_UNEVEN: Final = 3.0
_PRIOR_ANSWERS: Final = 4.0
"""So many answers at the usual rate are what others say of a batch."""
_NEIGHBORS: Final = 3
_TELLING_SECONDS: Final = 3_600.0
"""That a batch has ended tells nothing of the pace if nobody has looked for longer."""
_LEAST_STRAY: Final = 0.0005
_MOST_STRAY: Final = 1.0
_FIRST_STRAY: Final = 0.01


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


class Kind(StrEnum):
    """The way in which a service works."""

    ONE_BY_ONE = "one by one"
    SIDE_BY_SIDE = "side by side"
    OWN_RATE = "own rate"


def _below(z: float) -> float:
    """Return the share of the normal distribution below `z`."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


class Flow:
    """A count that grows at a rate, both known roughly: a Kalman filter of two values.

    Args:
        count: the first estimate.
        rate: the first estimate, per second.
        at: when that is, UTC epoch seconds.
        doubt: how uncertain the rate is, as a share of it.
        seconds: how long the count has been growing at that uncertain rate.

    Attributes:
        count: the expected count at `at`.
        rate: per second, before it is shared.
        uneven: seconds of the rate's flow by which the count may stray within one second, squared.
    """

    def __init__(self, count: float, rate: float, at: float, *, doubt: float, seconds: float) -> None:
        self.count, self.rate, self.at = count, rate, at
        self.uneven = _FIRST_UNEVEN
        self._since = at - seconds
        self._rr = (doubt * rate) ** 2
        self._cr, self._cc = self._rr * seconds, self._rr * seconds**2 + 1.0

    @property
    def deviation(self) -> float:
        """The standard deviation of the count."""
        return math.sqrt(self._cc)

    @property
    def doubt(self) -> float:
        """The standard deviation of the rate, as a share of it."""
        return math.sqrt(self._rr) / self.rate

    def advance(self, seconds: float, share: float = 1.0) -> None:
        """Let time pass; the count gets `share` of the rate."""
        dt, speed = seconds, share
        self.at += dt
        self.count += self.rate * speed * dt
        self._cc += (
            2 * self._cr * speed * dt
            + self._rr * (speed * dt) ** 2
            + self.uneven * dt * (0.1 * self.rate * speed) ** 2
        )
        self._cr += self._rr * speed * dt
        drift = (_DRIFT * self.rate) ** 2 * self.uneven / _FIRST_UNEVEN * dt / _STEADY_SECONDS
        self._rr = min(self._rr + drift, max(self.rate**2, self._rr))

    def observe(self, count: float, deviation: float) -> None:
        """Take in a count that was seen."""
        total = self._cc + deviation**2
        miss = count - self.count
        self._learn_unevenness(miss * miss / total)
        self._move(miss, self._cc / total, self._cr / total)

    def at_least(self, count: float, deviation: float = 0.0) -> None:
        """Take in that the count has reached a value."""
        self._bound(count, deviation, 1)

    def at_most(self, count: float, deviation: float = 0.0) -> None:
        """Take in that the count has not reached a value."""
        self._bound(count, deviation, -1)

    def widen(self, miss: float) -> None:
        """Trust what was known less, because an answer was off by `miss`."""
        # Most likely the rate is another since a while; how long is not known.
        off = miss / min(max(self.at - self._since, 10.0), _STEADY_SECONDS / 3)
        self._cc += miss * miss
        self._cr += miss * off
        self._rr += 1.25 * off * off

    def _bound(self, count: float, deviation: float, side: int) -> None:
        total = math.sqrt(self._cc + deviation**2)
        z = side * (count - self.count) / total
        if z < -_CONTRADICTION:
            return  # known before
        mills = _density(z) / max(_below(-z), 1e-12) if z < 6 else z + 1 / z
        # As likely answers must count for evenness as unlikely ones do against it.
        self._learn_unevenness(1 + z * mills)
        gain = self._cc / total**2
        shrink = min(max(mills * (mills - z), 0.0), 1.0)
        old = self._cc
        self.count += side * mills * self._cc / total
        self.rate = max(self.rate + side * mills * self._cr / total, self.rate * 0.3, 1e-6)
        self._cc *= 1 - gain * shrink
        self._rr -= shrink * self._cr**2 / total**2
        self._rr = max(self._rr, (0.002 * self.rate) ** 2)
        self._cr *= self._cc / old if old else 1.0

    def _move(self, miss: float, gain: float, rate_gain: float) -> None:
        self.count += gain * miss
        self.rate = max(self.rate + rate_gain * miss, self.rate * 0.2, 1e-6)
        self._rr = max(self._rr - rate_gain * self._cr, (0.002 * self.rate) ** 2)
        self._cr *= 1 - gain
        self._cc = max(self._cc * (1 - gain), 1e-6)

    def _learn_unevenness(self, surprise: float) -> None:
        step = math.exp(0.2 * (min(surprise, 9.0) - 1))
        self.uneven = min(max(self.uneven * step, _LEAST_UNEVEN), _MOST_UNEVEN)


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


def _odds(seen: Seen, begun: float, end: float, deviation: float, count: float) -> float:
    """Return how likely it is to see what was seen if the count is about `count`."""
    deviation = max(deviation, 0.5)
    if seen.done:
        return _below((count - end) / deviation)
    if seen.answered == 0:
        return _below((begun + 0.5 - count) / deviation)
    return _density((begun + seen.answered - count) / deviation) / deviation


class _Place(Struct):
    """Where a batch is within the flow that all share."""

    size: int
    sent: float
    begin: float
    deviation: float = 0.0
    """Of `begin`."""
    level: float = 0.0
    """Of the flow when `deviation` was known."""
    sampled: bool = False
    astray: bool = False
    """Its answers do not fit the flow that fits the others."""
    answered: int = 0
    passed: float | None = None
    """When the flow passed its end, if it has."""


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
            return _SURPRISE
        if self.flow is None:
            first = next(iter(self._places))
            if seen.key != first:
                return 0.8 if not seen.answered else 0.1
            return 0.3 if seen.done or not seen.answered else 0.5 / place.size
        count, flow = self.flow.count, self.flow
        return _odds(seen, place.begin, place.begin + place.size, flow.deviation, count)

    def learn(self, seen: Seen) -> None:
        """Take an answer in."""
        place = self._places[seen.key]
        place.answered = seen.answered
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
            if abs(at - self.flow.count) > _CONTRADICTION * self.flow.deviation:
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
        if flow is not None and miss > _CONTRADICTION * flow.deviation:
            flow.widen(bound - flow.count)


class SideBySide:
    """All batches share the rate evenly: each has as many answers as the level rose since it was sent."""

    def __init__(self) -> None:
        self._places: dict[Key, _Place] = {}
        self.stray = _FIRST_STRAY
        """How far a batch comes off the level that all share: numbers squared, for each number."""
        self.flow: Flow | None = None

    @property
    def rate(self) -> float | None:
        """Numbers a second."""
        return None if self.flow is None else self.flow.rate

    def join(self, key: Key, size: int, sent: float) -> None:
        """Note that a batch was sent."""
        begin, deviation = 0.0, 1.0
        if self.flow is not None:
            self.advance(sent)
            # The time that has passed since is as uncertain as the pace.
            behind = max(self.flow.at - sent, 0.0) * self.flow.rate / max(self._active(), 1)
            begin, deviation = self.flow.count - behind, self.flow.deviation + 0.3 * behind + 0.5
        level = begin
        self._places[key] = _Place(size, sent, begin, deviation, level)

    def likelihood(self, seen: Seen) -> float:
        """Return how likely an answer is."""
        place = self._places[seen.key]
        if self.flow is None:
            return 0.3 if seen.done or not seen.answered else 0.5 / place.size
        deviation = math.hypot(self.flow.deviation, self._own(place))
        return _odds(seen, place.begin, place.begin + place.size, deviation, self.flow.count)

    def learn(self, seen: Seen) -> None:
        """Take an answer in."""
        place = self._places[seen.key]
        if self.flow is None:
            self._begin(seen, place)
        elif seen.done:
            own, end = self._own(place), place.begin + place.size
            total = math.hypot(own, self.flow.deviation)
            if end - self.flow.count > _CONTRADICTION * total:
                self.flow.widen((end - self.flow.count) / 3)
            self.flow.at_least(end, own)
        else:
            self._correct(place, place.begin + seen.answered)
        if seen.done:
            self.leave(seen.key)

    def advance(self, now: float) -> None:
        """Let time pass: the fewer are left, the faster the level rises."""
        flow = self.flow
        if flow is None or now <= flow.at:
            return
        order = sorted(self._places.values(), key=lambda place: place.begin + place.size)
        for left, place in zip(range(len(order), 0, -1), order, strict=True):
            end = place.begin + place.size
            if flow.at >= now:
                return
            if end > flow.count:
                flow.advance(min((end - flow.count) * left / flow.rate + 1e-9, now - flow.at), 1 / left)
                place.passed = flow.at if end <= flow.count else None
        if flow.at < now:
            flow.advance(now - flow.at)

    def expected(self) -> Mapping[Key, Expected]:
        """Return when each batch will end."""
        flow = self.flow
        if flow is None:
            return {}
        found = {}
        level, at, left = flow.count, flow.at, self._active()
        base, doubt, stray = flow.deviation / flow.rate, flow.doubt, flow.uneven * 0.01
        first = left
        order = sorted(self._places.items(), key=lambda one: one[1].begin + one[1].size)
        for key, place in order:
            end = place.begin + place.size
            if end > level:
                at += (end - level) * left / flow.rate
                level = end
            wait = at - flow.at
            own = self._own(place, level) * max(left, 1) / flow.rate
            spread = math.sqrt((base * first) ** 2 + (doubt * wait) ** 2 + stray * wait + own * own)
            ended = at
            if end <= flow.count:  # in the order in which they were passed
                early = flow.at - (flow.count - end) * max(left, 1) / flow.rate
                ended = early if place.passed is None else place.passed
            found[key] = Expected(ended, spread, own, place.sent)
            if end > flow.count:
                left -= 1
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

    def _active(self) -> int:
        count = 0.0 if self.flow is None else self.flow.count
        return max(sum(place.begin + place.size > count for place in self._places.values()), 1)

    def _own(self, place: _Place, level: float | None = None) -> float:
        """Return how uncertain it is where a batch began, at the level that there is now or then."""
        if level is None:
            level = self.flow.count if self.flow else 0.0
        return math.sqrt(place.deviation**2 + self.stray * max(level - place.level, 0.0))

    def _correct(self, place: _Place, seen: float) -> None:
        flow = self.flow
        if flow is None:
            return
        own, mine = self._own(place), flow.deviation
        miss = seen - flow.count
        total = math.hypot(own, mine, 0.5)
        if place.sampled:
            step = math.exp(0.1 * (min((miss / total) ** 2, 9.0) - 1))
            self.stray = min(max(self.stray * step, _LEAST_STRAY), _MOST_STRAY)
        if abs(miss) > _CONTRADICTION * total:
            own, total = math.hypot(own, miss / 2), math.hypot(own, mine, miss / 2)
            flow.widen(miss / 4)
        share = own * own / (total * total)
        flow.observe(seen, math.hypot(own, 0.5))
        place.begin -= share * miss
        place.deviation = max(own * flow.deviation / math.hypot(own, flow.deviation), 0.3)
        place.level, place.sampled = flow.count, True

    def _begin(self, seen: Seen, place: _Place) -> None:
        if seen.at <= place.sent or not seen.answered:
            return
        # For each number of a lone batch: how many the level of all had risen when each was sent.
        shares, share = {}, 0.0
        there = sorted((one.sent, key) for key, one in self._places.items() if one.sent <= seen.at)
        for crowd, (sent, key) in enumerate(there):
            share += (sent - (there[crowd - 1][0] if crowd else sent)) / max(crowd, 1)
            shares[key] = share
        share += (seen.at - there[-1][0]) / len(there)
        rate = seen.answered / max(share - shares[seen.key], 1e-9)
        self.flow = Flow(rate * share, rate, seen.at, doubt=0.3, seconds=0.0)
        for key, begun in shares.items():
            one = self._places[key]
            one.begin = rate * begun
            one.deviation = 1.0 + 0.2 * rate * abs(begun - shares[seen.key])
            one.level = self.flow.count


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
        self.uneven = 0.3
        """How far a prediction is off, as a share of it."""
        self._now = 0.0

    @property
    def rate(self) -> float | None:
        """Numbers a second, of all batches together."""
        return sum(self._rate(one)[0] or 0.0 for one in self._batches.values()) or None

    def join(self, key: Key, size: int, sent: float) -> None:
        """Note that a batch was sent."""
        self._batches[key] = _Own(size, sent, sent, news_at=sent)

    def likelihood(self, seen: Seen) -> float:
        """Return how likely an answer is."""
        one = self._batches[seen.key]
        rate, doubt = self._rate(one)
        if rate is None:
            return 0.3 if seen.done or not seen.answered else 0.5 / one.size
        step = max(rate * (seen.at - one.at), 0.0)
        return _odds(seen, 0.0, one.size, doubt * step, one.answered + step)

    def learn(self, seen: Seen) -> None:
        """Take an answer in."""
        one = self._batches[seen.key]
        if seen.done:
            self._population(one.size / max(seen.at - one.sent, 1.0), 0.05)
            self.leave(seen.key)
            return
        if not seen.answered:  # it waits; once begun it is about as fast as others
            one.at = seen.at
            return
        seconds, step = seen.at - one.at, seen.answered - one.answered
        if seconds > 0:
            if one.rate and step > 0:
                predicted = one.rate * seconds
                miss = min(abs(step - predicted) / max(predicted, 1.0), 2.0)
                weight = 0.1 * min(predicted / (0.2 * one.size), 1.0)
                self.uneven = math.sqrt((1 - weight) * self.uneven**2 + weight * miss**2)
                self.uneven = min(max(self.uneven, 0.03), 1.0)
            total = seen.answered / max(seen.at - one.sent, 1.0)
            if self._log_rate is not None:  # a few answers say less than all the others do
                usual = _PRIOR_ANSWERS / math.exp(self._log_rate)
                total = (seen.answered + _PRIOR_ANSWERS) / (max(seen.at - one.sent, 1.0) + usual)
            last = max(step, 0) / seconds
            # What it did last says more of what it will do next, if enough was seen of it.
            share = 0.5 * min(step / max(seen.answered, 1), 1.0) if step > 0 else 0.25
            one.rate = total + share * (last - total)
            if seen.answered and one.at == one.sent:
                self._population(total, 0.1)
        if step > 0:
            one.news_at = seen.at
        one.at, one.answered = seen.at, seen.answered

    def advance(self, now: float) -> None:
        """Let time pass."""
        self._now = max(now, self._now)

    def expected(self) -> Mapping[Key, Expected]:
        """Return when each batch will end."""
        found = {}
        for key, one in self._batches.items():
            rate, doubt = self._rate(one)
            if rate is None:
                continue
            left = (one.size - one.answered) / rate
            silent = max(one.at - one.news_at, 0.0)
            left = max(left, 0.5 * silent)
            spread = max(doubt * left, 0.3 * silent, 0.5)
            if not one.rate:  # far faster than others is as likely as far slower
                spread = left * (1 - math.exp(-4 * doubt)) / 1.2
            found[key] = Expected(one.at + left, spread, spread, one.sent)
        return found

    def leave(self, key: Key) -> None:
        """Forget a batch."""
        self._batches.pop(key, None)

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped."""
        self._now += seconds
        for one in self._batches.values():
            one.sent, one.at, one.news_at = one.sent + seconds, one.at + seconds, one.news_at + seconds

    def _rate(self, one: _Own) -> tuple[float | None, float]:
        """Return the rate of a batch and how uncertain it is, as a share of it."""
        if one.rate:
            return one.rate, math.hypot(self.uneven, 0.5 / math.sqrt(one.answered + 1))
        if self._log_rate is None:
            return None, 1.0
        return math.exp(self._log_rate), min(math.hypot(self._log_spread, self.uneven), 1.0)

    def _population(self, rate: float, weight: float) -> None:
        log = math.log(max(rate, 1e-6))
        if self._log_rate is None:
            self._log_rate = log
        miss = log - self._log_rate
        self._log_rate += weight * miss
        self._log_spread = math.sqrt((1 - weight) * self._log_spread**2 + weight * miss**2)


class QueueModel:
    """All that was learned of one key's queue.

    Attributes:
        ways: the three ways, each of which has learned from every answer.
    """

    def __init__(self) -> None:
        self.one_by_one, self.side_by_side, self.own_rate = OneByOne(), SideBySide(), OwnRate()
        self.ways: dict[Kind, Way] = {
            Kind.ONE_BY_ONE: self.one_by_one,
            Kind.SIDE_BY_SIDE: self.side_by_side,
            Kind.OWN_RATE: self.own_rate,
        }
        self._logs = dict.fromkeys(Kind, 0.0)
        self._known: dict[Key, float] = {}
        """The batches that are followed, with the time of the last answer; infinite for those that ended."""
        self._open = 0
        self.at = -math.inf
        """When the last answer was given that was taken in."""

    @property
    def kind(self) -> Kind:
        """The likeliest way."""
        return max(self._logs, key=self._logs.__getitem__)

    @property
    def weight(self) -> float:
        """How sure that is, from a third to 1."""
        best = max(self._logs.values())
        return 1 / sum(math.exp(log - best) for log in self._logs.values())

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
        for one in standings:
            if one.key not in self._known:
                sent = min(one.sent, now)
                self._known[one.key] = sent - 1.0
                self._open += 1
                for way in self.ways.values():
                    way.join(one.key, one.size, sent)
        if len(self._known) > len(standings):
            self._leave(self._known.keys() - {one.key for one in standings})
        news = [
            Seen(one.key, one.size, one.sent, one.last_poll, one.answered, one.done)
            for one in standings
            if one.last_poll is not None and self._known[one.key] < one.last_poll <= now and not one.failures
        ]
        for seen in sorted(news, key=lambda seen: seen.at):
            self.learn(seen)

    def learn(self, seen: Seen) -> None:
        """Take in an answer; it changes nothing if it is known, or its batch is not followed."""
        if self._known.get(seen.key, math.inf) >= seen.at:
            return
        self._known[seen.key] = self.at = seen.at
        for way in self.ways.values():
            way.advance(seen.at)
        least = _SURPRISE if seen.done or not seen.answered else _SURPRISE / seen.size
        for kind, way in self.ways.items():
            likely = max(way.likelihood(seen), least)
            self._logs[kind] = _MEMORY * self._logs[kind] + math.log(likely)
            way.learn(seen)
        best = max(self._logs.values())
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
