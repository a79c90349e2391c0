"""A write-ahead log that a crash left behind is never read as part of another state file."""

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.engines.sqlite_log import require_own_log
from pwl_tui.state.errors import StateError
from pwl_tui.state.schema import MIGRATIONS

REPLACED = "replaced by another copy"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SQLiteFile]:
    """A state file at work, with something in it."""
    database = SQLiteFile(tmp_path / "state.db")
    note(database, "first")
    yield database
    database.close()


def note(database: SQLiteFile, event: str) -> None:
    with database.transaction() as c:
        c.execute("INSERT INTO activity (at, event) VALUES (0, ?)", (event,))


def checkpoint(database: SQLiteFile) -> None:
    row = database.first("PRAGMA wal_checkpoint(PASSIVE)")
    assert row is not None
    assert (row["busy"], row["log"]) == (0, row["checkpointed"])


def crashed(path: Path, directory: Path, old: Path | None = None) -> Path:
    """Return a state file as it is on disk now, its process gone; with the content of `old`, if given."""
    directory.mkdir()
    for name in (path.name, f"{path.name}-wal"):
        shutil.copy(path.with_name(name), directory / name)
    if old is not None:
        shutil.copy(old, directory / path.name)
    return directory / path.name


def events(path: Path) -> list[str]:
    with closing(SQLiteFile(path)) as database:
        return [row["event"] for row in database.read("SELECT event FROM activity ORDER BY id")]


def test_what_a_crash_left_is_read(file: SQLiteFile, tmp_path: Path) -> None:
    checkpoint(file)
    assert events(crashed(file.path, tmp_path / "nothing since")) == ["first"]
    note(file, "second")
    assert events(crashed(file.path, tmp_path / "one since")) == ["first", "second"]
    checkpoint(file)
    note(file, "third")
    note(file, "fourth")
    assert events(crashed(file.path, tmp_path / "two since")) == ["first", "second", "third", "fourth"]


@pytest.mark.parametrize("at_once", [True, False])
def test_an_older_file_beside_it_is_refused_and_left_as_it_is(
    file: SQLiteFile, tmp_path: Path, at_once: bool
) -> None:
    checkpoint(file)
    backup = tmp_path / "backup.db"
    shutil.copy(file.path, backup)
    note(file, "second")
    if not at_once:  # the log was begun anew and read into the file since
        checkpoint(file)
        note(file, "third")
    checkpoint(file)
    note(file, "last")
    path = crashed(file.path, tmp_path / "crashed", backup)
    before = {each: each.read_bytes() for each in path.parent.iterdir()}
    with pytest.raises(StateError, match=REPLACED) as caught:
        SQLiteFile(path)
    assert "state.db-wal" in caught.value.problem.remedy
    assert {each: each.read_bytes() for each in before} == before

    # Whoever does as told has the backup.
    path.with_name("state.db-wal").rename(tmp_path / "away")
    assert events(path) == ["first"]


def test_a_copy_of_the_file_that_this_log_was_begun_on_is_read(file: SQLiteFile, tmp_path: Path) -> None:
    checkpoint(file)
    backup = tmp_path / "backup.db"
    shutil.copy(file.path, backup)
    note(file, "second")
    assert events(crashed(file.path, tmp_path / "crashed", backup)) == ["first", "second"]


def test_a_log_in_use_is_read_by_others(file: SQLiteFile) -> None:
    for number in range(5):
        note(file, str(number))
        assert events(file.path)[-1] == str(number)
        file.require_in_place()
        if number % 2:
            checkpoint(file)
    file.wipe()
    note(file, "after it")
    assert events(file.path)[-1] == "after it"


def test_a_page_that_a_crash_left_half_written_says_nothing(file: SQLiteFile, tmp_path: Path) -> None:
    """Where the first page of a new log belongs, there is still a page of the log before."""
    checkpoint(file)
    note(file, "second")
    note(file, "third")
    log = file.path.with_name("state.db-wal")
    old = log.read_bytes()
    checkpoint(file)
    note(file, "lost")
    new = log.read_bytes()
    assert new[16:24] != old[16:24], "a new log"
    assert b"stamp:" in old[56 : 56 + 4096]
    path = crashed(file.path, tmp_path / "crashed")
    path.with_name("state.db-wal").write_bytes(new[:56] + old[56:])
    assert events(path) == ["first", "second", "third"]


def test_an_empty_log_says_nothing(file: SQLiteFile, tmp_path: Path) -> None:
    checkpoint(file)
    for number, content in enumerate([b"", b"x" * 20, b"\0" * 5000]):
        path = crashed(file.path, tmp_path / str(number))
        path.with_name("state.db-wal").write_bytes(content)
        assert events(path) == ["first"]


def test_whatever_is_written_meanwhile_is_not_taken_for_another_file(file: SQLiteFile) -> None:
    def write() -> None:
        for _ in range(10):
            with closing(SQLiteFile(file.path)) as other:
                for number in range(10):
                    note(other, str(number))
                    if not number % 3:
                        other.first("PRAGMA wal_checkpoint(PASSIVE)")

    file.close()
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write)
        while not written.done():
            require_own_log(file.path)
        written.result()
    assert len(events(file.path)) == 101


def test_a_file_that_is_replaced_while_it_is_used_is_noticed_before_anything_is_sent(
    file: SQLiteFile, tmp_path: Path
) -> None:
    checkpoint(file)
    backup = tmp_path / "backup.db"
    shutil.copy(file.path, backup)
    note(file, "second")
    checkpoint(file)
    note(file, "third")
    file.require_in_place()
    shutil.copy(backup, file.path)  # over it: it stays the same file for the system
    with pytest.raises(StateError, match=REPLACED):
        file.require_in_place()
    for left in (file.path, *file.path.parent.glob("state.db-*")):
        left.unlink()


def test_a_transaction_that_changes_nothing_writes_nothing(file: SQLiteFile) -> None:
    before = file.path.with_name("state.db-wal").read_bytes()
    with file.transaction() as c:
        c.execute("UPDATE activity SET at=1 WHERE event='no such'")
    assert file.path.with_name("state.db-wal").read_bytes() == before


def test_a_file_that_is_migrated_is_another_one(file: SQLiteFile, tmp_path: Path) -> None:
    file.wipe()
    backup = tmp_path / "backup.db"
    shutil.copy(file.path, backup)
    with closing(SQLiteFile(file.path, (*MIGRATIONS, "CREATE TABLE later (word TEXT);"))) as later:
        checkpoint(later)
        note(later, "later")
        path = crashed(file.path, tmp_path / "crashed", backup)
    with pytest.raises(StateError, match=REPLACED):
        SQLiteFile(path)


def test_a_file_without_a_stamp_gets_one(file: SQLiteFile) -> None:
    file.close()
    with closing(sqlite3.connect(file.path)) as bare:
        bare.execute("DROP TABLE stamp")
    assert events(file.path) == ["first"]
    note(file, "second")
    assert events(file.path) == ["first", "second"]
