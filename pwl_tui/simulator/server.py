"""The simulated service on loopback HTTP: parses requests, asks the world, plays the faults.

One daemon thread per connection, HTTP/1.1 with keep-alive. Stopping also ends open connections, even those
that a fault keeps silent.
"""

import contextlib
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct

from pwl_tui.simulator.faults import Call, Faults, Reply, Rule
from pwl_tui.simulator.world import Answer, World

MAX_BODY = 2**20
"""The longest request body that is read, in bytes."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_BEFORE_RESET = 0.05
_LOOK_SECONDS = 0.05
_GRACE = 1.0  # seconds for calls in progress to end; none of them takes that long
_NO_FAULT = Rule()
_NOT_FOUND: Answer = (404, {"error": "Not found."})
_NOT_JSON: Answer = (400, {"error": "The request body is not a JSON object."})
_BODY_REFUSED: Answer = (413, {"error": "The request body is too large, or does not say how long it is."})


class Request(Struct, frozen=True):
    """One request as the service saw it."""

    at: float
    """UTC epoch seconds of its arrival, from the world's clock."""
    call: Call
    key: int | None
    """The key's position in the order of `World.add_key`. None means no key or an unknown one."""
    batch_id: str | None
    """The batch that was polled. None means the request was not a poll."""
    status: int | None
    """The HTTP status sent. None means the connection was cut before that, or nothing was sent."""
    cut: bool
    """Whether a fault cut the connection."""


class Simulator:
    """The embedded server; a context manager that serves from entry to exit.

    Args:
        world: the service that answers.
        faults: the rules in force from the start.
        port: the port on 127.0.0.1; 0 means a free one.

    Raises:
        OSError: the port is not available.
    """

    def __init__(self, world: World, faults: Iterable[Rule] = (), port: int = 0) -> None:
        self.world = world
        self._faults = Faults(faults, seed=world.seed)
        self._requests: list[Request] = []
        self._server = _Server(port, world, self._faults, self._requests)
        # How often it checks for the end; the cost is not measurable, and many tests start and stop a server.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="simulator", daemon=True
        )

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in the order in which they were parsed (a copy)."""
        return list(self._requests)

    def add_fault(self, rule: Rule) -> None:
        """Put one more rule in force, after the others."""
        self._faults.add(rule)

    def clear_faults(self) -> None:
        """Answer everything correctly from now on; calls that a fault keeps silent stay silent."""
        self._faults.clear()

    def start(self) -> None:
        """Begin to serve, in a thread of its own; only once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and end all connections, including silent ones."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingMixIn, TCPServer):
    # Not http.server's HTTPServer: it looks up the host's name, which can take seconds.
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, world: World, faults: Faults, requests: list[Request]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.world = world
        self.faults = faults
        self.requests = requests
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        # Closes without shutting down first, so that a connection marked for a reset is reset.
        with self._open_changed:
            self._open.discard(request)
            self.close_request(request)
            self._open_changed.notify_all()

    def end_connections(self) -> None:
        with self._open_changed:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
            self._open_changed.wait_for(lambda: not self._open, _GRACE)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that disconnect early are normal here; anything else is a bug to be shown.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Asked(Struct, frozen=True):
    """A parsed request."""

    call: Call
    key: str
    batch_id: str | None
    perform: Callable[[], Answer]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a delayed acknowledgment may cost 40 ms per request
    wbufsize = -1  # head and body are sent together

    def _serve(self) -> None:
        server, at = self.server, self.server.world.clock()
        path, _, query = self.path.partition("?")
        parameters, refusal = self._parameters(query)
        asked = _understand(server.world, self.command, path, parameters)
        rule = server.faults.pick(asked.call, asked.key) or _NO_FAULT
        status, body = 200, b""
        if rule.works:
            status, answer = refusal or asked.perform()
            body = msgspec.json.encode(answer)
        reply = rule.dress(status, body)
        unanswered = rule.silent or rule.cut in {"before", "after"}
        # Recorded before it is sent, so that the record exists once the client has the answer.
        server.requests.append(
            Request(
                at=at,
                call=asked.call,
                key=server.world.key_index(asked.key),
                batch_id=asked.batch_id,
                status=None if unanswered else reply.status,
                cut=rule.cut is not None or reply.end != "keep",
            )
        )
        if rule.silent:
            self._say_nothing()
        elif rule.delay:
            server.stopping.wait(rule.delay)
        if unanswered or server.stopping.is_set():
            self._reset()
        else:
            self._send(reply, truncated=rule.cut == "middle")

    do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def _parameters(self, query: str) -> tuple[dict[str, Any], Answer | None]:
        """Read the request to its end; return its parameters, and the refusal if its body is invalid."""
        body = self._body()
        if body is None:
            return {}, _BODY_REFUSED
        if self.command != "POST":
            return dict(parse_qsl(query)), None
        try:
            return msgspec.json.decode(body, type=dict[str, Any]), None
        except (msgspec.DecodeError, RecursionError):
            return {}, _NOT_JSON

    def _body(self) -> bytes | None:
        """Read the request's body. None means it is over the limit or of unknown length."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,12}", length):
            self.close_connection = True
            return None
        left = int(length)
        if left <= MAX_BODY:
            return self.rfile.read(left)
        # Read it to its end anyway: closing with unread bytes would reset the connection before the answer.
        while left and (piece := self.rfile.read(min(left, MAX_BODY))):
            left -= len(piece)
        return None

    def _send(self, reply: Reply, *, truncated: bool) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if truncated:
            self.close_connection = True
            self.wfile.write(reply.body[: len(reply.body) // 2])
        elif self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()
        self.close_connection |= reply.end != "keep"
        if reply.end == "silent":
            self._say_nothing()
        elif reply.end == "reset":
            # The client reads what came before it is told of the reset.
            self.server.stopping.wait(_BEFORE_RESET)
            self._reset()

    def _say_nothing(self) -> None:
        """Wait until the client has gone away, or the server stops."""
        gone = False
        while not gone and not self.server.stopping.wait(_LOOK_SECONDS):
            if select.select([self.connection], [], [], 0)[0]:
                try:
                    gone = not self.connection.recv(1, socket.MSG_PEEK)
                except ConnectionError:
                    gone = True

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def log_message(self, *_: object) -> None:
        """Log nothing: every URL contains a key."""


def _understand(world: World, method: str, path: str, parameters: dict[str, Any]) -> _Asked:
    given = parameters.get("api_key")
    key = given if isinstance(given, str) else ""
    match method, path.split("/"):
        case "GET", ["", "api", "v1", "balance"]:
            return _Asked("balance", key, None, lambda: world.balance(key, parameters.get("service")))
        case "POST", ["", "api", "v1", "wavalidation", "batch"]:
            return _Asked("submit", key, None, lambda: world.submit(key, parameters.get("phone_numbers")))
        case "GET", ["", "api", "v1", "wavalidation", "batch", quoted] if quoted:
            batch_id = unquote(quoted)
            return _Asked("poll", key, batch_id, lambda: world.poll(key, batch_id))
        case "GET" | "POST", ["", "api", "v1", "wavalidation"]:
            number, country_code = parameters.get("phone_number"), parameters.get("country_code")
            return _Asked("check", key, None, lambda: world.check(key, number, country_code))
        case _:
            return _Asked("other", key, None, lambda: _NOT_FOUND)
