"""What a poll comes to: stored answers, a later look, or a batch that the service does not know."""

import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.errors import ApiError, decode_error
from pwl_tui.api.models import BatchAnswer, NumberAnswer
from pwl_tui.config import Polling
from pwl_tui.engine.money.submitter import Sent
from pwl_tui.engine.polling.forecast import Forecast
from pwl_tui.engine.polling.matching import match
from pwl_tui.engine.polling.verdicts import verdicts
from pwl_tui.problem import Kind, Problem
from pwl_tui.simulator.queues import QueueKind
from pwl_tui.simulator.world import World
from pwl_tui.state.models import Batch, BatchState, Binding, JobState
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    Clock,
    WorldService,
    add_job,
    make_poller,
    make_service,
    make_submitter,
)

PACE = Polling()


@pytest.fixture
def service(clock: Clock) -> WorldService:
    return make_service(clock, rate=10.0)


def sent(store: Store, service: WorldService, clock: Clock, size: int = 50) -> Batch:
    job = add_job(store, FIRST, size)
    make_submitter(store, service, clock).send_next()
    return store.batches.get(job, 1)


def test_a_batch_is_polled_when_news_are_likely_until_it_is_done(
    store: Store, clock: Clock, service: WorldService
) -> None:
    batch = sent(store, service, clock, size=300)
    poller = make_poller(store, service, clock)
    begun, polled = clock.now, []
    while (due := store.batches.next_due(BINDING)) is not None:
        clock.now = due
        claimed = poller.claim()
        assert claimed is not None
        assert poller.claim() is None
        result = poller.poll(claimed)
        polled.append(clock.now - begun)
        assert (result.problem, result.batch) == (None, store.batches.get(batch.job, 1))
    assert store.batches.get(batch.job, 1).state is BatchState.COMPLETED
    gaps = [after - before for before, after in pairwise(polled)]
    assert min(gaps) >= PACE.small[0]
    # 300 numbers at 10 a second: the last look comes soon after the end.
    assert 30.0 <= polled[-1] <= 36.0


def test_only_the_batches_of_the_key_are_polled(store: Store, clock: Clock, service: WorldService) -> None:
    sent(store, service, clock)
    clock.now += 1_000
    assert store.batches.next_due(Binding(BINDING.base_url, "another")) is None
    assert store.batches.next_due(Binding("https://another.test", BINDING.fingerprint)) is None
    assert make_poller(store, service, clock).claim() is not None


