"""Errors of the state file, each a sentence and a remedy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from pwl_tui.problem import Kind, ProblemError


class StateError(ProblemError):
    """The state file cannot do what was asked: it is full, damaged, too new, or has no such entry."""

    DEFAULT_KIND: ClassVar[Kind] = Kind.UNAVAILABLE


class NoSuchJobError(StateError):
    """There is no job or batch with that name."""

    DEFAULT_KIND: ClassVar[Kind] = Kind.NOT_FOUND

    def __init__(self, message: str, remedy: str = "Run `pwl-tui jobs` to list them.") -> None:
        super().__init__(message, remedy)


_UNWRITABLE = (
    "Could not write to the state file.",
    "Give yourself write permission on {path} and its directory.",
)
_LOCKED = (
    "Another process has locked the state file.",
    "Wait for the other pwl-tui to finish, then try again.",
)
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


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about the state file `path` into a `StateError`.

    Programming errors (a broken statement) pass unchanged: they say nothing about the file.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Some errors have no code (a check of the driver's own): only their text is known.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code not in _SENTENCES:
            raise
        message, remedy = _SENTENCES[code]
        raise StateError(message, remedy.format(path=path)) from error


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process has locked the file, so that waiting helps."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def locked() -> StateError:
    """Return the error for a lock that another process did not release."""
    return StateError(*_LOCKED)


def damaged(path: Path) -> StateError:
    """Return the error for a state file that failed its check."""
    message, remedy = _DAMAGED
    return StateError(message, remedy.format(path=path))
