"""Whether the write-ahead log beside a state file is its own.

A crash leaves a log behind. SQLite knows no link between the two files: once an older copy of the file is put
back beside that log, it would mix both without a word. So each transaction gives the database a new random
stamp, and keeps the one before it in the same row. A log begins with the first transaction after the file had
everything, and so it has the stamp that the file then had, and each one that a checkpoint can have put there
since. A file whose stamp is not in the log is another one.
"""

import os
import re
import secrets
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from io import FileIO
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pwl_tui.os_errors import os_sentences
from pwl_tui.state.database import Connection
from pwl_tui.state.engines.sqlite_errors import sqlite_errors
from pwl_tui.state.errors import StateError

_CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS stamp (id INTEGER PRIMARY KEY CHECK (id=1), before TEXT, now TEXT NOT NULL)"
)
_HEADER_BYTES: Final = 32
_FRAME_BYTES: Final = 24
"""What comes before each page."""
_STAMP: Final = re.compile(rb"stamp:[0-9a-f]{32}")
_UNREADABLE: Final = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""The errors of a file that has no stamp yet, or that a checkpoint has half written: it needs its log."""


class _Moment(NamedTuple):
    """What tells whether a checkpoint or a new beginning of the log came in between."""

    stamp: bytes | None
    """Of the file without its log."""
    beginning: bytes
    """The header of the log."""


def stamp(connection: sqlite3.Connection) -> None:
    """Give the database a new stamp: once in each transaction that changes something else."""
    connection.execute("UPDATE stamp SET before=now, now=?", (_new(),))


def make_stamp(connection: sqlite3.Connection) -> None:
    """Make the table for the stamp, if missing, in a transaction that counts as one that changes rows."""
    connection.execute(_CREATE)
    connection.execute(
        "INSERT INTO stamp (id, now) VALUES (1, ?) ON CONFLICT DO UPDATE SET now=stamp.now", (_new(),)
    )


def end_stamps(connection: Connection) -> None:
    """Let the transaction at work be the last that changes the database, in whatever process.

    Each one ends with a new stamp. The one at work will put what is the newest now into the place of the one
    before, so whoever finds it there comes later.
    """
    newest = connection.execute("SELECT now FROM stamp").fetchone()[0]
    connection.execute(
        f"CREATE TRIGGER moved BEFORE UPDATE ON stamp WHEN old.before='{newest}'"
        " BEGIN SELECT RAISE(ABORT, 'moved'); END"
    )


def require_own_log(path: Path) -> None:
    """Check, without changing anything, that a state file can be opened with the log beside it.

    Other processes may be at work with both meanwhile.

    Raises:
        StateError: the log was written for another file, or one of them cannot be read.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        with log.open("rb", buffering=0) as file:  # what is read twice must come from the file twice
            before = _moment(path, file)
            if before.stamp is None or _is_own(before.stamp, before.beginning, file):
                return
            same = os.path.samestat(os.fstat(file.fileno()), log.stat())
            if not same or _moment(path, file) != before:  # somebody is at work, with both of them
                return
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError(*os_sentences(error, log)) from error
    raise StateError(
        f"{path} was replaced by another copy, and {log.name} beside it belongs to the one before.",
        f"Close pwl-tui everywhere, move {log.name} and {path.name}-shm away, then run"
        " `pwl-tui adopt --journal`: the journal knows what was sent since.",
    )


def _new() -> str:
    return f"stamp:{secrets.token_hex(16)}"


def _moment(path: Path, log: FileIO) -> _Moment:
    log.seek(0)
    return _Moment(_stamp_without_log(path), log.read(_HEADER_BYTES))


def _stamp_without_log(path: Path) -> bytes | None:
    """Return the stamp that the file itself has; None if it has none, or none that can be read."""
    with sqlite_errors(path):
        # Opened as one that nobody can change, a file is read without its log.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as alone:
            try:
                row = alone.execute("SELECT now FROM stamp").fetchone()
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF not in _UNREADABLE:
                    raise
                return None
    found = str(row[0]).encode() if row else b""
    return found if _STAMP.fullmatch(found) else None


def _is_own(stamp: bytes, beginning: bytes, log: FileIO) -> bool:
    """Return whether the log has this stamp, or none at all: then nothing is committed in it."""
    if len(beginning) < _HEADER_BYTES or any(stamp in page for _, page in _frames(beginning, log)):
        return True
    # The page may have been half written until now.
    stamped = (page for page in _whole_pages(beginning, log) if _STAMP.search(page))
    return stamp in next(stamped, stamp)


def _frames(beginning: bytes, log: FileIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield what was written to the log since its beginning: what comes before each page, and the page."""
    size, salt = int.from_bytes(beginning[8:12]), beginning[16:24]
    log.seek(_HEADER_BYTES)
    while len(frame := log.read(_FRAME_BYTES + size)) == _FRAME_BYTES + size and frame[8:16] == salt:
        yield frame[:_FRAME_BYTES], frame[_FRAME_BYTES:]


def _whole_pages(beginning: bytes, log: FileIO) -> Iterator[bytes]:
    """Yield the pages up to one that is half written: there, a page of the log before may show through.

    See https://www.sqlite.org/fileformat2.html#checksum_algorithm. It takes 100 ms for 4 MB, so this is for
    cases of doubt.
    """
    order: Literal["<", ">"] = ">" if beginning[3] & 1 else "<"
    sums = _summed(beginning[:24], (0, 0), order)
    for head, page in _frames(beginning, log):
        sums = _summed(head[:8] + page, sums, order)
        if struct.pack(">2I", *sums) != head[16:]:
            return
        yield page


def _summed(data: bytes, sums: tuple[int, int], order: Literal["<", ">"]) -> tuple[int, int]:
    """Return the checksums of SQLite's log after more bytes."""
    first, second = sums
    for one, other in struct.iter_unpack(f"{order}2I", data):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
