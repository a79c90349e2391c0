"""The threads behind the engine: one probe while the service is down, no wish lost, no fault unseen."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import BatchAnswer
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import (
    ChangedElsewhere,
    EngineFailed,
    JobChanged,
    JobFinished,
    ServiceDown,
    ServiceUp,
)
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.problem import Kind, Problem
from pwl_tui.secret import Secret
from pwl_tui.state.models import Batch, BatchState, Binding, JobState
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    FIRST,
    KEY,
    PATIENCE,
    Clock,
    Listener,
    WorldService,
    accepted,
    add_job,
    make_engine,
    make_service,
)

NETWORK = Problem(kind=Kind.NETWORK, message="gone", remedy="wait")


@pytest.fixture
def held(store: Store, clock: Clock) -> Iterator[tuple[Engine, "Gate"]]:
    gate = Gate(make_service(clock).world)
    opened = make_engine(store, gate, clock)
    yield opened, gate
    gate.open.set()
    opened.close()


@dataclass
class Gate(WorldService):
    """Lets polls in, counts them, and holds them until the gate is open."""

    open: threading.Event = field(default_factory=threading.Event)
    fault: Callable[[], None] = lambda: None

    def poll(self, batch_id: str) -> BatchAnswer:
        if not self.open.wait(PATIENCE):
            raise AssertionError("nobody opened the gate")
        self.fault()
        return super().poll(batch_id)


def gone() -> None:
    raise ApiError(NETWORK)


def test_one_probe_speaks_for_everyone_while_the_service_is_down(
    store: Store, clock: Clock, held: tuple[Engine, Gate], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, gate = held
    for number in range(1 + 4):  # after the probe, as many as may be asked for at one moment of the clock
        _, body = gate.world.submit(KEY, [f"+{FIRST + number}"])
        accepted(store, add_job(store, FIRST + number, 1), batch_id=body["batch_id"])
    rounds: list[Binding] = []
    begun: list[Batch] = []
    next_due, claim = store.batches.next_due, store.polls.claim_within

    def counting(binding: Binding) -> float | None:
        rounds.append(binding)
        return next_due(binding)

    def claiming(*values: Any) -> Batch | float | None:
        claimed = claim(*values)
        begun.extend([claimed] if isinstance(claimed, Batch) else [])
        return claimed

    def look() -> None:
        """Let the monitor look at least twice from now on: what it had decided before is begun then."""
        for _ in range(3):
            seen = len(rounds)
            engine.wake()
            listener.until(lambda seen=seen: len(rounds) > seen, "another look")  # type: ignore[misc]

    monkeypatch.setattr(store.batches, "next_due", counting)
    monkeypatch.setattr(store.polls, "claim_within", claiming)
    clock.now += 60
    gate.fault = gone
    gate.open.set()
    engine.start(listener, Scope(balance=False))
    listener.until(lambda: listener.of(ServiceDown), "the bad news")
    look()
    listener.until(lambda: len(listener.of(ServiceDown)) == len(begun), "all that was begun before")
    before = len(begun)

    gate.open.clear()
    clock.now += 1_000
    engine.wake()
    listener.until(lambda: len(begun) > before, "the probe")
    look()
    assert len(begun) == before + 1, "more than one probe"
    gate.fault = lambda: None
    gate.open.set()
    listener.until(lambda: listener.of(ServiceUp), "the good news")
    look()
    assert len(begun) <= before + 2, "all that had waited was asked for at once"
    clock.now += 60
    engine.wake()
    listener.until(lambda: {job.state for job in store.jobs.all()} == {JobState.COMPLETED}, "all jobs")


def test_a_job_whose_last_batches_end_together_is_finished_once(
    store: Store, clock: Clock, held: tuple[Engine, Gate], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, gate = held
    job = add_job(store, FIRST, 2, batch_size=1)
    for seq in (1, 2):
        _, body = gate.world.submit(KEY, [f"+{FIRST + seq - 1}"])
        accepted(store, job, seq, batch_id=body["batch_id"])
    learn, both = store.polls.learn, threading.Barrier(2)

    def together(*values: Any, **named: Any) -> Batch:
        learned = learn(*values, **named)
        both.wait(PATIENCE)
        return learned

    monkeypatch.setattr(store.polls, "learn", together)
    monkeypatch.setattr(store.polls, "claim_within", lambda _, *values: store.polls.claim(*values))  # both
    gate.open.set()
    clock.now += 60
    engine.start(listener, Scope(balance=False))
    listener.until(lambda: len(listener.of(JobChanged)) == 2, "both batches")
    engine.close()
    assert listener.of(JobFinished) == [JobFinished(job)]


def test_a_fault_in_a_poll_is_said_without_its_words_and_ends_nothing(
    store: Store, clock: Clock, held: tuple[Engine, Gate], listener: Listener
) -> None:
    engine, gate = held
    words = "+14155552671 unit-key"
    _, body = gate.world.submit(KEY, [f"+{FIRST}"])
    job = add_job(store, FIRST, 1)
    accepted(store, job, batch_id=body["batch_id"])

    def fault() -> None:
        gate.fault = lambda: None
        raise RuntimeError(words)

    gate.fault = fault
    gate.open.set()
    clock.now += 60
    engine.start(listener, Scope(balance=False))
    listener.until(lambda: listener.of(EngineFailed), "the failure")
    (event,) = listener.of(EngineFailed)
    assert isinstance(event, EngineFailed)
    assert event.problem.code == "RuntimeError"
    assert not any(word in str(event) for word in words.split())
    # The lease of the poll that failed runs out, and the batch is polled again.
    clock.now += 600
    engine.wake()
    listener.until(lambda: store.jobs.get(job).state is JobState.COMPLETED, "the end all the same")


def test_a_fault_in_the_paid_call_leaves_the_batch_in_doubt_and_is_said(
    store: Store, held: tuple[Engine, Gate], listener: Listener
) -> None:
    engine, gate = held

    def fault() -> None:
        raise RuntimeError

    gate.after = fault
    job = add_job(store, FIRST, 10)
    engine.start(listener, Scope(balance=False))
    listener.until(lambda: listener.of(EngineFailed), "the failure")
    assert store.batches.get(job, 1).state is BatchState.UNKNOWN
    gate.after = lambda: None
    engine.wake()
    listener.until(lambda: store.balances.evidence(job, 1), "evidence, since the sender is still alive")
    assert len(gate.submitted) == 1


def test_a_doubt_is_looked_into_at_once(store: Store, held: tuple[Engine, Gate], listener: Listener) -> None:
    engine, gate = held
    silent = Problem(kind=Kind.TIMEOUT, message="silent", charged="unknown", remedy="settle")

    def silence() -> None:
        raise ApiError(silent)

    gate.after = silence
    job = add_job(store, FIRST, 10)
    engine.start(listener, Scope(balance=False))
    # The clock stands still: whatever waits for it never happens.
    listener.until(lambda: store.balances.evidence(job, 1), "the first reading")


def test_a_wish_that_comes_while_a_batch_is_sent_is_not_forgotten(
    store: Store, held: tuple[Engine, Gate], listener: Listener
) -> None:
    engine, gate = held
    inside, go = threading.Event(), threading.Event()

    def wait_and_fail() -> None:
        inside.set()
        go.wait(PATIENCE)
        gate.before = lambda: None
        raise ApiError(Problem(kind=Kind.NETWORK, message="refused", charged="no", remedy="wait"))

    gate.before = wait_and_fail
    refused = add_job(store, FIRST, 10)
    engine.start(listener, Scope(balance=False))
    assert inside.wait(PATIENCE)
    later = add_job(store, FIRST + 100, 10)
    engine.wake()
    go.set()
    # The clock stands still: only the wish can have brought this about.
    listener.until(lambda: store.jobs.get(later).state is JobState.PROCESSING, "the later job")
    assert store.jobs.get(refused).state is JobState.WAITING


def test_what_another_process_has_planned_is_sent_as_soon_as_that_is_heard(
    store: Store, held: tuple[Engine, Gate], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Callable[[], object]] = []
    monkeypatch.setattr(store, "listen", heard.append)
    engine, _ = held
    first = add_job(store, FIRST, 10)
    engine.start(listener, Scope(balance=False))
    listener.until(lambda: store.jobs.get(first).state is JobState.PROCESSING, "the first job")
    later = add_job(store, FIRST + 100, 10)

    def sent() -> bool:
        heard[0]()
        return store.jobs.get(later).state is JobState.PROCESSING

    # The clock stands still: only what was heard can have brought this about.
    listener.until(sent, "the later job")
    assert listener.of(ChangedElsewhere)


def test_another_key_takes_over(store: Store, clock: Clock, listener: Listener) -> None:
    service = make_service(clock)
    service.world.add_key("second", wavalidation=5)
    engine = make_engine(store, service, clock)
    first = engine.binding
    engine.start(listener, Scope(balance=False))
    engine.use_key(Secret("second"))
    assert engine.binding is not None
    assert engine.binding != first
    assert engine.try_key(Secret(KEY)) == 10_000
    job = add_job(store, FIRST, 10)
    engine.wake()
    engine.close()
    assert store.jobs.get(job).state is JobState.PLANNED, "sent with another key"
