"""ProWebLook over HTTP: four calls, no redirects, no retries, and no trace of the key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from msgspec.structs import replace

from pwl_tui import __version__
from pwl_tui.api.answers import (
    Fields,
    fields_of,
    read_balance,
    read_batch,
    read_check,
    read_submitted,
    usable_id,
)
from pwl_tui.api.errors import ApiError, decode_error
from pwl_tui.api.models import Balance, BatchAnswer, Check, Submitted
from pwl_tui.api.transport import CLOSED, Keyed, route_to, transport_problem
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER, Service
from pwl_tui.secret import Secret, redact

PAID_TIMEOUT = httpx.Timeout(150.0, connect=15.0)
"""Seconds. Giving up early on a slow paid call would make its outcome unknown."""
READ_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
"""Seconds, for the calls that cost nothing and can be repeated."""
MAX_ANSWER_BYTES = 8 * 2**20
"""A poll of 1,000 numbers has about 250 kB; anything far longer is not from the service."""

T = TypeVar("T")


class Client:
    """Calls the service with one key; several threads may use it at once.

    Args:
        base_url: as `config.values.base_url_from` returns it: https, or loopback.
        key: goes into every request, and nowhere else.
        transport: carries the requests instead of the network.
        paid_timeout: for the calls that cost credits.
        read_timeout: for the others.

    Raises:
        ApiError: the address, or the proxy or certificates that the environment names, cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        key: Secret,
        *,
        transport: httpx.BaseTransport | None = None,
        paid_timeout: httpx.Timeout = PAID_TIMEOUT,
        read_timeout: httpx.Timeout = READ_TIMEOUT,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._network: Callable[[], httpx.BaseTransport]
        if transport is None:
            route = route_to(self._base_url)
            self._network, self._proxy = route.open, route.proxy_name
        else:
            self._network, self._proxy = lambda: transport, ""
        self._paid_timeout = paid_timeout
        self._reader = self._open(read_timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections; a paid call in progress continues to its end."""
        self._reader.close()

    def balance(self, service: Service = PROVIDER.batch_service) -> Balance:
        """Read the credits of one service.

        Raises:
            ApiError: they cannot be read.
        """
        answer = self._get(PROVIDER.balance_path, {"service": service})
        return self._understood(read_balance(answer.fields, service), answer)

    def submit(self, numbers: Sequence[str]) -> Submitted:
        """Pay for up to 1,000 different numbers, given as E.164 with the plus: one credit each.

        Raises:
            ApiError: it was not accepted, or that is unknown: `Problem.charged` says which.
        """
        answer = self._pay(PROVIDER.batch_path, {"phone_numbers": list(numbers)})
        # Whatever else the answer says: if it has an ID, there is a batch that was paid for.
        return self._understood(read_submitted(fields_of(answer.body)), answer)

    def poll(self, batch_id: str) -> BatchAnswer:
        """Read what is known of a batch.

        Raises:
            ApiError: it cannot be read; ``not_found`` if this key has no such batch.
        """
        if usable_id(batch_id) is None:
            raise ApiError(_NO_ID)
        answer = self._get(f"{PROVIDER.batch_path}/{quote(batch_id, safe='')}", {})
        return self._understood(read_batch(answer.fields, batch_id), answer)

    def check(self, number: str, region: str | None = None) -> Check:
        """Pay one credit for one number, and learn it at once.

        Args:
            number: E.164, or national with `region`.
            region: ISO alpha-2. None lets the service detect it.

        Raises:
            ApiError: there is no answer; `Problem.charged` says whether it cost the credit.
        """
        body = {"phone_number": number} | ({"country_code": region} if region else {})
        answer = self._pay(PROVIDER.check_path, body)
        return self._understood(read_check(answer.fields), answer)

    def _get(self, path: str, parameters: Mapping[str, str]) -> "_Answer":
        return self._request(self._reader, "GET", path, paid=False, params=parameters)

    def _pay(self, path: str, body: Mapping[str, Any]) -> "_Answer":
        # A connection of its own: one that the server has closed meanwhile would make the outcome unknown.
        with self._open(self._paid_timeout) as client:
            return self._request(client, "POST", path, paid=True, json=body)

    def _request(
        self, client: httpx.Client, method: str, path: str, *, paid: bool, **content: Any
    ) -> "_Answer":
        """Send one request; any failure becomes an `ApiError` that contains neither URL nor key."""
        problem: Problem | None = None
        request = client.build_request(method, self._base_url + path, **content)
        try:
            answer = _exchange(client, request, paid=paid)
        except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
            problem = transport_problem(error, paid=paid, proxy=self._proxy)
        except RuntimeError:  # httpx: another thread has closed the client
            if not client.is_closed:
                raise
            problem = CLOSED
        # Raised outside the handler, it has no context: httpx's errors know the request, and so the URL.
        if problem is not None:
            raise ApiError(problem)
        if not 200 <= answer.status < 300:
            raise self._error(answer)
        return answer

    def _understood(self, result: T | None, answer: "_Answer") -> T:
        if result is None:
            raise self._error(answer)
        return result

    def _error(self, answer: "_Answer") -> ApiError:
        # The service may echo the key, and even the requested URL.
        body = redact(answer.body.decode(errors="replace"), self._key).encode()
        problem = decode_error(answer.status, answer.headers, body, paid=answer.paid)
        # JSON can escape characters of a key (``\/``, ``\u002b``); that shows only once it is decoded.
        message, code = redact(problem.message, self._key), problem.code and redact(problem.code, self._key)
        return ApiError(replace(problem, message=message, code=code))

    def _open(self, timeout: httpx.Timeout) -> httpx.Client:
        return httpx.Client(
            transport=Keyed(self._network(), self._key),
            timeout=timeout,
            follow_redirects=False,
            headers={"User-Agent": f"pwl-tui/{__version__}", "Accept": "application/json"},
        )


@dataclass(frozen=True, slots=True, repr=False)
class _Answer:
    """An answer as received. Prints as nothing: a traceback may show it, and the body may contain the key."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    paid: bool

    @property
    def fields(self) -> Fields:
        """The fields of a success; empty if the body itself says that it is a failure."""
        fields = fields_of(self.body)
        return {} if fields.get("isSuccess") is False else fields


def _exchange(client: httpx.Client, request: httpx.Request, *, paid: bool) -> _Answer:
    """Send a request and read the answer, cut off if it is longer than any of the service's."""
    response = client.send(request, stream=True)
    try:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                break
    finally:
        response.close()
    return _Answer(response.status_code, response.headers, bytes(body), paid)


_NO_ID = Problem(
    kind=Kind.INVALID_REQUEST,
    message="This is not a batch ID: it is empty, too long, or contains invalid characters.",
    remedy="Copy the whole ID; `pwl-tui show JOB` prints it.",
)
