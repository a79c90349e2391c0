"""ProWebLook over HTTP: four calls, no redirects, no retries, and the key in nothing that is kept."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from pwl_tui import __version__
from pwl_tui.api.errors import ApiError, decode_error, is_refusal
from pwl_tui.api.models import WHATSAPP, Balance, BatchAnswer, Check, RawBatch, RawCheck, Service, Submitted
from pwl_tui.api.transport import Keyed, proxy_for, transport_problem
from pwl_tui.secret import Secret
from pwl_tui.text import clean

MAX_ANSWER_BYTES = 8 * 2**20
"""A poll of 1,000 numbers is about 250 kB; whatever is far longer is not the service's."""
PAID_TIMEOUT = httpx.Timeout(150.0, connect=15.0)
"""Giving up early on a paid call makes an unknown outcome out of a slow one."""
READ_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_BATCH = "/api/v1/wavalidation/batch"
_CHECK = "/api/v1/wavalidation"
_LONGEST_ID = 200

T = TypeVar("T")


class Client:
    """Calls to the service with one key; several threads may use it at once.

    Args:
        base_url: https, or loopback.
        key: the key.
        transport: carries the requests; injected by tests.
        paid_timeout: for the calls that cost credits.
        read_timeout: for the others.
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
        self._transport = transport
        self._paid_timeout = paid_timeout
        self._reader = self._open(read_timeout, httpx.Limits(max_keepalive_connections=4))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def balance(self, service: Service = WHATSAPP) -> Balance:
        """Read the credits of a service.

        Raises:
            ApiError: they cannot be read.
        """
        answer = self._get("/api/v1/balance", {"service": service})
        return self._typed(answer, Balance)

    def submit(self, numbers: Sequence[str]) -> Submitted:
        """Pay for up to 1,000 numbers, given as E.164 with the plus.

        A fresh connection each time: one that the server has closed meanwhile would make an unknown
        outcome.

        Raises:
            ApiError: it was not accepted, or nobody knows: `Problem.charged` says which.
        """
        answer = self._paid("POST", _BATCH, {"phone_numbers": list(numbers)})
        batch_id = _batch_id(answer.value)
        if batch_id is None:
            raise self._foreign(answer, paid=True)
        total, status = answer.value.get("total_numbers"), answer.value.get("status")
        counted = isinstance(total, int) and not isinstance(total, bool)
        return Submitted(batch_id, total if counted else None, clean(str(status or "")))

    def poll(self, batch_id: str) -> BatchAnswer:
        """Read what is known of a batch.

        Raises:
            ApiError: it cannot be read.
        """
        answer = self._get(f"{_BATCH}/{quote(batch_id, safe='')}", {})
        raw = self._typed(answer, RawBatch)
        if raw.batch_id != batch_id:
            raise self._foreign(answer, paid=False)
        return raw.answer()

    def check(self, number: str, region: str | None = None) -> Check:
        """Pay for one number and learn it at once.

        Args:
            number: E.164, or national with `region`.
            region: ISO alpha-2; none: as the service detects it.

        Raises:
            ApiError: there is no answer; `Problem.charged` says whether it cost a credit.
        """
        body = {"phone_number": number} | ({"country_code": region} if region else {})
        answer = self._paid("POST", _CHECK, body)
        try:
            check = msgspec.convert(answer.value, RawCheck).answer()
        except msgspec.ValidationError:
            check = None
        if check is None:
            raise self._foreign(answer, paid=True)
        return check

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()

    # -- internals

    def _get(self, path: str, parameters: Mapping[str, str]) -> "_Answer":
        request = self._reader.build_request("GET", self._base_url + path, params=dict(parameters))
        return self._request(self._reader, request, paid=False)

    def _paid(self, method: str, path: str, body: Mapping[str, Any]) -> "_Answer":
        with self._open(self._paid_timeout, httpx.Limits(max_keepalive_connections=0)) as client:
            request = client.build_request(method, self._base_url + path, json=dict(body))
            return self._request(client, request, paid=True)

    def _request(self, client: httpx.Client, request: httpx.Request, *, paid: bool) -> "_Answer":
        """Send one request; whatever goes wrong becomes an `ApiError` that holds neither URL nor key."""
        problem = None
        try:
            response = client.send(request, stream=True)
            with contextlib.closing(response):
                body = _bounded(response)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            problem = transport_problem(error, paid=paid)
        # Raised out here, the error has no context: httpx's own carries the URL, and the URL the key.
        if problem is not None:
            raise ApiError(problem)
        answer = _Answer(response.status_code, response.headers, body, _value(body))
        # An id that came with a success is kept, however odd the rest: it was paid for.
        accepted = _batch_id(answer.value) is not None
        if not response.is_success or answer.value is None or (is_refusal(answer.value) and not accepted):
            raise self._foreign(answer, paid=paid)
        return answer

    def _typed(self, answer: "_Answer", to: type[T]) -> T:
        with contextlib.suppress(msgspec.ValidationError):
            return msgspec.convert(answer.value, to)
        raise self._foreign(answer, paid=False)

    def _foreign(self, answer: "_Answer", *, paid: bool) -> ApiError:
        return ApiError(decode_error(answer.status, answer.headers, answer.body, paid=paid))

    def _open(self, timeout: httpx.Timeout, limits: httpx.Limits) -> httpx.Client:
        transport = self._transport or httpx.HTTPTransport(
            limits=limits, proxy=proxy_for(self._base_url), trust_env=True
        )
        return httpx.Client(
            transport=Keyed(transport, self._key),
            timeout=timeout,
            follow_redirects=False,
            headers={"user-agent": f"pwl-tui/{__version__}", "accept": "application/json"},
        )


class _Answer(NamedTuple):
    """An answer as it came; `value` is its JSON, none if it is not JSON."""

    status: int
    headers: httpx.Headers
    body: bytes
    value: Any


def _bounded(response: httpx.Response) -> bytes:
    """Return the body, cut off where it is longer than any answer of the service."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            break
    return bytes(body)


def _value(body: bytes) -> Any:
    """Return the JSON of a body, out of the wrapping of a gateway if it is in one; none if it is no JSON."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(value, dict) and value.get("isSuccess") is True and isinstance(value.get("data"), dict):
        return value["data"]
    return value


def _batch_id(value: Any) -> str | None:
    """Return the id in an answer, if there is one that can be kept and asked for again."""
    found = value.get("batch_id") if isinstance(value, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        return None
    return found if 0 < len(found) <= _LONGEST_ID and clean(found, _LONGEST_ID) == found else None
