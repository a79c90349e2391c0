"""The line between a machine and the database: it can be cut at any message, be slow, or silent."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

Way = Literal["there", "back"]
"""To the database, or from it."""
WAYS: tuple[Way, ...] = ("there", "back")
Side = Literal["machine", "database"]
SIDES: tuple[Side, ...] = ("machine", "database")
_AT_ONCE = 1 << 16


class Line:
    """Passes on what one machine and the database say to each other; a context manager.

    Args:
        database: the socket of the server.
        on_cut: called when a cut has ended connections.
    """

    def __init__(self, database: Path, on_cut: Callable[[], None]) -> None:
        self._database = database
        self._on_cut = on_cut
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._calls: set[_Call] = set()
        self._lock = threading.RLock()
        self._open = threading.Event()
        self._open.set()
        self._ended = threading.Event()
        self._delay = 0.0
        self._armed: dict[Way, int] = {}
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        """Where the machine finds the database, on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """End all connections, on both sides."""
        with self._lock:
            calls = list(self._calls)
            for call in calls:
                call.end()
        if calls:
            self._on_cut()

    def cut_at(self, way: Way, messages: int) -> None:
        """Cut the line as soon as so many more messages have come; the last of them does not get through."""
        with self._lock:
            self._armed[way] = messages

    def disarm(self) -> None:
        """Forget what `cut_at` was told."""
        with self._lock:
            self._armed.clear()

    def strand(self, side: Side) -> None:
        """End all connections for one side only; the other hears nothing before `mend`."""
        with self._lock:
            calls = list(self._calls)
            for call in calls:
                call.strand(side)
        if calls:
            self._on_cut()

    def swallow(self) -> None:
        """Pass nothing on until `mend`."""
        self._open.clear()

    def slow(self, seconds: float) -> None:
        """Let each message take so long, until `mend`."""
        self._delay = seconds

    def mend(self) -> None:
        """Pass everything on again; those who were left alone are told that their connection has ended."""
        with self._lock:
            self._delay = 0.0
            self._open.set()
            for call in self._calls:
                call.tell()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.mend()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for call in self._calls:
                call.end()
        self._thread.join()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                machine, _ = self._listener.accept()
            except OSError:  # closed
                return
            machine.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            database = socket.socket(socket.AF_UNIX)
            try:
                database.connect(str(self._database))
            except OSError:  # it is down
                machine.close()
                database.close()
                continue
            call = _Call(machine, database)
            with self._lock:
                self._calls.add(call)
            for way in WAYS:
                threading.Thread(target=self._pass_on, args=(call, way), daemon=True).start()

    def _pass_on(self, call: "_Call", way: Way) -> None:
        source, target = call.ends(way)
        with suppress(OSError):  # the other side is gone
            while data := source.recv(_AT_ONCE):
                self._open.wait()
                if delay := self._delay:
                    self._ended.wait(delay)
                if self._is_last(way):
                    self.cut()
                    break
                target.sendall(data)
        with self._lock:
            if call.hang_up():
                self._calls.discard(call)

    def _is_last(self, way: Way) -> bool:
        with self._lock:
            if way not in self._armed:
                return False
            self._armed[way] -= 1
            if self._armed[way] > 0:
                return False
            del self._armed[way]
            return True


class _Call:
    """One connection: two sockets, and two threads that each read one of them."""

    def __init__(self, machine: socket.socket, database: socket.socket) -> None:
        self._sides = {"machine": machine, "database": database}
        self._readers = 2
        self._alone: socket.socket | None = None

    def ends(self, way: Way) -> tuple[socket.socket, socket.socket]:
        """Return what to read from and what to write to."""
        machine, database = self._sides["machine"], self._sides["database"]
        return (machine, database) if way == "there" else (database, machine)

    def end(self) -> None:
        """Let both sides know that it has ended."""
        self._alone = None
        for side in self._sides.values():
            _shut(side)

    def strand(self, side: str) -> None:
        """Let only one side know."""
        (self._alone,) = (other for name, other in self._sides.items() if name != side)
        _shut(self._sides[side])

    def tell(self) -> None:
        """Let the side know that was left alone."""
        if self._alone is not None:
            self.end()

    def hang_up(self) -> bool:
        """Leave it, as one of its readers; return whether both have."""
        self._readers -= 1
        if self._alone is None:
            self.end()
        if self._readers == 0:
            for side in self._sides.values():
                side.close()
        return self._readers == 0


def _shut(side: socket.socket) -> None:
    with suppress(OSError):  # the other end was faster
        side.shutdown(socket.SHUT_RDWR)
