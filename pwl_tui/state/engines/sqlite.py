"""One SQLite file: connections, transactions, permissions and migrations."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pwl_tui.os_errors import NotOursError, os_sentences
from pwl_tui.paths import keep_private, open_private
from pwl_tui.state.database import Connection, Database, Row, nobody
from pwl_tui.state.engines.sqlite_answers import SQLiteAnswers
from pwl_tui.state.engines.sqlite_claims import SQLiteClaims
from pwl_tui.state.engines.sqlite_errors import damaged, is_busy, sqlite_errors
from pwl_tui.state.engines.sqlite_log import end_stamps, make_stamp, require_own_log, stamp
from pwl_tui.state.errors import StateError, being_filled, locked, moved_away
from pwl_tui.state.files.locks import exclusive_lock
from pwl_tui.state.files.owners import is_alive
from pwl_tui.state.patience import STEP_SECONDS, Patience
from pwl_tui.state.schema import APPLICATION_ID, MIGRATIONS, Stage, with_stage, without_stage

T = TypeVar("T")


class _Connection(sqlite3.Connection):
    """A connection that knows who uses it."""

    who: Callable[[], str] = staticmethod(nobody)

    def together(self) -> AbstractContextManager[object]:
        """Do nothing: each statement is executed right here, and nobody waits for a server."""
        return nullcontext()

    def last(self, statement: str, values: Sequence[Any], /) -> None:
        """Execute a statement."""
        self.execute(statement, values)


class SQLiteFile(Database):
    """One state file, for any number of threads and processes.

    Each thread has a connection of its own. Writers take the file's only write lock at the start of their
    transaction.

    Args:
        path: the file; created with mode 0600 if missing.
        migrations: the statements that lead from an empty file to this version.
        patience: how long to wait for other processes. None means as long as the default.
        at_any_stage: whether to open it though it is not in force.

    Raises:
        StateError: the file is damaged, another program's, from a newer version, not in force, or
            inaccessible; or the write-ahead log beside it belongs to another one.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str] = MIGRATIONS,
        patience: Patience | None = None,
        *,
        at_any_stage: bool = False,
    ) -> None:
        self.path = path
        self._at_any_stage = at_any_stage
        self.patience = patience or Patience()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, _Connection] = {}
        # What `close` has to leave open is closed when no thread can use it any more. Not at the exit: then
        # daemon threads are still at work.
        weakref.finalize(self, _close_all, self._connections).atexit = False
        # SQLite does not wait if two processes create one file at the same time.
        with exclusive_lock(path.with_name(f"{path.name}.lock"), self.patience):
            _create(path)
            require_own_log(path)  # before SQLite joins the two
            try:
                self._migrate(migrations)
            except BaseException:
                self.close()
                raise
        self._file = _identity(path)

    def require_in_place(self) -> None:
        """Check that the file is still where it was opened.

        Raises:
            StateError: it was removed, or another one has its place or its content. What is written now would
                be lost.
        """
        if _identity(self.path) != self._file:
            raise StateError(
                f"The state file {self.path} was removed or replaced while pwl-tui was running.",
                "Nothing more is sent. Put it back if you can, and start pwl-tui again; if it is gone, run"
                " `pwl-tui adopt --journal`.",
            )
        require_own_log(self.path)

    def read(self, statement: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        with sqlite_errors(self.path):
            return self._execute(statement, values).fetchall()

    def first(self, statement: str, *values: object) -> Row | None:
        """Return the first row of a query. None means there is none."""
        with sqlite_errors(self.path):
            row: Row | None = self._execute(statement, values).fetchone()
            return row

    def stream(self, statement: str, *values: object) -> Iterator[Any]:
        """Yield the rows of a query as tuples as they are read, from one snapshot, in constant memory."""
        with sqlite_errors(self.path), closing(self._connection().cursor()) as cursor:
            cursor.row_factory = None  # a tuple takes half the time of a `sqlite3.Row`
            yield from self._patiently(lambda: cursor.execute(statement, values))

    @contextmanager
    def transaction(self, *, patient: bool = True, holding: bool = False) -> Iterator[_Connection]:  # noqa: ARG002 - the kernel holds the locks
        """Yield a connection that holds the write lock; commit at the end, or roll back on any exception.

        When this returns the change is on disk (``synchronous=FULL``).

        Args:
            patient: whether to wait for other processes as long as `patience` says, or for a moment only.
            holding: without meaning here: the kernel holds the locks as long as this process lives.
        """
        with sqlite_errors(self.path):
            connection = self._connection()
            if patient:
                self._execute("BEGIN IMMEDIATE", ())
            else:
                connection.execute("BEGIN IMMEDIATE")
            connection.who = self.who
            before = connection.total_changes
            try:
                yield connection
                if connection.total_changes != before:  # what changes nothing writes nothing
                    stamp(connection)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself if the disk is full; a second ROLLBACK would hide the error.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def lock(self, name: str, *, wait: bool = False) -> AbstractContextManager[bool]:  # noqa: ARG002
        """Yield True: a state file has one machine, and the locks of its directory suffice."""
        return nullcontext(True)

    def claims(self) -> SQLiteClaims:
        """Return how the processes of this machine share out the polls."""
        return SQLiteClaims(self.transaction)

    def answers(self) -> SQLiteAnswers:
        """Return how answers are stored."""
        return SQLiteAnswers()

    def keep_time(self) -> None:
        """Do nothing: it is this machine's clock."""

    def announce(self, owner: str) -> None:
        """Do nothing: its name says which process it is."""

    def is_alive(self, owner: str) -> bool:
        """Whether the process of a holder of leases is alive: see `owners.is_alive`."""
        return is_alive(owner)

    def location(self) -> None:
        """Return None: it is where its directory is."""

    def listen(self, tell: Callable[[], object]) -> None:
        """Do nothing: whoever wants to know looks at `version`."""

    def stage(self) -> Stage:
        """Return whether the state is in force."""
        row = self.first("PRAGMA user_version")
        return without_stage(row[0] if row else 0)[0]

    def enter(self, connection: Connection, stage: Stage) -> None:
        """Store another stage, in a transaction of `alone`."""
        _, seen = without_stage(connection.execute("PRAGMA user_version").fetchone()[0])
        connection.execute(f"PRAGMA user_version={with_stage(stage, seen)}")
        if stage is Stage.MOVED:
            end_stamps(connection)

    @contextmanager
    def alone(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """Hold the file's write lock, in one transaction for the whole block."""
        with self.transaction() as connection:
            yield lambda: nullcontext(connection)

    def last_id(self, table: str) -> int:
        """Return the highest ID that a table has ever given to a row, as far as is known."""
        row = self.first("SELECT max(seq) FROM sqlite_sequence WHERE name=?", table)
        return int(row[0] or 0) if row else 0

    def keep_id(self, connection: Connection, table: str, last: int) -> None:
        """Let a table give only higher IDs to its next rows; one without AUTOINCREMENT does so anyway."""
        connection.execute("DELETE FROM sqlite_sequence WHERE name=?", (table,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?,?)", (table, last))

    def empty_log(self) -> bool:
        """Put everything into the file itself, so that it needs no log beside it; return whether it could.

        It cannot while another process reads from it.
        """
        row = self.first("PRAGMA wal_checkpoint(TRUNCATE)")
        return row is not None and not row["busy"]

    def version(self) -> int:
        """Return a number that changes when another connection has written to the file.

        Only numbers returned to the same thread are comparable.
        """
        row = self.first("PRAGMA data_version")
        return int(row[0]) if row else 0

    def report(self) -> None:
        """Return None: there is no server."""

    def check(self) -> None:
        """Read the whole file and check that it is sound; takes seconds if it is large.

        Raises:
            StateError: it is damaged.
        """
        row = self.first("PRAGMA quick_check(1)")
        if row is None or row[0] != "ok":
            raise damaged(self.path)

    def wipe(self) -> None:
        """Leave nothing behind of what was deleted.

        SQLite overwrites what it deletes (``secure_delete``), but not what it left behind when it moved rows
        from page to page before: a new file has none of that. It takes a second for 30 MB, and as much
        space once more. Then the write-ahead log is emptied as soon as nobody reads from it.

        Raises:
            StateError: the disk is full, or another process keeps reading.
        """
        with sqlite_errors(self.path):
            self._execute("VACUUM", ())
        with self.patience.wait() as wait:
            while (row := self.first("PRAGMA wal_checkpoint(TRUNCATE)")) is not None and row["busy"]:
                if not wait.goes_on():
                    raise locked()
                self.patience.pause()
        for old in self.path.parent.glob(f"{self.path.name}-*.old"):
            old.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections of this thread and of those that have ended.

        A thread that is still at work keeps its own: SQLite would crash if it were closed. It is
        closed with this object.
        """
        with self._lock:
            self._close_ended()
            mine = self._connections.pop(threading.current_thread(), None)
            if mine is not None:
                mine.close()
        vars(self._local).clear()

    def _close_ended(self) -> None:
        for thread in [thread for thread in self._connections if not thread.is_alive()]:
            self._connections.pop(thread).close()

    def _execute(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        return self._patiently(lambda: self._connection().execute(statement, values))

    def _patiently(self, execute: Callable[[], T]) -> T:
        """Execute a statement as soon as no other process has locked the file."""
        with self.patience.wait() as wait:
            while True:
                try:
                    return execute()
                except sqlite3.OperationalError as error:
                    if not (is_busy(error) and wait.goes_on()):
                        raise

    def _connection(self) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> _Connection:
        # Never made anew here: a file that was removed meanwhile would come back empty.
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=STEP_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
        connection.row_factory = sqlite3.Row
        with self._lock:
            # Threads come and go as long as the program runs; their connections go with them.
            self._close_ended()
            self._connections[threading.current_thread()] = connection
        # Deleted data is overwritten, too: it contains people's numbers.
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-4096"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _migrate(self, migrations: Sequence[str]) -> None:
        with sqlite_errors(self.path), closing(sqlite3.connect(self.path, timeout=STEP_SECONDS)) as bare:
            seen, ours, tables, stamps = (
                self._patiently(partial(bare.execute, question)).fetchone()[0]
                for question in (
                    "PRAGMA user_version",
                    "PRAGMA application_id",
                    "SELECT count(*) FROM sqlite_schema",
                    "SELECT count(*) FROM sqlite_schema WHERE name='stamp'",
                )
            )
        stage, seen = without_stage(seen)
        if seen > len(migrations):
            raise StateError(
                f"The state file {self.path} was written by a newer version of pwl-tui.",
                "Update pwl-tui, or choose another directory with --state-dir.",
            )
        if ours != APPLICATION_ID and tables:
            raise StateError(
                f"{self.path} belongs to another program.",
                "Choose another directory with --state-dir.",
            )
        if stage is not Stage.IN_FORCE and not self._at_any_stage:
            raise self._not_in_force(stage)
        self.first("PRAGMA journal_mode=WAL")
        if (seen == len(migrations) and stamps) or stage is Stage.MOVED:
            return
        with self.transaction() as connection:
            make_stamp(connection)
            for migration in migrations[seen:]:
                for statement in _statements(migration):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={with_stage(stage, len(migrations))}")

    def _not_in_force(self, stage: Stage) -> StateError:
        row = self.first("SELECT name, path FROM places")
        place = "another place" if row is None else f"{row['name']} {row['path']}"
        if stage is Stage.FILLING:
            return being_filled(place)
        remedy = "Set [state] url or PWL_TUI_STATE_URL to that database."
        return moved_away(str(self.path), place, remedy)


def _close_all(connections: Mapping[threading.Thread, sqlite3.Connection]) -> None:
    for connection in connections.values():
        connection.close()


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells one file from another; None if there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _create(path: Path) -> None:
    """Create an empty file (0600), or make the existing one accessible to its owner only.

    SQLite gives -wal and -shm the mode of the file itself, so the mode is set before SQLite opens it. An
    existing file is not opened here: closing it would release the locks that this process has on it.
    """
    logs = [path.with_name(path.name + end) for end in ("-wal", "-shm")]
    try:
        try:
            os.close(open_private(path, os.O_RDWR | os.O_EXCL))
        except (FileExistsError, NotOursError):
            for file in (path, *logs):
                with suppress(FileNotFoundError):
                    keep_private(file)
            return
        # Otherwise the logs of a file that was moved away would be read as part of the new one.
        for left in logs:
            if left.exists():
                left.replace(left.with_name(f"{left.name}.old"))
    except OSError as error:
        raise StateError(*os_sentences(error, path)) from error


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script, each ending at the end of a line: ``executescript`` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
