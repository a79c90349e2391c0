"""The SQLite file itself: connections, transactions, permissions and migrations."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pwl_tui.state.errors import from_os, sentences, state_error
from pwl_tui.state.schema import APPLICATION_ID, MIGRATIONS

BUSY_SECONDS = 60.0
"""How long a writer waits for another: an id that was paid for must not fail to be stored for a queue."""


class Database:
    """One state file, for any number of threads and processes.

    Every thread has a connection of its own. Writers take the file's one write lock at the start of their
    transaction, so that what they read inside it is what they change.

    Args:
        path: the file; created 0600 if it is not there.
        migrations: the statements that lead from an empty file to this program's version.

    Raises:
        StateError: the file is damaged, another program's, from a newer version, or out of reach.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        try:
            # SQLite gives -wal and -shm the mode of the file itself, so the mode is set before it opens it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            path.chmod(0o600)
        except OSError as error:
            raise from_os(error, path) from error
        try:
            self._migrate(migrations)
        except BaseException:
            self.close()
            raise

    def read(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with sentences(self.path):
            return self._connection().execute(statement, values).fetchall()

    def first(self, statement: str, *values: object) -> sqlite3.Row | None:
        """Return the first row of a query, or none."""
        with sentences(self.path):
            row: sqlite3.Row | None = self._connection().execute(statement, values).fetchone()
            return row

    def stream(self, statement: str, *values: object) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query as they are read, from one snapshot of the file, in constant memory."""
        with sentences(self.path):
            yield from self._connection().execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that holds the write lock; commit at the end, or roll back on any exception.

        When this returns the change is on disk (``synchronous=FULL``).
        """
        connection = self._connection()
        with sentences(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk rolls back by itself; a second ROLLBACK would hide its error.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def version(self) -> int:
        """Return a number that changes when another connection has written to the file.

        Only looks made by the same thread are comparable.
        """
        row = self.first("PRAGMA data_version")
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the connections of this thread and of those that have ended.

        A thread that is still at work keeps its own: closed under its feet, SQLite would crash.
        """
        with self._lock:
            for thread in list(self._connections):
                if thread is threading.current_thread() or not thread.is_alive():
                    self._connections.pop(thread).close()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        with self._lock:
            self._connections[threading.current_thread()] = connection
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-4096"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _migrate(self, migrations: Sequence[str]) -> None:
        with sentences(self.path):
            seen, ours = self._pragma("user_version"), self._pragma("application_id")
        if seen > len(migrations):
            raise state_error(
                f"The state file {self.path} was written by a newer version of pwl-tui.",
                "Update pwl-tui, or choose another directory with --state-dir.",
            )
        empty = self.first("SELECT 1 FROM sqlite_schema") is None
        if ours != APPLICATION_ID and not empty:
            raise state_error(
                f"{self.path} belongs to another program.",
                "Choose another directory with --state-dir.",
            )
        if seen == len(migrations):
            return
        with self.transaction() as connection:
            # Another process may have migrated while we waited for the lock.
            for number in range(self._pragma("user_version"), len(migrations)):
                for statement in _statements(migrations[number]):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={len(migrations)}")

    def _pragma(self, name: str) -> int:
        value: Any = self._connection().execute(f"PRAGMA {name}").fetchone()[0]
        return int(value)


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script, each of which ends a line: ``executescript`` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
