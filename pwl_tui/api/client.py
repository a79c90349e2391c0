"""ProWebLook over HTTP: four calls, no redirects, no retries, and no trace of the key."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpcore
import httpx
from msgspec.structs import asdict, replace

from pwl_tui import __version__
from pwl_tui.api import tolerant
from pwl_tui.api.answers import (
    fields_of,
    read_balance,
    read_batch,
    read_check,
    read_submitted,
    usable_id,
)
from pwl_tui.api.documented import SETTLE
from pwl_tui.api.errors import ApiError, decode_error
from pwl_tui.api.models import Balance, BatchAnswer, Check, Reply, Submitted
from pwl_tui.api.network import Cutoff, Tap, within
from pwl_tui.api.salvage import (
    MAX_KEPT,
    MAX_UNPACKED,
    ascii_in,
    body_in,
    documents,
    reply_of,
    submitted_in,
    unpacked,
)
from pwl_tui.api.tolerant import Fields
from pwl_tui.api.transport import CLOSED, CUT_SHORT, Keyed, route_to, transport_problem
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER, Service
from pwl_tui.secret import Redactor, Secret, redact, redactor_of

PAID_TIMEOUT = httpx.Timeout(150.0, connect=15.0)
"""Seconds. Giving up early on a slow paid call would make its outcome unknown."""
READ_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
"""Seconds, for the calls that cost nothing and can be repeated."""
MAX_ANSWER_BYTES = 8 * 2**20
"""A poll of 1,000 numbers has about 250 kB, unpacked; anything far longer is not from the service."""
MAX_RECEIVED = 4096
"""How much of an answer that cannot be understood is kept, in bytes."""

_READS_ON, _READ_ON_SECONDS = 4, 0.5
"""How often, and how long each time, to wait for what an answer without an ID left unread."""

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
        self._cutoff = Cutoff()
        self._network: Callable[[Tap | None, Cutoff], httpx.BaseTransport]
        if transport is None:
            route = route_to(self._base_url)
            self._network, self._proxy = route.open, route.proxy_name
        else:
            self._network, self._proxy = lambda *_: transport, ""
        self._paid_timeout = paid_timeout
        self._reader = self._open(read_timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections; a paid call in progress continues to its end."""
        self._reader.close()

    def cut(self) -> None:
        """End the calls that are under way, a paid one too, and begin no more; any thread may call it.

        Returns at once. The outcome of a paid call is unknown then, and what came is kept with its error.
        """
        self._cutoff.cut()

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
        return self._understood(answer.submitted, answer)

    def poll(self, batch_id: str) -> BatchAnswer:
        """Read what is known of a batch.

        Raises:
            ApiError: it cannot be read; ``not_found`` if this key has no such batch.
        """
        if usable_id(batch_id) is None:
            raise ApiError(_NO_ID)
        answer = self._get(f"{PROVIDER.batch_path}/{quote(batch_id, safe='')}", {})
        fields = answer.fields
        found, about = read_batch(fields, batch_id), usable_id(fields.get("batch_id"))
        if found is None and about is not None and about.casefold() != batch_id.casefold():
            raise ApiError(_OTHER_BATCH, received=self._error(answer).received)
        return self._understood(found, answer)

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
        return self._understood(answer.check, answer)

    def _get(self, path: str, parameters: Mapping[str, str]) -> "_Answer":
        return self._request(self._reader, "GET", path, self._answer(paid=False), params=parameters)

    def _pay(self, path: str, body: Mapping[str, Any]) -> "_Answer":
        # A connection of its own: one that the server has closed meanwhile would make the outcome unknown.
        # Nothing is gained by compressing an ID, and much is lost if it is done wrong.
        tap, headers = Tap(), {"Accept-Encoding": "identity"}
        with self._open(self._paid_timeout, tap) as client:
            answer = self._answer(paid=True, tap=tap)
            return self._request(client, "POST", path, answer, json=body, headers=headers)

    def _request(
        self, client: httpx.Client, method: str, path: str, answer: "_Answer", **content: Any
    ) -> "_Answer":
        """Send one request and fill `answer`; any failure becomes an `ApiError` without URL and key."""
        if self._cutoff.is_cut():
            raise ApiError(CLOSED)
        problem: Problem | None = None
        request = client.build_request(method, self._base_url + path, **content)
        try:
            with within(_seconds(client.timeout)):
                _exchange(client, request, answer)
        except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
            if not answer.is_whole:
                problem = transport_problem(error, paid=answer.paid, proxy=self._proxy)
        except RuntimeError:  # httpx: another thread has closed the client
            if not client.is_closed:
                raise
            problem = CLOSED
        # Raised outside the handler, it has no context: httpx's errors know the request, and so the URL.
        if problem is not None:
            if self._cutoff.is_cut():
                problem = CUT_SHORT if problem.charged == "unknown" else CLOSED
            raise self._with_reply(problem, answer)
        if not 200 <= answer.status < 300:
            raise self._error(answer)
        return answer

    def _understood(self, result: T | None, answer: "_Answer") -> T:
        if result is None:
            raise self._error(answer)
        return result

    def _error(self, answer: "_Answer") -> ApiError:
        body = answer.body
        problem = decode_error(
            answer.status,
            answer.headers,
            body,
            paid=answer.paid,
            fields=answer.redactor.values(tolerant.whole(body)),
        )
        received = ""
        if problem.kind is Kind.BAD_ANSWER:
            # Redacted before it is cut: half a key is a key, too.
            received = redact(tolerant.text_in(body)[: 2 * MAX_RECEIVED], self._key)[:MAX_RECEIVED]
        return self._with_reply(problem, answer, received)

    def _with_reply(self, problem: Problem, answer: "_Answer", received: str = "") -> ApiError:
        """Return the error of a call, with what came if it may have been charged."""
        # A redirect may lead to what was made: `303 See Other` to the batch.
        accepted = answer.paid and 200 <= answer.status_sent < 400
        reply = reply_of(answer.texts, self._key, keyed_only=not accepted) if answer.paid else None
        told = answer.paid and (accepted or answer.submitted is not None)
        if told and reply and reply.ids and problem.charged == "no":
            # An answer that has a batch's ID does not say that nothing was done, whatever else it says.
            problem = replace(problem, charged="unknown", remedy=SETTLE)
        kept = reply if reply and problem.charged == "unknown" else Reply()
        return ApiError(problem, received=received, reply=kept)

    def _answer(self, *, paid: bool, tap: Tap | None = None) -> "_Answer":
        return _Answer(redactor=redactor_of(self._key), paid=paid, tap=tap)

    def _open(self, timeout: httpx.Timeout, tap: Tap | None = None) -> httpx.Client:
        return httpx.Client(
            transport=Keyed(self._network(tap, self._cutoff), self._key),
            timeout=timeout,
            follow_redirects=False,
            headers={
                "User-Agent": f"pwl-tui/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",  # and not all that httpx knows: `unpacked` has a bound
            },
        )


