import http.client
import json
import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import MAX_BODY, Request, Simulator
from pwl_tui.simulator.world import World

BATCH = "/api/v1/wavalidation/batch"
CHECK = "/api/v1/wavalidation"
BALANCE = "/api/v1/balance?service=wavalidation&api_key=k"
NUMBERS = ["+14155552671", "+447400123456", "+4915123456789"]


def world_of(*, clock: Callable[[], float] = lambda: 1000.0, rate: float = 50.0) -> World:
    world = World(clock=clock, rate=rate, failure_share=0.0, batch_ids=lambda: "batch-1")
    world.add_key("k", wavalidation=100)
    return world


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(world_of(rate=math.inf)) as running:
        yield running


@contextmanager
def connected(simulator: Simulator) -> Iterator[http.client.HTTPConnection]:
    with closing(
        http.client.HTTPConnection(simulator.base_url.removeprefix("http://"), timeout=20)
    ) as client:
        yield client


def call(client: http.client.HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Send one request (a body that is not bytes as JSON), return the status and the decoded answer."""
    encoded = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    client.request(method, path, encoded)
    answer = client.getresponse()
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status, json.loads(answer.read())


def submit(client: http.client.HTTPConnection) -> tuple[int, Any]:
    return call(client, "POST", BATCH, {"api_key": "k", "phone_numbers": NUMBERS})


def charged(simulator: Simulator) -> int:
    return sum(charge.amount for charge in simulator.world.ledger)


def test_the_whole_job_over_one_connection(simulator: Simulator) -> None:
    with connected(simulator) as client:
        assert submit(client) == (202, {"batch_id": "batch-1", "total_numbers": 3, "status": "processing"})
        first_socket = client.sock
        status, body = call(client, "GET", f"{BATCH}/batch-1?api_key=k")
        assert (status, body["status"], body["pending"]) == (200, "completed", 0)
        for result in body["results"]:
            assert result["numberstatus"] == simulator.world.truth(result["phone_number"]).on_whatsapp
        assert call(client, "GET", BALANCE) == (200, {"balance": 97, "service": "wavalidation"})
        assert client.sock is first_socket
    assert simulator.requests == [
        Request(at=1000.0, call="submit", key=0, batch_id=None, status=202, cut=False),
        Request(at=1000.0, call="poll", key=0, batch_id="batch-1", status=200, cut=False),
        Request(at=1000.0, call="balance", key=0, batch_id=None, status=200, cut=False),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/api/v1/balance?service=wavalidation", None, 401, "Invalid API key."),
        ("GET", "/api/v1/balance?api_key=k", None, 400, "Service is missing in the request."),
        ("POST", BATCH, {"phone_numbers": NUMBERS}, 401, "Invalid API key."),
        ("POST", f"{BATCH}?api_key=k", {"phone_numbers": NUMBERS}, 401, "Invalid API key."),
        ("POST", BATCH, {"api_key": ["k"], "phone_numbers": NUMBERS}, 401, "Invalid API key."),
        ("POST", BATCH, {"api_key": "k"}, 400, "PhoneNumbers is missing in the request."),
        ("POST", BATCH, {"api_key": "k", "phone_numbers": ["+1"] * 1001}, 400, "Batch size exceeds"),
        ("POST", BATCH, {"api_key": "k", "phone_numbers": [str(n) for n in range(101)]}, 402, "Insufficient"),
        ("POST", BATCH, b'{"api_key": "k", "phone_numbers": [', 400, "not a JSON object"),
        ("POST", BATCH, b"[" * 100_000, 400, "not a JSON object"),
        ("POST", BATCH, b"\xff", 400, "not a JSON object"),
        ("POST", BATCH, [1], 400, "not a JSON object"),
        ("POST", BATCH, b"", 400, "not a JSON object"),
        ("POST", BATCH, b" " * (MAX_BODY + 1), 413, "too large"),
        ("GET", f"{BATCH}/batch-1", None, 401, "Invalid API key."),
        ("GET", f"{BATCH}/batch-1?api_key=k", None, 404, "Batch not found or access denied."),
        ("GET", f"{CHECK}?api_key=k", None, 400, "PhoneNumber is missing in the request."),
        ("GET", f"{CHECK}?api_key=k&phone_number=7", None, 400, "Invalid phone number."),
        ("GET", "/", None, 404, "Not found."),
        ("GET", "//[", None, 404, "Not found."),
        ("GET", f"{BATCH}/?api_key=k", None, 404, "Not found."),
        ("GET", f"{BATCH}?api_key=k", None, 404, "Not found."),
        ("POST", BALANCE, {}, 404, "Not found."),
        ("PUT", BATCH, {"api_key": "k", "phone_numbers": NUMBERS}, 404, "Not found."),
        ("DELETE", f"{BATCH}/batch-1?api_key=k", None, 404, "Not found."),
    ],
)
def test_refusals_are_json_cost_nothing_and_keep_the_connection(
    simulator: Simulator, method: str, path: str, body: object, status: int, error: str
) -> None:
    with connected(simulator) as client:
        answered, answer = call(client, method, path, body)
        assert answered == status
        assert error in answer["error"]
        assert call(client, "GET", BALANCE)[1]["balance"] == 100
    assert simulator.world.ledger == []
    assert simulator.requests[0].status == status


@pytest.mark.parametrize("head", ["Content-Length: x", "Content-Length: -1", "Transfer-Encoding: chunked"])
def test_a_body_of_unknown_length_is_refused(simulator: Simulator, head: str) -> None:
    host, _, port = simulator.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"POST {BATCH} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 413 ")


def test_single_checks_by_either_method(simulator: Simulator) -> None:
    with connected(simulator) as client:
        asked = {"api_key": "k", "phone_number": "07400 123456", "country_code": "GB"}
        by_post = call(client, "POST", CHECK, asked)
        by_get = call(client, "GET", f"{CHECK}?api_key=k&phone_number=%2B447400123456")
        assert by_post == by_get
        assert (by_get[0], by_get[1]["formatted_number"]) == (200, "+447400123456")
    assert charged(simulator) == 2


def test_a_head_request_has_no_body(simulator: Simulator) -> None:
    with connected(simulator) as client:
        client.request("HEAD", BALANCE)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (404, b"")
        assert call(client, "GET", BALANCE)[0] == 200


@pytest.mark.parametrize(
    ("cut", "expected_charge", "error"),
    [
        ("before", 0, ConnectionResetError),
        ("after", 3, ConnectionResetError),
        ("middle", 3, http.client.IncompleteRead),
    ],
)
def test_cut_connections(
    simulator: Simulator, cut: Any, expected_charge: int, error: type[Exception]
) -> None:
    simulator.add_fault(Rule(call="submit", cut=cut, times=1))
    with connected(simulator) as client, pytest.raises(error):
        submit(client)
    assert charged(simulator) == expected_charge
    (request,) = simulator.requests
    assert (request.call, request.status, request.cut) == ("submit", 202 if cut == "middle" else None, True)
    with connected(simulator) as client:
        assert submit(client)[0] == 202


@pytest.mark.parametrize("work", [True, False])
@pytest.mark.parametrize(
    "fields",
    [{"status": 503}, {"status": 202, "foreign": "json"}, {"dialect": "digichat", "code": "server_down"}],
)
def test_errors_with_and_without_the_work(simulator: Simulator, fields: dict[str, Any], work: bool) -> None:
    simulator.add_fault(Rule(call="submit", work=work, headers={"Retry-After": "7"}, **fields))
    with connected(simulator) as client:
        client.request("POST", BATCH, json.dumps({"api_key": "k", "phone_numbers": NUMBERS}))
        answer = client.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (fields.get("status", 503), "7")
        assert b"batch-1" not in answer.read()
    assert charged(simulator) == (3 if work else 0)


def test_a_huge_answer_may_be_left_half_read(simulator: Simulator) -> None:
    simulator.add_fault(Rule(foreign="huge", times=1))
    with connected(simulator) as client:
        client.request("GET", BALANCE)
        answer = client.getresponse()
        assert answer.length == 16 * 2**20
        assert len(answer.read(1000)) == 1000
    with connected(simulator) as client:
        assert call(client, "GET", BALANCE)[0] == 200


def test_a_bodiless_status_keeps_the_connection_in_step(simulator: Simulator) -> None:
    simulator.add_fault(Rule(status=204, times=1))
    with connected(simulator) as client:
        client.request("GET", BALANCE)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (204, b"")
        assert call(client, "GET", BALANCE)[0] == 200


def test_faults_can_be_lifted(simulator: Simulator) -> None:
    simulator.add_fault(Rule(status=500))
    with connected(simulator) as client:
        assert call(client, "GET", "/elsewhere")[0] == 500
        simulator.clear_faults()
        assert call(client, "GET", BALANCE)[0] == 200


@pytest.mark.parametrize(
    ("rule", "expected_charge"),
    [
        (Rule(silent=True), 3),
        (Rule(silent=True, work=False), 0),
        (Rule(delay=3600.0), 3),
        (Rule(delay=3600.0, status=500), 0),
    ],
)
def test_stopping_ends_calls_that_wait_for_an_answer(rule: Rule, expected_charge: int) -> None:
    arrived, ended = threading.Event(), threading.Event()

    def clock() -> float:
        arrived.set()
        return 1000.0

    simulator = Simulator(world_of(clock=clock), [rule])

    def wait_for_an_answer() -> None:
        with connected(simulator) as client, pytest.raises(ConnectionResetError):
            submit(client)
        ended.set()

    with simulator:
        threading.Thread(target=wait_for_an_answer, daemon=True).start()
        assert arrived.wait(20)
    assert ended.wait(20)
    assert charged(simulator) == expected_charge


def test_stopping_ends_idle_connections_too() -> None:
    with Simulator(world_of()) as simulator, connected(simulator) as client:
        assert call(client, "GET", BALANCE)[0] == 200
        simulator.stop()
        assert client.sock.recv(1) == b""
        with connected(simulator) as late, pytest.raises(ConnectionRefusedError):
            late.request("GET", BALANCE)


def test_a_short_delay_gives_the_true_answer(simulator: Simulator) -> None:
    simulator.add_fault(Rule(delay=0.01))
    with connected(simulator) as client:
        assert call(client, "GET", BALANCE) == (200, {"balance": 100, "service": "wavalidation"})


def test_neither_keys_nor_requests_are_shown(simulator: Simulator, capfd: pytest.CaptureFixture[str]) -> None:
    with connected(simulator) as client:
        call(client, "GET", "/api/v1/balance?service=wavalidation&api_key=very-secret")
    assert simulator.requests[0].key is None
    assert "very-secret" not in repr(simulator.requests)
    assert capfd.readouterr() == ("", "")


def test_many_connections_at_once(simulator: Simulator) -> None:
    answers: list[int] = []

    def ask_often() -> None:
        with connected(simulator) as client:
            answers.extend(call(client, "GET", BALANCE)[0] for _ in range(25))

    threads = [threading.Thread(target=ask_often, daemon=True) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 500
    assert len(simulator.requests) == 500
