"""Whose batch is sent next, and how many may be under way."""

import pytest

from pwl_tui.config import Sending
from pwl_tui.engine.money.submitter import Idle, Sent
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    FIRST,
    Clock,
    WorldService,
    add_job,
    make_poller,
    make_service,
    make_submitter,
)


@pytest.fixture
def service(clock: Clock) -> WorldService:
    return make_service(clock, rate=10.0)


def three_jobs(store: Store) -> None:
    for number in range(3):
        add_job(store, FIRST + 100 * number, 30, batch_size=10)


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ("oldest", ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3"]),
        ("fair", ["1.1", "2.1", "3.1", "1.2", "2.2", "3.2", "1.3", "2.3", "3.3"]),
    ],
)
def test_the_oldest_job_comes_first_or_each_in_turn(
    store: Store, clock: Clock, service: WorldService, order: str, sent: list[str]
) -> None:
    three_jobs(store)
    submitter = make_submitter(store, service, clock, Sending(order=order))  # type: ignore[arg-type]
    labels = []
    while isinstance(step := submitter.send_next(), Sent):
        labels.append(step.batch.label)
        clock.now += 1
    assert labels == sent


def test_a_job_that_comes_later_has_its_turn_at_once_if_all_is_fair(
    store: Store, clock: Clock, service: WorldService
) -> None:
    add_job(store, FIRST, 30, batch_size=10)
    submitter = make_submitter(store, service, clock, Sending(order="fair"))
    submitter.send_next()
    clock.now += 1
    add_job(store, FIRST + 100, 30, batch_size=10)
    step = submitter.send_next()
    assert isinstance(step, Sent)
    assert step.batch.label == "2.1"


def test_no_more_batches_are_under_way_than_wanted(store: Store, clock: Clock, service: WorldService) -> None:
    three_jobs(store)
    submitter = make_submitter(store, service, clock, Sending(in_flight=2))
    poller = make_poller(store, service, clock)
    assert [isinstance(submitter.send_next(), Sent) for _ in range(2)] == [True, True]
    assert isinstance(submitter.send_next(), Idle)
    assert not submitter.has_work()
    clock.now += 60
    while (batch := poller.claim()) is not None:
        poller.poll(batch)
    assert submitter.has_work()
    assert isinstance(submitter.send_next(), Sent)
