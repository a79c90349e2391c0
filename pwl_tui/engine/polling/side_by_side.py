"""One way in which a service may work: all batches share the rate evenly; one level tells where all stand."""

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from pwl_tui.engine.polling.flow import CONTRADICTION, Flow
from pwl_tui.engine.polling.queue_ways import Expected, Key, Seen, odds

_LEAST_STRAY: Final = 0.0005
_MOST_STRAY: Final = 1.0
_FIRST_STRAY: Final = 0.01
_PACE_DOUBT: Final = 0.02
"""How well the pace is known at best, as a share: where batches began is known to a number or two only."""
_UNSEEN_DOUBT: Final = 0.3
"""How uncertain it is, as a share, how far the level rose from when a batch was sent until it was noticed."""
_FIRST_DOUBT: Final = 0.2
"""The same of the time before the first answer."""


class _Place(Struct):
    """A batch: it began at the level that there was when it was sent.

    Attributes:
        size: how many numbers it has.
        sent: when it was sent, UTC epoch seconds.
        begin: the level at which it began.
        deviation: of `begin`.
        level: when `deviation` was known.
        strayed: of the flow when the batch was sent (see `Flow`): what is known of the level at some moment
            tells the more of a batch, the less the level may have strayed in between.
        asked: whether one of its answers has told where it began.
        passed: when the level passed its end, if it has.
    """

    size: int
    sent: float
    begin: float
    deviation: float
    level: float
    strayed: float
    asked: bool = False
    passed: float | None = None

    @property
    def end(self) -> float:
        """The level at which it ends."""
        return self.begin + self.size


