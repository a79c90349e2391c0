"""What PostgreSQL and psycopg raise, as sentences; none of them has a password in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import errors

from pwl_tui.state.errors import AwayError, StateError
from pwl_tui.text import clean

_LOST: Final = (
    "The connection to the database was lost.",
    "Make sure that the server runs and can be reached; the batch IDs are also in the journal here.",
)
_BUSY: Final = (
    "Another process keeps the database busy.",
    "Wait for the other pwl-tui, on whatever machine, to finish, then try again.",
)
_READ_ONLY: Final = (
    "The database is read-only.",
    "Connect to the primary server, with a role whose transactions may write.",
)
_SENTENCES: Final[tuple[tuple[str, tuple[str, str]], ...]] = (
    (
        "42501",
        (
            "The database does not let this role work in the schema {schema}.",
            "Have an admin run `CREATE SCHEMA {schema} AUTHORIZATION` with the name of the role.",
        ),
    ),
    ("25006", _READ_ONLY),
    ("55000", _READ_ONLY),  # of our statements, only what a standby cannot answer fails so
    ("53100", ("The disk of the database server is full.", "Free some space there, then try again.")),
    (
        "53300",
        ("The database has no free connections.", "Raise its max_connections, or stop what uses them up."),
    ),
    ("55P03", _BUSY),
    ("40P01", _BUSY),
    ("40001", _BUSY),
    (
        "XX001",
        ("The database is damaged.", "Restore it from a backup, then run `pwl-tui adopt --journal` here."),
    ),
    (
        "XX002",
        ("An index of the database is damaged.", "Have an admin run REINDEX, then try again."),
    ),
    (
        "42P01",
        (
            "The tables of pwl-tui are gone from the database.",
            "Put them back from a backup; the batch IDs are also in the journal here.",
        ),
    ),
    (
        "3F000",
        (
            "The schema {schema} is gone from the database.",
            "Put it back from a backup; the batch IDs are also in the journal here.",
        ),
    ),
)
_REFUSED: Final = (
    ("password authentication failed", "The database did not accept the password of {user}."),
    ("no password supplied", "The database requires a password for {user}."),
    ("no pg_hba.conf entry", "The database does not allow {user} to connect from this machine."),
    ("too many", "The database has no free connections."),
    ("the database system is", "The database is starting or stopping."),
    ("could not translate host name", "Could not resolve the name of the database server, {host}."),
    ("failed to resolve host", "Could not resolve the name of the database server, {host}."),
    ("Connection refused", "No database answers at {host}."),
    ("No such file", "No database answers at {host}."),
    ("does not answer", "The database at {host} did not answer in time."),
    ("timeout expired", "The database at {host} did not answer in time."),
    ("root certificate file", "This machine has no root certificate to check the database at {host} with."),
    ("certificate", "The certificate of the database at {host} was not accepted."),
    ("SSL", "There was no encrypted connection to the database at {host}."),
)
_REMEDIES: Final = (
    ("password", "Put it into ~/.pgpass (mode 0600), or into the file that PGPASSFILE names."),
    ("root certificate", "Add sslrootcert=system to [state] url, or save your CA as ~/.postgresql/root.crt."),
    ("", "Check [state] url, and that `psql` can connect with it."),
)


def is_busy(error: psycopg.Error) -> bool:
    """Whether another process has a lock, so that waiting helps."""
    return isinstance(error, errors.LockNotAvailable)


def is_lost(error: psycopg.Error, connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    """Whether the connection ended with this error, so that another one may do."""
    ended = connection.closed or connection.broken
    return ended and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))


def lost() -> AwayError:
    """Return the error for a connection that ended."""
    return AwayError(*_LOST)


def silent(host: str, remedy: str) -> AwayError:
    """Return the error for a server that does not answer, though nothing has ended the connections to it."""
    return AwayError(f"The database at {host} does not answer.", remedy)


@contextmanager
def postgres_errors(schema: str) -> Iterator[None]:
    """Turn what the server says about its own state into a `StateError`.

    Mistakes of ours (a broken statement, a value that fits no column) pass unchanged: they say nothing about
    the database.
    """
    failure: StateError | None = None
    try:
        yield
    except psycopg.Error as error:
        failure = _failure(error, schema)
        if failure is None:
            raise
    if failure is not None:
        # Outside of the block, so that the original error, which may name values, does not hang on it.
        raise failure


def _failure(error: psycopg.Error, schema: str) -> StateError | None:
    for code, (message, remedy) in _SENTENCES:
        if error.sqlstate == code:
            return StateError(message.format(schema=schema), remedy.format(schema=schema))
    if isinstance(error, (psycopg.ProgrammingError, psycopg.DataError)):
        return None
    code = error.sqlstate or ""
    if code[:2] in {"", "08", "57"} or code == "25P03":
        return lost()
    return StateError(
        f"The database server failed, with error {code}.",
        "Have an admin look into the server's log, then try again.",
    )


def refused(error: psycopg.Error, host: str, user: str, database: str) -> AwayError:
    """Return the error for a connection that was not made.

    Args:
        error: what libpq said; it names neither the password nor the file that it is in.
        host: the server, as people call it.
        user: the role.
        database: its name.
    """
    said = clean(str(error))
    sentence = next((words for sign, words in _REFUSED if sign in said), None)
    if sentence is None and "database" in said and "does not exist" in said:
        sentence = "There is no database {database} on {host}."
    if sentence is None and "role" in said and "does not exist" in said:
        sentence = "The database does not know {user}."
    sentence = sentence or "Could not connect to the database at {host}."
    remedy = next(words for sign, words in _REMEDIES if sign in sentence)
    return AwayError(sentence.format(host=host, user=user, database=database), remedy)
