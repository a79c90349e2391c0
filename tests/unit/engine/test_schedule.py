"""Polling stays inside the service's etiquette, whatever was learned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.config import Polling
from pwl_tui.engine.money.evidence import READING_OFFSETS, Verdict, next_reading, weigh
from pwl_tui.engine.polling.health import Health
from pwl_tui.engine.polling.jumps import Jumps
from pwl_tui.engine.polling.schedule import backoff, bounds, first_poll
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.budget import Budget
from pwl_tui.state.models import BalanceReading

PACE = Polling()
spreads = st.floats(0, 1)


@pytest.mark.parametrize(
    ("size", "shortest", "longest"),
    [(1, 5.0, 10.0), (99, 5.0, 10.0), (100, 5.0, 10.0), (550, 17.5, 35.0), (1000, 30.0, 60.0)],
)
def test_the_pause_grows_with_the_batch(size: int, shortest: float, longest: float) -> None:
    assert list(bounds(size, PACE)) == pytest.approx([shortest, longest])
    assert first_poll(size, PACE, 100.0) == pytest.approx(100.0 + shortest)


@given(attempts=st.integers(1, 10_000), spread=spreads)
def test_back_off_grows_and_ends(attempts: int, spread: float) -> None:
    assert 2.5 <= backoff(attempts, None, spread) <= 300.0
    assert backoff(attempts, None, spread) <= backoff(attempts + 1, None, spread)


@given(attempts=st.integers(1, 50), asked=st.floats(0, 86_400), spread=spreads)
def test_what_the_service_asks_for_is_obeyed(attempts: int, asked: float, spread: float) -> None:
    assert backoff(attempts, asked, spread) >= asked


@given(
    per_second=st.floats(0.5, 50),
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_the_budget_is_never_exceeded(per_second: float, steps: list[float]) -> None:
    budget, now, taken = Budget(per_second), 1000.0, 0
    for step in steps:
        now += step
        taken += budget.take(now) == 0.0
    assert taken <= 1 + per_second * (now - 1000.0) + 1e-6


def test_the_budget_says_when_to_come_back() -> None:
    budget = Budget(2.0, burst=1.0)
    assert budget.take(0.0) == 0.0
    wait = budget.take(0.0)
    assert wait == pytest.approx(0.5)
    assert budget.take(wait) == 0.0


def readings(*balances: int) -> list[BalanceReading]:
    return [BalanceReading(float(i), "wavalidation", balance) for i, balance in enumerate(balances)]


@pytest.mark.parametrize(
    ("before", "after", "otherwise", "verdict"),
    [
        (100, [90, 90, 90, 90], 0, Verdict.CHARGED),
        (100, [100, 90], 0, Verdict.CHARGED),
        (100, [100, 100], 0, Verdict.FREE),
        (100, [95, 95], 5, Verdict.FREE),
        (100, [85], 5, Verdict.CHARGED),
        (100, [95], 0, Verdict.CANNOT_TELL),
        (100, [90, 100], 0, Verdict.CANNOT_TELL),
        (100, [200], 0, Verdict.CANNOT_TELL),
        (100, [], 0, Verdict.CANNOT_TELL),
        (None, [90], 0, Verdict.CANNOT_TELL),
    ],
)
def test_what_the_balance_says(
    before: int | None, after: list[int], otherwise: int, verdict: Verdict
) -> None:
    evidence = weigh(before, 10, readings(*after), otherwise)
    assert evidence.verdict is verdict
    assert evidence.complete == (len(after) >= 4)
    assert str(evidence).startswith(verdict)


def test_the_balance_is_read_at_0_10_60_and_300_seconds() -> None:
    seen: list[BalanceReading] = []
    now = 50.0
    moments = []
    while (due := next_reading(seen, now)) is not None:
        now = due
        moments.append(now - 50.0)
        seen.append(BalanceReading(now, "wavalidation", 1))
    assert moments == list(READING_OFFSETS)


def test_one_probe_speaks_for_everyone_while_the_service_is_down() -> None:
    health = Health(lambda: 1.0)
    down = Problem(kind=Kind.NETWORK, message="gone", remedy="wait")
    assert health.learn(None, 0.0) is None
    first = health.learn(down, 100.0)
    assert first is not None
    assert health.down_until == pytest.approx(105.0)
    health.learn(down, 105.0)
    assert health.down_until == pytest.approx(115.0)
    health.probe_now()
    assert health.down_until == 0.0
    assert health.learn(None, 116.0) is not None
    assert health.failing is False


def test_a_clock_that_jumps_is_noticed_once_and_drift_is_not() -> None:
    wall, steady = [1_000.0], [5.0]
    jumps = Jumps(lambda: wall[0], lambda: steady[0])
    seen = []
    for by, passed in ((10.0, 10.0), (3_610.0, 10.0), (0.0, 0.0), (-86_399.0, 1.0), (1.5, 1.0)):
        wall[0] += by
        steady[0] += passed
        seen.append(jumps.since_last(wall[0]))
    assert seen == [0.0, 3_600.0, 0.0, -86_400.0, 0.0]


def test_a_wait_stays_as_long_as_it_is_when_the_clock_jumps() -> None:
    health = Health(lambda: 1.0)
    health.learn(Problem(kind=Kind.RATE_LIMITED, message="slow", retry_after=60.0, remedy="wait"), 100.0)
    until, asked = health.down_until, health.asked_until
    health.shift(-3_600.0)
    assert (health.down_until, health.asked_until) == (until - 3_600.0, asked - 3_600.0)


def test_what_waited_for_a_sick_service_is_not_asked_for_all_at_once() -> None:
    budget = Budget(2.0)
    assert budget.take(0.0) == 0.0
    assert budget.take(10.0) == 0.0
    budget.drain()
    assert [budget.take(10.0) == 0.0 for _ in range(3)] == [True, False, False]


def test_a_restart_is_no_pause_in_which_requests_were_saved() -> None:
    budget = Budget(2.0)
    assert [budget.take(0.0) == 0.0 for _ in range(3)] == [True, False, False]
    assert [budget.take(10.0) == 0.0 for _ in range(5)] == [True, True, True, True, False]
