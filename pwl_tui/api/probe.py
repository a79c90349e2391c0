"""Checks of the way to the service, for a person who has to find out what is wrong with it."""

import ssl
import time
from collections.abc import Callable

import httpcore
import httpx
from msgspec import Struct

from pwl_tui import __version__
from pwl_tui.api.client import READ_TIMEOUT
from pwl_tui.api.errors import ApiError, http_date
from pwl_tui.api.network import within
from pwl_tui.api.reaching import addresses_of
from pwl_tui.api.transport import route_to, transport_problem
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER

_GREETING_SECONDS, _LOOK_UP_SECONDS = 45.0, 15.0


class Greeting(Struct, frozen=True):
    """What an answer of the service reveals besides its content.

    Attributes:
        at: when it arrived by this machine's clock, UTC epoch seconds.
        status: of HTTP.
        date: when it was sent by the service's clock, UTC epoch seconds. None means it does not say.
        tls: the version in use, such as ``TLSv1.3``. None means plain HTTP.
        expires: when the service's certificate expires, UTC epoch seconds. None means it has none.
    """

    at: float
    status: int
    date: float | None
    tls: str | None
    expires: float | None


def proxy_to(base_url: str) -> str | None:
    """Return the address of the proxy to the service, without user name and password. None means no proxy.

    Raises:
        ApiError: what the environment names cannot be used.
    """
    proxy = route_to(base_url).proxy
    return None if proxy is None else str(proxy.url)  # httpx keeps user name and password elsewhere


def addresses(base_url: str) -> list[str]:
    """Return the IP addresses of the service, or of the proxy that leads to it.

    Raises:
        ApiError: the name cannot be looked up, or what the environment names cannot be used.
    """
    url = httpx.URL(proxy_to(base_url) or base_url)
    try:
        return sorted(addresses_of(url.host, url.port or 443, _LOOK_UP_SECONDS))
    except (httpcore.ConnectError, httpcore.ConnectTimeout, UnicodeError):
        raise ApiError(
            Problem(
                kind=Kind.NETWORK,
                message=f"Could not look up the name {url.host}.",
                remedy="Check this machine's DNS and network, and the spelling of the name.",
            )
        ) from None


def greet(
    base_url: str,
    *,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], float] = time.time,
) -> Greeting:
    """Ask the service for the balance, without a key: its refusal tells all that is needed here.

    Args:
        base_url: as `config.values.base_url_from` returns it.
        transport: carries the request instead of the network.
        clock: this machine's.

    Raises:
        ApiError: no answer arrives.
    """
    route = route_to(base_url)
    client = httpx.Client(
        transport=transport or route.open(),
        timeout=READ_TIMEOUT,
        headers={"User-Agent": f"pwl-tui/{__version__}"},
    )
    try:
        with (
            within(_GREETING_SECONDS),
            client,
            client.stream("GET", base_url + PROVIDER.balance_path) as response,
        ):
            stream = response.extensions.get("network_stream")
            tls = stream and stream.get_extra_info("ssl_object")
            return Greeting(
                clock(),
                response.status_code,
                http_date(response.headers.get("date", "")),
                tls.version() if tls else None,
                ssl.cert_time_to_seconds(tls.getpeercert()["notAfter"]) if tls else None,
            )
    except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
        problem = transport_problem(error, paid=False, proxy=route.proxy_name)
    raise ApiError(problem)
