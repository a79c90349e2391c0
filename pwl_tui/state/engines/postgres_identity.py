"""Which database it is, and how new: one that was restored or replaced may lack what was sent last."""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from psycopg.pq import TransactionStatus

from pwl_tui.state.engines.postgres_clock import ServerClock
from pwl_tui.state.engines.postgres_line import Found
from pwl_tui.state.engines.postgres_link import WHERE, Link, roll_back
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.newest import Known, Newest
from pwl_tui.state.schema import Stage, without_stage

Where: TypeAlias = tuple[Any, ...]
"""What `WHERE` says of a database, up to the stage with the migrations, which is the last of it."""

META: Final = """
CREATE TABLE meta (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    migrations BIGINT NOT NULL,
    changes BIGINT NOT NULL
)
"""
_REPLACE_META: Final = f"""
ALTER TABLE meta RENAME TO older_meta;
{META};
INSERT INTO meta SELECT one, migrations, changes FROM older_meta;
DROP TABLE older_meta
"""
"""Makes the database another one for everyone, whether connected now or later: see `WHERE`."""


class Identity:
    """The database that was opened, against which all later connections are compared.

    Args:
        newest: what this machine knows of it.
        write_key: the number of the lock that writers take.
        at_any_stage: whether it may be in use though it is not in force.

    Attributes:
        clock: the server's, which is compared whenever a connection is.
        where: what was opened. None means nothing yet.
    """

    def __init__(self, newest: Newest, write_key: int, *, at_any_stage: bool) -> None:
        self._newest = newest
        self._write_key = write_key
        self._at_any_stage = at_any_stage
        self._lock = threading.Lock()
        self._changes = 0
        self.clock = ServerClock()
        self.where: Where | None = None

    @property
    def own(self) -> str:
        """An ID that no copy of the database has."""
        return _own(self.where or ())

    def known(self) -> Known:
        """Return how new it is at least.

        To be asked before the database is: meanwhile, others may change it and say so.
        """
        return self._newest.read() if self.where is None else Known(self.own, self._changes)

    def find(self, link: Link) -> Where:
        """Return what the database is."""
        known, began = self.known(), self.clock.steady()
        row = link.execute(WHERE).fetchone()
        if row is None:
            raise AssertionError("there is always a row")
        return self.judge(link, Found(tuple(row), began, self.clock.steady()), known)

    def judge(self, link: Link, found: Found, known: Known) -> Where:
        """Return what the database is, by what a connection has found.

        One that is older than known is made another one first.
        """
        self.clock.compare(found.row[-1], found.began, found.ended)
        *place, changes = found.row[:-1]
        where = tuple(place)
        own = _own(where)
        if self.where is not None and own != self.own:
            return where  # another one already: see `require_same`
        older = own == known.database and changes < known.changes
        # In a transaction nothing else can be committed; whoever sends looks outside of one.
        if older and link.info.transaction_status is TransactionStatus.IDLE:
            self._set_apart(link, where)
            return self.find(link)
        self._remember(changes, own)
        return where

    def remember(self, changes: int) -> None:
        """Keep how many changes the database has seen."""
        self._remember(changes, self.own)

    def require_same(self, where: Where) -> None:
        """Check that a database is the one that was opened, and in force unless that does not matter.

        Raises:
            StateError: it is not.
        """
        if not self._at_any_stage and without_stage(where[-1])[0] is not Stage.IN_FORCE:
            raise StateError(
                "The jobs of the database were moved while pwl-tui was running.",
                "Nothing more is sent. Start pwl-tui again.",
            )
        if _own(where) != self.own:
            raise StateError(
                "The database was restored or taken over by another server while pwl-tui was running.",
                "Nothing more is sent. Start pwl-tui again.",
            )

    def _remember(self, changes: int, own: str) -> None:
        with self._lock:
            if changes <= self._changes:
                return
            self._changes = changes
        self._newest.write(own, changes)

    def _set_apart(self, link: Link, where: Where) -> None:
        """Let everyone find that the database is not the one it was, because its files are from a backup."""
        try:
            link.execute(f"BEGIN; SELECT pg_advisory_xact_lock({self._write_key})")
            if tuple(link.execute(WHERE).fetchone() or ())[:-3] == where[:-1]:  # nobody was faster
                link.execute(_REPLACE_META)
            link.execute("COMMIT")
        finally:
            roll_back(link)


def _own(where: Sequence[Any]) -> str:
    return hashlib.sha256(f"pwl-tui {tuple(where[:-1])}".encode()).hexdigest()[:32]
