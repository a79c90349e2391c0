"""Which batch is asked when: each poll goes where news is expected, within the service's etiquette.

The plan follows from the state file and the clock alone: any process computes it again from the batches and
the last answer of each. Nothing here waits, calls, or writes.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.config import Polling
from pwl_tui.engine.polling.queue_model import Kind, QueueModel
from pwl_tui.engine.polling.queue_ways import Expected, Key
from pwl_tui.engine.polling.schedule import bounds
from pwl_tui.state.polls import Standing

HISTORY_SECONDS: Final = 900.0
"""Batches that ended within this time still tell how the service works."""
FORGOTTEN_SECONDS: Final = 900.0
"""A batch is asked at least so often, unless a queue that is known vouches for it."""
VOUCHED_SECONDS: Final = 21_600.0
"""A batch that others vouch for is asked at least so often."""
_OVERSHOOT_SECONDS: Final = 0.3
"""Added to an expected end, so that the poll comes just after it and not just before."""
_TOLERANCE_SECONDS: Final = 2.0
"""How uncertain the next end may be before a poll is spent on knowing better."""
_WIDE: Final = 0.4
"""From this share of the shortest pause on, an uncertain end is asked about before it is expected."""
_EARLY: Final = 1.2
"""So many deviations before."""
_IDLE_SHARE: Final = 0.25
"""Up to this share of the budget, if all batches were asked as often as they may be, polls are to spare."""
_IDLE_EARLY: Final = 1.4
"""Deviations before an uncertain end, if polls are to spare."""
_IDLE_LONGEST: Final = 0.75
"""Where, between the shortest and the longest pause, an uncertain end is asked about then."""
_IDLE_DOUBT: Final = 0.2
"""Of the time until its end, what a batch of which no other tells is uncertain by then, at least: a pace that
was even so far need not remain so."""
_JUST_BEFORE: Final = 0.15
"""Within this share of the shortest pause before an end, it is better to wait for it."""
_EXPLORE_SECONDS: Final = 6.0
"""How often a batch is asked only to learn how the service works."""
_SENTINEL_SHARE: Final = 0.25
"""Polls of a batch, on average, that only check that a queue which vouches for it is right."""
_YOUNG_SHARE: Final = 0.5
"""Of the time since the oldest batch was sent, the longest until such a check: what a few answers told soon
after another may be wrong for longer than all of them have taken."""
_PEEK_SHARE: Final = 0.03
"""Of the time until the next end, the least from one peek to the next."""
_HELPED_SECONDS: Final = 60.0
"""For so long a position that is known exactly helps to see ends."""
_SILENCE_SHARE: Final = 0.1
"""A batch of which nothing is known is asked again after so much of the time since it was sent."""
_NEAR_SECONDS: Final = 90.0
"""A change of a poll that is due within this time is stored to the tenth of a second."""
_LATE_SHARE: Final = 0.5
"""Of the budget, for batches that should have been asked before, as is known only now."""
_CROWD_SECONDS: Final = 60.0
"""Ends that are expected within this time are compared with the polls that the budget allows."""
_CROWDED_SHARE: Final = 0.5
"""From this share of them on, there are no polls that are only to learn."""
_LOOK_SECONDS: Final = 30.0
"""How often everything is planned again without news."""


class _Open(Struct, frozen=True):
    """An unfinished batch, and when it may be asked.

    Attributes:
        one: how far it is.
        asked: when it was last asked, or sent, as far as is known, UTC epoch seconds, as all times.
        earliest: before this the etiquette forbids to ask it.
        shortest: the shortest pause between two polls, in seconds.
        longest: likewise.
    """

    one: Standing
    asked: float
    earliest: float
    shortest: float
    longest: float


class Planner:
    """Learns from answers, and says when each batch is asked next.

    Args:
        pace: the polling settings.
    """

    def __init__(self, pace: Polling) -> None:
        self._pace = pace
        self._bounds = lru_cache(partial(bounds, pace=pace))
        self.model = QueueModel()
        self._explored = self._peeked = self._jumped = -math.inf
        self._noticed: dict[Key, tuple[float, float]] = {}
        """Batches asked at a time that was to come, with that time and when it was noticed."""
        self.again = -math.inf
        """When to plan again though there is no news, UTC epoch seconds."""

    def plan(self, standings: Sequence[Standing], now: float) -> dict[Key, float]:
        """Return when to ask each unfinished batch whose time changes, UTC epoch seconds.

        Args:
            standings: every unfinished batch of the key that has an ID, and those that ended lately; by when
                they were sent.
            now: UTC epoch seconds.
        """
        self.model.take(standings, now)
        open_ = [self._open(one, now) for one in standings if not one.done]
        if len(self._noticed) > len(open_):
            self._noticed = {
                each.one.key: self._noticed[each.one.key] for each in open_ if each.one.key in self._noticed
            }
        expected = self.model.expected()
        self.again = now + _LOOK_SECONDS
        idle = self._idle(open_)
        wanted = self._wanted(open_, expected, now, idle=idle)
        least = VOUCHED_SECONDS if self._vouches(now) else FORGOTTEN_SECONDS
        changed: dict[Key, float] = {}
        late: list[tuple[float, Key, float]] = []
        for each in open_:
            one = each.one
            latest = now + VOUCHED_SECONDS if one.failures else max(each.asked + least, each.earliest)
            due = min(self._wished(each, wanted.get(one.key), idle=idle), latest)
            planned = math.inf if one.next_poll is None else one.next_poll
            if due < now < planned and not _likely_ended(each, expected.get(one.key), now):
                late.append((due, one.key, planned))
            elif planned > latest or _matters(planned, due, now):
                changed[one.key] = due
            elif not one.failures and wanted.get(one.key, math.inf) < each.earliest <= planned <= now:
                # It was asked just before its end, and had to wait to be asked again. Its turn is when the
                # end was expected, not behind all that were expected in the meantime.
                changed[one.key] = wanted[one.key]
        # What was learned just now may make it late to ask many at once: ends that are likely go first.
        for place, (_, key, planned) in enumerate(sorted(late)):
            slot = now + place / (_LATE_SHARE * self._pace.requests_per_second)
            if _matters(planned, slot, now) and slot < planned:
                changed[key] = slot
        return changed

    def _open(self, one: Standing, now: float) -> _Open:
        asked = self._asked(one, now)
        shortest, longest = self._bounds(one.size)
        return _Open(one, asked, max(asked, self._jumped) + shortest, shortest, longest)

    def _asked(self, one: Standing, now: float) -> float:
        """Return when a batch was last asked, or sent.

        A time to come is from before the clock was set back: nobody knows how long ago it was, so the time at
        which that was noticed takes its place, for good.
        """
        asked = one.sent if one.last_poll is None else one.last_poll
        told, noticed = self._noticed.get(one.key, (asked, asked))
        if told != asked:
            noticed = asked
        if noticed > now:
            self._noticed[one.key] = asked, now
            return now
        return noticed

    def shift(self, seconds: float, now: float) -> None:
        """Note that the clock jumped: what was asked just before may have been asked just now.

        Args:
            seconds: by how much; negative if it was set back.
            now: the time after the jump.
        """
        self._jumped = now
        self._explored += seconds
        self._peeked += seconds
        self.again = now
        self.model.shift(seconds)

    # -- planning

    def _wanted(
        self, batches: list[_Open], expected: dict[Key, Expected], now: float, *, idle: bool
    ) -> dict[Key, float]:
        """Return when news is worth a poll, by batch; without those of which nothing is known."""
        wanted = {}
        aim = _aim_early if idle else _aim
        for each in batches:
            if (news := expected.get(each.one.key)) is not None:
                wanted[each.one.key] = aim(each, news)
        for key, at in self._extra(batches, expected, now):
            wanted[key] = min(wanted.get(key, math.inf), at)
        return wanted

    def _wished(self, each: _Open, wanted: float | None, *, idle: bool) -> float:
        """Return when a batch is asked if nothing else matters."""
        one = each.one
        if one.failures and one.next_poll is not None:
            return one.next_poll  # backing off
        if wanted is None:  # nothing is known: the longer there was nothing, the less soon there will be
            pause = max(each.shortest, self._pace.small[1]) if idle else each.longest
            wanted = each.asked + max(pause, _SILENCE_SHARE * (each.asked - one.sent))
        return max(each.earliest, wanted)

    def _idle(self, batches: list[_Open]) -> bool:
        """Whether so few batches are open that polls are to spare."""
        most = sum(1 / each.shortest for each in batches)
        return most <= _IDLE_SHARE * self._pace.requests_per_second

    def _crowded(self, expected: dict[Key, Expected], now: float) -> bool:
        """Whether the ends that are expected take so much of the budget that other polls would delay them."""
        ends = sum(news.end < now + _CROWD_SECONDS for news in expected.values())
        return ends > _CROWDED_SHARE * _CROWD_SECONDS * self._pace.requests_per_second

    def _extra(
        self, batches: list[_Open], expected: dict[Key, Expected], now: float
    ) -> Iterable[tuple[Key, float]]:
        """Yield polls whose answer tells of other batches, too."""
        free = [each for each in batches if each.earliest <= now and not each.one.failures]
        if not free or len(batches) == 1:
            return
        if not self.model.sure or not expected:
            if self._may_explore(now, _EXPLORE_SECONDS):
                yield _sample(free, expected, now), now
            return
        if self.model.kind is Kind.OWN_RATE or self._crowded(expected, now):
            return  # no batch tells of others, or so many ends come that asking about them tells enough
        peeked = self._peek(free, batches, expected, now)
        if peeked is not None:
            self._peeked = now
            yield peeked, now
        left = max(news.end for news in expected.values()) - now
        young = _YOUNG_SHARE * (now - min(each.one.sent for each in batches))
        pause = max(min(left / (_SENTINEL_SHARE * len(batches)), young, 300.0), 5.0)
        if self._may_explore(now, pause):
            yield _sample(free, expected, now), now

    def _may_explore(self, now: float, pause: float) -> bool:
        """Whether the last poll that was only to learn is so long ago; this is the next one then."""
        may = not 0 <= now - self._explored < pause
        if may:
            self._explored = now
        self.again = min(self.again, self._explored + pause)
        return may

    def _peek(
        self, free: list[_Open], batches: list[_Open], expected: dict[Key, Expected], now: float
    ) -> Key | None:
        """Return the batch whose answer makes the next end known better, if that is needed."""
        coming = [expected[each.one.key] for each in batches if each.one.key in expected]
        front = min(coming, key=lambda news: news.end, default=None)
        if front is None:
            return None
        doubt = math.sqrt(max(front.spread**2 - front.own**2, 0.0))
        if doubt <= max(_TOLERANCE_SECONDS, 0.05 * (front.end - now)):
            return None
        # The farther the end, the less a hurry: time itself tells the pace.
        if 0 <= now - self._peeked < _PEEK_SHARE * (front.end - now):
            return None
        helped = sum(now < news.end < now + _HELPED_SECONDS for news in coming)
        best, least = None, math.inf
        for each in free:
            news = expected.get(each.one.key)
            if news is None or not news.turn < now < news.end:
                continue
            lost = max(each.shortest - (news.end - now), 0.0)
            if lost < helped * doubt and lost - news.own < least:
                best, least = each.one.key, lost - news.own
        return best

    def _vouches(self, now: float) -> bool:
        """Whether the answers of some batches tell where all others stand."""
        shared = self.model.kind is not Kind.OWN_RATE
        return shared and self.model.sure and 0 <= now - self.model.at < FORGOTTEN_SECONDS


def _aim(each: _Open, news: Expected) -> float:
    """Return when to ask so that an end is seen soon after, and seldom missed."""
    if news.own > _WIDE * each.shortest:
        return _before(each, news, _EARLY, each.longest)
    ratio = each.shortest / (max(news.spread, 1e-3) * math.sqrt(2 * math.pi))
    z = math.sqrt(2 * math.log(ratio)) if ratio > 1 else 0.0
    return news.end + min(z, 2.5) * news.spread + _OVERSHOOT_SECONDS


def _aim_early(each: _Open, news: Expected) -> float:
    """Return when to ask if polls are to spare: rather too soon than late."""
    if news.own < news.spread:
        return _aim(each, news)
    spread = max(news.spread, _IDLE_DOUBT * (news.end - each.asked))
    if spread <= _WIDE * each.shortest:
        return _aim(each, news)
    pause = each.shortest + _IDLE_LONGEST * (each.longest - each.shortest)
    return _before(each, replace(news, spread=spread), _IDLE_EARLY, pause)


def _before(each: _Open, news: Expected, deviations: float, pause: float) -> float:
    """Return when to ask about an uncertain end: before it, or once the batch was not asked for so long."""
    paused = each.asked + pause
    if paused > news.end - _JUST_BEFORE * each.shortest:
        paused = news.end  # not just before it: the next poll has to wait
    return max(news.end - deviations * news.spread, paused)


def _likely_ended(each: _Open, news: Expected | None, now: float) -> bool:
    return news is not None and news.end <= now and news.own <= _WIDE * each.shortest


def _sample(free: list[_Open], expected: dict[Key, Expected], now: float) -> Key:
    """Return the batch asked longest ago, of those that will not end before they may be asked again."""

    def rank(each: _Open) -> tuple[bool, float]:
        news = expected.get(each.one.key)
        soon = news is not None and news.end - news.spread < now + 2 * each.shortest
        return soon, each.asked

    return min(free, key=rank).one.key


def _matters(planned: float, due: float, now: float) -> bool:
    """Whether a change of plan is worth storing: near ones to the tenth of a second, others roughly."""
    change, ahead = abs(planned - due), min(planned, due) - now
    if due <= now and planned <= now:
        return False
    return change > (0.1 if ahead < _NEAR_SECONDS else 0.1 * ahead)
