"""A connection in a transaction, as the rest of `state` uses it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

import psycopg

from pwl_tui.state.database import Cursor
from pwl_tui.state.engines.postgres_link import Link
from pwl_tui.state.engines.postgres_sql import translate

_PLAIN_INSERT: Final = re.compile(r"INSERT INTO (\w+)(?: \(([\w, ]+)\))? VALUES \(\?(?:,\?)*\)")
"""What COPY does as well, many times faster."""
_CHANGED: Final = "UPDATE meta SET changes=changes+1 RETURNING changes;"


class Writer:
    """A connection in a transaction, which remembers whether anything was changed.

    Attributes:
        who: returns who does it.
        changed: whether anything was changed.
    """

    def __init__(self, link: Link, who: Callable[[], str]) -> None:
        self._link = link
        self.who = who
        self.changed = False
        self._sent: list[psycopg.Cursor[Any]] | None = None
        self._last: list[tuple[str, Sequence[Any]]] = []

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Cursor:
        """Execute one statement."""
        return self._noted(execute(self._link, statement, values))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let no statement of a block wait for the one before."""
        with _pipeline(self._link):
            sent: list[psycopg.Cursor[Any]] = []
            self._sent = sent
            try:
                yield
            finally:
                self._sent = None
        for cursor in sent:
            self._noted(cursor)

    def last(self, statement: str, values: Sequence[Any], /) -> None:
        """Execute a statement together with the commit."""
        self._last.append((statement, values))
        self.changed = True

    def commit(self, told: str) -> int | None:
        """Commit; return how many changes the database has seen by then. None means that nothing was changed.

        Args:
            told: tells the others that something was changed.
        """
        end = f"{_CHANGED}{told}COMMIT" if self.changed else "COMMIT"
        if not self._last:
            counted = self._link.execute(end)
        else:
            with _pipeline(self._link):
                for statement, values in self._last:
                    execute(self._link, statement, values)
                counted, *_ = [self._link.execute(word) for word in end.split(";")]
        row = counted.fetchone() if self.changed else None
        return None if row is None else int(row[0])

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> Cursor:
        """Execute one statement for each of several sets of values."""
        cursor = self._link.cursor()
        if (plain := _PLAIN_INSERT.fullmatch(statement)) is not None:
            columns = f" ({plain[2]})" if plain[2] else ""
            with cursor.copy(f"COPY {plain[1]}{columns} FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            cursor.executemany(translate(statement).text, values)
        return self._noted(cursor)

    def _noted(self, cursor: "psycopg.Cursor[Any]") -> Cursor:
        if self._sent is not None:  # nothing is known yet
            self._sent.append(cursor)
            return cursor  # type: ignore[return-value]  # as below
        read = (cursor.statusmessage or "").startswith("SELECT")
        self.changed = self.changed or (not read and cursor.rowcount != 0)
        return cursor  # type: ignore[return-value]  # `postgres_link` gives it a `lastrowid`


def execute(link: Link, statement: str, values: Sequence[object]) -> "psycopg.Cursor[Any]":
    """Execute a statement in the SQL that all engines share."""
    translated = translate(statement)
    return link.execute(translated.text, translated.bind(values))


def _pipeline(link: Link) -> AbstractContextManager[object]:
    """Return a block whose statements do not wait for each other, if the driver's library can do that."""
    return link.pipeline() if psycopg.Pipeline.is_supported() else nullcontext()
