"""The order of a submission: what is on disk when, and what no kill, fault or second sender changes."""

from collections import Counter
from pathlib import Path

import pytest

from pwl_tui.config import Sending
from pwl_tui.engine.money.submitter import Busy, Frozen, Idle, OnHold, Sent, Submitter
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.simulator.world import World
from pwl_tui.state.errors import StateError
from pwl_tui.state.models import BatchState, JobState
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    SILENT,
    Clock,
    Killed,
    WorldService,
    add_job,
    failing,
    killing,
    make_engine,
    make_submitter,
    open_store,
)


def states(store: Store, job: int) -> list[BatchState]:
    return [batch.state for batch in store.batches.of(job)]


def charged_twice(world: World) -> list[str]:
    counts = Counter(number for charge in world.ledger for number in charge.numbers)
    return [number for number, count in counts.items() if count > 1]


def test_batches_are_sent_in_order_and_their_ids_are_on_disk_twice(
    store: Store, service: WorldService, submitter: Submitter
) -> None:
    job = add_job(store, FIRST, 2_500)
    assert [type(submitter.send_next()) for _ in range(4)] == [Sent, Sent, Sent, Idle]
    batches = store.batches.of(job)
    assert [batch.batch_id for batch in batches] == list(service.world.batches)
    assert [entry.batch_id for entry in store.journal.entries()] == list(service.world.batches)
    assert [batch.charged for batch in batches] == [1000, 1000, 500]
    assert [batch.balance_before for batch in batches] == [10_000, 9_000, 8_000]
    assert store.jobs.get(job).state is JobState.PROCESSING


def test_the_intent_is_on_disk_before_a_byte_is_sent(
    tmp_path: Path, store: Store, service: WorldService, submitter: Submitter
) -> None:
    job = add_job(store, FIRST, 10)
    seen: list[BatchState] = []

    def look() -> None:
        other = open_store(tmp_path)
        seen.extend(states(other, job))
        other.close()

    service.before = look
    submitter.send_next()
    assert seen == [BatchState.SENDING]


def test_only_one_sends_for_a_key(
    store: Store, service: WorldService, submitter: Submitter, clock: Clock
) -> None:
    add_job(store, FIRST, 10)
    add_job(store, FIRST + 10, 10)
    steps: list[object] = []
    service.before = lambda: steps.append(make_submitter(store, service, clock).send_next())
    assert isinstance(submitter.send_next(), Sent)
    assert steps == [Busy()]


