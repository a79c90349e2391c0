"""The network below httpx: limits a whole call, notes what arrives, and can be cut.

httpx limits each wait for a byte only. A server that sends one byte a second would hold a call, and
the sender's lock with it, for as long as it likes: `within` ends that, and a `Cutoff` does when the program
is to end. And of an answer whose head is odd, or longer than its ``Content-Length``, the HTTP library hands
nothing over: a `Tap` has noted it.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from weakref import WeakSet

import httpcore
import httpx

from pwl_tui.api.reaching import addresses_of, reach

_MOST_NOTED: Final = 128 * 1024
"""Bytes that are noted of one connection."""
_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)

_call = threading.local()


class Tap:
    """The bytes that arrived on one connection, up to 128 KiB, after the last change to TLS."""

    def __init__(self) -> None:
        self._noted = bytearray()

    @property
    def received(self) -> bytes:
        """What arrived."""
        return bytes(self._noted)

    def note(self, data: bytes) -> None:
        """Take note of bytes that arrived."""
        self._noted += data[: _MOST_NOTED - len(self._noted)]

    def restart(self) -> None:
        """Forget what a proxy said, and what came encrypted."""
        self._noted.clear()


class Cutoff:
    """Ends all connections of a client for good, whoever waits for their bytes."""

    def __init__(self) -> None:
        # `cut` may interrupt `watch` on its own thread, from a handler of signals.
        self._lock = threading.RLock()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._is_cut = False

    def is_cut(self) -> bool:
        """Return whether they were ended."""
        return self._is_cut

    def cut(self) -> None:
        """End them, and those that begin later; returns at once."""
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                _shut(one)

    def watch(self, stream: httpcore.NetworkStream) -> None:
        """Take care of a connection that was made."""
        with self._lock:
            connection = stream.get_extra_info("socket")
            self._sockets.add(connection)
            if self._is_cut:
                _shut(connection)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended
        # Not the method of an SSL socket, which takes away what another thread is reading with.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextmanager
def within(seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Limit what this thread does in the block with a `Network` to so many seconds in all.

    What comes too late raises `httpx.TimeoutException`, as a wait that is too long does.
    """
    end = clock() + seconds
    _call.left = lambda: end - clock()
    try:
        yield
    finally:
        del _call.left


def _cut(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """Return a time-out that ends with the call; raise `error` if the call has had its time."""
    left: Callable[[], float] | None = getattr(_call, "left", None)
    if left is None:
        return timeout
    seconds = left()
    if seconds <= 0:
        raise error("the call took too long")
    return seconds if timeout is None else min(timeout, seconds)


class Network(httpx.BaseTransport):
    """A pool of connections that keeps to the limits of `within`.

    Args:
        tls: for connections to the service.
        proxy: leads to the service. None means a direct connection.
        limits: how many connections are kept, and for how long.
        tap: notes what arrives. Give one only for a single request.
        cutoff: can end the connections.
    """

    def __init__(
        self,
        tls: ssl.SSLContext,
        proxy: httpx.Proxy | None,
        limits: httpx.Limits,
        tap: Tap | None = None,
        cutoff: Cutoff | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            proxy=None if proxy is None else _for_httpcore(proxy),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(tap or Tap(), cutoff or Cutoff()),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response, whose body is still to be read."""
        with _as_httpx():
            response = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    _url(request.url),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        # Redirects are not followed, and httpx fails over one that leads to no address: by another name, what
        # it says can be read all the same.
        redirects = 300 <= response.status < 400
        headers = [
            (b"redirect-location" if redirects and name.lower() == b"location" else name, value)
            for name, value in response.headers
        ]
        return httpx.Response(
            response.status, headers=headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Backend(httpcore.SyncBackend):
    def __init__(self, tap: Tap, cutoff: Cutoff) -> None:
        self._tap = tap
        self._cutoff = cutoff

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        connect = super().connect_tcp
        addresses = addresses_of(host, port, _cut(timeout, httpcore.ConnectTimeout))
        connection = reach(
            addresses,
            lambda address, seconds: connect(address, port, seconds, local_address, socket_options),
            _cut(timeout, httpcore.ConnectTimeout),
        )
        stream = _Stream(connection, self._tap, self._cutoff)
        if self._cutoff.is_cut():  # nothing was sent, and that is certain here
            stream.close()
            raise httpcore.ConnectError("the program is ending")
        return stream


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, tap: Tap, cutoff: Cutoff) -> None:
        self._stream = stream
        self._tap = tap
        self._cutoff = cutoff
        cutoff.watch(stream)
        tap.restart()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, _cut(timeout, httpcore.ReadTimeout))
        self._tap.note(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _cut(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _cut(timeout, httpcore.ConnectTimeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(stream, self._tap, self._cutoff)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _for_httpcore(proxy: httpx.Proxy) -> httpcore.Proxy:
    return httpcore.Proxy(
        _url(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw, ssl_context=proxy.ssl_context
    )


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raise httpx's exception of the same name for one of httpcore's."""
    try:
        yield
    except _ERRORS as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
