"""Answers of a batch that come back in any order: all are kept, and how many there are tells when it ends."""

from contextlib import closing

import pytest

from pwl_tui.answer import Outcome
from pwl_tui.engine.money.submitter import Sent
from pwl_tui.engine.polling.queue_model import Kind, QueueModel
from pwl_tui.simulator.queues import QueueKind
from pwl_tui.simulator.world import World
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    NOW,
    Clock,
    WorldService,
    add_job,
    make_poller,
    make_submitter,
)

BATCHES, SIZE = 6, 500


class Course:
    """What became of some batches that were sent side by side, and polled until the last one ended."""

    def __init__(self, store: Store, clock: Clock, *, in_order: bool) -> None:
        world = World(
            clock=clock, rate=10.0, queue=QueueKind.SIDE_BY_SIDE, in_order=in_order, failure_share=0.05
        )
        world.add_key(KEY, wavalidation=BATCHES * SIZE)
        service, job = WorldService(world), add_job(store, FIRST, BATCHES * SIZE, batch_size=SIZE)
        submitter, poller = make_submitter(store, service, clock), make_poller(store, service, clock)
        while isinstance(submitter.send_next(), Sent):
            clock.now += 1.0
        model = QueueModel()
        self.polls: list[tuple[float, int]] = []
        """When each batch was polled."""
        self.partial: list[list[bool]] = []
        """Which numbers of a batch had their answer, of each poll before its end."""
        self.kinds: set[Kind] = set()
        """The ways in which the service seemed to work, as soon as that was sure."""
        while (due := store.batches.next_due(BINDING)) is not None:
            clock.now = max(clock.now, due)
            if (batch := poller.claim()) is None:
                continue
            poller.poll(batch)
            self.polls.append((clock.now, batch.seq))
            answers = store.results.known(job)[1][batch.first : batch.first + batch.size]
            answered = [answer.outcome is not Outcome.PENDING for answer in answers]
            if not all(answered):
                self.partial.append(answered)
            standings = store.polls.standings(BINDING, NOW)
            counted = next(one.answered for one in standings if one.key == (job, batch.seq))
            assert counted == sum(answered)
            model.take(standings, clock.now)
            if model.sure:
                self.kinds.add(model.kind)
        self.outcomes = [answer.outcome for answer in store.results.known(job)[1]]


@pytest.fixture
def scattered(store: Store, clock: Clock) -> Course:
    return Course(store, clock, in_order=False)


def test_answers_in_any_order_are_all_kept(scattered: Course) -> None:
    # Never the first ones alone.
    assert any(map(any, scattered.partial))
    assert all(sorted(answered, reverse=True) != answered for answered in scattered.partial if any(answered))
    assert set(scattered.outcomes) == {Outcome.COMPLETED, Outcome.FAILED}
    assert len(scattered.outcomes) == BATCHES * SIZE


def test_it_tells_as_much_of_the_queue_as_answers_in_order_do(
    scattered: Course, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with closing(Store.open(tmp_path_factory.mktemp("ordered") / "state")) as store:
        ordered = Course(store, Clock(), in_order=True)
    assert scattered.kinds == {Kind.SIDE_BY_SIDE}
    assert scattered.polls == ordered.polls
    assert scattered.outcomes == ordered.outcomes