def test_while_a_batch_is_in_doubt_nothing_is_sent_and_the_balance_is_read(
    store: Store, service: WorldService, submitter: Submitter, clock: Clock
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    service.after = failing(SILENT)
    submitter.send_next()
    service.after = lambda: None
    for moment in (0.0, 5.0, 10.0, 60.0, 300.0, 900.0):
        clock.now = 1_800_000_000.0 + moment
        assert isinstance(submitter.send_next(), Frozen)
    readings = store.balances.evidence(job, 1)
    assert [reading.at - 1_800_000_000.0 for reading in readings] == [0.0, 10.0, 60.0, 300.0]
    assert {reading.balance for reading in readings} == {9_990}
    assert len(service.submitted) == 1


def test_credits_that_are_short_are_waited_for(
    store: Store, service: WorldService, submitter: Submitter, clock: Clock
) -> None:
    service.world.add_credits(KEY, "wavalidation", -9_995)
    job = add_job(store, FIRST, 10)
    assert isinstance(submitter.send_next(), OnHold)
    waiting = store.jobs.get(job)
    assert waiting.state is JobState.WAITING
    assert waiting.hold is not None
    assert (waiting.hold.required, waiting.hold.available) == (10, 5)
    assert service.submitted == []
    service.world.add_credits(KEY, "wavalidation", 100)
    assert isinstance(submitter.send_next(), Idle)
    clock.now += 61
    assert isinstance(submitter.send_next(), Sent)
    assert store.jobs.get(job).hold is None


def test_a_paused_job_is_not_sent(store: Store, submitter: Submitter) -> None:
    job = add_job(store, FIRST, 10)
    store.jobs.pause(job, paused=True)
    assert isinstance(submitter.send_next(), Idle)
    store.jobs.pause(job, paused=False)
    assert isinstance(submitter.send_next(), Sent)


def test_numbers_that_were_changed_behind_our_back_are_not_sent(
    tmp_path: Path, store: Store, service: WorldService, submitter: Submitter
) -> None:
    job = add_job(store, FIRST, 10)
    databases.execute(tmp_path / "state", "UPDATE numbers SET number=number+1 WHERE idx=3")
    assert isinstance(submitter.send_next(), OnHold)
    assert states(store, job) == [BatchState.PLANNED]
    assert service.submitted == []


@pytest.mark.parametrize("paid", [False, True])
def test_a_kill_during_the_call_leaves_the_batch_in_doubt(
    store: Store, service: WorldService, submitter: Submitter, clock: Clock, paid: bool
) -> None:
    job = add_job(store, FIRST, 10)
    batches = store.batches
    mark_unknown = batches.mark_unknown
    service.before, service.after = (lambda: None, killing) if paid else (killing, lambda: None)
    # The process is gone: it cannot write down that it is.
    batches.mark_unknown = killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        submitter.send_next()
    batches.mark_unknown = mark_unknown  # type: ignore[method-assign]
    assert states(store, job) == [BatchState.SENDING]
    service.before = service.after = lambda: None
    assert isinstance(make_submitter(store, service, clock).send_next(), Frozen)
    assert states(store, job) == [BatchState.UNKNOWN]
    assert len(service.submitted) == 1


def killed(*_: object, **__: object) -> None:
    raise Killed


def test_a_kill_between_journal_and_state_file_loses_nothing(
    store: Store, service: WorldService, submitter: Submitter, clock: Clock
) -> None:
    job = add_job(store, FIRST, 10)
    accept = store.batches.accept
    store.batches.accept = killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        submitter.send_next()
    store.batches.accept = accept  # type: ignore[method-assign]
    assert states(store, job) == [BatchState.SENDING]
    make_submitter(store, service, clock).recover()
    (batch,) = store.batches.of(job)
    assert (batch.state, batch.batch_id) == (BatchState.PROCESSING, next(iter(service.world.batches)))
    assert len(list(store.journal.entries())) == 1
    assert isinstance(submitter.send_next(), Idle)


def test_an_old_journal_does_not_name_a_new_batch(
    store: Store, service: WorldService, submitter: Submitter, clock: Clock
) -> None:
    add_job(store, FIRST, 10)
    submitter.send_next()
    entry = store.journal.entries()[0]
    # The state file is begun anew: job 1, batch 1 again, with the same numbers, later.
    other = open_store(store.directory.parent / "anew")
    other.journal.append(entry)
    clock.now += 3600
    job = add_job(other, FIRST, 10)
    other.batches.intend(other.batches.get(job, 1), now=clock.now, balance=9_990)
    make_submitter(other, service, clock).recover()
    assert states(other, job) == [BatchState.UNKNOWN]
    other.close()


def test_an_id_that_the_state_file_cannot_take_is_in_the_journal_and_said(
    store: Store, service: WorldService, submitter: Submitter
) -> None:
    job = add_job(store, FIRST, 10)

    def full(*_: object, **__: object) -> None:
        raise StateError(Problem(kind=Kind.UNAVAILABLE, message="full", remedy="free some"))

    accept = store.batches.accept
    store.batches.accept = full  # type: ignore[method-assign]
    with pytest.raises(StateError) as caught:
        submitter.send_next()
    store.batches.accept = accept  # type: ignore[method-assign]
    batch_id = next(iter(service.world.batches))
    assert caught.value.problem.charged == "yes"
    assert batch_id in caught.value.problem.message
    submitter.recover()
    assert store.batches.get(job, 1).batch_id == batch_id


def test_a_count_that_differs_is_kept_and_said(
    store: Store, service: WorldService, submitter: Submitter
) -> None:
    job = add_job(store, FIRST, 10)
    original = service.world.submit
    service.world.submit = lambda key, phone_numbers: (  # type: ignore[method-assign]
        202,
        original(key, phone_numbers)[1] | {"total_numbers": 9},
    )
    assert isinstance(submitter.send_next(), Sent)
    (batch,) = store.batches.of(job)
    assert (batch.state, batch.charged) == (BatchState.PROCESSING, 9)
    assert batch.error is not None
    assert "10 numbers were sent" in batch.error.message


def test_nothing_is_sent_where_an_id_would_find_no_room(
    store: Store, service: WorldService, submitter: Submitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.state.store.ROOM_BYTES", 2**62)
    add_job(store, FIRST, 10)
    assert isinstance(submitter.send_next(), OnHold)
    assert service.submitted == []


def test_jobs_of_another_key_are_left_alone(store: Store, service: WorldService, clock: Clock) -> None:
    add_job(store, FIRST, 10)
    other = Submitter(
        store,
        lambda: service,
        type(BINDING)(BINDING.base_url, "another"),
        pace=make_submitter(store, service, clock)._pace,  # noqa: SLF001 - the same settings
        sending=Sending(),
        clock=clock,
        spread=lambda: 0.5,
    )
    assert isinstance(other.send_next(), Idle)


def test_a_number_is_sent_once_however_many_jobs_ask_for_it_meanwhile(
    store: Store, service: WorldService, clock: Clock, submitter: Submitter
) -> None:
    engine = make_engine(store, service, clock)
    listed = Source.from_text("".join(f"+{FIRST + index}\n" for index in range(8)))
    plans = [engine.plans.for_list(listed, Options(header=False), reuse_days=days) for days in (30, 0, 30)]
    for plan in plans:
        engine.jobs.create(plan, name="same")
    while isinstance(submitter.send_next(), Sent):
        pass
    assert charged_twice(service.world) == []
    assert sum(charge.amount for charge in service.world.ledger) == 8
