"""Below the calls: where the key is inserted, how the service is reached, and what a failure means."""

import logging
import os
import socket
import ssl
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

import httpx
import msgspec

from pwl_tui.api.documented import SETTLE
from pwl_tui.api.errors import ApiError
from pwl_tui.api.network import Cutoff, Network, Tap
from pwl_tui.config.values import on_this_machine
from pwl_tui.os_errors import is_out_of_descriptors
from pwl_tui.problem import Charged, Kind, Problem
from pwl_tui.secret import Secret

# httpx logs whole URLs, which contain the key. `Keyed` hides it from httpx; this is a second defense.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_BAD_PROXY = Problem(
    kind=Kind.NETWORK,
    message="The proxy that the environment names is not an HTTP proxy.",
    remedy="Set HTTPS_PROXY to an http:// or https:// address, or unset it and ALL_PROXY.",
)
_BAD_CERTIFICATES = Problem(
    kind=Kind.NETWORK,
    message="Could not read the certificates that SSL_CERT_FILE or SSL_CERT_DIR names.",
    remedy="Correct or unset SSL_CERT_FILE and SSL_CERT_DIR.",
)
_BAD_KEY_LOG = Problem(
    kind=Kind.NETWORK,
    message="Could not write the TLS key log that SSLKEYLOGFILE names.",
    remedy="Unset SSLKEYLOGFILE, or point it to a file that you can write.",
)
_BAD_ADDRESS = Problem(
    kind=Kind.NETWORK,
    message="base_url is not a usable address.",
    remedy="Correct base_url in config.toml, or PROWEBLOOK_BASE_URL.",
)
CLOSED = Problem(
    kind=Kind.NETWORK,
    message="pwl-tui closed the connection before the answer arrived.",
    remedy="Try again.",
)
CUT_SHORT = Problem(
    kind=Kind.NETWORK,
    message="pwl-tui was stopped before the answer arrived.",
    charged="unknown",
    remedy=SETTLE,
)


class Keyed(httpx.BaseTransport):
    """Inserts the key into a copy of each request, so no URL and no body that httpx keeps contains it.

    Args:
        transport: carries the copies.
        key: becomes a query parameter of a GET, a field of the body of a POST.
    """

    def __init__(self, transport: httpx.BaseTransport, key: Secret) -> None:
        self._transport = transport
        self._key = key

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the copy, and return the response."""
        return self._transport.handle_request(self._keyed(request))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _keyed(self, request: httpx.Request) -> httpx.Request:
        url, headers, content = request.url, request.headers.copy(), request.content
        if request.method == "POST":
            content = msgspec.json.encode({"api_key": self._key.reveal(), **msgspec.json.decode(content)})
            headers["Content-Length"] = str(len(content))
        else:
            url = url.copy_add_param("api_key", self._key.reveal())
        return httpx.Request(
            request.method, url, headers=headers, content=content, extensions=request.extensions
        )


_LIMITS = httpx.Limits(max_keepalive_connections=4, keepalive_expiry=55.0)
"""One per polling thread, kept open between polls: servers commonly close idle connections after 60 s."""


class Route(NamedTuple):
    """How to reach the service, by the environment."""

    proxy: httpx.Proxy | None
    tls: ssl.SSLContext

    @property
    def proxy_name(self) -> str:
        """Host and port of the proxy, without user name and password; empty if there is none."""
        if self.proxy is None:
            return ""
        url = self.proxy.url
        return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"

    def open(self, tap: Tap | None = None, cutoff: Cutoff | None = None) -> httpx.BaseTransport:
        """Return a new connection pool; the first request opens the first connection.

        Args:
            tap: notes what arrives. Give one only with a pool for a single request.
            cutoff: can end the connections.
        """
        return Network(self.tls, self.proxy, _LIMITS, tap, cutoff)


def route_to(base_url: str) -> Route:
    """Return how to reach the service: see HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR, SSLKEYLOGFILE.

    Raises:
        ApiError: one of them, or the address, cannot be used.
    """
    # Loading the certificates takes 45 ms; plain HTTP, which is for loopback only, needs none.
    secure = base_url.startswith("https:")
    try:
        return Route(_proxy_for(base_url), httpx.create_ssl_context(verify=secure))
    except httpx.InvalidURL:
        problem = _BAD_ADDRESS
    except OSError:
        problem = _BAD_CERTIFICATES if _key_log_writable() else _BAD_KEY_LOG
    except ValueError:
        problem = _BAD_PROXY
    raise ApiError(problem)  # outside the handler: no context with the proxy's address and password


def _key_log_writable() -> bool:
    """Whether the keys of TLS connections can be written where the environment asks for it, if it does."""
    path = os.environ.get("SSLKEYLOGFILE")
    try:
        if path:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path
    except OSError:
        return False
    return True


def _proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the proxy to the service. None for a service on this machine, which a proxy could not reach.

    Raises:
        httpx.InvalidURL: the service's address is invalid.
        ValueError: the proxy's address is invalid, or of an unsupported kind.
    """
    service = httpx.URL(base_url)
    host = service.netloc.decode()
    if on_this_machine(base_url) or urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies()
    address = named.get(service.scheme) or named.get("all")
    if not address:
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except httpx.InvalidURL:
        raise ValueError("not an address") from None
    if proxy.url.scheme not in {"http", "https"}:
        raise ValueError("SOCKS needs a library that is not among our dependencies")
    return proxy


