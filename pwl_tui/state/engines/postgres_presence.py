"""Which processes are alive, on whatever machine: each holds a lock for as long as it is connected."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg

from pwl_tui.state.engines.postgres_link import Link

_CLOSE_SECONDS: Final = 1.0
"""How long a process that ends waits for the server."""


class Presence:
    """The holders of leases in this process. They have a connection of their own, which does nothing else.

    The server ends it, and frees the locks, as soon as the process ends, and within half a minute if its
    machine does not answer any more.

    Args:
        connect: makes a connection.
        key: returns the number of the lock of a holder.
    """

    def __init__(self, connect: Callable[[], Link], key: Callable[[str], int]) -> None:
        self._connect = connect
        self._key = key
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._owners: set[str] = set()
        self._held: set[str] = set()

    def announce(self, owner: str) -> None:
        """Let a holder be alive from now on."""
        with self._lock:
            if owner not in self._owners:
                self._owners.add(owner)
                self._take_all()

    def renew(self, owner: str) -> bool:
        """Return whether a holder is one of this process; if its connection has ended, it gets another."""
        with self._lock:
            if owner not in self._owners:
                return False
            self._check()
            self._take_all()
            return True

    def close(self) -> None:
        """Let none of them be alive any more."""
        # Not while another thread waits for a server that does not answer.
        if not self._lock.acquire(timeout=_CLOSE_SECONDS):
            return
        try:
            self._owners.clear()
            if self._link is not None:
                # The end of the connection does the same a moment later.
                with suppress(psycopg.Error), self._link.in_short(_CLOSE_SECONDS):
                    self._link.execute("SELECT pg_advisory_unlock_all()")
            self._hang_up()
        finally:
            self._lock.release()

    def _check(self) -> None:
        """Ask whether the connection is still there; if not, there is none any more."""
        try:
            if self._link is not None:
                self._link.execute("SELECT 1")
        except psycopg.Error:
            self._hang_up()

    def _hang_up(self) -> None:
        self._held.clear()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _take_all(self) -> None:
        """Take the locks that are not held; one whose last connection has not ended yet is taken later."""
        if self._link is None:
            self._link = self._connect()
        for owner in self._owners - self._held:
            row = self._link.execute(f"SELECT pg_try_advisory_lock({self._key(owner)})").fetchone()
            if row is not None and row[0]:
                self._held.add(owner)
