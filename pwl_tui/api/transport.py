"""Below the calls: where the key is put in, which way leads to the service, and what a broken one means."""

import logging
import socket
import ssl
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

import httpx
import msgspec

from pwl_tui.api.documented import SETTLE
from pwl_tui.api.errors import ApiError
from pwl_tui.config.values import on_this_machine
from pwl_tui.problem import Charged, Kind, Problem
from pwl_tui.secret import Secret

# httpx logs whole URLs, and the key is in them. `Keyed` hides it from httpx; this stands behind it.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_BAD_PROXY = Problem(
    kind=Kind.NETWORK,
    message="The proxy that the environment names is not an HTTP proxy.",
    remedy="Set HTTPS_PROXY to an http:// or https:// address, or unset it and ALL_PROXY.",
)
_BAD_CERTIFICATES = Problem(
    kind=Kind.NETWORK,
    message="The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read.",
    remedy="Correct or unset SSL_CERT_FILE and SSL_CERT_DIR.",
)
_BAD_ADDRESS = Problem(
    kind=Kind.NETWORK,
    message="base_url is not an address that can be asked.",
    remedy="Correct base_url in config.toml, or PROWEBLOOK_BASE_URL.",
)
CLOSED = Problem(
    kind=Kind.NETWORK,
    message="The connection was closed here before the answer came.",
    remedy="Try again.",
)


class Keyed(httpx.BaseTransport):
    """Puts the key into a copy of each request, so that no URL and no body that httpx holds carries it.

    Args:
        transport: carries the copies.
        key: a query parameter of a GET, a field of the body of a POST.
    """

    def __init__(self, transport: httpx.BaseTransport, key: Secret) -> None:
        self._transport = transport
        self._key = key

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the copy, and return what comes back."""
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
"""As many as threads poll at once, kept over the pause between polls: servers commonly give up after 60 s."""


class Route(NamedTuple):
    """How the environment wants the service to be reached."""

    proxy: httpx.Proxy | None
    tls: ssl.SSLContext

    def open(self) -> httpx.BaseTransport:
        """Return a new pool of connections this way; the first request opens the first."""
        return httpx.HTTPTransport(verify=self.tls, proxy=self.proxy, limits=_LIMITS)


def route_to(base_url: str) -> Route:
    """Return the way to the service: by HTTPS_PROXY and NO_PROXY, trusting SSL_CERT_FILE and SSL_CERT_DIR.

    Raises:
        ApiError: one of them, or the address, cannot be used.
    """
    # Loading the certificates takes 45 ms, and plain HTTP, which is for loopback only, needs none.
    secure = base_url.startswith("https:")
    try:
        return Route(_proxy_for(base_url), httpx.create_ssl_context(verify=secure))
    except httpx.InvalidURL:
        problem = _BAD_ADDRESS
    except OSError:
        problem = _BAD_CERTIFICATES
    except ValueError:
        problem = _BAD_PROXY
    raise ApiError(problem)  # out here it does not carry along the proxy's address, and a password in it


def _proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the proxy to the service; None for one on this machine, which a proxy could not reach.

    Raises:
        httpx.InvalidURL: the service's address is none.
        ValueError: the proxy's is none, or it is of a kind that cannot be used.
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
        raise ValueError("SOCKS wants a library that is not among our dependencies")
    return proxy


_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""What surely happened before the first byte of the request was sent: nothing was done, nothing charged.

`httpx.InvalidURL` is not here: an odd ``Location`` in an answer raises it too.
"""


def transport_problem(error: Exception, *, paid: bool) -> Problem:
    """Return what a failure below HTTP means: whether the request was surely not sent, and what to do.

    Args:
        error: as httpx raised it. Nothing of its text is used: that may hold anything.
        paid: whether the call costs credits.
    """
    late = isinstance(error, httpx.TimeoutException)
    kind = Kind.TIMEOUT if late else Kind.NETWORK
    message = "The service did not answer in time." if late else "The connection to the service was lost."
    remedy = "Check the network; jobs go on by themselves."
    match error:
        case httpx.UnsupportedProtocol() | UnicodeError():  # the latter: a name that cannot be looked up
            return _BAD_ADDRESS
        case httpx.ProxyError():
            message = "The proxy does not let us through to the service."
            remedy = "Check HTTPS_PROXY and its user name and password, or put the service into NO_PROXY."
        case httpx.ConnectError() | httpx.ConnectTimeout():
            message, remedy = _unreachable(error)
        case httpx.DecodingError() | httpx.InvalidURL():
            kind, message, remedy = (
                Kind.BAD_ANSWER,
                "The answer cannot be read.",
                "Check base_url and the proxy.",
            )
    charged: Charged = "unknown" if paid and not isinstance(error, _NOT_SENT) else "no"
    if charged == "unknown":
        remedy = SETTLE
    return Problem(kind=kind, message=message, charged=charged, remedy=remedy)


_UNREACHABLE: Mapping[type[BaseException], tuple[str, str]] = {
    ssl.SSLCertVerificationError: (
        "The service's certificate is not trusted.",
        "Check this machine's clock; behind a proxy that opens TLS, name its certificate in SSL_CERT_FILE.",
    ),
    ssl.SSLError: (
        "No secure connection to the service can be agreed on.",
        "Check base_url and the proxy: something else than the service may answer there.",
    ),
    socket.gaierror: (
        "The service's name cannot be looked up.",
        "Check base_url and this machine's DNS; jobs go on by themselves.",
    ),
    ConnectionRefusedError: (
        "The connection to the service was refused.",
        "Check base_url: nothing listens there now; jobs go on by themselves.",
    ),
}
"""Message and remedy by what the system said; a subclass stands before its base."""


def _unreachable(error: BaseException) -> tuple[str, str]:
    """Return message and remedy for a connection that did not come about."""
    cause: BaseException | None = error
    while cause is not None:
        for kind, words in _UNREACHABLE.items():
            if isinstance(cause, kind):
                return words
        cause = cause.__cause__ or cause.__context__
    return (
        "The service cannot be reached.",
        "Check the network, base_url and HTTPS_PROXY; jobs go on by themselves.",
    )