def refusing(service: WorldService, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> BatchAnswer:
        raise ApiError(problem)

    monkeypatch.setattr(service, "poll", refuse)


NETWORK = Problem(kind=Kind.NETWORK, message="gone", remedy="wait")
LIMITED = Problem(kind=Kind.RATE_LIMITED, message="slow down", retry_after=900.0, remedy="wait")
AT_ONCE = Problem(kind=Kind.RATE_LIMITED, message="slow down", retry_after=0.0, remedy="wait")
ODD = Problem(kind=Kind.BAD_ANSWER, message="another batch", remedy="wait")


@pytest.mark.parametrize(
    ("problem", "least", "most", "service_wide"),
    [
        (NETWORK, 2.5, 5.0, True),
        (LIMITED, 900.0, 990.0, True),
        (AT_ONCE, PACE.minimum, PACE.minimum, True),
        (ODD, 2.5, 5.0, False),
        (decode_error(404, {}, b"<html>Not found</html>", paid=False), 2.5, 5.0, None),
    ],
    ids=["network", "429", "429 at once", "bad answer", "a proxy's 404"],
)
def test_a_poll_that_fails_is_tried_again_later(
    store: Store,
    clock: Clock,
    service: WorldService,
    monkeypatch: pytest.MonkeyPatch,
    problem: Problem,
    least: float,
    most: float,
    service_wide: bool | None,
) -> None:
    batch = sent(store, service, clock)
    poller = make_poller(store, service, clock)
    clock.now += 10
    refusing(service, problem, monkeypatch)
    claimed = poller.claim()
    assert claimed is not None
    result = poller.poll(claimed)
    after = store.batches.get(batch.job, 1)
    assert (result.problem, after.state, after.attempts) == (problem, BatchState.PROCESSING, 1)
    assert service_wide is None or result.service_wide == service_wide
    assert after.next_poll is not None
    assert least <= after.next_poll - clock.now <= most
    assert poller.claim() is None

    monkeypatch.undo()
    clock.now = after.next_poll
    again = poller.claim()
    assert again is not None
    assert poller.poll(again).problem is None
    assert store.batches.get(batch.job, 1).attempts == 0


def test_what_a_leaving_process_claimed_is_free_after_the_least_pause(
    store: Store, clock: Clock, service: WorldService
) -> None:
    sent(store, service, clock)
    clock.now += 10
    poller = make_poller(store, service, clock)
    assert poller.claim() is not None
    poller.give_back()
    assert poller.claim() is None
    clock.now += PACE.minimum
    assert poller.claim() is not None


@pytest.mark.state_file
def test_leaving_does_not_wait_for_who_has_locked_the_state_file(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(store, service, clock)
    clock.now += 10
    poller = make_poller(store, service, clock)
    assert poller.claim() is not None
    waited: list[None] = []
    monkeypatch.setattr(store.patience, "on_wait", lambda: waited.append(None))
    with closing(sqlite3.connect(store.directory / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        poller.give_back()
    assert waited == []
    clock.now += PACE.minimum
    assert poller.claim() is None, "what was not given back is still ours"


@pytest.mark.parametrize(
    ("outcome", "on", "expected"),
    [
        ("completed", True, (Outcome.COMPLETED, True)),
        ("completed", False, (Outcome.COMPLETED, False)),
        ("failed", None, (Outcome.FAILED, None)),
        ("pending", None, (Outcome.PENDING, None)),
        ("completed", None, (Outcome.FAILED, None)),
    ],
)
def test_what_the_service_says_of_a_number(
    outcome: str, on: bool | None, expected: tuple[Outcome, bool | None]
) -> None:
    one = NumberAnswer("+14155552671", Answer(Outcome(outcome), on_whatsapp=on))
    ((number, answer),) = verdicts(match([one], [14155552671]).found).answers.items()
    assert (number, answer.outcome, answer.on_whatsapp) == (14155552671, *expected)


def test_another_process_goes_on_with_what_one_has_learned(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 600, batch_size=200)
    submitter = make_submitter(store, service, clock)
    while isinstance(submitter.send_next(), Sent):
        pass
    first = make_poller(store, service, clock)
    clock.now = store.batches.get(job, 1).next_poll or 0.0
    claimed = first.claim()
    assert claimed is not None
    first.poll(claimed)
    second = make_poller(store, service, clock)
    for _ in range(20):
        due = store.batches.next_due(BINDING)
        if due is None:
            break
        clock.now = max(clock.now, due)
        second.plan()
        while (batch := second.claim()) is not None:
            second.poll(batch)
    assert store.jobs.get(job).state is JobState.COMPLETED


def test_the_time_left_comes_from_what_the_answers_tell(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 2_000)
    submitter, poller = make_submitter(store, service, clock), make_poller(store, service, clock)
    submitter.send_next()
    forecast = Forecast(store, BINDING)
    assert forecast.of([store.jobs.get(job)], clock.now) == {}
    begun = clock.now
    clock.now += 40
    claimed = poller.claim()
    assert claimed is not None
    poller.poll(claimed)
    # 10 numbers a second: 60 s more for the first batch, and 100 for the one that is not sent yet.
    eta = forecast.of([store.jobs.get(job)], clock.now)[job]
    assert eta.end == pytest.approx(begun + 200.0, abs=5.0)
    assert clock.now < eta.earliest < eta.end < eta.latest
    assert Forecast(store, BINDING).of([store.jobs.get(job)], clock.now) == {job: eta}


def test_what_another_job_has_not_sent_yet_may_put_a_job_off_where_all_share_the_rate(
    store: Store, clock: Clock
) -> None:
    world = World(clock=clock, rate=10.0, queue=QueueKind.SIDE_BY_SIDE)
    world.add_key(KEY, wavalidation=10_000)
    service = WorldService(world)
    job = add_job(store, FIRST, 3_000, batch_size=500)
    submitter, poller = make_submitter(store, service, clock), make_poller(store, service, clock)
    while isinstance(submitter.send_next(), Sent):
        clock.now += 1.0
    other = add_job(store, FIRST + 5_000, 600)
    end = clock.now + 200.0
    while (due := store.batches.next_due(BINDING)) is not None and due < end:
        clock.now = max(clock.now, due)
        if (batch := poller.claim()) is not None:
            poller.poll(batch)
    forecast, known = Forecast(store, BINDING), store.jobs.get(job)
    alone = forecast.of([known], clock.now)[job]
    crowded = forecast.of([known, store.jobs.get(other)], clock.now)[job]
    assert alone.queue == "side by side"
    # 600 numbers at about 10 a second.
    assert crowded.latest - alone.latest == pytest.approx(60.0, rel=0.2)
    assert crowded.end - alone.end == pytest.approx(30.0, rel=0.2)
    assert crowded.earliest == alone.earliest


@pytest.mark.parametrize("days", [1.0, 400.0])
def test_a_poll_that_ends_just_after_the_clock_was_set_puts_no_other_off(
    store: Store, clock: Clock, service: WorldService, days: float
) -> None:
    for _ in range(3):
        sent(store, service, clock, size=200)
    passed, begun = [0.0], clock.now
    poller = make_poller(store, service, clock, steady=lambda: passed[0])

    def wait(seconds: float) -> None:
        clock.now += seconds
        passed[0] += seconds

    for jump in (days * 86_400, -days * 86_400):
        wait(6.0)
        poller.plan()
        while (claimed := poller.claim()) is None:
            wait(1.0)
        clock.now += jump
        poller.poll(claimed)
    assert clock.now - begun < 120
    while (due := store.batches.next_due(BINDING)) is not None:
        assert due < begun + 180, "600 numbers at 10 a second"
        wait(max(due - clock.now, 0.0))
        claimed = poller.claim()
        assert claimed is not None
        poller.poll(claimed)
