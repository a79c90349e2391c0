"""Notes the bytes of an answer as they arrive, below everything that may refuse to read them.

The HTTP library gives up on an answer whose head is odd, and stops reading where ``Content-Length`` says.
What came is then nowhere but here.
"""

import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx

_MOST: Final = 128 * 1024
"""Bytes that are noted of one connection."""


class Tap:
    """The bytes that arrived on one connection, up to 128 KiB, after the last change to TLS."""

    def __init__(self) -> None:
        self._noted = bytearray()

    @property
    def received(self) -> bytes:
        """What arrived."""
        return bytes(self._noted)

    def put_into(self, transport: httpx.HTTPTransport) -> None:
        """Note what a transport receives from now on.

        httpx has no public way to give httpcore a network; if a later version keeps it elsewhere, nothing is
        noted, and nothing else changes.
        """
        pool = transport._pool  # noqa: SLF001 - see above
        pool._network_backend = _Backend(httpcore.SyncBackend(), self)  # noqa: SLF001 - see above

    def note(self, data: bytes) -> None:
        """Take note of bytes that arrived."""
        self._noted += data[: _MOST - len(self._noted)]

    def restart(self) -> None:
        """Forget what a proxy said, and what came encrypted."""
        self._noted.clear()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend, tap: Tap) -> None:
        self._backend = backend
        self._tap = tap

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        self._tap.restart()
        return _Stream(stream, self._tap)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, tap: Tap) -> None:
        self._stream = stream
        self._tap = tap

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, timeout)
        self._tap.note(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._tap.restart()
        return _Stream(stream, self._tap)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
