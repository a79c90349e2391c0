"""The state file itself: permissions, migrations, damage, and threads and processes that share it."""

import errno
import gc
import io
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pwl_tui.state.engines import sqlite_errors as engine
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Entry, Journal
from pwl_tui.state.files.locks import sender_lock
from pwl_tui.state.schema import MIGRATIONS
from pwl_tui.state.store import Store
from tests.unit.fake_service import BINDING, FIRST, NOW, add_job, open_store


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
        SQLiteFile(path, MIGRATIONS[:version]).close()
        later = (*MIGRATIONS, "CREATE TABLE later (word TEXT);", "INSERT INTO later VALUES ('a;b');")
        database = SQLiteFile(path, later)
        assert [row["word"] for row in database.read("SELECT word FROM later")] == ["a;b"]
        database.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    SQLiteFile(path).close()
    with pytest.raises(sqlite3.OperationalError):
        SQLiteFile(path, (*MIGRATIONS, "CREATE TABLE half (word TEXT);\nNONSENSE;"))
    database = SQLiteFile(path)
    assert database.first("SELECT 1 FROM sqlite_schema WHERE name='half'") is None
    database.close()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    SQLiteFile(path, (*MIGRATIONS, "CREATE TABLE later (word TEXT);")).close()
    with pytest.raises(StateError, match="newer version"):
        SQLiteFile(path)


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (word TEXT)")
    other.close()
    with pytest.raises(StateError, match="another program"):
        SQLiteFile(path)


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_gets_its_sentence(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(damage)
    with pytest.raises(StateError) as caught:
        SQLiteFile(path)
    assert "adopt --journal" in caught.value.problem.remedy


def test_a_file_that_was_cut_off_gets_its_sentence(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    add_job(store, FIRST, 2_000)
    store.close()
    path = store.directory / "state.db"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StateError) as caught:
        open_store(tmp_path).results.page(1, "all", 1_900, 10)
    assert "adopt --journal" in caught.value.problem.remedy


def test_a_file_that_was_moved_away_leaves_nothing_to_its_successor(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    old = SQLiteFile(path)
    with old.transaction() as c:
        c.execute("INSERT INTO activity (at, event) VALUES (0, 'old')")
    # Its process was killed: the log of what it wrote last is still there.
    log = path.with_name("state.db-wal").read_bytes()
    old.close()
    path.rename(tmp_path / "away.db")
    path.with_name("state.db-wal").write_bytes(log)
    new = SQLiteFile(path)
    assert new.read("SELECT * FROM activity") == []
    new.close()
    assert path.with_name("state.db-wal.old").read_bytes() == log


def test_a_file_that_may_only_be_read_gets_its_sentence(tmp_path: Path) -> None:
    database = SQLiteFile(tmp_path / "state.db")
    database.first("PRAGMA query_only=ON")
    with pytest.raises(StateError, match="Could not write"), database.transaction() as c:
        c.execute("INSERT INTO activity (at, event) VALUES (0, 'x')")
    database.close()


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "Permission denied"),
        (errno.EROFS, "read-only"),
        (errno.ELOOP, "symbolic link"),
    ],
)
def test_what_the_system_refuses_gets_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, "refused")

    monkeypatch.setattr("os.open", refuse)
    for attempt in (
        lambda: SQLiteFile(tmp_path / "state.db"),
        lambda: Journal(tmp_path / "journal.log").append(Entry(at="a", batch_id="b", size=1)),
        lambda: sender_lock(tmp_path, BINDING).__enter__(),
    ):
        with pytest.raises(StateError, match=sentence):
            attempt()


def test_a_file_without_locks_gets_its_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StateError), store.sender(BINDING):
        pass


def test_threads_that_ended_leave_no_connection_behind(store: Store) -> None:
    def look() -> None:
        thread = threading.Thread(target=store.jobs.all)
        thread.start()
        thread.join()

    look()
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(50):
        look()
    # SQLite itself keeps a few for later.
    assert len(list(Path("/dev/fd").iterdir())) < before + 10


