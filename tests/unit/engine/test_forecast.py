"""The range of the last of many ends: what is uncertain of each delays it, what all share moves it."""

import pytest

from pwl_tui.engine.polling.forecast import last_end
from pwl_tui.engine.polling.queue_ways import Expected

MANY = 1_000_000
"""Answers, so many that more would tell nothing."""


def expected(end: float, *, spread: float, own: float) -> Expected:
    return Expected(end, spread, own, 0.0)


def test_of_one_batch_the_range_is_around_its_end() -> None:
    earliest, end, latest = last_end([expected(100.0, spread=10.0, own=10.0)], MANY)
    assert end == pytest.approx(100.0, abs=0.1)
    assert (end - earliest, latest - end) == pytest.approx((20.0, 20.0), abs=0.1)


def test_the_last_of_many_that_go_their_own_way_ends_later_than_each_is_expected_to() -> None:
    earliest, end, latest = last_end([expected(100.0, spread=10.0, own=10.0)] * 1_000, MANY)
    # The greatest of 1,000 values of a normal distribution is 3.2 deviations above its mean.
    assert end == pytest.approx(132.0, abs=1.0)
    assert 120.0 < earliest < end < latest < 145.0


def test_what_all_share_moves_the_last_end_but_does_not_delay_it() -> None:
    earliest, end, latest = last_end([expected(float(at), spread=10.0, own=0.0) for at in range(101)], MANY)
    assert end == pytest.approx(100.0)
    assert earliest == pytest.approx(200.0 - latest)
    assert latest >= 120.0


def test_what_few_answers_tell_of_all_batches_is_less_certain() -> None:
    shared = [expected(100.0, spread=10.0, own=0.0)]
    widths = [latest - earliest for earliest, _, latest in (last_end(shared, n) for n in (4, 40, MANY))]
    assert widths[0] > widths[1] > widths[2]
    assert widths[1] == pytest.approx(widths[2] * 2**0.5, rel=0.01)


def test_what_is_sent_later_may_put_an_end_off_but_never_brings_it_forward() -> None:
    batch = [expected(100.0, spread=10.0, own=10.0)]
    alone, crowded = last_end(batch, MANY), last_end(batch, MANY, 60.0)
    assert crowded == pytest.approx((alone[0], alone[1] + 30.0, alone[2] + 60.0))
