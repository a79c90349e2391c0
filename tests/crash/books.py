"""What the program keeps, read with nothing of its own: its readers cannot hide what its writers did."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PATIENCE_SECONDS = 60.0
_STEP_SECONDS = 0.05


@dataclass(frozen=True)
class Books:
    """The jobs of one machine, or of several that share a database.

    Attributes:
        directories: the state directories of the machines.
        url: of the database. None means the state file of the one machine.
    """

    directories: tuple[Path, ...]
    url: str | None = None

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query; a database that is being restarted is waited for."""
        if self.url is not None:
            return _ask(self.url, statement)
        (state,) = self.directories
        with closing(sqlite3.connect(f"file:{state / 'state.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(statement).fetchall()


def _ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    import psycopg  # most of the harness does without

    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                return connection.execute(statement.encode()).fetchall()
        except psycopg.errors.UndefinedTable:
            return []  # nobody has kept anything
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(_STEP_SECONDS)
