"""The state file: permissions, migrations, damage, jobs and the transitions of batches."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.problem import Problem
from pwl_tui.state.batches import IllegalTransitionError
from pwl_tui.state.database import Database
from pwl_tui.state.errors import NoSuchJobError, StateError
from pwl_tui.state.jobs import NewJob, NewNumber
from pwl_tui.state.journal import Entry
from pwl_tui.state.models import Batch, BatchState, JobState, Outcome
from pwl_tui.state.records import job_state
from pwl_tui.state.schema import MIGRATIONS
from pwl_tui.state.store import Store
from tests.unit.worldly import BINDING, FIRST, NOW, accepted, add_job, answer, open_store

PROBLEM = Problem(kind="network", message="lost", charged="unknown", remedy="settle")


# -- the file


def test_only_the_owner_can_read_anything(store: Store) -> None:
    add_job(store, FIRST, 3)
    store.journal.append(Entry(at="2026-01-01T00:00:00Z", batch_id="id", size=3))
    with store.sender(BINDING):
        pass
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    files = list(store.directory.iterdir())
    assert {file.name.split("-")[0] for file in files} >= {"state.db", "journal.log", "send"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_of_every_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    for version in range(1, len(MIGRATIONS) + 1):
        path.unlink(missing_ok=True)
        Database(path, MIGRATIONS[:version]).close()
        later = (*MIGRATIONS, "CREATE TABLE later (word TEXT);", "INSERT INTO later VALUES ('a;b');")
        database = Database(path, later)
        assert [row["word"] for row in database.read("SELECT word FROM later")] == ["a;b"]
        database.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Database(path).close()
    with pytest.raises(sqlite3.OperationalError):
        Database(path, (*MIGRATIONS, "CREATE TABLE half (word TEXT);\nNONSENSE;"))
    database = Database(path)
    assert database.first("SELECT 1 FROM sqlite_schema WHERE name='half'") is None
    database.close()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Database(path, (*MIGRATIONS, "CREATE TABLE later (word TEXT);")).close()
    with pytest.raises(StateError, match="newer version"):
        Database(path)


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (word TEXT)")
    other.close()
    with pytest.raises(StateError, match="another program"):
        Database(path)


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_gets_its_sentence(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(damage)
    with pytest.raises(StateError) as caught:
        Database(path)
    assert "adopt --journal" in caught.value.problem.remedy


def test_a_full_disk_gets_its_sentence_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    pages = database.first("PRAGMA page_count")
    assert pages is not None
    database.first(f"PRAGMA max_page_count={pages[0]}")
    with pytest.raises(StateError, match="disk is full"), database.transaction() as c:
        c.executemany("INSERT INTO activity (at, event) VALUES (0, ?)", [("x" * 1000,)] * 100)
    assert database.read("SELECT * FROM activity") == []
    database.close()


def test_writers_wait_for_each_other(store: Store) -> None:
    def write(first: int) -> None:
        for number in range(5):
            add_job(store, first + 100 * number, 20)

    threads = [threading.Thread(target=write, args=(FIRST + 10_000 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.jobs.all()) == 20


def test_what_another_process_wrote_is_noticed(tmp_path: Path, store: Store) -> None:
    before = store.version()
    assert store.version() == before
    other = open_store(tmp_path)
    add_job(other, FIRST, 1)
    other.close()
    assert store.version() != before


# -- jobs


def test_a_job_that_could_not_be_stored_whole_is_not_there(store: Store) -> None:
    def broken() -> Iterator[NewNumber]:
        yield NewNumber(FIRST, 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.jobs.add(
            NewJob(BINDING, "default", "x", "x", b"", NOW, 2, 0, 0, 0, 2),
            pieces=[b""],
            rows=[(0, None), (1, None)],
            numbers=broken(),
            batches=[],
        )
    assert store.jobs.all() == []
    assert store.results.count(1, "all") == 0


def test_a_job_is_found_by_id_or_by_a_name_of_its_own(store: Store) -> None:
    job = add_job(store, FIRST, 1)
    assert store.jobs.find(str(job)).id == store.jobs.find(f"job {FIRST}").id == job
    add_job(store, FIRST, 1)
    for name in (f"job {FIRST}", "nobody", "77", "1.1", "9" * 40):
        with pytest.raises(NoSuchJobError):
            store.jobs.find(name)


P, S, R, C, X, U = (
    BatchState.PLANNED,
    BatchState.SENDING,
    BatchState.PROCESSING,
    BatchState.COMPLETED,
    BatchState.REJECTED,
    BatchState.UNKNOWN,
)


@pytest.mark.parametrize(
    ("batches", "paused", "held", "state"),
    [
        ({P: 2}, False, False, JobState.PLANNED),
        ({P: 1, S: 1}, False, False, JobState.SUBMITTING),
        ({P: 1, R: 1}, False, False, JobState.SUBMITTING),
        ({P: 1, R: 1}, False, True, JobState.WAITING),
        ({P: 1, R: 1}, True, True, JobState.PAUSED),
        ({R: 1, C: 3}, True, True, JobState.PROCESSING),
        ({C: 3, BatchState.LOST: 1, BatchState.RELEASED: 1}, True, True, JobState.COMPLETED),
        ({}, False, False, JobState.COMPLETED),
        ({P: 1, X: 1, R: 1}, True, True, JobState.ATTENTION),
        ({C: 1, U: 1}, False, False, JobState.ATTENTION),
        ({C: 1, BatchState.UNREACHABLE: 1}, False, False, JobState.ATTENTION),
    ],
)
def test_where_a_job_stands(
    batches: dict[BatchState, int], paused: bool, held: bool, state: JobState
) -> None:
    assert job_state(batches, paused=paused, held=held) is state


# -- batches


def test_only_the_transitions_of_the_table_are_made(store: Store) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    batch = store.batches.get(job, 1)
    for move in (store.batches.refuse, store.batches.put_back, store.batches.doubt):
        with pytest.raises(IllegalTransitionError):
            move(batch, PROBLEM, now=NOW)
    with pytest.raises(IllegalTransitionError):
        store.batches.release(batch, now=NOW, evidence="")
    store.batches.intend(batch, now=NOW, balance=100)
    for other in (batch, store.batches.get(job, 2)):
        with pytest.raises(IllegalTransitionError):
            store.batches.intend(other, now=NOW, balance=100)
    store.batches.doubt(batch, PROBLEM, now=NOW)
    with pytest.raises(IllegalTransitionError):
        store.batches.intend(store.batches.get(job, 2), now=NOW, balance=100)
    assert [b.state for b in store.batches.of(job)] == [BatchState.UNKNOWN, BatchState.PLANNED]
    assert store.charges.all() == []


def in_doubt(store: Store) -> Batch:
    job = add_job(store, FIRST, 10)
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    store.batches.doubt(batch, PROBLEM, now=NOW)
    return store.batches.get(job, 1)


def test_a_released_batch_hands_its_numbers_on(store: Store) -> None:
    batch = in_doubt(store)
    assert store.batches.release(batch, now=NOW, evidence="never moved") == 2
    old, new = store.batches.of(batch.job)
    assert (old.state, new.state, new.replaces) == (BatchState.RELEASED, BatchState.PLANNED, 1)
    assert (new.first, new.size, new.digest) == (old.first, old.size, old.digest)
    assert store.jobs.get(batch.job).counts.pending == 10
    assert [entry.event for entry in store.activity.of(batch.job)][-1] == "settled: free"


def test_a_lost_batch_ends_its_job_and_is_charged(store: Store) -> None:
    batch = in_doubt(store)
    store.batches.write_off(batch, now=NOW, evidence="")
    job = store.jobs.get(batch.job)
    assert (job.state, job.charged, job.counts.failed) == (JobState.COMPLETED, 10, 10)
    assert {result.outcome for result in store.results.page(job.id, "all", 0, 99)} == {Outcome.FAILED}


def test_answers_are_stored_once_and_never_taken_back(store: Store) -> None:
    job = add_job(store, FIRST, 4)
    batch = accepted(store, job)
    first = [answer(FIRST), answer(FIRST + 1, on=False), answer(FIRST + 2, Outcome.PENDING, None)]
    now = store.polls.learn(batch, first, done=False, now=NOW, next_poll=NOW + 9)
    assert (now.counts.on_whatsapp, now.counts.business, now.counts.not_on_whatsapp) == (1, 1, 1)
    assert now.counts.pending == 2
    back = [answer(FIRST, Outcome.PENDING, None), answer(FIRST + 1, on=True), answer(99)]
    again = store.polls.learn(now, back, done=False, now=NOW, next_poll=NOW + 9)
    assert again.counts == now.counts
    done = store.polls.learn(again, [answer(FIRST + 2)], done=True, now=NOW, next_poll=None)
    assert (done.state, done.counts.failed, done.counts.pending) == (BatchState.COMPLETED, 1, 0)
    assert store.results.page(job, "failed", 0, 9)[0].note == "the service gave no answer"
