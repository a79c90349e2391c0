"""Batches in doubt are decided by the person."""

import threading

import pytest

from pwl_tui.api.errors import ApiError
from pwl_tui.engine.jobs.adopting import AdoptError
from pwl_tui.engine.money.evidence import Verdict
from pwl_tui.engine.money.settling import Decision, SettleError, evidence_of
from pwl_tui.engine.money.submitter import Frozen, Idle, Sent
from pwl_tui.engine.problems import EngineError
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.files.journal import Line
from pwl_tui.state.models import BatchState, JobState
from pwl_tui.state.money import Charge
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    NOW,
    SILENT,
    Clock,
    WorldService,
    add_job,
    charged,
    failing,
    finish,
    ids,
    in_doubt,
    look_up,
    make_engine,
    make_submitter,
)

GONE = Problem(kind=Kind.NETWORK, message="no network", remedy="wait")


@pytest.mark.parametrize(("paid", "verdict"), [(True, Verdict.CHARGED), (False, Verdict.FREE)])
def test_the_balance_tells_whether_it_was_charged(
    store: Store, clock: Clock, service: WorldService, paid: bool, verdict: Verdict
) -> None:
    # What was spent before, and a single check meanwhile, must not confuse it.
    store.charges.add(BINDING, Charge(NOW - 5, 500, None, None, None, NOW - 5))
    batch = in_doubt(store, service, clock, paid=paid)
    clock.now += 1
    service.world.check(KEY, "+14155559999")
    store.charges.add(BINDING, Charge(clock.now, 1, None, None, None, clock.now))
    submitter = make_submitter(store, service, clock)
    for _ in range(400):
        submitter.send_next()
        clock.now += 1
    evidence = evidence_of(store, BINDING, batch)
    assert (evidence.verdict, evidence.complete, evidence.spent_otherwise) == (verdict, True, 1)


def test_what_was_spent_after_the_last_reading_does_not_make_a_charged_batch_look_free(
    store: Store, clock: Clock, service: WorldService
) -> None:
    service.after = failing(SILENT)
    batch_of_one = add_job(store, FIRST, 1)
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    clock.now += 1
    submitter.send_next()
    clock.now += 1
    look_up(make_engine(store, service, clock), 14155559999)
    assert evidence_of(store, BINDING, store.batches.get(batch_of_one, 1)).verdict is Verdict.CHARGED


def test_a_batch_that_was_free_is_sent_again_once(store: Store, clock: Clock, service: WorldService) -> None:
    batch = in_doubt(store, service, clock, paid=False)
    engine = make_engine(store, service, clock)
    engine.recovery.settle(batch.job, 1, "free")
    finish(store, service, clock)
    states = [batch.state for batch in store.batches.of(batch.job)]
    assert states == [BatchState.RELEASED, BatchState.COMPLETED, BatchState.COMPLETED]
    job = store.jobs.get(batch.job)
    assert (job.state, job.charged, job.counts.answered) == (JobState.COMPLETED, 20, 20)
    assert set(charged(service).values()) == {1}
    decision = next(
        entry for entry in store.activity.newest(0, 99, job=batch.job) if entry.event.startswith("settled")
    )
    assert "probably free" not in decision.detail
    assert "cannot tell" in decision.detail


def test_a_batch_that_was_charged_is_given_its_id(store: Store, clock: Clock, service: WorldService) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    make_engine(store, service, clock).recovery.settle(batch.job, 1, "adopted", ids(service)[0])
    finish(store, service, clock)
    job = store.jobs.get(batch.job)
    assert (job.state, job.charged, job.counts.answered) == (JobState.COMPLETED, 20, 20)
    assert sum(charge.amount for charge in service.world.ledger) == 20


def test_a_batch_that_was_charged_can_be_written_off(
    store: Store, clock: Clock, service: WorldService
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    make_engine(store, service, clock).recovery.settle(batch.job, 1, "lost")
    finish(store, service, clock)
    job = store.jobs.get(batch.job)
    assert (job.state, job.charged) == (JobState.COMPLETED, 20)
    assert job.batches == {BatchState.LOST: 1, BatchState.COMPLETED: 1}
    assert job.counts.failed >= 10


@pytest.mark.parametrize(
    ("decision", "batch_id", "error"),
    [
        ("adopted", None, SettleError),
        ("free", "an id", SettleError),
        ("lost", "an id", SettleError),
        ("adopted", "of other numbers", AdoptError),
        ("adopted", "of another batch", AdoptError),
        ("adopted", "no-such-id", ApiError),
    ],
)
def test_a_decision_that_cannot_be_right_changes_nothing(
    store: Store,
    clock: Clock,
    service: WorldService,
    decision: Decision,
    batch_id: str | None,
    error: type[Exception],
) -> None:
    add_job(store, FIRST + 500, 5)
    make_submitter(store, service, clock).send_next()
    service.world.submit(KEY, [f"+{FIRST + i}" for i in range(9)])
    known = dict(zip(("of another batch", "of other numbers"), ids(service), strict=True))
    batch = in_doubt(store, service, clock, paid=True)
    engine = make_engine(store, service, clock)
    with pytest.raises(error):
        engine.recovery.settle(batch.job, 1, decision, known.get(batch_id or "", batch_id))
    assert store.batches.get(batch.job, 1) == batch
    assert isinstance(make_submitter(store, service, clock).send_next(), Frozen)


def test_there_is_nothing_to_settle_about_what_is_known(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10)
    with pytest.raises(SettleError, match="is planned"):
        make_engine(store, service, clock).recovery.settle(job, 1, "free")
    with pytest.raises(EngineError, match="another key"):
        make_engine(store, service, clock, key="another").recovery.settle(job, 1, "free")


def test_settling_finds_the_batch_whose_sender_was_killed(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10)
    store.batches.intend(store.batches.get(job, 1), now=clock.now, balance=10_000)
    make_engine(store, service, clock).recovery.settle(job, 1, "free")
    assert [batch.state for batch in store.batches.of(job)] == [BatchState.RELEASED, BatchState.PLANNED]


def test_resuming_sends_again_what_was_refused(store: Store, clock: Clock, service: WorldService) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    forbidden = Problem(kind=Kind.FORBIDDEN, message="not from this host", remedy="ask")
    service.before = failing(forbidden)
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    service.before = lambda: None
    clock.now += 10_000
    assert isinstance(submitter.send_next(), Idle)
    assert store.jobs.get(job).error == forbidden
    make_engine(store, service, clock).jobs.resume(job)
    assert [type(submitter.send_next()) for _ in range(3)] == [Sent, Sent, Idle]
    assert "retry" in [entry.event for entry in store.activity.newest(0, 99, job=job)]


def test_a_sender_waits_for_who_gives_a_batch_the_id_that_it_finds_in_the_journal(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    (batch_id,) = service.world.batches
    submitter, append, errors = make_submitter(store, service, clock), store.journal.append, list[Exception]()

    def recover() -> None:
        try:
            submitter.recover()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)

    sender = threading.Thread(target=recover)

    def append_and_be_seen(line: Line) -> None:
        append(line)
        sender.start()
        sender.join(0.2)  # it does what it can do now, which must be nothing

    monkeypatch.setattr(store.journal, "append", append_and_be_seen)
    make_engine(store, service, clock).recovery.settle(batch.job, 1, "adopted", batch_id)
    sender.join()
    assert errors == []
    assert store.batches.get(batch.job, 1).state is BatchState.PROCESSING
    assert [charge.amount for charge in store.charges.all(BINDING)] == [batch.size]
