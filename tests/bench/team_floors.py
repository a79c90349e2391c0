"""What anyone has to do to keep a job and its answers: the floors of `team`, in tables like ours."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import psycopg

from pwl_tui.answer import COLUMNS, Answer, Outcome
from pwl_tui.state.engines.postgres import Postgres
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.records import values_of

Values: TypeAlias = Sequence[object]

JOB = 1
_FILLED = ", ".join(("job", "idx", "number", "batch", "answered", *COLUMNS))
_ANSWERED = (*COLUMNS, "answered")


def rows_of(count: int) -> list[Values]:
    """Return what the table ``rows`` has of a job without duplicates."""
    return [(JOB, index, index, None) for index in range(count)]


def numbers_of(first: int, count: int, batch: int) -> list[Values]:
    """Return what the table ``numbers`` has of a new job."""
    pending = values_of(Answer(Outcome.PENDING))
    return [(JOB, index, first + index, index // batch + 1, None, *pending) for index in range(count)]


def answer_to(number: int, answered: float) -> Values:
    """Return what is stored of the answer to a number."""
    return (
        *values_of(Answer(Outcome.COMPLETED, number % 3 > 0, number % 7 == 0, "T-Mobile", "US")),
        answered,
    )


class Bare:
    """A connection to a PostgreSQL with tables like ours.

    Args:
        url: of the schema; made if it is not there.
    """

    def __init__(self, url: str) -> None:
        Postgres(url).close()
        self._link = psycopg.connect(url, autocommit=True)
        self._link.execute(
            "CREATE TEMPORARY TABLE came ON COMMIT DELETE ROWS AS"
            f" SELECT idx, {', '.join(_ANSWERED)} FROM numbers LIMIT 0"
        )

    def clear(self) -> None:
        """Have one job, and nothing in it."""
        self._link.execute("TRUNCATE bindings, jobs CASCADE")
        self._link.execute("INSERT INTO bindings VALUES (1, '', '')")
        self._link.execute(
            "INSERT INTO jobs (id, binding, profile, name, source, origin, created, rows, blank, rejected,"
            f" duplicates, numbers, reused) VALUES ({JOB}, 1, '', '', '', '', 0, 0, 0, 0, 0, 0, 0)"
        )

    def copy(self, rows: Sequence[Values], numbers: Sequence[Values]) -> None:
        """Store a job."""
        with self._link.transaction(), self._link.cursor() as cursor:
            for table, some in (("rows", rows), (f"numbers ({_FILLED})", numbers)):
                with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    for row in some:
                        copy.write_row(row)

    def update(self, first: int, answers: Sequence[Values]) -> None:
        """Store the answers to consecutive numbers, the first of which has the index `first`."""
        with self._link.transaction(), self._link.cursor() as cursor:
            with cursor.copy(b"COPY came FROM STDIN") as copy:
                for index, answer in enumerate(answers, first):
                    copy.write_row((index, *answer))
            changed = ", ".join(f"{column}=c.{column}" for column in _ANSWERED)
            cursor.execute(
                f"UPDATE numbers n SET {changed} FROM came c WHERE n.job={JOB} AND n.idx=c.idx".encode()
            )

    def close(self) -> None:
        """Close it."""
        self._link.close()


def bare_executemany(path: Path, rows: Sequence[Values], numbers: Sequence[Values]) -> None:
    """Store a job in a new state file that has no other."""
    SQLiteFile(path).close()
    marks = ",".join("?" * len(numbers[0]))
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA synchronous=FULL")
        file.executemany("INSERT INTO rows VALUES (?,?,?,?)", rows)
        file.executemany(f"INSERT INTO numbers ({_FILLED}) VALUES ({marks})", numbers)
        file.commit()


class BareFile:
    """A state file whose answers are stored by nothing but ``executemany``.

    Args:
        path: of the file, which has a job.
    """

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, timeout=60.0)
        self._file.execute("PRAGMA synchronous=FULL")

    def update(self, first: int, answers: Sequence[Values]) -> None:
        """Store the answers to consecutive numbers, the first of which has the index `first`."""
        with self._file:
            self._file.executemany(
                f"UPDATE numbers SET {'=?, '.join(_ANSWERED)}=? WHERE job={JOB} AND idx=?",
                ((*answer, index) for index, answer in enumerate(answers, first)),
            )

    def close(self) -> None:
        """Close it."""
        self._file.close()
