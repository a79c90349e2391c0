"""The client on real loopback sockets, and the environment that leads it there."""

import errno
import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError
from pwl_tui.api.network import Cutoff, _cut, within
from pwl_tui.api.reaching import addresses_of, reach
from pwl_tui.api.transport import CLOSED, CUT_SHORT, route_to, transport_problem
from pwl_tui.problem import Kind, Problem
from pwl_tui.secret import Secret

SHORT = httpx.Timeout(0.05, connect=5.0)
IMPATIENT = httpx.Timeout(0.2, connect=0.2)
LONG = httpx.Timeout(10.0)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"

Serve = Callable[[socket.socket], None]


@contextmanager
def served(serve: Serve) -> Iterator[str]:
    """Serve connections one after the other, on a thread; gives the base URL."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def request_of(connection: socket.socket) -> bytes:
    """Read one request, head and body; empty at the end of the connection."""
    with connection.makefile("rb") as stream:
        head = b""
        length = 0
        for line in stream:
            head += line
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if line == b"\r\n":
                return head + stream.read(length)
        return head


def cut(connection: socket.socket) -> None:
    request_of(connection)


def submit(base_url: str, timeout: httpx.Timeout = LONG) -> Problem:
    with Client(base_url, Secret("k"), paid_timeout=timeout) as client, pytest.raises(ApiError) as failure:
        client.submit(["+14155552671"])
    return failure.value.problem


def test_a_refused_connection_costs_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    problem = submit(f"http://127.0.0.1:{port}")
    assert (problem.kind, problem.charged) == ("network", "no")
    assert "refused" in problem.message


def test_cut_before_the_answer() -> None:
    with served(cut) as base_url:
        problem = submit(base_url)
    assert (problem.kind, problem.charged) == ("network", "unknown")


def test_cut_within_the_answer() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK % (400, b'{"batch_id": "b-1"'))

    with served(serve) as base_url:
        problem = submit(base_url)
    assert (problem.kind, problem.charged) == ("network", "unknown")


CHECK = b'{"formatted_number": "+14155552671", "numberstatus": true, "businessnumber": false}'


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(lambda body: OK % (len(body) + 9, body), id="length"),
        pytest.param(
            lambda body: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s" % (len(body), body),
            id="chunk",
        ),
        pytest.param(
            lambda body: (OK % (900, gzip.compress(body))).replace(b"OK", b"OK\r\nContent-Encoding: gzip", 1),
            id="packed",
        ),
    ],
)
def test_a_whole_document_is_read_though_more_was_announced(frame: Callable[[bytes], bytes]) -> None:
    def serve(connection: socket.socket) -> None:
        paid = request_of(connection).startswith(b"POST")
        connection.sendall(frame(CHECK if paid else b'{"balance": 17}'))

    with served(serve) as base_url, Client(base_url, Secret("k"), paid_timeout=LONG) as client:
        assert client.balance().balance == 17
        assert client.check("+14155552671").answer.on_whatsapp


def test_an_error_that_came_whole_is_told_unless_it_is_about_what_is_paid_for() -> None:
    refused = b'{"isSuccess": false, "message": "No.", "code": "AUTH_001"}'

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall((OK % (len(refused) + 9, refused)).replace(b"200 OK", b"401 Unauthorized"))

    with served(serve) as base_url:
        assert submit(base_url).charged == "unknown"
        with Client(base_url, Secret("k")) as client, pytest.raises(ApiError) as failure:
            client.balance()
    assert failure.value.problem.kind == "auth"


@pytest.mark.parametrize("body", [b'{"balance": 17', b"[17]", b"17", b""])
def test_what_is_no_whole_object_is_not_read(body: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK % (len(body) + 9, body))

    with (
        served(serve) as base_url,
        Client(base_url, Secret("k")) as client,
        pytest.raises(ApiError) as failure,
    ):
        client.balance()
    assert failure.value.problem.kind == "network"


def test_no_answer_in_time() -> None:
    done = threading.Event()

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        done.wait(10)

    with served(serve) as base_url:
        problem = submit(base_url, SHORT)
        done.set()
    assert (problem.kind, problem.charged) == ("timeout", "unknown")


def test_something_else_than_http() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"220 mail.test ESMTP\r\n")

    with served(serve) as base_url:
        problem = submit(base_url)
    assert (problem.kind, problem.charged) == ("network", "unknown")


def test_polls_keep_their_connection_and_submissions_never_use_one_again() -> None:
    seen: list[list[str]] = []

    def serve(connection: socket.socket) -> None:
        seen.append([])
        while request := request_of(connection):
            seen[-1].append(request.split(b" ")[0].decode())
            body = b'{"balance": 1, "batch_id": "b-1"}'
            connection.sendall(OK % (len(body), body))
            if seen[-1] == ["GET", "GET"]:
                return

    with served(serve) as base_url, Client(base_url, Secret("k")) as client:
        client.balance()
        client.balance()
        client.submit(["+14155552671"])
        client.submit(["+14155552671"])
    assert seen == [["GET", "GET"], ["POST"], ["POST"]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "base_url", "proxy"),
    [
        ({}, "https://lookup.test", None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "https://lookup.test", "http://proxy.test:3128"),
        ({"HTTPS_PROXY": "proxy.test:3128"}, "https://lookup.test", "http://proxy.test:3128"),
        ({"ALL_PROXY": "http://proxy.test:3128"}, "https://lookup.test", "http://proxy.test:3128"),
        ({"HTTP_PROXY": "http://proxy.test:3128"}, "https://lookup.test", None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "lookup.test"}, "https://lookup.test", None),
        ({"HTTPS_PROXY": "http://proxy.test"}, "https://127.0.0.1:8443", None),
        ({"HTTP_PROXY": "http://proxy.test"}, "http://localhost:8080", None),
        ({"ALL_PROXY": "http://proxy.test"}, "http://[::1]:8080", None),
    ],
)
def test_which_proxy_leads_to_the_service(
    environment: pytest.MonkeyPatch, variables: dict[str, str], base_url: str, proxy: str | None
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    found = route_to(base_url).proxy
    assert (None if found is None else str(found.url)) == proxy


@pytest.mark.parametrize(
    "proxy", ["socks5://me:hidden@proxy.test", "ftp://proxy.test", "http://proxy.test:hidden"]
)
def test_a_proxy_that_cannot_be_used(environment: pytest.MonkeyPatch, proxy: str) -> None:
    environment.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ApiError) as failure:
        route_to("https://lookup.test")
    assert "HTTPS_PROXY" in failure.value.problem.remedy
    assert failure.value.__context__ is None
    assert "hidden" not in repr(failure.value.problem)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    environment.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ApiError) as failure:
        Client("https://lookup.test", Secret("k"))
    assert "SSL_CERT_FILE" in failure.value.problem.remedy


def test_a_key_log_that_cannot_be_written(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys.log"))
    with pytest.raises(ApiError) as failure:
        Client("https://lookup.test", Secret("k"))
    assert "key log" in failure.value.problem.message
    assert "SSLKEYLOGFILE" in failure.value.problem.remedy


def test_a_proxy_that_is_not_there(environment: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        name = f"127.0.0.1:{listener.getsockname()[1]}"
    environment.setenv("HTTPS_PROXY", f"http://me:hidden@{name}")
    problem = submit("https://lookup.test")
    assert (problem.kind, problem.charged) == ("network", "no")
    assert problem.message == f"Could not connect to the proxy {name}."
    assert "HTTPS_PROXY" in problem.remedy
    assert "hidden" not in repr(problem)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (socket.gaierror(), "Could not look up the name of the proxy proxy.test:3128."),
        (ConnectionRefusedError(), "Could not connect to the proxy proxy.test:3128."),
        (OSError(errno.EHOSTUNREACH, ""), "Could not reach the proxy proxy.test:3128."),
        (TimeoutError(), "Could not reach the proxy proxy.test:3128."),
    ],
)
def test_what_keeps_us_from_a_proxy_names_it(error: Exception, message: str) -> None:
    failure = httpx.ConnectError("")
    failure.__cause__ = error
    problem = transport_problem(failure, paid=True, proxy="proxy.test:3128")
    assert (problem.message, problem.charged) == (message, "no")


def test_too_many_open_files_are_not_blamed_on_the_network() -> None:
    failure = httpx.ConnectError("")
    failure.__cause__ = OSError(errno.EMFILE, "")
    problem = transport_problem(failure, paid=True)
    assert problem.charged == "no"
    assert "too many open files" in problem.message


def test_a_redirect_that_leads_to_no_address_is_an_answer_like_any_other() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://[::\r\nContent-Length: 0\r\n\r\n")

    with served(serve) as base_url:
        problem = submit(base_url)
    assert (problem.kind, problem.status, problem.charged) == ("bad_answer", 302, "unknown")


def test_an_id_that_a_redirect_leads_to_is_kept() -> None:
    batch_id = "550e8400-e29b-41d4-a716-446655440000"

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        head = f"HTTP/1.1 303 See Other\r\nLocation: /api/v1/wavalidation/batch/{batch_id}\r\n"
        connection.sendall(f"{head}Content-Length: 0\r\n\r\n".encode())

    with (
        served(serve) as base_url,
        Client(base_url, Secret("k"), paid_timeout=LONG) as client,
        pytest.raises(ApiError) as failure,
    ):
        client.submit(["+14155552671"])
    assert (failure.value.problem.charged, failure.value.reply.ids) == ("unknown", (batch_id,))


def test_a_proxy_that_refuses_costs_nothing(environment: pytest.MonkeyPatch) -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with served(serve) as proxy:
        environment.setenv("HTTPS_PROXY", proxy)
        problem = submit("https://lookup.test")
    assert (problem.kind, problem.charged) == ("network", "no")
    assert "proxy" in problem.message


def test_no_tls_where_tls_is_wanted() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(OK % (2, b"{}"))

    with served(serve) as base_url:
        problem = submit(base_url.replace("http:", "https:"))
    assert (problem.kind, problem.charged) == ("network", "no")
    assert "secure" in problem.message


def drip(answer: bytes, at: int) -> Serve:
    """Send an answer at once up to a byte, and from there one byte at a time, longer than anybody waits."""

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer[:at])
        done = threading.Event()
        with suppress(OSError):  # the client has had enough
            for byte in answer[at:] * 1_000:
                connection.sendall(bytes([byte]))
                done.wait(0.02)

    return serve


def test_a_name_that_is_not_looked_up_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    look_up: Any = socket.getaddrinfo

    def hang(host: str, *more: Any, flags: int = 0, **named: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            ended.wait(30)
        return look_up("127.0.0.1" if ended.is_set() else host, *more, flags=flags, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    problem = submit("http://localhost:9", httpx.Timeout(10.0, connect=0.05))
    ended.set()
    assert (problem.kind, problem.charged) == (Kind.TIMEOUT, "no")
    assert addresses_of("localhost", 9, None) == ["127.0.0.1"]


@pytest.mark.parametrize(("count", "tried"), [(1, 1), (3, 3), (40, 8)])
def test_however_many_addresses_a_name_has_they_share_the_time(count: int, tried: int) -> None:
    now, asked = [100.0], list[str]()

    def swallow(address: str, seconds: float | None) -> None:
        assert seconds is not None
        asked.append(address)
        now[0] += seconds
        raise httpcore.ConnectTimeout

    addresses = [f"192.0.2.{n}" for n in range(count)]
    with pytest.raises(httpcore.ConnectTimeout):
        reach(addresses, swallow, 15.0, lambda: now[0])
    assert (asked, now[0]) == (addresses[:tried], 115.0)


def test_the_first_address_that_can_be_reached_is_taken() -> None:
    def connect(address: str, _: float | None) -> str:
        if address == "192.0.2.1":
            raise httpcore.ConnectError
        return address

    assert reach(["192.0.2.1", "192.0.2.2", "192.0.2.3"], connect, None) == "192.0.2.2"


@pytest.mark.parametrize("at", [0, 10, 60], ids=["the status", "a header", "the body"])
def test_an_answer_that_never_ends_is_given_up(at: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n{" + b" " * 100
    with served(drip(answer, at)) as base_url:
        client = Client(base_url, Secret("k"), read_timeout=IMPATIENT, paid_timeout=IMPATIENT)
        with client, pytest.raises(ApiError) as read:
            client.balance()
        with pytest.raises(ApiError) as paid:
            client.submit(["+14155552671"])
    assert (read.value.problem.kind, read.value.problem.charged) == ("timeout", "no")
    assert (paid.value.problem.kind, paid.value.problem.charged) == ("timeout", "unknown")


def test_a_wait_is_cut_to_what_is_left_of_a_call() -> None:
    seconds = iter([100.0, 101.0, 109.0, 110.0])
    with within(10.0, lambda: next(seconds)):
        assert _cut(5.0, httpcore.ReadTimeout) == 5.0
        assert _cut(5.0, httpcore.ReadTimeout) == 1.0
        with pytest.raises(httpcore.ReadTimeout):
            _cut(5.0, httpcore.ReadTimeout)
    assert _cut(5.0, httpcore.ReadTimeout) == 5.0


def packed(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = gzip.compress(content, mtime=0)
    return content


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", packed(b"0" * 60_000_000, 1)),
        ("gzip, gzip, gzip", packed(b"0" * 60_000_000, 3)),
        ("gzip, identity, gzip", packed(b'{"balance": 1}', 2)),
        ("br", b"\x0b\x06\x80hello\x03"),
        ("zstd", b"(\xb5/\xfd\x04X"),
    ],
    ids=["one", "three", "two", "br", "zstd"],
)
def test_an_answer_that_explodes_or_is_packed_in_unknown_ways_is_refused(encoding: str, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head.encode() + body)

    with served(serve) as base_url, Client(base_url, Secret("k")) as client:
        tracemalloc.start()
        with pytest.raises(ApiError) as read:
            client.balance()
        with pytest.raises(ApiError) as paid:
            client.submit(["+14155552671"])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (read.value.problem.kind, read.value.problem.charged) == ("bad_answer", "no")
    assert (paid.value.problem.kind, paid.value.problem.charged) == ("bad_answer", "unknown")
    assert peak < 100_000_000


def test_a_packed_answer_is_read() -> None:
    body = gzip.compress(b'{"balance": 17}')

    def serve(connection: socket.socket) -> None:
        assert b"accept-encoding: gzip\r\n" in request_of(connection).lower()
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with served(serve) as base_url, Client(base_url, Secret("k")) as client:
        assert client.balance().balance == 17


def test_a_poll_that_is_falsely_called_packed_is_read() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK.replace(b"OK", b"OK\r\nContent-Encoding: gzip") % (15, b'{"balance": 17}'))

    with served(serve) as base_url, Client(base_url, Secret("k")) as client:
        assert client.balance().balance == 17


def test_an_id_in_a_header_is_kept_with_the_answer() -> None:
    batch_id = "550e8400-e29b-41d4-a716-446655440000"

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        head = f"HTTP/1.1 202 Accepted\r\nX-Batch-Id: {batch_id}\r\nX-Request-Id: {'0' * 8}{batch_id[8:]}\r\n"
        connection.sendall(head.encode() + b"Content-Length: 0\r\n\r\n")

    with served(serve) as base_url, Client(base_url, Secret("k")) as client, pytest.raises(ApiError) as paid:
        client.submit(["+14155552671"])
    assert (paid.value.problem.charged, paid.value.reply.ids) == ("unknown", (batch_id,))


def test_an_id_without_a_name_is_kept_though_the_head_of_its_answer_is_refused() -> None:
    uuid = "550e8400-e29b-41d4-a716-446655440000"
    came = b"HTTP/1.1 202 Accepted\r\nContent-Length: many\r\n\r\n" + f'{{"id": "{uuid}"}}'.encode()

    def answer(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(came)

    with (
        served(answer) as base_url,
        Client(base_url, Secret("key"), paid_timeout=LONG) as client,
        pytest.raises(ApiError) as failure,
    ):
        client.submit(["+14155552671"])
    assert failure.value.reply.ids == (uuid,)


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        (b"", ()),
        (
            b"HTTP/1.1 202 Accepted\r\nContent-Length: 900\r\n\r\n" + b'{"batch_id": "the-id", "more": "',
            ("the-id",),
        ),
    ],
    ids=["nothing", "half"],
)
def test_a_paid_call_that_is_cut_ends_at_once_and_keeps_what_came(sent: bytes, ids: tuple[str, ...]) -> None:
    taken, over = threading.Event(), threading.Event()

    def stall(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(sent)
        taken.set()
        over.wait(20.0)

    failures: list[ApiError] = []

    def pay(client: Client) -> None:
        with pytest.raises(ApiError) as failure:
            client.submit(["+14155552671"])
        failures.append(failure.value)

    with served(stall) as base_url, Client(base_url, Secret("key"), paid_timeout=LONG) as client:
        thread = threading.Thread(target=pay, args=(client,))
        thread.start()
        assert taken.wait(20.0)
        client.cut()
        thread.join(5.0)
        over.set()
        (failure,) = failures
        assert (failure.problem, failure.reply.ids) == (CUT_SHORT, ids)
        for call in (client.balance, lambda: client.submit(["+14155552671"])):
            with pytest.raises(ApiError) as refused:
                call()
            assert refused.value.problem == CLOSED


def test_a_connection_that_is_made_after_the_cut_carries_nothing() -> None:
    came: list[bytes] = []
    cutoff = Cutoff()
    with served(lambda connection: came.append(request_of(connection))) as base_url:
        cutoff.cut()
        with (
            httpx.Client(transport=route_to(base_url).open(None, cutoff)) as client,
            pytest.raises(httpx.ConnectError),
        ):
            client.get(base_url)
    assert came in ([], [b""])