class SideBySide:
    """All batches share the rate evenly: each has as many answers as the level rose since it was sent.

    Only how many numbers of a batch have their answer counts, so they may come back in any order.
    """

    def __init__(self) -> None:
        self._places: dict[Key, _Place] = {}
        self.stray = _FIRST_STRAY
        """How far a batch comes off the level that all share: numbers squared, for each number."""
        self.flow: Flow | None = None
        self._seen = 0.0
        """How far the flow had strayed when the level was last seen."""

    @property
    def rate(self) -> float | None:
        """Numbers a second."""
        return None if self.flow is None else self.flow.rate

    def join(self, key: Key, size: int, sent: float) -> None:
        """Note that a batch was sent."""
        self.advance(sent)
        flow = self.flow
        if flow is None:
            self._places[key] = _Place(size, sent, 0.0, 1.0, 0.0, 0.0)
            return
        seconds, pace = max(flow.at - sent, 0.0), flow.rate / self._active()
        begin = flow.count - seconds * pace
        deviation = 0.5 + _UNSEEN_DOUBT * seconds * pace
        strayed = flow.strayed - Flow.straying(pace, seconds)
        self._places[key] = _Place(size, sent, begin, deviation, begin, strayed)

    def likelihood(self, seen: Seen) -> float:
        """Return how likely an answer is."""
        place = self._places[seen.key]
        if self.flow is None:
            return 0.3 if seen.done or not seen.answered else 0.5 / place.size
        deviation = math.hypot(self.flow.deviation, self._own(place, self.flow.count))
        return odds(seen, place.begin, place.end, deviation, self.flow.count)

    def learn(self, seen: Seen) -> None:
        """Take an answer in."""
        place = self._places[seen.key]
        if self.flow is None:
            self._begin(seen, place)
        elif seen.done:
            own = self._own(place, self.flow.count)
            if place.end - self.flow.count > CONTRADICTION * math.hypot(own, self.flow.deviation):
                self.flow.widen((place.end - self.flow.count) / 3)
            self.flow.at_least(place.end, own)
        else:  # the next answer is half done, on average
            self._correct(self.flow, place, place.begin + seen.answered + 0.5)
        if seen.done:
            self.leave(seen.key)
        self._note_passed()

    def advance(self, now: float) -> None:
        """Let time pass: the fewer are left, the faster the level rises."""
        flow = self.flow
        if flow is None or now <= flow.at:
            return
        order = sorted(self._places.values(), key=lambda place: place.end)
        for left, place in zip(range(len(order), 0, -1), order, strict=True):
            if flow.at >= now:
                return
            if place.end > flow.count:
                flow.advance(min((place.end - flow.count) * left / flow.rate + 1e-9, now - flow.at), 1 / left)
                place.passed = flow.at if place.end <= flow.count else None
        if flow.at < now:
            flow.advance(now - flow.at)

    def expected(self) -> Mapping[Key, Expected]:
        """Return when each batch will end."""
        flow = self.flow
        if flow is None:
            return {}
        found = {}
        level, at, left = flow.count, flow.at, self._active()
        base, stray = flow.deviation / flow.rate, flow.uneven * 0.01
        doubt = math.hypot(flow.doubt, _PACE_DOUBT)
        first = left
        for key, place in sorted(self._places.items(), key=lambda one: one[1].end):
            if place.end > level:
                at += (place.end - level) * left / flow.rate
                level = place.end
            wait = at - flow.at
            own = self._own(place, level) * max(left, 1) / flow.rate
            spread = math.sqrt((base * first) ** 2 + (doubt * wait) ** 2 + stray * wait + own * own)
            # Those that were passed are in the order in which they were.
            found[key] = Expected(at if place.passed is None else place.passed, spread, own, place.sent)
            if place.end > flow.count:
                left -= 1
        return found

    def leave(self, key: Key) -> None:
        """Forget a batch."""
        self._places.pop(key, None)

    def shift(self, seconds: float) -> None:
        """Note that the clock jumped."""
        for place in self._places.values():
            place.sent += seconds
            if place.passed is not None:
                place.passed += seconds
        if self.flow is not None:
            self.flow.at += seconds

    def _note_passed(self) -> None:
        """Note when the level passed the ends of batches, as far as the last answer changed that."""
        flow = self.flow
        if flow is None:
            return
        pace = flow.rate / self._active()
        for place in self._places.values():
            if place.end > flow.count:
                place.passed = None
            elif place.passed is None:
                place.passed = flow.at - (flow.count - place.end) / pace

    def _active(self) -> int:
        count = 0.0 if self.flow is None else self.flow.count
        return max(sum(place.end > count for place in self._places.values()), 1)

    def _own(self, place: _Place, level: float) -> float:
        """Return how uncertain it is where a batch began, at a level."""
        return math.sqrt(place.deviation**2 + self.stray * max(level - place.level, 0.0))

    def _correct(self, flow: Flow, place: _Place, seen: float) -> None:
        """Take in that the level would be at `seen` if it were known where the batch began."""
        own, mine, before = self._own(place, flow.count), flow.deviation, flow.count
        miss = seen - before
        total = math.hypot(own, mine, 0.5)
        step = math.exp(0.1 * (min((miss / total) ** 2, 9.0) - 1))
        self.stray = min(max(self.stray * step, _LEAST_STRAY), _MOST_STRAY)
        if abs(miss) > CONTRADICTION * total:
            own, total = math.hypot(own, miss / 2), math.hypot(own, mine, miss / 2)
            flow.widen(miss / 4)
        flow.observe(seen, math.hypot(own, 0.5))
        place.deviation = max(own * flow.deviation / math.hypot(own, flow.deviation), 0.3)
        place.level, place.asked = flow.count, True
        self._bend(flow, place, -miss * (own / total) ** 2, flow.count - before)
        self._seen = flow.strayed

    def _bend(self, flow: Flow, place: _Place, change: float, rise: float) -> None:
        """Move where a batch began, and where those began that were sent shortly before or after it.

        All of them began on one curve, the level over time. So what a batch tells of it moves its neighbors
        that were never asked, too, the less the farther away, up to the next moments at which it is known.

        Args:
            flow: the level of now.
            place: the batch.
            change: by how much its begin moves.
            rise: by how much the level of now moved: so do those that were sent since it was last seen.
        """
        known = [one.strayed for one in self._places.values() if one.asked and one is not place]
        known.append(self._seen)
        here = place.strayed
        left = max((at for at in known if at < here), default=None)
        right = min((at for at in known if at > here), default=flow.strayed)
        for one in self._places.values():
            at = one.strayed
            if one is place:
                one.begin += change
            elif one.asked:
                continue
            elif at > self._seen:
                one.begin += rise * (at - self._seen) / (flow.strayed - self._seen)
            elif here <= at < right or (at < here and (left is None or left < at)):
                far = right if at >= here else left
                share = 1.0 if far is None else (far - at) / (far - here)
                one.begin += change * share
                between = flow.uneven * abs(at - here) * share
                one.deviation = min(one.deviation, math.sqrt(0.25 + between))

    def _begin(self, seen: Seen, place: _Place) -> None:
        """Take in the first answer: it tells the rate, and where all batches began that were sent before."""
        if seen.at <= place.sent or not seen.answered:
            return
        # For each number of a lone batch: how many the level of all had risen when each was sent.
        risen, strayed, before = 0.0, 0.0, 0.0
        begun: list[tuple[_Place, float, float]] = []
        there = sorted(
            (one for one in self._places.values() if one.sent <= seen.at), key=lambda one: one.sent
        )
        for crowd, one in enumerate(there):
            seconds, pace = one.sent - before if crowd else 0.0, 1 / max(crowd, 1)
            risen, strayed, before = risen + seconds * pace, strayed + Flow.straying(pace, seconds), one.sent
            begun.append((one, risen, strayed))
        seconds, pace = seen.at - before, 1 / len(there)
        risen, strayed = risen + seconds * pace, strayed + Flow.straying(pace, seconds)
        mine = next(level for one, level, _ in begun if one is place)
        rate = seen.answered / max(risen - mine, 1e-9)
        self.flow = Flow(rate * risen, rate, seen.at, doubt=0.3, seconds=0.0)
        self.flow.strayed = self._seen = rate**2 * strayed
        for one, level, straying in begun:
            one.begin, one.strayed = rate * level, rate**2 * straying
            # Both the level of now and where the asked batch began are known.
            share = (risen - level) / (risen - mine) if level > mine else 1.0
            one.deviation = 1.0 + _FIRST_DOUBT * rate * abs(level - mine) * share
        place.asked = True