@dataclass(slots=True, repr=False, kw_only=True)
class _Answer:
    """An answer as far as it came. Prints as nothing: a traceback may show it, and it may contain the key.

    This is where bytes become values. `fields`, `submitted` and `check` are without the key, whatever the
    service says, and so is the error of a call; of the headers, only dates and waits are read.
    """

    redactor: Redactor
    paid: bool
    tap: Tap | None = None
    """Has what the HTTP library did not hand over."""
    status: int = 0
    """0 until there is one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    received: bytearray = field(default_factory=bytearray)
    """The body as it was sent."""

    @property
    def status_sent(self) -> int:
        """The status, also if the HTTP library refused the head; 0 if there is none."""
        return self.status or (body_in(self.tap.received)[0] if self.tap else None) or 0

    @property
    def body(self) -> bytes:
        """The body, unpacked if it is compressed and whole."""
        return self.bodies[0]

    @property
    def bodies(self) -> list[bytes]:
        """The whole body in each way in which it may be meant: a label that says compressed may be wrong."""
        body = bytes(self.received)
        content, whole = unpacked(body, self.headers.get("content-encoding", ""), self.most)
        return [content, body] if whole else [body]

    @property
    def is_whole(self) -> bool:
        """Whether all of the document came, though the connection said that there was more, and was lost.

        Of what is paid for, only the answer to a single check counts. A submission stays in doubt until its
        ID is proven: that takes one poll, and is the same for everything that is wrong with its answer.
        """
        if not self.status or not tolerant.whole(self.body):
            return False
        return not self.paid or (200 <= self.status < 300 and self.check is not None)

    @property
    def most(self) -> int:
        """How many bytes the body may have once it is unpacked."""
        return MAX_UNPACKED if self.paid else MAX_ANSWER_BYTES

    @property
    def texts(self) -> list[str]:
        """Whatever came, in each way in which it may be read."""
        _, tapped = body_in(self.tap.received if self.tap else b"")
        encoding = self.headers.get("content-encoding", "")
        bodies = (bytes(self.received), tapped)
        once = [unpacked(body, encoding, self.most)[0] for body in bodies]
        twice = [unpacked(content, "", MAX_UNPACKED)[0] for content in once]
        ways = [*once, *twice, *bodies]
        # Some services say an ID in a header, such as X-Batch-Id.
        told = (
            f"{name}: {value}" for name, value in self.headers.items() if "batch" in f"{name}{value}".lower()
        )
        ways.append("\n".join(told).encode())
        return [ascii_in(way) for way in ways if way]

    @property
    def submitted(self) -> Submitted | None:
        """The answer to a submission. None means that it has no ID, or that it has several."""
        found = (submitted_in(ascii_in(body)) for body in self.bodies)
        said = next((one for one in found if one is not None), None)
        return said and read_submitted(self.redactor.values(asdict(said)))

    @property
    def check(self) -> Check | None:
        """The answer to a single check. None means that it is none."""
        every = (fields for body in self.bodies for fields in documents(ascii_in(body)))
        found = (
            read_check(self.redactor.values(one))
            for fields in every
            if fields.get("isSuccess") is not False
            for one in (fields, fields.get("data"))  # a gateway wraps it
            if isinstance(one, dict)
        )
        return next((one for one in found if one is not None), None)

    @property
    def fields(self) -> Fields:
        """The fields of a success; empty if the body itself says that it is a failure."""
        body = self.body
        fields = fields_of(body)
        if self.redactor.may_be_in(body):
            fields = self.redactor.values(fields)
        return {} if fields.get("isSuccess") is False else fields


def _exchange(client: httpx.Client, request: httpx.Request, answer: _Answer) -> None:
    """Send a request and fill `answer`, cut off if it is longer than any of the service's."""
    response = client.send(request, stream=True)
    try:
        answer.status, answer.headers = response.status_code, response.headers
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise TypeError("a synchronous client got an asynchronous answer")
        # Not unpacked by httpx, which has no bound, and hands over nothing of what it cannot unpack.
        for piece in response.stream:
            answer.received += piece
            if len(answer.received) > MAX_ANSWER_BYTES:
                break
        if answer.paid and 200 <= answer.status < 300 and not (answer.submitted or answer.check):
            _read_on(response)
    finally:
        response.close()


def _seconds(timeout: httpx.Timeout) -> float:
    """Return how long a whole call may take: as long as connecting and one wait, however many there are."""
    return (timeout.connect or 0.0) + (timeout.read or 0.0)


def _read_on(response: httpx.Response) -> None:
    """Let the tap see what a wrong ``Content-Length`` leaves unread, for a moment."""
    stream = response.extensions.get("network_stream")
    if stream is None:
        return
    with contextlib.suppress(httpcore.ReadError, httpcore.ReadTimeout):
        for _ in range(_READS_ON):
            if not stream.read(MAX_KEPT, timeout=_READ_ON_SECONDS):
                return


_OTHER_BATCH = Problem(
    kind=Kind.BAD_ANSWER,
    status=200,
    message="The service answered about another batch.",
    remedy="Nothing is lost: it is polled again. If it keeps happening, ask the provider.",
)
_NO_ID = Problem(
    kind=Kind.INVALID_REQUEST,
    message="This is not a batch ID: it is empty, too long, or contains invalid characters.",
    remedy="Copy the whole ID; `pwl-tui show JOB` prints it.",
)
