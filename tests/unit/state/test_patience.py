import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.locks import exclusive_lock
from pwl_tui.state.patience import LONGEST_SECONDS, Patience


def patience() -> Patience:
    """Return what ages by twenty seconds whenever it looks at the clock."""
    seconds = count(step=20)
    return Patience(lambda: float(next(seconds)), lambda _: None)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[sqlite3.Connection, SQLiteFile]]:
    """Another process's connection, which holds the write lock, and a database beside it."""
    waiting = patience()
    database = SQLiteFile(tmp_path / "state.db", patience=waiting)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other, database
    database.close()


def told_by(database: SQLiteFile) -> list[str]:
    told: list[str] = []
    database.patience.on_wait = lambda: told.append("waiting")
    return told


def test_a_locked_file_is_said_once_and_waited_for(locked: tuple[sqlite3.Connection, SQLiteFile]) -> None:
    other, database = locked
    told = []

    def release() -> None:
        told.append("waiting")
        other.execute("ROLLBACK")

    database.patience.on_wait = release
    with database.transaction() as connection:
        connection.execute("CREATE TABLE there (word)")
    assert told == ["waiting"]
    assert database.read("SELECT * FROM there") == []


def test_a_file_that_stays_locked_is_given_up(locked: tuple[sqlite3.Connection, SQLiteFile]) -> None:
    _, database = locked
    told = told_by(database)
    with pytest.raises(StateError, match="Another process has locked the state file"), database.transaction():
        pytest.fail("the lock is held")
    assert told == ["waiting"]


def test_each_new_wait_is_said_again(locked: tuple[sqlite3.Connection, SQLiteFile]) -> None:
    _, database = locked
    told = told_by(database)
    for _ in range(2):
        with pytest.raises(StateError), database.transaction():
            pytest.fail("the lock is held")
    assert told == ["waiting"] * 2


def test_ctrl_c_ends_a_wait(locked: tuple[sqlite3.Connection, SQLiteFile]) -> None:
    _, database = locked

    def interrupt() -> None:
        raise KeyboardInterrupt

    database.patience.on_wait = interrupt
    with pytest.raises(KeyboardInterrupt), database.transaction():
        pytest.fail("the lock is held")
    told = told_by(database)
    with pytest.raises(StateError), database.transaction():
        pytest.fail("the lock is held")
    assert told == ["waiting"]


def test_a_lock_file_is_waited_for_in_the_same_way(tmp_path: Path) -> None:
    path, told, waiting = tmp_path / "accept.lock", list[str](), patience()
    other = path.open("w")

    def release() -> None:
        told.append("waiting")
        other.close()

    fcntl.flock(other, fcntl.LOCK_EX)
    waiting.on_wait = release
    with exclusive_lock(path, waiting):
        assert told == ["waiting"]


def test_a_lock_file_that_stays_locked_is_given_up(tmp_path: Path) -> None:
    path, waiting = tmp_path / "accept.lock", patience()
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StateError, match="Another process"), exclusive_lock(path, waiting):
            pytest.fail("the lock is held")
    assert waiting.now() >= LONGEST_SECONDS
