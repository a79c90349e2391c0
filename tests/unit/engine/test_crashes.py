"""The process dies at every single write, and around the paid call: whatever it left, the books agree."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from pwl_tui.engine.money.submitter import Frozen, OnHold, Sent, Step
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.database import Database
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Entry, Intent, Journal, Line
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import (
    FIRST,
    Clock,
    Killed,
    WorldService,
    add_job,
    charged,
    failing,
    make_service,
    make_submitter,
    open_store,
)

REFUSED = Problem(kind=Kind.NETWORK, message="refused", charged="no", remedy="wait")
SILENT = Problem(kind=Kind.TIMEOUT, message="no answer", charged="unknown", remedy="settle")
FORBIDDEN = Problem(kind=Kind.FORBIDDEN, message="no", charged="no", remedy="ask")

Fault = Callable[[WorldService], None]


def none(_: WorldService) -> None:
    pass


def refused(service: WorldService) -> None:
    service.before = failing(REFUSED)


def forbidden(service: WorldService) -> None:
    service.before = failing(FORBIDDEN)


def silent_before(service: WorldService) -> None:
    service.before = failing(SILENT)


def silent_after(service: WorldService) -> None:
    service.after = failing(SILENT)


@contextmanager
def dying_at(wanted: int, service: WorldService) -> Iterator[Counter[str]]:
    """Kill the process at a step, and let nothing it tries after that happen.

    A step is the moment before or after a commit, a line of the journal, or the work of the paid call.
    """
    steps: Counter[str] = Counter()

    def step() -> None:
        steps["taken"] += 1
        if steps["taken"] >= wanted:
            steps["died"] += 1
            raise Killed

    engine = databases.engine()
    transaction, append = engine.transaction, Journal.append
    before, after = service.before, service.after

    @contextmanager
    def mortal_transaction(self: Database, *, holding: bool = False) -> Iterator[object]:
        step()
        with transaction(self, holding=holding) as connection:
            yield connection
        step()

    def mortal_append(self: Journal, entry: Entry) -> None:
        step()
        append(self, entry)
        step()

    def both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
        def call() -> None:
            first()
            second()

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "transaction", mortal_transaction)
        patch.setattr(Journal, "append", mortal_append)
        patch.setattr(service, "before", both(step, before))
        patch.setattr(service, "after", both(step, after))
        yield steps


def send(store: Store, service: WorldService, clock: Clock, times: int) -> list[Step]:
    submitter = make_submitter(store, service, clock)
    return [submitter.send_next() for _ in range(times)]


@pytest.mark.parametrize("fault", [none, refused, forbidden, silent_before, silent_after])
def test_no_kill_loses_an_id_or_pays_twice(tmp_path: Path, fault: Fault) -> None:
    for wanted in count(1):
        clock = Clock()
        service = make_service(clock)
        store = open_store(tmp_path)
        job = add_job(store, FIRST, 20, batch_size=10)
        fault(service)
        with dying_at(wanted, service) as steps, suppress(Killed):
            send(store, service, clock, 2)
        store.close()
        service.before = service.after = lambda: None
        if not steps["died"]:
            assert wanted > 8, "the steps were not seen"
            return

        # Another process finds what is left.
        store = open_store(tmp_path)
        paid = set(service.world.batches)
        clock.now += 1_000
        again = send(store, service, clock, 4)
        batches = store.batches.of(job)
        assert max(charged(service).values(), default=0) <= 1, f"paid twice after a kill at step {wanted}"
        known = {batch.batch_id for batch in batches if batch.batch_id}
        in_doubt = [batch for batch in batches if batch.state is BatchState.UNKNOWN]
        assert len(paid - known) <= len(in_doubt) <= 1, f"an id is lost after a kill at step {wanted}"
        if in_doubt:
            assert not any(isinstance(step, Sent) for step in again), "sent while a batch was in doubt"
            assert any(isinstance(step, Frozen) for step in again)
        assert {entry.batch_id for entry in store.journal.entries()} == known
        assert BatchState.SENDING not in {batch.state for batch in batches}
        store.close()
        shutil.rmtree(tmp_path / "state")
        databases.clean()


# -- no kill, but a disk that fails


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("a fault of this program")


def break_after_the_intent(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the journal take the intent to send, and nothing after it."""
    append = store.journal.append

    def breaking(line: Line) -> None:
        append(line) if isinstance(line, Intent) else broken()

    monkeypatch.setattr(store.journal, "append", breaking)


