"""The far end of a connection that is not what it should be, on loopback: sockets, certificates, threads."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import trustme

_PATIENCE_SECONDS = 30.0


class Certificates:
    """An authority that the client trusts, one that it does not, and what they sign."""

    @cached_property
    def _known(self) -> trustme.CA:
        return trustme.CA()

    @cached_property
    def _unknown(self) -> trustme.CA:
        return trustme.CA()

    def trusted(self, directory: Path) -> Path:
        """Write the certificate of the authority that the client trusts; return the file."""
        file = directory / "authority.pem"
        self._known.cert_pem.write_to_path(str(file))
        return file

    def issued(
        self,
        *,
        names: Sequence[str] = ("localhost",),
        days: int = 30,
        known: bool = True,
        wants_ours: bool = False,
    ) -> ssl.SSLContext:
        """Return what a server with a certificate speaks.

        Args:
            names: whose it is.
            days: how long it is valid from now on; below 0: it has expired.
            known: whether an authority that the client trusts has signed it.
            wants_ours: whether the client has to show a certificate, too.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority = self._known if known else self._unknown
        until = datetime.now(UTC) + timedelta(days=days)
        authority.issue_cert(*names, not_before=until - timedelta(days=60), not_after=until).configure_cert(
            context
        )
        if wants_ours:
            context.verify_mode = ssl.CERT_REQUIRED
            self._unknown.configure_trust(context)
        return context

    def self_signed(self) -> ssl.SSLContext:
        """Return what a server speaks that shows the certificate of an authority as its own."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with self._unknown.cert_pem.tempfile() as shown, self._unknown.private_key_pem.tempfile() as key:
            context.load_cert_chain(shown, key)
        return context


@dataclass
class Exchange:
    """One connection of the client, as the far end has it.

    Attributes:
        connection: it.
        service: netloc of the true service, which does the work.
        here: netloc of the far end.
        elsewhere: netloc of somebody who must never hear of the key.
        done: set once the client has had enough.
    """

    connection: socket.socket
    service: str
    here: str
    elsewhere: str
    done: threading.Event

    def request(self) -> bytes:
        """Read one request, head and body."""
        with self.connection.makefile("rb") as stream:
            got, length = b"", 0
            for line in stream:
                got += line
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                if line == b"\r\n":
                    return got + stream.read(length)
        return got

    def answer(self) -> bytes:
        """Read one request, have the true service do the work, and return the body of its answer."""
        head, _, body = self.request().partition(b"\r\n\r\n")
        if not head:
            return b""
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        service = HTTPConnection(self.service, timeout=_PATIENCE_SECONDS)
        try:
            service.request(method, target, body or None, {"Content-Type": "application/json"})
            return service.getresponse().read()
        finally:
            service.close()

    def send(self, data: bytes) -> bool:
        """Send, and return whether the client still takes it."""
        with suppress(OSError):
            self.connection.sendall(data)
            return True
        return False

    def hold(self) -> None:
        """Say nothing more until the client has had enough."""
        self.done.wait(_PATIENCE_SECONDS)


@dataclass
class Listening:
    """A port that somebody listens on, and how many came."""

    netloc: str
    came: int = 0
    done: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening(
    serve: Callable[[socket.socket, Listening], None], host: str = "localhost"
) -> Iterator[Listening]:
    """Serve each connection on a thread of its own, until the block is left."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        here = Listening(f"{host}:{listener.getsockname()[1]}")
        threads: list[threading.Thread] = []

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError, ValueError):
                serve(connection, here)

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                here.came += 1
                threads.append(threading.Thread(target=one, args=(connection,), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=run, daemon=True)
        accepting.start()
        try:
            yield here
        finally:
            here.done.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(_PATIENCE_SECONDS)


@contextmanager
def far_end(
    serve: Callable[[Exchange], None],
    *,
    base_url: str,
    elsewhere: str,
    tls: ssl.SSLContext | None,
    host: str,
) -> Iterator[Listening]:
    """Play a fault on every connection; the true service at `base_url` does the work."""

    def play(connection: socket.socket, here: Listening) -> None:
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection:
            serve(Exchange(connection, urlsplit(base_url).netloc, here.netloc, elsewhere, here.done))

    with listening(play, host) as here:
        yield here


def nowhere() -> str:
    """Return the netloc of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"localhost:{listener.getsockname()[1]}"
