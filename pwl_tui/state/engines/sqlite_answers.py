"""How answers to many numbers get into a state file: a statement for each costs nothing but itself."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from pwl_tui.answer import COLUMNS, Outcome
from pwl_tui.state.database import Answers, Connection, Cursor

_WAITING: Final = (
    f"SELECT number, idx FROM numbers WHERE job=? AND idx>=? AND idx<? AND outcome='{Outcome.PENDING}'"
)
_STORE: Final = f"UPDATE numbers SET {'=?, '.join(COLUMNS)}=?, answered=? WHERE job=? AND idx=?"


class SQLiteAnswers(Answers):
    """Answers in a state file."""

    def store(
        self, c: Connection, span: tuple[int, int, int], answers: Mapping[int, tuple[object, ...]]
    ) -> Cursor:
        """Store the answers to those numbers of a batch that have none."""
        if not isinstance(c, sqlite3.Connection):
            raise TypeError("not a connection of this database")
        cursor = c.cursor()
        cursor.row_factory = None  # a tuple takes half the time of a `sqlite3.Row`
        waiting = cursor.execute(_WAITING, span).fetchall()
        return cursor.executemany(
            _STORE,
            [(*answers[number], span[0], index) for number, index in waiting if number in answers],
        )
