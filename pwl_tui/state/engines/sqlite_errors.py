"""What SQLite raises, as sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from pwl_tui.os_errors import is_full
from pwl_tui.state.errors import StateError, locked

_UNWRITABLE = (
    "Could not write to the state file.",
    "Give yourself write permission on {path} and its directory.",
)
_MOVED = (
    "The jobs of {path} were moved to a database while pwl-tui was running.",
    "Nothing more is sent. Set [state] url to that database, and start pwl-tui again.",
)
_LOCKED = (locked().problem.message, locked().problem.remedy)
_DAMAGED = (
    "The state file is damaged.",
    "Move {path} away and run `pwl-tui adopt --journal`: the journal beside it holds every batch ID.",
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: (
        "The disk is full: the state file cannot grow.",
        "Free some space on the disk that holds {path}, then try again.",
    ),
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: (
        "Could not open the state file.",
        "Make sure that {path} is your own file, in a directory you can write to.",
    ),
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_IOERR: (
        "The disk failed while the state file was in use.",
        "Check the disk that holds {path}; the batch IDs are also in the journal beside it.",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_MAYBE_FULL = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_WRITE,
}
"""Extended codes that may mean a full disk: SQLite says so only of its writes, and never of a quota."""
_PROBE_BYTES = 1 << 16
"""More than the shared memory beside the state file grows by at a time."""


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about the state file `path` into a `StateError`.

    Programming errors (a broken statement) pass unchanged: they say nothing about the file.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Some errors have no code (a check of the driver's own): only their text is known.
        extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        full = extended in _MAYBE_FULL and _has_no_room(path.parent)
        if extended == sqlite3.SQLITE_CONSTRAINT_TRIGGER:  # there is one trigger: see `sqlite_log.end_stamps`
            message, remedy = _MOVED
            raise StateError(message.format(path=path), remedy) from error
        code = sqlite3.SQLITE_FULL if full else extended & 0xFF
        if code not in _SENTENCES:
            raise
        message, remedy = _SENTENCES[code]
        raise StateError(message, remedy.format(path=path)) from error


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process has locked the file, so that waiting helps."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _has_no_room(directory: Path) -> bool:
    """Whether nothing more can be written there: SQLite does not tell what the system answered."""
    try:
        with TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return is_full(error)
    return False


def damaged(path: Path) -> StateError:
    """Return the error for a state file that failed its check."""
    message, remedy = _DAMAGED
    return StateError(message, remedy.format(path=path))
