"""The state file: permissions, migrations, damage, windows, reuse, leases and the journal."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.problem import Problem
from pwl_tui.state.batches import Answer, IllegalTransitionError
from pwl_tui.state.database import Database
from pwl_tui.state.errors import NoSuchJobError, StateError
from pwl_tui.state.jobs import NewJob, NewNumber
from pwl_tui.state.journal import Entry, Journal
from pwl_tui.state.models import BalanceReading, Batch, BatchState, JobState, Outcome, Which
from pwl_tui.state.polls import Lease
from pwl_tui.state.records import job_state
from pwl_tui.state.schema import MIGRATIONS
from pwl_tui.state.store import Store
from tests.unit.worldly import BINDING, add_job, open_store

FIRST = 14_155_550_000
NOW = 1_800_000_000.0
PROBLEM = Problem(kind="network", message="lost", charged="unknown", remedy="settle")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def accepted(store: Store, job: int, seq: int = 1, batch_id: str = "id-1") -> Batch:
    batch = store.batches.get(job, seq)
    store.batches.intend(batch, now=NOW, balance=100)
    store.batches.accept(batch, batch_id=batch_id, charged=batch.size, now=NOW, next_poll=NOW + 5, error=None)
    return store.batches.get(job, seq)


def answer(number: int, outcome: Outcome = Outcome.COMPLETED, on: bool | None = True) -> Answer:
    return Answer(number, outcome, on, on and number % 2 == 0, "Carrier", "US", "")


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


# -- windows


def test_results_come_in_windows_by_filter_and_digits(store: Store) -> None:
    job = add_job(store, FIRST, 50)
    batch = accepted(store, job)
    answers = [answer(FIRST + i, on=i % 3 == 0) for i in range(40)]
    store.polls.learn(batch, answers, done=False, now=NOW, next_poll=NOW)
    assert [r.number for r in store.results.page(job, "all", 47, 10)] == [FIRST + i for i in (47, 48, 49)]
    filters: tuple[Which, ...] = ("all", "on-whatsapp", "not-on-whatsapp", "pending")
    counts = {which: store.results.count(job, which) for which in filters}
    assert counts == {"all": 50, "on-whatsapp": 14, "not-on-whatsapp": 26, "pending": 10}
    assert [r.number - FIRST for r in store.results.page(job, "on-whatsapp", 12, 5)] == [36, 39]
    assert [r.number - FIRST for r in store.results.page(job, "all", 0, 9, find="+1 415 555 003")] == list(
        range(30, 39)
    )
    assert store.results.count(job, "pending", find="0049") == 1


def test_only_complete_answers_of_the_same_key_are_reused(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    batch = accepted(store, job)
    answers = [
        answer(FIRST),
        answer(FIRST + 1, Outcome.FAILED, None),
        answer(FIRST + 2, Outcome.PENDING, None),
    ]
    store.polls.learn(batch, answers, done=False, now=NOW, next_poll=NOW)
    wanted = [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]
    assert set(store.results.reusable(BINDING, wanted, NOW - 1)) == {FIRST}
    assert store.results.reusable(BINDING, wanted, NOW + 1) == {}
    assert store.results.reusable(type(BINDING)(BINDING.base_url, "other"), wanted, 0) == {}


def test_a_balance_is_stored_when_it_changes(store: Store) -> None:
    for at, balance in ((1.0, 10), (2.0, 10), (3.0, 7), (4.0, 7), (5.0, 10)):
        store.balances.add(BINDING, BalanceReading(at, "wavalidation", balance))
    history = store.balances.history(BINDING, "wavalidation", 10)
    assert [(reading.at, reading.balance) for reading in history] == [(2.0, 10), (4.0, 7), (5.0, 10)]
    assert store.balances.latest(BINDING)["wavalidation"].balance == 10


# -- leases, locks, journal


def test_a_batch_is_polled_by_one(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW) is None
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 5) is not None
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 6) is None
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 66) is not None
    store.polls.give_back("1-b")
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 67) is not None


HOLD = """
import sys, time
from pathlib import Path
from pwl_tui.state.models import Binding
from pwl_tui.state.locks import sender_lock
with sender_lock(Path(sys.argv[1]), Binding(sys.argv[2], sys.argv[3])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


def test_a_killed_sender_gives_its_lock_up_at_once(store: Store) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.directory), BINDING.base_url, BINDING.fingerprint],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "True\n"
    with store.sender(BINDING) as ours:
        assert not ours
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stdin.close()
    with store.sender(BINDING) as ours:
        assert ours


def test_a_lease_of_a_dead_process_is_taken_over(store: Store) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    store.polls.claim(BINDING, Lease(f"{dead.pid}-x", 600), NOW + 5)
    store.polls.take_over()
    assert store.polls.claim(BINDING, Lease(f"{os.getpid()}-y", 600), NOW + 5) is not None
    store.polls.take_over()
    assert store.polls.claim(BINDING, Lease("1-z", 600), NOW + 6) is None


def test_a_torn_line_costs_the_journal_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.log")
    assert list(journal.entries()) == []
    journal.append(Entry(at="a", batch_id="one", size=1))
    with journal.path.open("ab") as file:
        file.write(b'{"at": "b", "batch_id": "tw\0')
    journal.append(Entry(at="c", batch_id="three", size=3))
    with journal.path.open("ab") as file:
        file.write(b"\xff\xfe not ours\n\n[1, 2]\n")
    journal.append(Entry(at="d", batch_id="four", size=4))
    assert [entry.batch_id for entry in journal.entries()] == ["one", "three", "four"]


def test_many_write_the_journal_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.log")

    def write(name: str) -> None:
        for number in range(25):
            journal.append(Entry(at="t", batch_id=f"{name}{number}", size=1, name="x" * 300))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry.batch_id for entry in journal.entries()}) == 100