_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Failures before the first byte of the request was sent: nothing was done, nothing charged.

`httpx.InvalidURL` is not among them: an odd ``Location`` in an answer raises it too.
"""


def transport_problem(error: Exception, *, paid: bool, proxy: str = "") -> Problem:
    """Return what a failure below HTTP means: whether the request was certainly not sent, and what to do.

    Args:
        error: as httpx raised it. Its text is not used, because it may contain anything.
        paid: whether the call costs credits.
        proxy: `Route.proxy_name` of the way that was taken.
    """
    late = isinstance(error, httpx.TimeoutException)
    kind = Kind.TIMEOUT if late else Kind.NETWORK
    message = "The service did not answer in time." if late else "The connection to the service was lost."
    remedy = "Check the network; jobs resume automatically."
    match error:
        case httpx.UnsupportedProtocol() | UnicodeError():  # UnicodeError: a name that cannot be looked up
            return _BAD_ADDRESS
        case httpx.ProxyError():
            message = "The proxy refused to connect to the service."
            remedy = "Check HTTPS_PROXY with its user name and password, or add the service to NO_PROXY."
        case httpx.ConnectError() | httpx.ConnectTimeout():
            message, remedy = _unreachable(error, proxy)
        case httpx.DecodingError() | httpx.InvalidURL():
            kind, message, remedy = (
                Kind.BAD_ANSWER,
                "Could not read the answer.",
                "Check base_url and the proxy.",
            )
    charged: Charged = "unknown" if paid and not isinstance(error, _NOT_SENT) else "no"
    if charged == "unknown":
        remedy = SETTLE
    return Problem(kind=kind, message=message, charged=charged, remedy=remedy)


_UNREACHABLE: Mapping[type[BaseException], tuple[str, str]] = {
    ssl.SSLCertVerificationError: (
        "The service's certificate is not trusted.",
        "Check this machine's clock; if a proxy decrypts TLS, set SSL_CERT_FILE to its certificate.",
    ),
    ssl.SSLError: (
        "Could not establish a secure connection to the service.",
        "Check base_url and the proxy: something other than the service may be answering.",
    ),
    socket.gaierror: (
        "Could not look up the service's name.",
        "Check base_url and this machine's DNS; jobs resume automatically.",
    ),
    ConnectionRefusedError: (
        "The connection to the service was refused.",
        "Check base_url: nothing is listening there now; jobs resume automatically.",
    ),
}
"""Message and remedy by the system's error; a subclass comes before its base."""


_NO_DESCRIPTORS = (
    "This program has too many open files to connect to the service.",
    "Raise its limit (`ulimit -n`), or close other programs; jobs resume automatically.",
)
_PROXY_REMEDY = "Correct or unset HTTPS_PROXY, or add the service to NO_PROXY; jobs resume automatically."


def _unreachable(error: BaseException, proxy: str) -> tuple[str, str]:
    """Return message and remedy for a connection that could not be made."""
    cause: BaseException | None = error
    while cause is not None:
        if proxy and isinstance(cause, socket.gaierror | ConnectionRefusedError):
            what = "look up the name of" if isinstance(cause, socket.gaierror) else "connect to"
            return f"Could not {what} the proxy {proxy}.", _PROXY_REMEDY
        if is_out_of_descriptors(cause):
            return _NO_DESCRIPTORS
        for kind, words in _UNREACHABLE.items():
            if isinstance(cause, kind):
                return words
        cause = cause.__cause__ or cause.__context__
    if proxy:
        return f"Could not reach the proxy {proxy}.", _PROXY_REMEDY
    return (
        "Could not reach the service.",
        "Check the network, base_url and HTTPS_PROXY; jobs resume automatically.",
    )
