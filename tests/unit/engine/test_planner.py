"""When batches are asked: where news is, within the etiquette, whatever the service and the clock do."""

import math
import os
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pwl_tui.config import Polling
from pwl_tui.engine.polling.jumps import Jumps
from pwl_tui.engine.polling.planner import FORGOTTEN_SECONDS, VOUCHED_SECONDS, Planner
from pwl_tui.engine.polling.queue_model import Kind
from pwl_tui.engine.polling.schedule import bounds, first_poll
from pwl_tui.simulator.queues import Queue, QueueKind, queue_of
from pwl_tui.state.budget import Budget
from pwl_tui.state.polls import Standing

PACE = Polling()
BEGIN = 1_800_000_000.0
EXAMPLES = int(os.environ.get("PWL_PLANNER_EXAMPLES", "100"))
"""More of them, with ``--timeout 0``, for a long run."""
UNNOTICED = 2.0
"""A clock that is set by less is taken to drift."""


class Desk:
    """Sends batches to a queue and asks as planned, on a clock that may be set and one that may not."""

    def __init__(self, queue: Queue | None = None) -> None:
        self.wall, self.steady = BEGIN, 0.0
        self.queue = queue
        self.planner = Planner(PACE)
        self.budget = Budget(PACE.requests_per_second)
        self.jumps = Jumps(lambda: self.wall, lambda: self.steady)
        self.standings: dict[tuple[int, int], Standing] = {}
        self.asked_at: dict[tuple[int, int], list[float]] = {}
        self.late: dict[tuple[int, int], float] = {}

    def send(self, size: int) -> None:
        key = (1, len(self.asked_at) + 1)
        due = first_poll(size, PACE, self.wall)
        self.standings[key] = Standing(key, size, self.wall, None, due, 0, 0, False)
        self.asked_at[key] = [self.steady]
        if self.queue is not None:
            self.queue.add(size, self.steady)

    def plan(self) -> None:
        if jump := self.jumps.since_last(self.wall):
            self.planner.shift(jump, self.wall)
        for key, due in self.planner.plan(list(self.standings.values()), self.wall).items():
            self.standings[key] = replace(self.standings[key], next_poll=due)
        for key in [key for key, one in self.standings.items() if one.done]:
            del self.standings[key]

    def ask(self, shares: Sequence[float] = ()) -> None:
        """Ask all that are due and the budget allows; what is answered is drawn, or the queue's."""
        answers = iter(shares)
        for key in sorted(self.standings, key=lambda key: self.standings[key].next_poll or 0.0):
            one = self.standings[key]
            if (one.next_poll or 0.0) > self.wall or self.budget.take(self.steady):
                continue
            if self.queue is None:
                share = next(answers, 0.0)
                answered, done = int(one.size * share), share >= 1.0
            else:
                ended = self.queue.ended(key[1] - 1, self.steady)
                answered, done = int(self.queue.answered(key[1] - 1, self.steady)), ended is not None
                if ended is not None:
                    self.late[key] = self.steady - ended
            longest = bounds(one.size, PACE)[1]
            self.standings[key] = replace(
                one, last_poll=self.wall, next_poll=self.wall + longest, answered=answered, done=done
            )
            self.asked_at[key].append(self.steady)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def run(self, seconds: float, step: float = 0.5) -> None:
        end = self.steady + seconds
        while self.steady < end and self.standings:
            self.plan()
            self.ask()
            self.wait(step)

    @property
    def polls(self) -> float:
        return sum(len(asked) - 1 for asked in self.asked_at.values()) / len(self.asked_at)


moments = st.one_of(
    st.tuples(st.just("wait"), st.floats(0.1, 120.0)),
    st.tuples(st.just("set"), st.floats(-1e6, 1e6)),
    st.tuples(st.just("send"), st.integers(1, 1000)),
)
shares = st.lists(st.sampled_from([0.0, 0.0, 0.01, 0.3, 0.5, 0.9, 0.999, 1.0]), max_size=6)


