"""The range of the last of many ends: what is uncertain of each delays it, what all share moves it."""

import pytest

from pwl_tui.engine.polling.forecast import last_end
from pwl_tui.engine.polling.queue_ways import Expected


def expected(end: float, *, spread: float, own: float) -> Expected:
    return Expected(end, spread, own, 0.0)


def test_of_one_batch_the_range_is_around_its_end() -> None:
    earliest, end, latest = last_end([expected(100.0, spread=10.0, own=10.0)])
    assert end == pytest.approx(100.0, abs=0.1)
    assert (end - earliest, latest - end) == pytest.approx((20.0, 20.0), abs=0.1)


def test_the_last_of_many_that_go_their_own_way_ends_later_than_each_is_expected_to() -> None:
    earliest, end, latest = last_end([expected(100.0, spread=10.0, own=10.0)] * 1_000)
    # The greatest of 1,000 values of a normal distribution is 3.2 deviations above its mean.
    assert end == pytest.approx(132.0, abs=1.0)
    assert 120.0 < earliest < end < latest < 145.0


def test_what_all_share_moves_the_last_end_but_does_not_delay_it() -> None:
    earliest, end, latest = last_end([expected(float(at), spread=10.0, own=0.0) for at in range(101)])
    assert end == pytest.approx(100.0)
    assert earliest == pytest.approx(200.0 - latest)
    assert latest >= 120.0
