"""Moves a job of a million numbers into a PostgreSQL and back: ``python -m tests.bench.moving``.

The floors are a bare ``COPY`` into the same tables, and a bare ``executemany`` into an empty state file, of
the same rows and in the same run. Neither reads what it writes from another database, checks it, or can be
resumed.
"""

import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psycopg

from pwl_tui.state.engines.layout import Table
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.moving.contents import Cells, insert, rows, tables
from pwl_tui.state.moving.move import Move
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import FIRST, NOW, add_job

if TYPE_CHECKING:
    from pwl_tui.state.database import Connection

_NUMBERS = 1_000_000
_ANSWERED = (
    "UPDATE numbers SET outcome='completed', on_whatsapp=idx%2, business=0, carrier='T-Mobile', country='US',"
    " answered=1800000000.25+idx"
)
_KIB_PER_UNIT = 1 if sys.platform == "linux" else 1 / 1_024
"""Of what the system says; macOS says bytes."""


def main() -> None:
    """Print how long each way takes, and its floor."""
    databases.postgres = True
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "here"
        url = databases.url(Path(name) / "state")
        if url is None:
            raise AssertionError("there is no server")
        big = _filled(directory)
        before = _peak_mib()
        there = _seconds(lambda: _move(directory).to_database(url))
        back = _seconds(lambda: _move(directory).to_file(url))
        held = _peak_mib() - before
        copied = _seconds(lambda: _copy(url, big))
        written = _seconds(lambda: _write(Path(name) / "bare.db", big))
        databases.clean()
    print(f"{_NUMBERS:,} numbers with their rows, all answered")
    print(f"into the database  {there:6.1f} s  {there / copied:4.1f} times a bare COPY ({copied:.1f} s)")
    print(
        f"back into a file   {back:6.1f} s  {back / written:4.1f} times a bare executemany ({written:.1f} s)"
    )
    print(f"memory             {held:6.0f} MiB more than before")


def _filled(directory: Path) -> dict[Table, list[Cells]]:
    """Make a state directory; return what is in its two big tables."""
    store = Store.open(directory)
    add_job(store, FIRST, _NUMBERS)
    store.close()
    with closing(SQLiteFile(directory / "state.db")) as file:
        with file.transaction() as c:
            c.execute(_ANSWERED)
        return {table: list(rows(file, table)) for table in tables() if table.name in {"rows", "numbers"}}


def _move(directory: Path) -> Move:
    return Move(directory, lambda: NOW, lambda _done, _total: None)


def _copy(url: str, big: dict[Table, list[Cells]]) -> None:
    with psycopg.connect(url) as bare:
        bare.execute("TRUNCATE rows, numbers")
        for table, found in big.items():
            statement = f"COPY {table.name} FROM STDIN"
            with bare.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for row in found:
                    copy.write_row(row)


def _write(path: Path, big: dict[Table, list[Cells]]) -> None:
    SQLiteFile(path).close()
    with closing(sqlite3.connect(path)) as bare:
        for table, found in big.items():
            insert(cast("Connection", bare), table, found)
        bare.commit()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB_PER_UNIT / 2**10


if __name__ == "__main__":
    main()