@settings(max_examples=EXAMPLES)
@example(
    # A queue vouched for the last one until it was contradicted: its time is planned anew by little.
    sizes=[5, 500, 114, 24],
    course=[
        (("send", 89), []),
        (("wait", 9.1), []),
        (("set", 8.1), []),
        (("set", 20.1), []),
        (("wait", 96.0), [0.01, 0.01]),
        (("wait", 7.0), [0.01, 0.9]),
        (("wait", 2.0), []),
        (("wait", 12.0), []),
    ],
)
@given(
    sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=5),
    course=st.lists(st.tuples(moments, shares), max_size=40),
)
def test_no_batch_is_asked_too_soon_or_forgotten_whatever_the_service_and_the_clock_do(
    sizes: list[int], course: list[tuple[tuple[str, float], list[float]]]
) -> None:
    desk = Desk()
    for size in sizes:
        desk.send(size)
    jumped = 0.0
    for (what, value), answers in course:
        match what:
            case "wait":
                desk.wait(value)
            case "set":
                desk.wall += value
                jumped = desk.steady
            case _:
                desk.plan()
                desk.send(int(value))
        desk.plan()
        desk.ask(answers)
        desk.plan()
        for key, one in desk.standings.items():
            shortest = bounds(one.size, PACE)[0]
            asked = desk.asked_at[key]
            assert all(later - earlier >= shortest - UNNOTICED for earlier, later in pairwise(asked))
            # From then on it could be asked: a jump makes it wait its shortest pause once more.
            since = max(asked[-1], jumped)
            least = VOUCHED_SECONDS if desk.planner.model.sure else FORGOTTEN_SECONDS
            # Many that are late at once take turns.
            turns = 2 * len(desk.standings) / PACE.requests_per_second
            assert one.next_poll is not None
            assert one.next_poll - desk.wall <= max(since + least - desk.steady, shortest) + turns + UNNOTICED


def test_a_batch_that_nobody_vouches_for_is_asked_every_quarter_of_an_hour() -> None:
    desk = Desk(queue_of(QueueKind.ONE_BY_ONE, rate=1e-6))
    desk.send(1000)
    desk.run(4 * 3600.0, step=5.0)
    (asked,) = desk.asked_at.values()
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert max(gaps) <= FORGOTTEN_SECONDS + 5.0
    assert len(gaps) <= 60


@pytest.mark.parametrize(
    ("kind", "rate", "learned", "polls", "late"),
    [
        (QueueKind.ONE_BY_ONE, 100.0, Kind.ONE_BY_ONE, 2.0, 8.0),
        (QueueKind.SIDE_BY_SIDE, 100.0, Kind.SIDE_BY_SIDE, 4.5, 10.0),
        (QueueKind.OWN_RATE, 1.0, Kind.OWN_RATE, 6.0, 15.0),
    ],
)
def test_each_kind_of_queue_is_learned_and_its_ends_are_seen_soon(
    kind: QueueKind, rate: float, learned: Kind, polls: float, late: float
) -> None:
    desk = Desk(queue_of(kind, rate=rate, unevenness=0.05, seed=3))
    for _ in range(40):
        desk.send(1000)
        desk.run(1.0)
    desk.run(120.0)
    assert desk.planner.model.sure
    assert desk.planner.model.kind is learned
    desk.run(20_000.0)
    assert not desk.standings
    assert desk.polls <= polls
    assert sum(desk.late.values()) / len(desk.late) <= late


def test_the_first_poll_of_a_batch_behind_others_waits_for_its_turn() -> None:
    desk = Desk(queue_of(QueueKind.ONE_BY_ONE, rate=20.0))
    for _ in range(20):
        desk.send(1000)
        desk.run(1.0)
    desk.run(500.0)
    first = {key: asked[1] for key, asked in desk.asked_at.items() if len(asked) > 1}
    untouched = [key for key in desk.asked_at if key not in first]
    assert len(untouched) >= 4
    assert max(desk.standings[key].next_poll or 0.0 for key in untouched) > desk.wall + 300.0


@pytest.mark.parametrize("processes", [1, 2])
def test_a_process_that_starts_anew_plans_what_another_has_learned(processes: int) -> None:
    desk = Desk(queue_of(QueueKind.ONE_BY_ONE, rate=50.0))
    for _ in range(30):
        desk.send(1000)
        desk.run(1.0)
    desk.run(200.0)
    desk.plan()
    front = min(desk.standings)
    before = desk.planner.model.expected()[front]
    for _ in range(processes):
        desk.planner = Planner(PACE)
    desk.plan()
    # Without the batches that ended, all that is known is each one's last answer: it has to learn the rate.
    desk.run(90.0)
    assert desk.planner.model.kind is Kind.ONE_BY_ONE
    assert before.end - BEGIN == pytest.approx(front[1] * 20.0, abs=5.0)
    desk.run(3_000.0)
    assert not desk.standings
    assert desk.polls <= 3.5


