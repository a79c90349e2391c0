"""What is in a state, whichever engine it is in: rows in order, how many they are, and their digest."""

import hashlib
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from pwl_tui.state.database import Connection, Database
from pwl_tui.state.engines.layout import Table, layout

Cells: TypeAlias = tuple[Any, ...]

ABOUT_ITSELF: Final = "places"
"""The table that says where a state is: it does not go elsewhere with it."""
_ROWS: Final = 20_000
_BULKY_ROWS: Final = 16
"""How many rows are held in memory at once."""


class Sum(NamedTuple):
    """What two tables with the same rows have in common.

    Attributes:
        rows: how many there are.
        digest: the SHA-256 of their text.
    """

    rows: int
    digest: str


class Summing:
    """Adds up the rows of a table in the order of its key, however they are cut into pieces."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, some: list[Cells]) -> None:
        """Add the next rows."""
        if some:
            self._rows += len(some)
            self._hash.update(_text(some).encode("utf-8", "surrogatepass"))

    def sum(self) -> Sum:
        """Return what it is so far."""
        return Sum(self._rows, self._hash.hexdigest())


def tables() -> tuple[Table, ...]:
    """Return the tables whose rows are moved, each after those that it refers to."""
    return tuple(table for table in layout() if table.name != ABOUT_ITSELF)


def count(database: Database, table: Table) -> int:
    """Return how many rows a table has."""
    row = database.first(f"SELECT count(*) FROM {table.name}")
    return int(row[0]) if row else 0


def rows(database: Database, table: Table) -> Generator[Cells, None, None]:
    """Yield the rows of a table in the order of its key; close it if it is left early."""
    yield from database.stream(
        f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"
    )


def pieces(table: Table, found: Iterable[Cells], most: int | None = None) -> Iterator[list[Cells]]:
    """Yield rows in pieces that fit into memory.

    Args:
        table: of which table.
        found: the rows; those that are not taken stay in it.
        most: how many to take. None means all.
    """
    found = iter(found)
    size = _BULKY_ROWS if table.bulky else _ROWS
    while some := list(islice(found, size if most is None else min(size, most))):
        yield some
        if most is not None:
            most -= len(some)


def insert(connection: Connection, table: Table, some: list[Cells]) -> None:
    """Insert rows into a table."""
    marks = ",".join("?" * len(table.columns))
    connection.executemany(f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})", some)


def clear(connection: Connection, some: Iterable[Table]) -> None:
    """Delete all rows of tables, which are given in the order of `tables`."""
    for table in reversed(list(some)):
        connection.execute(f"DELETE FROM {table.name}")


def _text(some: list[Cells]) -> str:
    """Return rows as text that is the same for all engines, without the brackets around them."""
    text = repr(some)
    if "\\x00" in text or "-0.0" in text:  # rare, and only worth a look at each cell then
        text = repr([tuple(map(_same, cells)) for cells in some])
    return f"{text[1:-1]}, "


def _same(cell: object) -> object:
    """Return a cell as every engine has it: PostgreSQL has no NUL in texts, and SQLite no negative zero."""
    if isinstance(cell, str):
        return cell.replace("\0", "\ufffd")
    return 0.0 if cell == 0 and isinstance(cell, float) else cell
