"""One schema of a PostgreSQL database: connections, transactions, locks and migrations."""

import hashlib
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from pwl_tui.state.database import Connection, Database, Report, Row
from pwl_tui.state.engines.postgres_answers import PostgresAnswers
from pwl_tui.state.engines.postgres_claims import PostgresClaims
from pwl_tui.state.engines.postgres_errors import is_busy, is_lost, lost, postgres_errors
from pwl_tui.state.engines.postgres_identity import META, Identity, Where
from pwl_tui.state.engines.postgres_link import NOW, Link, Target, roll_back, target_from
from pwl_tui.state.engines.postgres_news import News
from pwl_tui.state.engines.postgres_presence import Presence
from pwl_tui.state.engines.postgres_reach import Reach
from pwl_tui.state.engines.postgres_sql import tables, translate
from pwl_tui.state.engines.postgres_writer import Writer, execute
from pwl_tui.state.errors import StateError, being_filled, moved_away
from pwl_tui.state.files.newest import Newest
from pwl_tui.state.patience import Patience
from pwl_tui.state.schema import MIGRATIONS, Stage, with_stage, without_stage

T = TypeVar("T")

_SPARE: Final = 4
"""How many connections are kept for later."""
_HEARD_SECONDS: Final = 5.0
"""How long to rely on what is heard: a connection may end without a sign."""
_AT_ONCE: Final = 1_000 if psycopg.capabilities.has_stream_chunked() else 1
"""Rows that a stream takes from the network at once."""
_ALONE_SECONDS: Final = 3.0
"""How long to wait for connections to end whose process has ended: the server notices that at once."""

_SERVER: Final = """
SELECT current_setting('server_version'), current_setting('fsync'),
    (SELECT coalesce(bool_and(pg_has_role(tableowner, 'USAGE')), true) FROM pg_tables
        WHERE schemaname=current_schema)
"""
_HELD: Final = """
SELECT 1 FROM pg_locks WHERE locktype='advisory' AND granted AND objsubid=1
    AND CAST(classid AS BIGINT)=? AND CAST(objid AS BIGINT)=?
    AND database=(SELECT oid FROM pg_database WHERE datname=current_database())
"""