def test_a_restart_after_a_week_asks_each_batch_once_and_within_the_budget() -> None:
    desk = Desk(queue_of(QueueKind.ONE_BY_ONE, rate=100.0))
    for _ in range(60):
        desk.send(1000)
        desk.wait(1.0)
    desk.wait(7 * 86_400.0)
    desk.planner, desk.jumps = Planner(PACE), Jumps(lambda: desk.wall, lambda: desk.steady)
    begun = desk.steady
    desk.run(60.0, step=0.1)
    asked = sorted(at for each in desk.asked_at.values() for at in each if at >= begun)
    assert not desk.standings
    assert desk.polls == 1.0
    assert all(later - earlier >= 1.9 for earlier, later in zip(asked, asked[8:], strict=False))


class Stuck(Queue):
    """One by one, except that the first batch never gets beyond its half."""

    def __init__(self) -> None:
        super().__init__(50.0, 0.0, 0)
        self._rest = queue_of(QueueKind.ONE_BY_ONE, rate=50.0)
        self._sizes: list[int] = []

    def add(self, size: int, now: float) -> int:
        self._sizes.append(size)
        return self._rest.add(size, now)

    def answered(self, index: int, now: float) -> float:
        return self._rest.answered(index, now) if index else min(self._rest.answered(0, now), 500)

    def ended(self, index: int, now: float) -> float | None:
        return self._rest.ended(index, now) if index else None


def test_one_stuck_batch_at_the_front_does_not_keep_the_others_waiting() -> None:
    desk = Desk(Stuck())
    for _ in range(20):
        desk.send(1000)
        desk.run(1.0)
    desk.run(600.0)
    assert set(desk.standings) == {(1, 1)}
    assert sum(desk.late.values()) / len(desk.late) <= 15.0


class Stalling(Queue):
    """One by one, with a break."""

    def __init__(self, begin: float, end: float) -> None:
        super().__init__(50.0, 0.0, 0)
        self._begin, self._end = begin, end
        self._rest = queue_of(QueueKind.ONE_BY_ONE, rate=50.0)

    def add(self, size: int, now: float) -> int:
        return self._rest.add(size, self._worked(now))

    def answered(self, index: int, now: float) -> float:
        return self._rest.answered(index, self._worked(now))

    def ended(self, index: int, now: float) -> float | None:
        ended = self._rest.ended(index, self._worked(now))
        return ended if ended is None or ended <= self._begin else ended + self._end - self._begin

    def _worked(self, now: float) -> float:
        return min(now, self._begin) + max(now - self._end, 0.0)


