"""What the rest of `state` asks of a database, whichever engine it is.

Statements are in the SQL that all engines share. Values are bound as ``?``, or as ``?1``, ``?2`` where one is
needed twice. There are no booleans: conditions are written out, and columns hold 0 and 1.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

from pwl_tui.state.budget import Rate
from pwl_tui.state.models import Binding
from pwl_tui.state.patience import Patience
from pwl_tui.state.schema import Stage


class Row(Protocol):
    """One row of a result: by the name of a column, and by its place."""

    def keys(self) -> Iterable[str]:
        """Return the names of the columns in order."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...


class Cursor(Protocol):
    """What a statement came to."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    @property
    def lastrowid(self) -> int | None:
        """The ID that the row got which was just inserted."""

    def fetchone(self) -> Any:
        """Return the next row. None means there is none."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


def nobody() -> str:
    """Return the name of a person that is not known: it is empty."""
    return ""


class Connection(Protocol):
    """A connection in a transaction."""

    @property
    def who(self) -> Callable[[], str]:
        """Returns who does it: see `Database.who`."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Cursor:
        """Execute one statement."""

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> Cursor:
        """Execute one statement for each of several sets of values."""

    def together(self) -> AbstractContextManager[object]:
        """Let no statement of a block wait for the one before: their results are known when it ends.

        If one of them fails, the block raises that, and those after it are not executed.
        """

    def last(self, statement: str, values: Sequence[Any], /) -> None:
        """Execute a statement whose result nobody needs, at the latest together with the commit."""


class Report(Struct, frozen=True):
    """How a database on a server is.

    Attributes:
        place: the server, the database and the schema.
        version: of the server, as it says.
        tls: the version of TLS. None means that the connection is not encrypted.
        local: whether it does not leave this machine.
        seconds: that a question and its answer take.
        ahead: seconds that this machine's clock is ahead of the server's.
        durable: whether the server waits for its disk.
        owned: whether all tables are ours, so that deleted data can be wiped.
    """

    place: str
    version: str
    tls: str | None
    local: bool
    seconds: float
    ahead: float
    durable: bool
    owned: bool


class Claims(ABC):
    """How processes share out the polls. All methods raise `StateError` if the database fails."""

    @abstractmethod
    def claim(
        self, due: str, binding: Binding, now: float, owner: str, until: float, rate: Rate | None
    ) -> Row | float | None:
        """Claim a batch that is due and that nobody else is claiming.

        Args:
            due: the query for it, from its FROM on, of `batches` as b and `bindings` as k. ``?1`` is the time
                of now, ``?2`` and ``?3`` are the binding.
            binding: the service and key.
            now: UTC epoch seconds, as all times.
            owner: who claims it.
            until: when its lease ends.
            rate: of the requests of all polls. None means without regard to that.

        Returns:
            The batch, or the seconds until there is one more request. None means none is due.
        """

    @abstractmethod
    def drain(self, binding: Binding, now: float, rate: Rate) -> None:
        """Give up the requests that were saved: the next ones come one at a time."""

    @abstractmethod
    def plan(self, changes: Sequence[tuple[float, int, int, float | None]]) -> None:
        """Store when batches are asked next that were not asked since.

        Args:
            changes: the time, the job and the number of the batch in it, and when it was asked last.
        """


class Answers(ABC):
    """How answers are stored. All methods raise `StateError` if the database fails."""

    @abstractmethod
    def store(
        self, c: Connection, span: tuple[int, int, int], answers: Mapping[int, tuple[object, ...]]
    ) -> Cursor:
        """Store the answers to those numbers of a batch that have none; one that was stored stays.

        Args:
            c: in a transaction.
            span: a job, the index of a first number in it, and that after the last one.
            answers: by number, the columns of an answer, and when it was given. Others are ignored.

        Returns:
            What knows how many were stored.
        """


class Database(ABC):
    """One database, for any number of threads and processes.

    Writers exclude each other from the start of their transaction, so what they read inside it is what they
    change. All methods raise `StateError` if the database fails.

    Attributes:
        patience: how long to wait for other processes.
        clock: UTC epoch seconds by the clock that all its users share: a server's, or this machine's.
        site: the state directory whose files are meant where the database names some. Empty means that it
            has only one.
        who: returns who uses the database by this process, as people call them: ``user@host``.
    """

    patience: Patience
    clock: Callable[[], float] = staticmethod(time.time)
    site: str = ""
    who: Callable[[], str] = staticmethod(nobody)

    @abstractmethod
    def require_in_place(self) -> None:
        """Check that the database is still the one that was opened.

        Raises:
            StateError: it is not. What is written now would be lost.
        """

    @abstractmethod
    def read(self, statement: str, *values: object) -> list[Row]:
        """Return all rows of a query."""

    @abstractmethod
    def first(self, statement: str, *values: object) -> Row | None:
        """Return the first row of a query. None means there is none."""

    @abstractmethod
    def stream(self, statement: str, *values: object) -> Iterator[Any]:
        """Yield the rows of a query as tuples as they are read, from one snapshot, in constant memory."""

    @abstractmethod
    def transaction(
        self, *, patient: bool = True, holding: bool = False
    ) -> AbstractContextManager[Connection]:
        """Lend a connection to a writer; commit at the end, or roll back on any exception.

        When this returns the change is on disk.

        Args:
            patient: whether to wait for other writers as long as `patience` says, or for a moment only.
            holding: whether the locks must still be held that this thread has taken with `lock`.
        """

    @abstractmethod
    def lock(self, name: str, *, wait: bool = False) -> AbstractContextManager[bool]:
        """Try to be the only one with the lock `name`, on all machines; yield whether we are.

        The processes of one machine exclude each other by the locks of the state directory.

        Args:
            name: any word.
            wait: whether to wait for it, as long as `patience` says.
        """

    @abstractmethod
    def claims(self) -> Claims:
        """Return how its users share out the polls."""

    @abstractmethod
    def answers(self) -> Answers:
        """Return how answers are stored."""

    @abstractmethod
    def keep_time(self) -> None:
        """See to it that `clock` is right, if that was not done lately."""

    @abstractmethod
    def announce(self, owner: str) -> None:
        """Let other processes know that this holder of leases is alive, for as long as this process is."""

    @abstractmethod
    def is_alive(self, owner: str) -> bool:
        """Whether a holder of leases is alive, as far as is known."""

    @abstractmethod
    def location(self) -> tuple[str, str, str] | None:
        """Return where it is: an ID that no copy has, a machine, and a place there.

        None means in the state directory.
        """

    @property
    def shared(self) -> bool:
        """Whether other people may use it, too; the user of a state file is always the same."""
        return self.location() is not None

    @abstractmethod
    def listen(self, tell: Callable[[], object]) -> None:
        """Have `tell` called soon after another process has changed something, if that can be heard.

        It is called on any thread, until `close`, and must return at once. Only the last one given is called.
        """

    @abstractmethod
    def stage(self) -> Stage:
        """Return whether the state is in force, by what is stored now."""

    @abstractmethod
    def enter(self, connection: Connection, stage: Stage) -> None:
        """Store another stage, in a transaction of `alone`.

        A state that has moved cannot be changed any more, not even by a process that has it open.
        """

    @abstractmethod
    def alone(self) -> AbstractContextManager[Callable[[], AbstractContextManager[Connection]]]:
        """Keep all others from changing anything; lend transactions, the last of which ends with the block.

        Only for a database that was opened at any stage.

        Raises:
            StateError: others are at work, and may not be kept from it.
        """

    @abstractmethod
    def last_id(self, table: str) -> int:
        """Return the highest ID that a table has ever given to a row, as far as is known."""

    @abstractmethod
    def keep_id(self, connection: Connection, table: str, last: int) -> None:
        """Let a table give only higher IDs to its next rows."""

    @abstractmethod
    def version(self) -> int:
        """Return a number that changes when another connection has written; cheap.

        Only numbers returned to the same thread are comparable.
        """

    @abstractmethod
    def report(self) -> Report | None:
        """Return how the server is. None means there is none: it is a file."""

    @abstractmethod
    def check(self) -> None:
        """Read everything and check that it is sound; takes seconds if it is much.

        Raises:
            StateError: it is damaged.
        """

    @abstractmethod
    def wipe(self) -> None:
        """Leave nothing behind of what was deleted; takes seconds if much is kept.

        Raises:
            StateError: the disk is full, or another process keeps reading.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the connections of this thread and of those that have ended.

        A thread that is still at work keeps its own.
        """