def test_closing_leaves_a_thread_at_its_work(store: Store) -> None:
    """An answer to a paid call may come after the program was asked to leave."""
    job = add_job(store, FIRST, 3)
    begun, closed = threading.Event(), threading.Event()

    def work() -> None:
        batch = store.batches.get(job, 1)
        store.batches.intend(batch, now=NOW, balance=10)
        begun.set()
        closed.wait(10)
        store.batches.accept(
            store.batches.get(job, 1), batch_id="id", charged=3, now=NOW, next_poll=NOW, error=None
        )

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    store.close()
    closed.set()
    thread.join()
    assert store.batches.get(job, 1).batch_id == "id"


_OPEN = """
import sys
from pathlib import Path
from pwl_tui.state.store import Store
sys.stdin.read()
Store.open(Path(sys.argv[1])).close()
"""


def test_processes_that_start_together_set_up_one_file(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(tmp_path / "state")],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(6)
    ]
    # They have all been loaded by the time the last of them was started; closing the pipe lets them go.
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert [error for error in errors if error] == []


def test_a_full_disk_gets_its_sentence_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = SQLiteFile(tmp_path / "state.db")
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


def test_a_connection_that_outlives_the_closing_is_closed_with_the_database(tmp_path: Path) -> None:
    begun, closed, used = threading.Event(), threading.Event(), list[sqlite3.Connection]()

    def write(database: SQLiteFile) -> None:
        with database.transaction() as connection:
            begun.set()
            closed.wait(20)
            connection.execute("INSERT INTO activity (at, event) VALUES (0, 'x')")
        used.append(connection)

    database = SQLiteFile(tmp_path / "state.db")
    thread = threading.Thread(target=write, args=[database])
    thread.start()
    begun.wait(20)
    database.close()
    closed.set()
    thread.join()
    used[0].execute("SELECT 1")
    del database
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        used[0].execute("SELECT 1")


def test_what_another_process_wrote_is_noticed(tmp_path: Path, store: Store) -> None:
    before = store.version()
    assert store.version() == before
    other = open_store(tmp_path)
    add_job(other, FIRST, 1)
    other.close()
    assert store.version() != before


@pytest.mark.parametrize(
    ("code", "answer", "said"),
    [
        (sqlite3.SQLITE_IOERR_SHMSIZE, errno.ENOSPC, "The disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, errno.EDQUOT, "The disk is full"),
        (sqlite3.SQLITE_CANTOPEN, errno.ENOSPC, "The disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, errno.EIO, "The disk failed"),
        (sqlite3.SQLITE_IOERR_WRITE, None, "The disk failed"),
        (sqlite3.SQLITE_IOERR_READ, errno.ENOSPC, "The disk failed"),
    ],
)
def test_a_full_disk_is_told_from_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, answer: int | None, said: str
) -> None:
    def answering(**_: object) -> io.BytesIO:
        if answer is not None:
            raise OSError(answer, "the system's answer to a write")
        return io.BytesIO()

    monkeypatch.setattr(engine, "TemporaryFile", answering)
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    with pytest.raises(StateError, match=said), engine.sqlite_errors(tmp_path / "state.db"):
        raise error


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_removed_is_not_made_anew_and_nothing_more_is_paid(
    tmp_path: Path, replaced: bool
) -> None:
    store, directory = open_store(tmp_path), tmp_path / "state"
    for file in directory.glob("state.db*"):
        file.rename(tmp_path / file.name)
    if replaced:
        (directory / "state.db").write_bytes((tmp_path / "state.db").read_bytes())
    with pytest.raises(StateError, match="removed or replaced"):
        store.require_room()
    if not replaced:
        # A thread that had no connection yet finds no file.
        with ThreadPoolExecutor(1) as pool, pytest.raises(StateError, match="Could not open"):
            pool.submit(store.jobs.all).result()
        assert not (directory / "state.db").exists()
    store.close()