def test_a_stall_widens_what_is_known_and_is_over_when_it_is() -> None:
    desk = Desk(Stalling(200.0, 1_200.0))
    for _ in range(30):
        desk.send(1000)
        desk.run(1.0)
    desk.run(165.0)
    sure = min(desk.planner.model.expected().values(), key=lambda news: news.end).spread
    desk.run(300.0)
    doubting = min(desk.planner.model.expected().values(), key=lambda news: news.end).spread
    assert doubting > 5 * sure
    desk.run(4_000.0)
    assert not desk.standings
    # The longer nothing comes, the less often it is asked for.
    assert max(desk.late.values()) <= 300.0
    assert sorted(desk.late.values())[len(desk.late) // 2] <= 30.0


class Bursting(Queue):
    """One by one, until from some moment on everything is answered at once."""

    def __init__(self, at: float) -> None:
        super().__init__(10.0, 0.0, 0)
        self._at = at
        self._rest = queue_of(QueueKind.ONE_BY_ONE, rate=10.0)
        self._sizes: list[int] = []

    def add(self, size: int, now: float) -> int:
        self._sizes.append(size)
        return self._rest.add(size, now)

    def answered(self, index: int, now: float) -> float:
        return self._sizes[index] if now >= self._at else self._rest.answered(index, now)

    def ended(self, index: int, now: float) -> float | None:
        return min(self._at, self._rest.ended(index, now) or math.inf) if now >= self._at else None


def test_a_burst_is_seen_long_before_the_ends_that_were_expected() -> None:
    desk = Desk(Bursting(95.0))
    for _ in range(30):
        desk.send(1000)
        desk.run(1.0)
    desk.run(61.0)
    assert max(news.end for news in desk.planner.model.expected().values()) > desk.wall + 2_000.0
    desk.run(300.0)
    assert not desk.standings
    assert sorted(desk.late.values())[len(desk.late) // 2] <= 60.0


class Shared(Queue):
    """One by one, where somebody else sends as much as we do, and once much more."""

    def __init__(self) -> None:
        super().__init__(100.0, 0.0, 0)
        self._rest = queue_of(QueueKind.ONE_BY_ONE, rate=100.0)
        self._ours: list[int] = []

    def add(self, size: int, now: float) -> int:
        for _ in range(12 if len(self._ours) == 10 else 1):
            self._rest.add(size, now)
        self._ours.append(self._rest.add(size, now))
        return len(self._ours) - 1

    def answered(self, index: int, now: float) -> float:
        return self._rest.answered(self._ours[index], now)

    def ended(self, index: int, now: float) -> float | None:
        return self._rest.ended(self._ours[index], now)


def test_a_second_client_that_shares_the_queue_only_makes_it_slower() -> None:
    desk = Desk(Shared())
    for _ in range(20):
        desk.send(1000)
        desk.run(1.0)
    desk.run(1_000.0)
    assert not desk.standings
    assert desk.polls <= 5.0
    assert sum(desk.late.values()) / len(desk.late) <= PACE.large[0]


def test_batches_that_are_late_all_at_once_keep_no_likely_end_waiting() -> None:
    planner, now = Planner(PACE), BEGIN + 2_000.0
    # Hundreds were never asked, and of two ends that are known one is expected a little later.
    silent = [Standing((1, number), 1000, BEGIN, None, now + 5_000.0, 0, 0, False) for number in range(300)]
    known = [
        Standing((2, number), 1000, BEGIN, now - 100.0, now + 20.0, 900 - number, 0, False)
        for number in range(2)
    ]
    planned = planner.plan([*silent, *known], now)
    times = sorted(planned[one.key] for one in silent)
    assert all(now <= at <= now + 2 * len(silent) / PACE.requests_per_second for at in times)
    assert sum(at <= now + 60.0 for at in times) <= 60.0 * PACE.requests_per_second / 2 + 1


def test_a_batch_that_was_asked_just_before_its_end_keeps_its_turn() -> None:
    planner, asked = Planner(PACE), BEGIN + 2_000.0
    earliest = asked + PACE.large[0]
    early = Standing((1, 1), 1000, BEGIN, asked, earliest, 999, 0, False)
    # These were expected to end while the first could not be asked again.
    others = [
        Standing((1, number), 1000, BEGIN, asked - 100.0, asked + 5.0 * number, 940 - 3 * number, 0, False)
        for number in range(2, 6)
    ]
    planned = planner.plan([early, *others], earliest - 1.0)
    assert planned.get((1, 1), earliest) >= earliest
    turn = planner.plan([early, *others], earliest + 1.0)[1, 1]
    assert asked < turn < min(one.next_poll or 0.0 for one in others)


def test_a_batch_whose_polls_fail_gets_no_turn_before_its_pause_is_over() -> None:
    planner, asked = Planner(PACE), BEGIN + 2_000.0
    failing = Standing((1, 1), 1000, BEGIN, asked, asked + 200.0, 999, 3, False)
    other = Standing((1, 2), 1000, BEGIN, asked - 100.0, asked + 5.0, 900, 0, False)
    assert (1, 1) not in planner.plan([failing, other], asked + 100.0)


@pytest.mark.parametrize(("size", "first"), [(4, 10.0), (100, 10.0), (1_000, 30.0)])
def test_the_first_poll_of_a_batch_alone_is_not_put_off(size: int, first: float) -> None:
    desk = Desk()
    desk.send(size)
    desk.run(first + 1.0)
    (_, asked) = desk.asked_at[1, 1]
    assert first <= asked <= first + 0.5


def test_a_batch_alone_is_asked_in_time_however_its_pace_changes() -> None:
    late = []
    for seed in range(11, 41):  # with 5.4 seconds on average, if an even pace is trusted to remain so
        desk = Desk(queue_of(QueueKind.ONE_BY_ONE, rate=2.0, unevenness=0.3, seed=seed))
        desk.send(100)
        desk.run(600.0)
        late.append(desk.late[1, 1])
    assert fmean(late) < 4.0


def test_what_the_first_answers_happen_to_agree_on_is_soon_doubted() -> None:
    """Four batches at rates of their own that look as if they shared one: the others ended a minute ago."""
    desk = Desk(queue_of(QueueKind.OWN_RATE, rate=2.0, unevenness=0.3, seed=349))
    for _ in range(10):
        desk.send(100)
        desk.run(1.25, 0.25)
    desk.run(900.0)
    assert max(desk.late.values()) < 30.0
