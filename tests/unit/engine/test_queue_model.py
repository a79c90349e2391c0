"""How a model of the queue is learned, doubted and shifted."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

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


def level(at: float) -> float:
    """Return how many numbers a batch would have that began first, of 40 of which one is sent a second.

    The service answers 100 numbers a second, from the tenth second to the thirtieth a tenth less.
    """
    steps = (step / 10 for step in range(round(at * 10)))
    return sum((9.0 if 10 <= time < 30 else 10.0) / min(int(time) + 1, 40) for time in steps)


def test_side_by_side_an_answer_tells_where_those_began_that_were_sent_before_and_after_it() -> None:
    watched, never_asked = Watched(40), (12, 13, 17, 18, 22, 23, 27, 28)

    def ask(number: int, at: float) -> None:
        watched.see(number, at, int(level(at - 1) - level(number - 1)))

    def off() -> float:
        """How many answers more or fewer batches that were never asked seem to have, beside the last one."""
        ends = [watched.end(number) for number in range(1, 41)]
        # From one end to the next, each batch that is left has as many answers as the next began later.
        behind = [
            (later - end) * (watched.model.rate or 0.0) / left
            for (end, later), left in zip(pairwise(ends), range(39, 0, -1), strict=True)
        ]
        return max(
            abs(sum(behind[number - 1 :]) - (level(39.0) - level(number - 1))) for number in never_asked
        )

    # The first answers do not show that it was slower for a while; those of a few in between do.
    for number, at in ((1, 60.0), (40, 61.0), (2, 62.0), (39, 63.0)):
        ask(number, at)
    assert watched.model.kind is Kind.SIDE_BY_SIDE
    before = off()
    for number, at in ((10, 64.0), (20, 65.0), (30, 66.0)):
        ask(number, at)
    assert off() < before / 2


def test_ends_that_come_as_foretold_speak_for_no_other_way() -> None:
    watched = Watched(60)
    for number, at in ((1, 90.0), (60, 91.0), (30, 92.0), (10, 93.0), (45, 94.0)):
        risen = 100 * sum(1 / n for n in range(number, 60)) + 100 / 60 * (at - 60)
        watched.see(number, at, round(risen))
    assert watched.model.kind is Kind.SIDE_BY_SIDE
    ends = watched.model.expected()
    # They end in the order of sending, as they would one by one.
    for number in range(2, 56):
        watched.see(number, ends[1, number].end + 20.0, SIZE)
    assert watched.model.kind is Kind.SIDE_BY_SIDE
    assert watched.model.sure


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


def test_what_is_learned_at_once_after_a_start_is_what_was_learned_one_by_one() -> None:
    before, after = QueueModel(), QueueModel()
    standings = dict[int, Standing]()
    asked = {10: 1, 20: 5, 30: 15, 38: 25, 50: 35, 55: 39, 60: 30, 61: 10, 62: 20}
    for second in range(1, 63):
        if second <= 40:
            standings[second] = Standing((1, second), SIZE, float(second), None, None, 0, 0, False)
        if number := asked.get(second):
            answered = int(level(second - 1.0) - level(number - 1.0))
            standings[number] = replace(standings[number], last_poll=float(second), answered=answered)
        before.take(list(standings.values()), float(second))
    after.take(list(standings.values()), 62.0)
    assert before.kind is after.kind is Kind.SIDE_BY_SIDE
    ends = {key: expected.end for key, expected in before.expected().items()}
    assert {key: expected.end for key, expected in after.expected().items()} == pytest.approx(ends, abs=1.0)


def test_an_answer_of_before_its_batch_was_sent_is_taken_in_with_it() -> None:
    # The clock was set back by less than a second in between.
    model = QueueModel()
    model.take([Standing((1, 1), SIZE, 100.0, 99.5, None, 10, 0, False)], 101.0)
    assert model.answers == 1


def test_a_clock_that_jumps_moves_what_is_expected_with_it(in_order: Watched) -> None:
    end = in_order.end(30)
    in_order.model.shift(-3_600.0)
    assert in_order.end(30) == pytest.approx(end - 3_600.0)


def test_one_answer_never_decides() -> None:
    watched = Watched(3)
    watched.see(1, 30.0, 200)
    assert not watched.model.sure