def test_an_id_is_stored_whatever_the_journal_does(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(store, FIRST, 10)
    break_after_the_intent(store, monkeypatch)
    with pytest.raises(RuntimeError):
        send(store, service, clock, 1)
    assert store.batches.get(job, 1).batch_id in service.world.batches


def test_an_id_is_journaled_and_said_whatever_the_state_file_does(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(store, FIRST, 10)
    monkeypatch.setattr(store.batches, "accept", broken)
    with pytest.raises(ProblemError) as caught:
        send(store, service, clock, 1)
    (batch_id,) = service.world.batches
    assert [entry.batch_id for entry in store.journal.entries()] == [batch_id]
    assert batch_id in caught.value.problem.message
    assert "The journal has its ID" in caught.value.problem.message


def test_an_id_that_is_on_no_disk_is_said(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    monkeypatch.setattr(store.batches, "accept", broken)
    break_after_the_intent(store, monkeypatch)
    with pytest.raises(ProblemError) as caught:
        send(store, service, clock, 1)
    (batch_id,) = service.world.batches
    assert batch_id in caught.value.problem.message
    assert "The ID is not on disk" in caught.value.problem.message
    assert caught.value.problem.charged == "yes"
    monkeypatch.undo()
    assert isinstance(send(store, service, clock, 1)[0], Frozen)
    assert [batch.state for batch in store.batches.of(job)] == [BatchState.UNKNOWN, BatchState.PLANNED]


def test_a_fault_in_the_call_itself_leaves_the_batch_in_doubt(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10)
    service.after = broken
    with pytest.raises(RuntimeError):
        send(store, service, clock, 1)
    assert store.batches.get(job, 1).state is BatchState.UNKNOWN


def test_nothing_is_sent_where_the_journal_cannot_be_written(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10)
    store.journal.path.mkdir()
    send(store, service, clock, 2)
    assert service.submitted == []
    hold = store.jobs.get(job).hold
    assert hold is not None
    store.journal.path.rmdir()
    clock.now += 61
    assert isinstance(send(store, service, clock, 1)[0], Sent)


def test_nothing_is_sent_whose_intent_the_journal_could_not_take(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(store, FIRST, 10)
    full = StateError(Problem(kind=Kind.UNAVAILABLE, message="full", remedy="free some"))

    def refuse(_: Line) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(store.journal, "append", refuse)
        assert isinstance(send(store, service, clock, 1)[0], OnHold)
    assert (store.batches.get(job, 1).state, store.jobs.get(job).hold) == (BatchState.PLANNED, full.problem)
    assert service.submitted == []
    clock.now += 61
    assert isinstance(send(store, service, clock, 1)[0], Sent)


@pytest.mark.parametrize(("fault", "unstored"), [(refused, "put_back"), (forbidden, "refuse")])
def test_a_batch_that_was_surely_not_accepted_is_sent_again_though_only_the_journal_knows(
    store: Store,
    clock: Clock,
    service: WorldService,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    unstored: str,
) -> None:
    job = add_job(store, FIRST, 10)

    def die(*_: object, **__: object) -> None:
        raise Killed

    fault(service)
    with monkeypatch.context() as patch:
        patch.setattr(store.batches, unstored, die)
        with pytest.raises(Killed):
            make_submitter(store, service, clock).send_next()
    assert store.batches.get(job, 1).state is BatchState.SENDING
    service.before = lambda: None
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert set(charged(service).values()) == {1}


def test_what_was_not_accepted_says_nothing_of_a_later_attempt_with_the_same_time(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10)
    refused(service)
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    store.jobs.release(job)
    service.before = lambda: None
    silent_after(service)
    assert isinstance(submitter.send_next(), Frozen)
    for sender in (submitter, make_submitter(store, service, clock)):
        assert isinstance(sender.send_next(), Frozen)
    in_doubt = store.batches.get(job, 1)
    assert (in_doubt.state, in_doubt.error) == (BatchState.UNKNOWN, SILENT)
    assert set(charged(service).values()) == {1}


# -- the last moment before the call


def test_a_job_that_is_paused_while_the_balance_is_read_is_not_sent(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(store, FIRST, 10)
    balance = service.balance

    def pausing() -> object:
        store.jobs.pause(job, paused=True)
        return balance()

    monkeypatch.setattr(service, "balance", pausing)
    send(store, service, clock, 2)
    assert service.submitted == []
    assert store.batches.get(job, 1).state is BatchState.PLANNED


def test_evidence_is_not_asked_for_more_often_than_the_service_allows(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(store, FIRST, 10)
    service.after = failing(SILENT)
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    limited = Problem(kind=Kind.RATE_LIMITED, message="slow down", retry_after=60.0, remedy="wait")
    asked: list[float] = []

    def refuse() -> None:
        asked.append(clock.now)
        failing(limited)()

    with monkeypatch.context() as patch:
        patch.setattr(service, "balance", refuse)
        for _ in range(100):
            submitter.send_next()
            clock.now += 1.0
    assert len(asked) == 2
    assert asked[1] - asked[0] >= 60.0
    clock.now += 100
    assert submitter.send_next() == Frozen(store.batches.get(1, 1), news=True, until=clock.now + 10.0)
