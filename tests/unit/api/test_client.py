import gzip
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from pwl_tui import __version__
from pwl_tui.api.client import MAX_ANSWER_BYTES, Client
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import Balance, Submitted
from pwl_tui.problem import Kind, Problem
from pwl_tui.secret import Secret
from pwl_tui.simulator.documented import DOCUMENTED

KEY = "pk+live/7f=3a&9c"
BASE = "https://lookup.test"
POLL = {"batch_id": "b-1", "status": "processing", "results": []}

CALLS: dict[str, Callable[[Client], object]] = {
    "balance": lambda client: client.balance(),
    "poll": lambda client: client.poll("b-1"),
    "submit": lambda client: client.submit(["+14155552671"]),
    "check": lambda client: client.check("+14155552671"),
}
PAID = {"submit", "check"}


class Service:
    """Gives the same answer to every request, and keeps the requests."""

    def __init__(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status
        self._body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._headers = headers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status, headers=self._headers, content=self._body)

    def client(self) -> Client:
        return Client(BASE, Secret(KEY), transport=httpx.MockTransport(self))


def failing(call: str, handler: Callable[[httpx.Request], httpx.Response]) -> Problem:
    with (
        Client(BASE, Secret(KEY), transport=httpx.MockTransport(handler)) as client,
        pytest.raises(ApiError) as failure,
    ):
        CALLS[call](client)
    return failure.value.problem


def test_what_a_get_sends() -> None:
    service = Service(200, {"balance": 7, "service": "phonevalidation"})
    assert service.client().balance("phonevalidation") == Balance("phonevalidation", 7)
    (request,) = service.requests
    assert (request.method, request.url.host, request.url.path) == ("GET", "lookup.test", "/api/v1/balance")
    assert dict(request.url.params) == {"service": "phonevalidation", "api_key": KEY}
    assert request.content == b""
    assert request.headers["user-agent"] == f"pwl-tui/{__version__}"


def test_what_a_submission_sends() -> None:
    service = Service(202, {"batch_id": "b-1", "total_numbers": 2, "status": "processing"})
    numbers = ["+14155552671", "+919876543210"]
    assert service.client().submit(tuple(numbers)) == Submitted("b-1", 2, "processing")
    (request,) = service.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/api/v1/wavalidation/batch")
    assert json.loads(request.content) == {"api_key": KEY, "phone_numbers": numbers}
    assert request.headers["content-length"] == str(len(request.content))
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("region", "fields"),
    [
        (None, {"phone_number": "+14155552671"}),
        ("US", {"phone_number": "+14155552671", "country_code": "US"}),
    ],
)
def test_what_a_check_sends(region: str | None, fields: dict[str, str]) -> None:
    service = Service(200, {"status": "INVALID", "formatted_number": "+14155552671"})
    check = service.client().check("+14155552671", region)
    assert (check.number, check.answer.on_whatsapp) == ("+14155552671", False)
    (request,) = service.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/api/v1/wavalidation")
    assert json.loads(request.content) == fields | {"api_key": KEY}


@pytest.mark.parametrize("batch_id", ["550e8400-e29b", "a/../../balance", "a?api_key=x#y", "a%2Fb", "ü"])
def test_a_poll_asks_for_exactly_its_batch(batch_id: str) -> None:
    service = Service(200, POLL | {"batch_id": batch_id})
    assert service.client().poll(batch_id).batch_id == batch_id
    (request,) = service.requests
    path = request.url.raw_path.decode().partition("?")[0]
    assert path.startswith("/api/v1/wavalidation/batch/")
    assert path.count("/") == 5
    assert request.url.path == f"/api/v1/wavalidation/batch/{batch_id}"
    assert dict(request.url.params) == {"api_key": KEY}


