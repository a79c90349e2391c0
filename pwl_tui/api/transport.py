"""Below the calls: where the key is put in, which proxy is used, and what a broken connection means."""

import json
import logging
import socket
import ssl
import urllib.request
from urllib.parse import urlsplit

import httpx
import msgspec

from pwl_tui.api.documented import SETTLE
from pwl_tui.api.errors import ApiError
from pwl_tui.problem import Charged, Kind, Problem
from pwl_tui.secret import Secret

# httpx logs whole URLs at INFO, and the key is in them.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Keyed(httpx.BaseTransport):
    """Puts the key into a copy of each request, which nobody but the wire sees."""

    def __init__(self, transport: httpx.BaseTransport, key: Secret) -> None:
        self._transport = transport
        self._key = key

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the copy."""
        headers = request.headers.copy()
        if request.method == "POST":
            body = {"api_key": self._key.reveal(), **json.loads(request.content)}
            content = msgspec.json.encode(body)
            headers["content-length"] = str(len(content))
            url = request.url
        else:
            content, url = b"", request.url.copy_add_param("api_key", self._key.reveal())
        return self._transport.handle_request(
            httpx.Request(
                request.method, url, headers=headers, content=content, extensions=request.extensions
            )
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for the service; none for one on this machine.

    Raises:
        ApiError: it is of a kind that cannot be used.
    """
    parts = urlsplit(base_url)
    if parts.scheme != "https" or urllib.request.proxy_bypass(parts.netloc):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if proxy and urlsplit(proxy).scheme not in {"http", "https"}:
        raise ApiError(
            Problem(
                kind="network",
                message="The proxy that the environment names is not an HTTP proxy.",
                remedy="Set HTTPS_PROXY to an http:// or https:// address, or unset it and ALL_PROXY.",
            )
        )
    return proxy


_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""What surely happened before the first byte of the request was sent."""


def transport_problem(error: Exception, *, paid: bool) -> Problem:
    """Return what a failure below HTTP means: whether the request was surely not sent, and what to do.

    Args:
        error: as httpx raised it; nothing of its text is used, since it may hold the URL.
        paid: whether the call costs credits.
    """
    late = isinstance(error, httpx.TimeoutException)
    kind: Kind = "timeout" if late else "network"
    charged: Charged = "unknown" if paid and not isinstance(error, _NOT_SENT) else "no"
    if charged == "unknown":
        message = (
            "No answer came in time." if late else "The connection was lost while the answer was awaited."
        )
        return Problem(kind=kind, message=message, charged=charged, remedy=SETTLE)
    match error:
        case httpx.ProxyError():
            message, remedy = "The proxy does not let us through.", "Check HTTPS_PROXY."
        case httpx.ConnectTimeout() | httpx.ConnectError():
            message = f"The service cannot be reached{_reason(error)}."
            remedy = "Check the network, base_url and HTTPS_PROXY; the program tries again by itself."
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            message, remedy = (
                "base_url is no address that can be asked.",
                "Correct base_url in the configuration.",
            )
        case _:
            message = (
                "The service did not answer in time." if late else "The connection to the service was lost."
            )
            remedy = "Check the network; the program tries again by itself."
    return Problem(kind=kind, message=message, charged=charged, remedy=remedy)


def _reason(error: BaseException) -> str:
    """Return what the system said, found by its type: its own words could hold anything."""
    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case ssl.SSLCertVerificationError():
                return ": its certificate is not trusted"
            case ssl.SSLError():
                return ": no secure connection"
            case socket.gaierror():
                return ": its name is not known"
            case ConnectionRefusedError():
                return ": connection refused"
            case TimeoutError():
                return ": no connection in time"
        cause = cause.__cause__ or cause.__context__
    return ""
