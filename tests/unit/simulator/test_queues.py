"""The ways in which the simulator works through batches."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.simulator.queues import Queue, QueueKind, queue_of


def three(kind: QueueKind, **more: float) -> Queue:
    queue = queue_of(kind, rate=10.0, seed=5, unevenness=more.get("unevenness", 0.0))
    for at in (100.0, 110.0, 120.0):
        queue.add(300, at)
    return queue


def test_one_by_one_the_oldest_has_the_whole_rate() -> None:
    queue = three(QueueKind.ONE_BY_ONE)
    assert [queue.answered(index, 121.0) for index in range(3)] == [210, 0, 0]
    assert [queue.ended(index, 1_000.0) for index in range(3)] == [130.0, 160.0, 190.0]


def test_side_by_side_each_has_an_even_share() -> None:
    queue = three(QueueKind.SIDE_BY_SIDE)
    assert [queue.answered(index, 120.0) for index in range(3)] == pytest.approx([150, 50, 0])
    assert [queue.answered(index, 123.0) for index in range(3)] == pytest.approx([160, 60, 10])
    # The first needs 150 more at a third of the rate, the second 100 after that at a half, and so on.
    assert [queue.ended(index, 1_000.0) for index in range(3)] == pytest.approx([165.0, 185.0, 190.0])


def test_with_rates_of_their_own_batches_do_not_wait_for_each_other() -> None:
    queue = three(QueueKind.OWN_RATE)
    answered = [queue.answered(index, 121.0) / seconds for index, seconds in enumerate((21, 11, 1))]
    assert min(answered) > 0
    assert len(set(answered)) == 3


@pytest.mark.parametrize("kind", QueueKind)
def test_an_endless_rate_answers_at_once(kind: QueueKind) -> None:
    queue = queue_of(kind, rate=math.inf)
    queue.add(7, 50.0)
    assert (queue.answered(0, 50.0), queue.ended(0, 50.0)) == (7, 50.0)


@given(
    kind=st.sampled_from(QueueKind),
    unevenness=st.sampled_from([0.0, 0.5]),
    seed=st.integers(0, 100),
    sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=6),
    moments=st.lists(st.floats(0, 500), min_size=1, max_size=20),
)
def test_answers_only_grow_and_an_end_is_where_the_last_one_is(
    kind: QueueKind, unevenness: float, seed: int, sizes: list[int], moments: list[float]
) -> None:
    queue = queue_of(kind, rate=20.0, unevenness=unevenness, seed=seed)
    for number, size in enumerate(sizes):
        queue.add(size, float(number))
    before = [0] * len(sizes)
    for moment in sorted(moments):
        now = moment + len(sizes)
        answered = [int(queue.answered(index, now)) for index in range(len(sizes))]
        for index, size in enumerate(sizes):
            assert before[index] <= answered[index] <= size
            assert (queue.ended(index, now) is not None) == (answered[index] == size)
        before = answered
