"""Which tables the migrations make, in all engines: a state is copied without naming them once more."""

import sqlite3
from contextlib import closing
from functools import cache

from msgspec import Struct

from pwl_tui.state.schema import MIGRATIONS


class Table(Struct, frozen=True):
    """One table.

    Attributes:
        name: its name.
        columns: their names, in order.
        key: the columns that tell its rows from each other, in order.
        bulky: whether a row may take many kilobytes.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    bulky: bool


@cache
def layout() -> tuple[Table, ...]:
    """Return all tables, each after those that it refers to."""
    with closing(sqlite3.connect(":memory:")) as scratch:
        for migration in MIGRATIONS:
            scratch.executescript(migration)
        names = scratch.execute(
            "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
        )
        return tuple(_table(scratch, name) for (name,) in names.fetchall())


def _table(scratch: sqlite3.Connection, name: str) -> Table:
    found = scratch.execute(
        "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", (name,)
    ).fetchall()
    places = sorted((place, column) for column, _, place in found if place)
    return Table(
        name,
        tuple(column for column, _, _ in found),
        tuple(column for _, column in places),
        any(kind == "BLOB" for _, kind, _ in found),
    )
