"""What other processes have changed, on whatever machine: each commit says so, and this hears it."""

import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Final

import psycopg

from pwl_tui.state.engines.postgres_link import Link
from pwl_tui.state.errors import StateError

_APART_SECONDS: Final = 0.1
"""The least between two notifications that are told; what comes in between is told as one."""
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 15.0


class News:
    """Hears the other processes by a connection of its own, on a daemon thread, from `listen` to `close`.

    Args:
        connect: makes a connection.
        channel: the name of the notifications, the same for all who use the schema.

    Attributes:
        told: what sends a notification in a transaction that changes something.
    """

    def __init__(self, connect: Callable[[], Link], channel: str) -> None:
        self._connect = connect
        self._channel = channel
        self._own = secrets.token_hex(8)
        # Who also listens in this database may make others wait; that is no reason to lose what is stored.
        self.told = f"SET LOCAL lock_timeout=0; NOTIFY {channel}, '{self._own}';"
        self._tell: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._waker: socket.socket | None = None
        self._closed = threading.Event()
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether all changes are heard now."""
        return self._connected

    def listen(self, tell: Callable[[], object]) -> None:
        """Call `tell`, which must return at once, soon after another process has changed something."""
        with self._lock:
            self._tell = tell
            if self._waker is None and not self._closed.is_set():
                woken, self._waker = socket.socketpair()
                threading.Thread(
                    target=self._run, args=(woken, self._waker), name="database-news", daemon=True
                ).start()

    def close(self) -> None:
        """End the thread, which may still be connecting."""
        self._closed.set()
        with self._lock, suppress(OSError):  # the thread may have ended before
            if self._waker is not None:
                self._waker.send(b"\0")

    def _run(self, woken: socket.socket, waker: socket.socket) -> None:
        pause = _FIRST_PAUSE_SECONDS
        with woken, waker:
            while not self._closed.is_set():
                # Why it does not work is said by whoever asks the database, and they do until it works again.
                with suppress(psycopg.Error, StateError, OSError), closing(self._connect()) as link:
                    link.execute(f"LISTEN {self._channel}")
                    pause = _FIRST_PAUSE_SECONDS
                    self._hear(link, woken)
                if self._connected:
                    self._connected = False
                    self._tell()  # so that they look, and say what is wrong
                self._closed.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _hear(self, link: Link, woken: socket.socket) -> None:
        """Tell what comes until the connection ends, or until `close`."""
        self._connected = True
        self._tell()  # what has changed before was not heard
        with selectors.DefaultSelector() as either:
            either.register(link.fileno(), selectors.EVENT_READ)
            either.register(woken, selectors.EVENT_READ)
            while not self._closed.is_set():
                either.select()
                if self._from_others(link):
                    self._tell()
                    self._closed.wait(_APART_SECONDS)

    def _from_others(self, link: Link) -> bool:
        """Take in what has come; return whether any of it is from another process."""
        link.pgconn.consume_input()
        found = False
        while (notification := link.pgconn.notifies()) is not None:
            found = found or notification.extra != self._own.encode()
        return found