@pytest.mark.parametrize("batch_id", ["", "..", "a\nb", "x" * 201])
def test_no_request_for_what_is_no_batch_id(batch_id: str) -> None:
    service = Service(200, POLL)
    with pytest.raises(ApiError) as failure:
        service.client().poll(batch_id)
    assert failure.value.problem.kind == "invalid_request"
    assert service.requests == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("dialect", "code"), [(dialect, code) for dialect, codes in DOCUMENTED.items() for code in codes]
)
def test_every_documented_error_of_every_call(call: str, dialect: Any, code: str) -> None:
    status, body = DOCUMENTED[dialect][code]
    service = Service(status, body)
    problem = failing(call, service)
    assert len(service.requests) == 1  # nothing is ever tried again down here
    assert problem.status == status
    refused = status < 500 or code in {"AUTH_004", "server_down", "session_not_ready", "maintenance_mode"}
    assert problem.charged == ("no" if refused or call not in PAID else "unknown")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (200, b"<html>Welcome to the hotel's network</html>", {}, "bad_answer"),
        (200, b"", {}, "bad_answer"),
        (204, b"", {}, "bad_answer"),
        (200, b'{"balance": 1, "batch_id": "b', {}, "bad_answer"),
        (200, [1, 2], {}, "bad_answer"),
        (200, {"unrelated": 1}, {}, "bad_answer"),
        (200, b"not gzip", {"content-encoding": "gzip"}, "bad_answer"),
        (200, {"isSuccess": False, "balance": 1, "formatted_number": "+1"}, {}, "server_error"),
        (301, b"", {"location": "https://elsewhere.test/"}, "bad_answer"),
        (302, b"", {"location": "https:odd"}, "bad_answer"),
        (307, b"", {"location": "\x00"}, "network"),
        (502, b"<html>", {}, "unavailable"),
        (404, b"<html>", {}, "bad_answer"),
    ],
)
def test_what_is_not_an_answer(
    call: str, status: int, body: object, headers: dict[str, str], kind: str
) -> None:
    service = Service(status, body, headers)
    problem = failing(call, service)
    assert (problem.kind, problem.charged) == (kind, "unknown" if call in PAID else "no")
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"batch_id": "b-1"},
        {"batch_id": "b-1", "total_numbers": "two", "status": 3},
        {"batch_id": "b-1", "error": "Something went wrong."},
        {"batch_id": "b-1", "isSuccess": False},
        {"isSuccess": True, "data": {"batch_id": "b-1"}},
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_with_an_id_is_a_batch_whatever_else_it_says(status: int, body: object) -> None:
    assert Service(status, body).client().submit(["+1"]).batch_id == "b-1"


def test_an_answer_about_another_batch_is_none() -> None:
    assert failing("poll", Service(200, POLL | {"batch_id": "b-2"})).kind == "bad_answer"


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(json.dumps({"balance": 7}).encode())
    assert Service(200, body, {"content-encoding": "gzip"}).client().balance().balance == 7


def test_an_endless_answer_is_cut_off() -> None:
    sent = 0

    def endless(_: httpx.Request) -> httpx.Response:
        def pieces() -> Iterator[bytes]:
            nonlocal sent
            while True:
                sent += 2**20
                yield b" " * 2**20

        return httpx.Response(200, content=pieces())

    assert failing("balance", endless).kind == "bad_answer"
    assert sent <= MAX_ANSWER_BYTES + 2**20


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (httpx.ConnectError, "network", False),
        (httpx.ConnectTimeout, "timeout", False),
        (httpx.PoolTimeout, "timeout", False),
        (httpx.ProxyError, "network", False),
        (httpx.LocalProtocolError, "network", False),
        (httpx.UnsupportedProtocol, "network", False),
        (httpx.ReadTimeout, "timeout", True),
        (httpx.WriteTimeout, "timeout", True),
        (httpx.ReadError, "network", True),
        (httpx.WriteError, "network", True),
        (httpx.CloseError, "network", True),
        (httpx.RemoteProtocolError, "network", True),
    ],
)
def test_broken_connections(call: str, error: type[httpx.TransportError], kind: str, sent: bool) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise error("no")

    problem = failing(call, broken)
    assert (problem.kind, problem.status) == (kind, None)
    assert problem.charged == ("unknown" if sent and call in PAID else "no")
    assert problem.remedy


@pytest.mark.parametrize("base_url", ["https://[::", "https://a b\x00"])
def test_an_address_that_is_none(base_url: str) -> None:
    with pytest.raises(ApiError) as failure:
        Client(base_url, Secret(KEY))
    assert "base_url" in failure.value.problem.message


def test_a_host_that_no_name_service_takes() -> None:
    with Client(f"https://{'a' * 70}.test", Secret(KEY)) as client, pytest.raises(ApiError) as failure:
        client.balance()
    assert "base_url" in failure.value.problem.message


def test_a_client_closed_by_another_thread() -> None:
    client = Service(200, {"balance": 7}).client()
    client.close()
    with pytest.raises(ApiError) as failure:
        client.balance()
    assert failure.value.problem.kind == "network"


def test_several_threads_share_a_client() -> None:
    client = Service(200, {"balance": 7}).client()
    balances: list[int] = []
    threads = [threading.Thread(target=lambda: balances.append(client.balance().balance)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert balances == [7] * 8


def test_an_answer_about_another_batch_is_said_to_be_that() -> None:
    service = Service(200, POLL | {"batch_id": "b-2", "results": [{"phone_number": "+14155552671"}]})
    with pytest.raises(ApiError) as failure:
        service.client().poll("b-1")
    assert failure.value.problem.kind is Kind.BAD_ANSWER
    assert failure.value.problem.message == "The service answered about another batch."
    assert "b-2" in failure.value.received
