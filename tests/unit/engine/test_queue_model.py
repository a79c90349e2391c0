"""How a model of the queue is learned, doubted and shifted."""

import pytest

from pwl_tui.engine.polling.queue_model import Kind, QueueModel
from pwl_tui.state.polls import Standing

SIZE = 1000


class Watched:
    """A model, and the batches it is told of."""

    def __init__(self, batches: int) -> None:
        self.model = QueueModel()
        self.standings = {
            number: Standing((1, number), SIZE, float(number), None, None, 0, 0, False)
            for number in range(1, batches + 1)
        }

    def see(self, number: int, at: float, answered: int) -> None:
        self.standings[number] = Standing(
            (1, number), SIZE, float(number), at, None, answered, 0, answered == SIZE
        )
        self.model.take(list(self.standings.values()), at)

    def end(self, number: int) -> float:
        return self.model.expected()[1, number].end

    def spread(self, number: int) -> float:
        return self.model.expected()[1, number].spread


@pytest.fixture
def in_order() -> Watched:
    """100 numbers a second, one batch after the other."""
    watched = Watched(50)
    for number, at, answered in (
        (1, 6.0, 500),
        (9, 36.0, 0),
        (4, 37.0, 600),
        (3, 43.0, SIZE),
        (5, 46.0, 500),
    ):
        watched.see(number, at, answered)
    return watched


def test_one_answer_near_the_front_tells_where_all_others_stand(in_order: Watched) -> None:
    assert in_order.model.kind is Kind.ONE_BY_ONE
    assert in_order.model.sure
    assert in_order.end(6) == pytest.approx(61.0, abs=3.0)
    assert in_order.end(30) == pytest.approx(301.0, abs=25.0)
    assert in_order.spread(6) < in_order.spread(30)


def test_a_stall_widens_what_is_expected_at_once(in_order: Watched) -> None:
    before, end = in_order.spread(30), in_order.end(30)
    in_order.see(5, 80.0, 600)
    assert in_order.spread(30) > 2 * before
    assert in_order.end(30) > end + 30.0


def test_a_burst_widens_what_is_expected_at_once(in_order: Watched) -> None:
    before, end = in_order.spread(45), in_order.end(45)
    in_order.see(15, 60.0, SIZE)
    in_order.see(16, 60.0, 900)
    assert in_order.end(45) < end - 60.0
    assert in_order.spread(45) > before


def test_side_by_side_a_few_samples_tell_for_all() -> None:
    watched = Watched(20)
    # 100 numbers a second in all, of which each has a twentieth.
    for number, at in ((1, 60.0), (20, 61.0), (10, 62.0), (5, 100.0)):
        watched.see(number, at, round(5 * (at - 20) + 100 * sum(1 / n for n in range(number, 20))))
    assert watched.model.kind is Kind.SIDE_BY_SIDE
    assert watched.model.rate == pytest.approx(100.0, rel=0.2)
    # Never asked, but as far as its neighbors.
    assert watched.end(11) == pytest.approx(watched.end(10), rel=0.15)


def test_a_service_that_changes_its_way_is_learned_anew(in_order: Watched) -> None:
    for step in range(40):
        number = 6 + step
        watched = 5 * (step + 1) * (3 if number % 2 else 1)
        in_order.see(number, 100.0 + step, min(watched, 999))
    assert in_order.model.kind is not Kind.ONE_BY_ONE


def test_an_answer_is_taken_in_once(in_order: Watched) -> None:
    before = in_order.model.expected()
    in_order.model.take(list(in_order.standings.values()), 46.0)
    assert in_order.model.expected() == before


def test_a_clock_that_jumps_moves_what_is_expected_with_it(in_order: Watched) -> None:
    end = in_order.end(30)
    in_order.model.shift(-3_600.0)
    assert in_order.end(30) == pytest.approx(end - 3_600.0)


def test_one_answer_never_decides() -> None:
    watched = Watched(3)
    watched.see(1, 30.0, 200)
    assert not watched.model.sure