class _Pin:
    """The connection of a thread that is in a transaction or holds a lock.

    Attributes:
        link: it.
        depth: how many blocks of the thread use it.
        locks: how many locks it holds.
        lost: whether one that held locks has ended, so that they are anyone's by now.
        writing: whether it is in a transaction.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.depth = 0
        self.locks = 0
        self.lost = False
        self.writing = False


class Postgres(Database):
    """One schema, for any number of threads, processes and machines.

    A thread has a connection of its own for as long as it is in a transaction or holds a lock; else it takes
    one that is free. Writers take a lock of the whole schema at the start of their transaction, as in a state
    file: what they read inside it is what they change, on all machines.

    Args:
        url: as libpq takes it, without a password.
        migrations: the statements that lead from an empty schema to this version.
        patience: how long to wait for other processes. None means as long as the default.
        site: the state directory of this process, by a name that no other has.
        at_any_stage: whether to open it though it is not in force. Others may be at work with it meanwhile
            only outside of `alone`.
        newest: what this machine knows of it. None means that nothing is kept.

    Raises:
        StateError: the server cannot be used or reached, or the schema is another program's, from a newer
            version, or not in force.
    """

    def __init__(
        self,
        url: str,
        migrations: Sequence[str] = MIGRATIONS,
        patience: Patience | None = None,
        site: str = "",
        *,
        at_any_stage: bool = False,
        newest: Newest | None = None,
    ) -> None:
        self.site = site
        self.patience = patience or Patience()
        self._target: Target = target_from(url)
        self._key = partial(_lock_number, self._target.schema)
        self._write_key = self._key("write")
        self._at_any_stage = at_any_stage
        self._local = threading.local()
        self._lock = threading.Lock()
        self._free: list[Link] = []
        self._closed = False
        # Whoever works with the schema holds this lock with each connection: see `alone`.
        self._reach = Reach(self._target, None if at_any_stage else self._key("open"))
        self._presence = Presence(self._reach.connect, self._key)
        self._news = News(self._reach.connect, f"pwl_tui_{self._key('changes') % 2**64:x}")
        self._version, self._changes, self._asked = 0, -1, -math.inf
        # What is left open is closed when nobody can use it any more.
        weakref.finalize(self, _close_all, self._free).atexit = False
        weakref.finalize(self, self._presence.close).atexit = False
        weakref.finalize(self, self._news.close).atexit = False
        self._identity = Identity(newest or Newest(None), self._write_key, at_any_stage=at_any_stage)
        self.clock = self._identity.clock
        self._first: Where | None = None
        try:
            with self._errors():
                self._migrate(migrations)
                self._identity.where = self._first or self._ask(self._identity.find)
                name = self._ask(lambda link: link.info.dbname)
            self._place = f"{name}/{self._target.schema}"
        except BaseException:
            self.close()
            raise

    def location(self) -> tuple[str, str, str]:
        """Return where it is: an ID that no copy of it has, the name of the server, and its place there."""
        return self._identity.own, self._target.host, self._place

    def require_in_place(self) -> None:
        """Check that the database is still the one that was opened.

        Raises:
            StateError: it was restored, or another server has taken over. What is written now may be lost.
        """
        with self._errors():
            self._identity.require_same(self._ask(self._identity.find))

    def read(self, statement: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        with self._errors():
            return self._ask(lambda link: execute(link, statement, values).fetchall())

    def first(self, statement: str, *values: object) -> Row | None:
        """Return the first row of a query. None means there is none."""
        with self._errors():
            row: Row | None = self._ask(lambda link: execute(link, statement, values).fetchone())
            return row

    def stream(self, statement: str, *values: object) -> Iterator[Any]:
        """Yield the rows of a query as tuples as they are read, from one snapshot, in constant memory.

        Not inside a transaction: it does not see what is not committed.
        """
        translated = translate(statement)
        text, bound = translated.text, translated.bind(values)
        with self._errors(), self.patience.wait() as wait:
            while True:
                begun, link = False, self._borrow()
                try:
                    with link.cursor(row_factory=tuple_row) as cursor:
                        for row in cursor.stream(text, bound, size=_AT_ONCE):
                            begun = True
                            yield row
                except psycopg.Error as error:
                    again = is_busy(error) or (is_lost(error, link) and self._drop_free())
                    if begun or not (again and wait.goes_on()):
                        raise
                else:
                    return
                finally:
                    self._give_back(link)

    @contextmanager
    def transaction(self, *, patient: bool = True, holding: bool = False) -> Iterator[Connection]:
        """Lend a connection that holds the write lock; commit at the end, or roll back on any exception.

        Args:
            patient: whether to wait for other writers as long as `patience` says, or for a moment only.
            holding: whether the locks must still be held that this thread has taken. They are released by
                the server as soon as the connection ends, so the transaction is on that very connection.
        """
        with self._errors(), self._pinned() as pin:
            self._begin(pin, patient=patient, holding=holding)
            pin.writing = True
            writer = Writer(pin.link, self.who)
            try:
                yield writer
                if pin.link.info.transaction_status is not TransactionStatus.INTRANS:
                    raise AssertionError("a statement of the transaction failed, and nobody noticed")
                if (count := writer.commit(self._news.told)) is not None:
                    self._identity.remember(count)
                    self._changed()
            finally:
                pin.writing = False
                roll_back(pin.link)

    @contextmanager
    def lock(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        """Try to be the only one with the lock `name`, on all machines; yield whether we are.

        It is held by the connection of this thread, so it ends with that, whatever ends it.

        Args:
            name: any word.
            wait: whether to wait for it, as long as `patience` says.

        Raises:
            StateError: the database failed, or another process does not release it.
        """
        key = self._key(name)
        with self._pinned() as pin:
            with self._errors():
                question = f"SELECT pg_{'' if wait else 'try_'}advisory_lock({key})"
                got = self._ask(lambda link: _value(link, question))
            if not wait and not got:
                yield False
                return
            pin.locks += 1
            try:
                yield True
            finally:
                pin.locks -= 1
                self._unlock(pin, key)

    def claims(self) -> PostgresClaims:
        """Return how all machines share out the polls."""
        return PostgresClaims(self.first)

    def answers(self) -> PostgresAnswers:
        """Return how answers are stored."""
        return PostgresAnswers()

    def keep_time(self) -> None:
        """Compare the server's clock, if that was not done lately."""
        if self._identity.clock.is_due:
            with self._errors():
                self._ask(self._identity.find)

    def announce(self, owner: str) -> None:
        """Let all machines know that this holder of leases is alive, for as long as this process is."""
        with self._errors():
            self._presence.announce(owner)

    def is_alive(self, owner: str) -> bool:
        """Whether a holder of leases, on whatever machine, is connected."""
        with self._errors():
            if self._presence.renew(owner):
                return True
            high, low = divmod(self._key(owner) % 2**64, 2**32)
            return self.first(_HELD, high, low) is not None

    def listen(self, tell: Callable[[], object]) -> None:
        """Have `tell` called soon after another process has changed something."""

        def told() -> None:
            self._changed()
            tell()

        self._news.listen(told)

    def stage(self) -> Stage:
        """Return whether the state is in force, by what is stored now."""
        row = self.first("SELECT migrations FROM meta")
        return without_stage(row[0] if row else 0)[0]

    def enter(self, connection: Connection, stage: Stage) -> None:
        """Store another stage, in a transaction of `alone`. Who comes later finds it at every connection."""
        _, seen = without_stage(connection.execute("SELECT migrations FROM meta").fetchone()[0])
        connection.execute("UPDATE meta SET migrations=?", (with_stage(stage, seen),))

    @contextmanager
    def alone(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """Keep all others from connecting for as long as the block lasts; each transaction is of its own.

        Raises:
            StateError: others are connected.
        """
        end = self.patience.now() + _ALONE_SECONDS
        while True:
            with self.lock("open") as alone:
                if alone:
                    yield partial(self.transaction, holding=True)
                    return
            if self.patience.now() >= end:
                raise StateError(
                    "Another pwl-tui is using the database, here or on another machine.",
                    "Close the screens that use it, and run `pwl-tui worker stop` on each machine.",
                )
            self.patience.pause()

    def last_id(self, table: str) -> int:
        """Return the highest ID that a table has ever given to a row, as far as is known."""
        row = self.first(f"SELECT {_LAST}", table)
        return int(row[0]) if row else 0

    def keep_id(self, connection: Connection, table: str, last: int) -> None:
        """Let a table give only higher IDs to its next rows."""
        if last:
            connection.execute(f"SELECT setval({_SEQUENCE}, greatest(?2, {_LAST}))", (table, last))

    def version(self) -> int:
        """Return a number that changes when another connection has written.

        Where that is heard, the server is asked now and then only.
        """
        now = self.patience.now()
        if not (self._news.connected and 0 <= now - self._asked < _HEARD_SECONDS):
            row = self.first("SELECT changes FROM meta")
            changes = int(row[0]) if row else 0
            with self._lock:
                self._version += changes != self._changes
                self._changes, self._asked = changes, now
            self._identity.remember(changes)
        return self._version

    def _changed(self) -> None:
        with self._lock:
            self._version += 1

    def report(self) -> Report:
        """Return how the server is."""
        with self._errors():
            return self._ask(self._report)

    def _report(self, link: Link) -> Report:
        seconds, ahead = min(_ping(link) for _ in range(3))
        version, fsync, owned = link.execute(_SERVER).fetchone() or ("", "", False)
        tls = None
        if link.pgconn.ssl_in_use:
            tls = _value(link, "SELECT version FROM pg_stat_ssl WHERE pid=pg_backend_pid()") or "TLS"
        host = link.info.host
        return Report(
            place=f"{self._target.host}, {self._place}",
            version=version,
            tls=tls,
            local=host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"},
            seconds=seconds,
            ahead=ahead,
            durable=fsync == "on",
            owned=owned,
        )

    def check(self) -> None:
        """Read everything; the server finds what is damaged.

        Raises:
            StateError: it is damaged.
        """
        for table in self._tables():
            self.first(f"SELECT count(*) FROM {table}")

    def wipe(self) -> None:
        """Leave nothing behind of what was deleted, in the tables; backups and the server's log keep it.

        Writers get their turn between two tables: one may have an ID to store that was just paid for.

        Raises:
            StateError: the disk is full, or another process keeps writing.
        """
        for table in self._tables():
            with self.lock("write", wait=True), self._errors():
                self._ask(partial(_vacuum, table=table))

    def close(self) -> None:
        """Close the connections that are free; one at work is closed once its work is done."""
        with self._lock:
            self._closed = True
        self._presence.close()
        self._news.close()
        self._drop_free()

    def _errors(self) -> Any:
        return postgres_errors(self._target.schema)

    def _tables(self) -> list[str]:
        found = self.read("SELECT tablename FROM pg_tables WHERE schemaname=current_schema ORDER BY 1")
        return [row[0] for row in found]

    # -- connections

    @contextmanager
    def _pinned(self) -> Iterator[_Pin]:
        pin: _Pin | None = getattr(self._local, "pin", None)
        if pin is None:
            pin = self._local.pin = _Pin(self._borrow())
        pin.depth += 1
        try:
            yield pin
        finally:
            pin.depth -= 1
            if not pin.depth:
                self._local.pin = None
                self._give_back(pin.link)

    def _borrow(self) -> Link:
        with self._lock:
            if self._free:
                return self._free.pop()
        return self._connect()

    def _give_back(self, link: Link) -> None:
        with self._lock:
            usable = not link.closed and link.info.transaction_status is TransactionStatus.IDLE
            if usable and not self._closed and len(self._free) < _SPARE:
                self._free.append(link)
                return
        link.close()

    def _drop_free(self) -> bool:
        """Close the free connections: if one has ended, so have probably all. Return True."""
        with self._lock:
            free = self._free.copy()
            self._free.clear()
        _close_all(free)
        return True

    def _connect(self) -> Link:
        identity, known = self._identity, self._identity.known()
        link = self._reach.connect()
        try:
            with self._errors():
                where = None if link.found is None else identity.judge(link, link.found, known)
                if identity.where is None:
                    self._first = where
                else:
                    identity.require_same(where or identity.find(link))
        except BaseException:
            link.close()
            raise
        return link

    def _ask(self, work: Callable[[Link], T]) -> T:
        """Do work that may be done twice: once more if the connection has ended meanwhile."""
        with self._pinned() as pin, self.patience.wait() as wait:
            renewed = False
            while True:
                try:
                    return work(pin.link)
                except psycopg.Error as error:
                    if pin.writing:
                        raise
                    if is_lost(error, pin.link) and not renewed:
                        renewed = True
                        self._renew(pin)
                    elif not (is_busy(error) and wait.goes_on()):
                        raise

    def _renew(self, pin: _Pin) -> None:
        pin.lost = pin.lost or pin.locks > 0
        self._drop_free()
        pin.link.close()
        pin.link = self._connect()

    # -- transactions and locks

    def _begin(self, pin: _Pin, *, patient: bool, holding: bool) -> None:
        begin = f"BEGIN; SELECT pg_advisory_xact_lock({self._write_key})"

        def attempt(link: Link) -> None:
            if holding and pin.lost:
                raise lost()
            try:
                link.execute(begin)
            except BaseException:
                roll_back(link)
                raise

        if patient:
            self._ask(attempt)
        else:
            attempt(pin.link)

    def _unlock(self, pin: _Pin, key: int) -> None:
        if pin.lost:  # the server has released it; what is held now was taken since
            pin.lost = pin.locks > 0
            pin.link.close()
            return
        try:
            pin.link.execute(f"SELECT pg_advisory_unlock({key})")
        except psycopg.Error:
            # With its connection the lock ends as well.
            pin.link.close()

    # -- the schema

    def _migrate(self, migrations: Sequence[str]) -> None:
        self._ask(lambda _: None)  # connects
        stored = self._seen() if self._first is None else self._first[-1]
        stage, seen = without_stage(stored or 0)
        if stage is not Stage.IN_FORCE and not self._at_any_stage and seen <= len(migrations):
            raise self._not_in_force(stage)
        if stored is None or seen < len(migrations):
            with self._pinned() as pin:
                self._begin(pin, patient=True, holding=False)
                pin.writing = True
                try:
                    self._bring_up(pin.link, migrations)
                    pin.link.execute("COMMIT")
                finally:
                    pin.writing = False
                    roll_back(pin.link)
            seen, self._first = len(migrations), None
        if seen > len(migrations):
            raise StateError(
                "The state in the database was written by a newer version of pwl-tui.",
                "Update pwl-tui on this machine, too.",
            )

    def _seen(self) -> int | None:
        """Return how many migrations the schema has seen. None means that it has no tables of ours."""
        try:
            return int(self._ask(lambda link: _value(link, "SELECT migrations FROM meta")))
        except psycopg.errors.UndefinedTable:
            return None

    def _bring_up(self, link: Link, migrations: Sequence[str]) -> None:
        schema = self._target.schema
        if link.execute("SELECT 1 FROM pg_namespace WHERE nspname=%s", (schema,)).fetchone() is None:
            link.execute(f"CREATE SCHEMA {schema}")
        if _value(link, "SELECT to_regclass('meta')") is None:
            if _value(link, "SELECT count(*) FROM pg_tables WHERE schemaname=current_schema"):
                raise StateError(
                    f"The schema {schema} of the database belongs to another program.",
                    "Name another one at the end of the URL: ?options=-csearch_path%3DNAME.",
                )
            link.execute(META)
            link.execute("INSERT INTO meta VALUES (1, 0, 0)")
        stage, seen = without_stage(_value(link, "SELECT migrations FROM meta"))
        for migration in migrations[seen:]:
            for statement in tables(migration):
                link.execute(statement)
        stored = with_stage(stage, len(migrations))
        link.execute("UPDATE meta SET migrations=greatest(migrations, %s)", (stored,))

    def _not_in_force(self, stage: Stage) -> StateError:
        row = self.first("SELECT name, path FROM places")
        place = "another place" if row is None else f"{row['name']}:{row['path']}"
        if stage is Stage.FILLING:
            return being_filled(place)
        return moved_away("this database", place, "Work there, without [state] url and PWL_TUI_STATE_URL.")


_SEQUENCE: Final = "CAST(pg_get_serial_sequence(?1, 'id') AS regclass)"
_LAST: Final = f"coalesce(pg_sequence_last_value({_SEQUENCE}), 0)"


def _lock_number(schema: str, name: str) -> int:
    """Return the number of a lock: those of other schemas of the database are others."""
    digest = hashlib.sha256(f"pwl-tui {schema} {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _ping(link: Link) -> tuple[float, float]:
    """Return the seconds that a question takes, and how far this machine's clock is ahead of the server's."""
    began, asked = time.perf_counter(), time.time()
    there = float(_value(link, f"SELECT {NOW}"))
    took = time.perf_counter() - began
    return took, asked + took / 2 - there


def _value(link: Link, question: str) -> Any:
    """Return the one value that a question is about."""
    row = link.execute(question).fetchone()
    return None if row is None else row[0]


def _close_all(links: Iterable[Link]) -> None:
    for link in links:
        link.close()


def _vacuum(link: Link, table: str) -> None:
    link.execute(f"VACUUM FULL {table}")
