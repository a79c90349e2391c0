"""Errors of the state file, each a sentence and a remedy."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pwl_tui.problem import Kind, Problem, ProblemError


class StateError(ProblemError):
    """The state file cannot do what was asked: full, damaged, too new, or there is no such thing in it."""


class NoSuchJobError(StateError):
    """There is no job or batch of that name."""


def state_error(message: str, remedy: str, kind: Kind = "unavailable") -> StateError:
    """Return a `StateError` that cost nothing."""
    return StateError(Problem(kind=kind, message=message, remedy=remedy))


def no_such(message: str, remedy: str = "`pwl-tui jobs` lists them.") -> NoSuchJobError:
    """Return the error for a name that is not in the state file."""
    return NoSuchJobError(Problem(kind="not_found", message=message, remedy=remedy))


_UNWRITABLE = (
    "The state file cannot be written.",
    "Give yourself write permission on {path} and its directory.",
)
_LOCKED = (
    "Another process keeps the state file locked.",
    "Wait for the other pwl-tui to finish its work, then try again.",
)
_DAMAGED = (
    "The state file is damaged.",
    "Move {path} away and run `pwl-tui adopt --journal`: the journal beside it holds every batch id.",
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: (
        "The disk is full: the state file cannot grow.",
        "Free some space where {path} lies, then try again.",
    ),
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: (
        "The state file cannot be opened.",
        "See that {path} is a file of yours in a directory that you may write.",
    ),
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_IOERR: (
        "The disk failed under the state file.",
        "Check the disk that holds {path}; the batch ids are also in the journal beside it.",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a `StateError` with a sentence; `path` is the state file.

    Programming errors (a broken statement) pass unchanged: they are no condition of the file.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Some errors come without a code (a driver's own check): nothing is known of them but their text.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code not in _SENTENCES:
            raise
        message, remedy = _SENTENCES[code]
        raise state_error(message, remedy.format(path=path)) from error


def damaged(path: Path) -> StateError:
    """Return the error for a state file that is not sound."""
    message, remedy = _DAMAGED
    return state_error(message, remedy.format(path=path))


def from_os(error: OSError, path: Path) -> StateError:
    """Return the `StateError` for what the operating system said of `path`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        message, remedy = _SENTENCES[sqlite3.SQLITE_FULL]
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        message, remedy = _SENTENCES[sqlite3.SQLITE_READONLY]
    else:
        message, remedy = _SENTENCES[sqlite3.SQLITE_CANTOPEN]
    return state_error(message, remedy.format(path=path))
