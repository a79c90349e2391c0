"""Connections to a PostgreSQL server: where it is, what is asked of it, and how values travel."""

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import no_result
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown, TextLoader

from pwl_tui.config.values import has_password
from pwl_tui.state.engines.postgres_clock import steady
from pwl_tui.state.engines.postgres_errors import refused
from pwl_tui.state.engines.postgres_line import Found, Line
from pwl_tui.state.errors import StateError, being_moved
from pwl_tui.state.patience import STEP_SECONDS

Link: TypeAlias = Line

# What it has to say is raised as well, and nobody's screen is the place for it.
logging.getLogger("psycopg").setLevel(logging.CRITICAL + 1)

OLDEST: Final = 14
"""The oldest version of the server."""
DEFAULT_SCHEMA: Final = "pwl_tui"
_CONNECT_SECONDS: Final = 10
_SCHEMA: Final = re.compile(r"(?:-c\s*|--)search_path\s*=\s*([^\s\\,]+)")
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SESSION: Final = {
    "lock_timeout": f"{round(STEP_SECONDS * 1000)}ms",
    "synchronous_commit": "on",  # what is committed is on disk, whatever the server's default
    "standard_conforming_strings": "on",
    "jit": "off",  # compiling takes longer than any of our statements
    # A process that stands still, or whose machine is gone, must not keep the others waiting for long.
    "idle_in_transaction_session_timeout": "60s",
    # The sender is idle during a paid call, and must keep its lock, whatever the role's default.
    "idle_session_timeout": "0",
    "statement_timeout": "0",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
}
_CLIENT: Final[dict[str, object]] = {
    "connect_timeout": _CONNECT_SECONDS,
    "application_name": "pwl-tui",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
NOW: Final = "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
WHERE: Final = f"""
SELECT (SELECT system_identifier FROM pg_control_system()),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (SELECT oid FROM pg_database WHERE datname=current_database()), to_regclass('meta')::oid,
    (SELECT migrations FROM meta), (SELECT changes FROM meta), {NOW}
"""
"""What changes if the database is restored, copied, or taken over by a replica, which may lack the newest;
then the stage with the migrations, a count that only grows, unless the server's files were put back as they
were before, and the server's clock."""
_BAD_URL: Final = "Write it as postgresql://USER@HOST/DATABASE?sslmode=verify-full."


class Target(NamedTuple):
    """Where the state is.

    Attributes:
        parameters: for libpq.
        schema: in which all tables are.
    """

    parameters: dict[str, object]
    schema: str

    @property
    def host(self) -> str:
        """The server, as people call it."""
        return str(self.parameters.get("host") or self.parameters.get("service") or "the local socket")

    @property
    def user(self) -> str:
        """The role, as people call it."""
        return str(self.parameters.get("user") or os.environ.get("PGUSER") or os.environ.get("USER", "you"))

    @property
    def database(self) -> str:
        """The name of the database."""
        return str(self.parameters.get("dbname") or self.user)


def target_from(url: str) -> Target:
    """Return where a URL leads.

    Raises:
        StateError: it is not one of PostgreSQL, or it has a password in it. The error does not repeat it.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise StateError("The URL of the state is not one of PostgreSQL.", _BAD_URL)
    if has_password(url):
        raise StateError(
            "The URL of the state has a password in it, which others could read.",
            "Take it out, and put it into ~/.pgpass (mode 0600).",
        )
    given: dict[str, object] | None = None
    try:
        given = dict(conninfo_to_dict(url))
    except psycopg.Error:
        given = None
    if given is None:  # out of the block: libpq repeats the URL in what it raises
        raise StateError("The URL of the state cannot be read.", _BAD_URL)
    options = str(given.get("options") or "")
    found = _SCHEMA.search(options)
    schema = found[1] if found else DEFAULT_SCHEMA
    if not _NAME.fullmatch(schema):
        raise StateError(
            "The schema that the URL of the state names cannot be used.",
            "Its name may have small letters, digits and underscores.",
        )
    return Target({**_CLIENT, **given}, schema)


def link_to(target: Target, shared: int | None = None) -> Link:
    """Connect.

    Args:
        target: where.
        shared: a lock that the connection holds together with all others. None means none.

    Raises:
        AwayError: no connection could be made.
        StateError: the server is not one that can be used, or somebody holds the lock alone.
    """
    try:
        return _connected(target, shared)
    except psycopg.Error as error:
        failure = refused(error, target.host, target.user, target.database)
    raise failure  # out of the block, with nothing of libpq's hanging on it


def _connected(target: Target, shared: int | None) -> Link:
    link = Line.connect(
        autocommit=True,
        row_factory=_rows,
        context=_adapters(),
        cursor_factory=_Cursor,
        client_encoding="utf8",
        **target.parameters,  # type: ignore[arg-type]
    )
    try:
        _require_fit(link)
        _settle(link, {**_SESSION, "search_path": target.schema}, shared)
    except BaseException:
        link.close()
        raise
    return link


def _require_fit(link: Link) -> None:
    version = link.info.server_version
    if version < OLDEST * 10_000:
        raise StateError(
            f"The database server has version {version // 10_000}, which is too old.",
            f"Use PostgreSQL {OLDEST} or newer.",
        )
    encoding = link.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StateError(
            f"The database holds texts as {encoding}, which not every name fits into.",
            "Create one with ENCODING 'UTF8'.",
        )


def _settle(link: Link, session: Mapping[str, str], shared: int | None) -> None:
    """Make the settings of a session, and see whether the next statement is in that session; take a lock.

    They are no options of the connection: some poolers drop those, and our tables and locks would be others.
    The next statement comes with the question where this is, since a far server takes long for each.
    """
    words = [word for pair in session.items() for word in pair]
    made = ", ".join(["set_config(%s, %s, false)"] * len(session))
    wanted = link.execute(f"SELECT pg_backend_pid(), {made}", words).fetchone()
    found = ", ".join(f"current_setting('{name}')" for name in session)
    locks = "true" if shared is None else f"pg_try_advisory_lock_shared({shared})"
    check = f"SELECT pg_backend_pid(), {found}, {locks}"
    began = steady()
    try:
        cursor = link.execute(f"{WHERE}; {check}")
        link.found = Found(tuple(cursor.fetchone() or ()), began, steady())
        cursor.nextset()
    except psycopg.DatabaseError:
        if link.closed:
            raise
        # There is no table yet, or not for us, or it is locked: whoever needs to know asks once more.
        cursor = link.execute(check)
    row = cursor.fetchone() or (None,)
    if row[:-1] != wanted:
        raise StateError(
            "Something between pwl-tui and the database, such as a pooler, does not keep sessions.",
            "Let it pool sessions, not transactions, or name the server itself in [state] url.",
        )
    if not row[-1]:
        raise being_moved()


def roll_back(link: Link) -> None:
    """End a transaction that is still open. A connection that has ended rolls back by itself."""
    if not link.closed and link.info.transaction_status is not TransactionStatus.IDLE:
        with suppress(psycopg.OperationalError, psycopg.InterfaceError):
            link.execute("ROLLBACK")


class Row(tuple[Any, ...]):
    """One row of a result: by the name of a column, and by its place."""

    __slots__ = ()
    names: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[dict[str, int]] = {}

    def keys(self) -> tuple[str, ...]:
        """Return the names of the columns in order."""
        return self.names

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if isinstance(key, str) else key)


@lru_cache(512)
def _row_class(names: tuple[str, ...]) -> type[Row]:
    # Of several columns with one name the first counts, as with SQLite.
    places = {name: place for place, name in reversed(tuple(enumerate(names)))}
    return type("Row", (Row,), {"__slots__": (), "names": names, "places": places})


def _rows(cursor: "psycopg.Cursor[Any]") -> Callable[[Sequence[Any]], Any]:
    if cursor.description is None:
        return no_result
    return _row_class(tuple(column.name for column in cursor.description))


class _Cursor(psycopg.Cursor[Any]):
    """A cursor that knows the ID of the row it inserted."""

    @property
    def lastrowid(self) -> int | None:
        """The ID that the row got which was just inserted."""
        row = self.connection.execute("SELECT lastval()").fetchone()
        return None if row is None else int(row[0])


class _Flag(Dumper):
    """Columns hold 0 and 1."""

    oid = psycopg.adapters.types["int8"].oid

    def dump(self, obj: object) -> Buffer:
        return b"1" if obj else b"0"


class _Text(StrDumperUnknown):
    """PostgreSQL has no place for NUL; what a service answers may have it."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _Sum(Loader):
    """Only sums of whole numbers are of this type."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


@lru_cache(1)
def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    # One type for all whole numbers, so that a statement is prepared once.
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, _Flag)
    adapters.register_dumper(str, _Text)
    adapters.register_loader("numeric", _Sum)
    adapters.register_loader("json", TextLoader)
    return adapters
