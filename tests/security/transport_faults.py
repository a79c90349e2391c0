"""What can go wrong between the program and the service, one row each, with what must come of it.

Each fault is played by a real socket at the far end of one call; all other calls are answered truly. A call
that is not broken before the work is done has done it: the world knows what was paid.
"""

import gzip
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.security.far_end import Certificates, Exchange

Serve = Callable[[Exchange], None]
Secure = Callable[[Certificates], ssl.SSLContext]

_DRIP_SECONDS = 0.02
_RESET = struct.pack("ii", 1, 0)
_PORTAL = b"<!doctype html><title>Welcome to the hotel</title>"


class Fault(NamedTuple):
    """One thing that goes wrong.

    Attributes:
        name: unique.
        serve: plays it on a connection. None: nobody listens.
        asked: what a call that costs nothing comes to: ``ok``, or the kind of its problem.
        paid: what a call that is paid for comes to: ``ok``, or the kind and whether it may have been charged.
        words: what the sentence for the person says.
        proven: whether an ID comes with it all the same, so that nobody has to settle the batch.
        complete: whether the whole document comes with it, so that a lookup ends as a free call does.
        endless: whether only the deadline of the call ends it.
        secure: makes the far end speak TLS. None: it does not.
        host: as what the far end is addressed.
        tls: whether the client wants TLS of a far end that does not speak it.
    """

    name: str
    serve: Serve | None
    asked: str
    paid: str
    words: str
    proven: bool = False
    complete: bool = False
    endless: bool = False
    secure: Secure | None = None
    host: str = "localhost"
    tls: bool = False


# -- connections


def _reset(far: Exchange) -> None:
    far.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def close_at_once(_: Exchange) -> None:
    pass


def reset_within_the_request(far: Exchange) -> None:
    far.connection.recv(10)
    _reset(far)


def close_before_the_work(far: Exchange) -> None:
    far.request()


def close_after_the_work(far: Exchange) -> None:
    far.answer()


def reset_after_the_work(far: Exchange) -> None:
    far.answer()
    _reset(far)


def silent(far: Exchange) -> None:
    far.answer()
    far.hold()


# -- answers of which something is missing


def head(length: int | str, status: str = "200 OK", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def sends(make: Callable[[bytes], bytes], *, reset: bool = False, hold: bool = False) -> Serve:
    """Return what does the work and sends what `make` makes of the true body."""

    def serve(far: Exchange) -> None:
        body = far.answer()
        far.send(make(body))
        if hold:
            far.hold()
        if reset:
            _reset(far)

    return serve


def whole(body: bytes) -> bytes:
    return head(len(body)) + body


def half_a_head(body: bytes) -> bytes:
    return head(len(body))[:30]


def head_alone(body: bytes) -> bytes:
    return head(len(body))


def half(body: bytes) -> bytes:
    return head(len(body)) + body[: len(body) // 2]


def drips(start: Callable[[bytes], int]) -> Serve:
    """Return what sends the true answer from a place on one byte at a time, and then spaces."""

    def serve(far: Exchange) -> None:
        answer = head(10**6) + far.answer()
        at = start(answer)
        far.send(answer[:at])
        for byte in _for_ever(answer[at:]):
            if not far.send(bytes([byte])) or far.done.wait(_DRIP_SECONDS):
                return

    return serve


def _for_ever(data: bytes) -> Iterator[int]:
    yield from data
    while True:
        yield ord(" ")


def floods(start: bytes, piece: bytes) -> Serve:
    """Return what does the work and then sends a piece without end."""

    def serve(far: Exchange) -> None:
        far.answer()
        far.send(start)
        while not far.done.is_set() and far.send(piece):
            pass

    return serve


# -- lies


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return start + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def encoded(name: str, pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def make(body: bytes) -> bytes:
        packed = pack(body)
        return head(len(packed), "200 OK", f"Content-Encoding: {name}") + packed

    return make


def _bomb(times: int) -> Callable[[bytes], bytes]:
    def pack(_: bytes) -> bytes:
        content = b" " * 40_000_000
        for _time in range(times):
            content = gzip.compress(content, 6, mtime=0)
        return content

    return pack


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def redirects(status: int, location: str) -> Serve:
    def serve(far: Exchange) -> None:
        far.request()
        where = location.format(elsewhere=far.elsewhere, here=far.here)
        far.send(head(0, f"{status} Elsewhere", f"Location: {where}"))

    return serve


def says(answer: bytes) -> Serve:
    """Return what reads the request, does nothing, and sends an answer."""

    def serve(far: Exchange) -> None:
        far.request()
        far.send(answer)

    return serve


def page(status: str, body: bytes = _PORTAL) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )


def refuses_early(far: Exchange) -> None:
    """Answer before the request was read, and close, as servers do with what is too long for them."""
    far.send(page("413 Content Too Large"))


# -- TLS


def _issued(**how: Any) -> Secure:
    return lambda certificates: certificates.issued(**how)


def tls_cut(far: Exchange) -> None:
    far.connection.recv(50)


def alerts(description: int) -> Serve:
    """Return what ends the handshake with a fatal alert (RFC 8446, 6.2): 40 failure, 70 protocol version."""

    def serve(far: Exchange) -> None:
        far.connection.recv(4096)
        far.send(bytes([21, 3, 3, 0, 2, 2, description]))

    return serve


def tls_silence(far: Exchange) -> None:
    far.connection.recv(4096)
    far.hold()


def plaintext(far: Exchange) -> None:
    far.connection.recv(4096)
    far.send(page("400 Bad Request"))


NETWORK_LOST = "The connection to the service was lost."
LATE = "did not answer in time"
FOREIGN = "in a format that is not the service's"
UNTRUSTED = "certificate is not trusted"
INSECURE = "Could not establish a secure connection"

FAULTS: tuple[Fault, ...] = (
    # connections
    Fault("refused", None, "network", "network no", "was refused"),
    Fault("closed at once", close_at_once, "network", "network unknown", NETWORK_LOST),
    Fault("reset within the request", reset_within_the_request, "network", "network unknown", NETWORK_LOST),
    Fault("closed before the work", close_before_the_work, "network", "network unknown", NETWORK_LOST),
    Fault("closed after the work", close_after_the_work, "network", "network unknown", NETWORK_LOST),
    Fault("reset after the work", reset_after_the_work, "network", "network unknown", NETWORK_LOST),
    Fault("silence", silent, "timeout", "timeout unknown", LATE, endless=True),
    # something is missing
    Fault("half a head", sends(half_a_head), "network", "network unknown", NETWORK_LOST),
    Fault("half a head, reset", sends(half_a_head, reset=True), "network", "network unknown", NETWORK_LOST),
    Fault("a head alone", sends(head_alone), "network", "network unknown", NETWORK_LOST),
    Fault(
        "a head alone, silence",
        sends(head_alone, hold=True),
        "timeout",
        "timeout unknown",
        LATE,
        endless=True,
    ),
    Fault("half a body", sends(half), "network", "network unknown", NETWORK_LOST),
    Fault("half a body, reset", sends(half, reset=True), "network", "network unknown", NETWORK_LOST),
    Fault("half a body, silence", sends(half, hold=True), "timeout", "timeout unknown", LATE, endless=True),
    Fault("a dripping status", drips(lambda _: 5), "timeout", "timeout unknown", LATE, endless=True),
    Fault("dripping headers", drips(lambda _: 25), "timeout", "timeout unknown", LATE, endless=True),
    Fault(
        "a dripping body",
        drips(lambda answer: answer.index(b"{") + 1),
        "timeout",
        "timeout unknown",
        LATE,
        endless=True,
    ),
    # floods
    Fault(
        "a flood of body", floods(head(10**12), b" " * 65_536), "bad_answer", "bad_answer unknown", FOREIGN
    ),
    Fault(
        "a flood of chunks",
        floods(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        ),
        "bad_answer",
        "bad_answer unknown",
        FOREIGN,
    ),
    Fault(
        "a flood of headers",
        floods(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 100),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    Fault(
        "one header without end",
        floods(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 65_536),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    Fault(
        "a flood of 100 Continue",
        floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10),
        "timeout",
        "timeout unknown",
        LATE,
        endless=True,
    ),
    Fault(
        "a flood of 103 Early Hints",
        floods(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10),
        "timeout",
        "timeout unknown",
        LATE,
        endless=True,
    ),
    Fault(
        "a chunk extension without end",
        floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"a=b;" * 1000),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    Fault(
        "trailers without end",
        floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: more\r\n" * 100),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    # lies about the length
    Fault(
        "a length too long",
        sends(lambda b: head(len(b) + 9) + b),
        "ok",
        "network unknown",
        NETWORK_LOST,
        proven=True,
        complete=True,
    ),
    Fault(
        "a length too short",
        sends(lambda b: head(len(b) - 9) + b),
        "bad_answer",
        "bad_answer unknown",
        "",
        proven=True,
    ),
    Fault(
        "a length of nothing",
        sends(lambda b: head(0) + b),
        "bad_answer",
        "bad_answer unknown",
        FOREIGN,
        proven=True,
    ),
    Fault(
        "a negative length",
        sends(lambda b: head(-1) + b),
        "network",
        "network unknown",
        NETWORK_LOST,
        proven=True,
    ),
    Fault(
        "a length in words",
        sends(lambda b: head("long") + b),
        "network",
        "network unknown",
        NETWORK_LOST,
        proven=True,
    ),
    Fault(
        "two lengths",
        sends(lambda b: head(len(b), "200 OK", "Content-Length: 7") + b),
        "network",
        "network unknown",
        NETWORK_LOST,
        proven=True,
    ),
    Fault(
        "a length and chunks",
        sends(lambda b: chunked(b).replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n", 1)),
        "ok",
        "ok",
        "",
    ),
    Fault(
        "a chunk that is shorter than it says",
        sends(lambda b: chunked(end=b"%x\r\n%s" % (len(b) + 99, b))),
        "ok",
        "network unknown",
        NETWORK_LOST,
        proven=True,
        complete=True,
    ),
    Fault(
        "a chunk without a size",
        sends(lambda b: chunked(end=b"size\r\n" + b)),
        "network",
        "network unknown",
        NETWORK_LOST,
        proven=True,
    ),
    Fault(
        "no last chunk",
        sends(lambda b: chunked(b, end=b"")),
        "ok",
        "network unknown",
        NETWORK_LOST,
        proven=True,
        complete=True,
    ),
    Fault(
        "an unknown transfer encoding",
        sends(lambda b: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + b),
        "network",
        "network unknown",
        NETWORK_LOST,
        proven=True,
    ),
    # encodings
    Fault("packed", sends(encoded("gzip", _gzip)), "ok", "ok", ""),
    Fault("falsely called packed", sends(encoded("gzip", bytes)), "ok", "ok", ""),
    Fault(
        "packed and cut",
        sends(encoded("gzip", lambda b: _gzip(b)[:-12])),
        "bad_answer",
        "bad_answer unknown",
        FOREIGN,
        proven=True,
    ),
    Fault("one bomb", sends(encoded("gzip", _bomb(1))), "bad_answer", "bad_answer unknown", FOREIGN),
    Fault(
        "three bombs",
        sends(encoded("gzip, gzip, gzip", _bomb(3))),
        "bad_answer",
        "bad_answer unknown",
        FOREIGN,
    ),
    Fault(
        "packed twice",
        sends(encoded("gzip, gzip", lambda b: _gzip(_gzip(b)))),
        "bad_answer",
        "bad_answer unknown",
        FOREIGN,
        proven=True,
    ),
    Fault(
        "an unknown encoding",
        sends(encoded("br", lambda _: b"\x0b\x06\x80hello\x03")),
        "bad_answer",
        "bad_answer unknown",
        FOREIGN,
    ),
    # redirects, with the key at stake
    *(
        Fault(
            f"a redirect {status}",
            redirects(status, "http://{elsewhere}/api/v1/balance"),
            "bad_answer",
            "bad_answer unknown",
            f"The answer was {status}",
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Fault(
        "a redirect to itself", redirects(302, "http://{here}/"), "bad_answer", "bad_answer unknown", "302"
    ),
    Fault(
        "a redirect to a file",
        redirects(302, "file:///etc/passwd"),
        "bad_answer",
        "bad_answer unknown",
        "302",
    ),
    Fault("a redirect to nowhere", redirects(302, "http://[::"), "bad_answer", "bad_answer unknown", "302"),
    # other protocols
    Fault(
        "some 1xx before the answer",
        sends(lambda b: b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + whole(b)),
        "ok",
        "ok",
        "",
    ),
    Fault(
        "another protocol is offered",
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    Fault("HTTP/1.0", sends(lambda b: b"HTTP/1.0 200 OK\r\n\r\n" + b), "ok", "ok", ""),
    Fault("HTTP/0.9", sends(lambda b: b), "network", "network unknown", NETWORK_LOST, proven=True),
    Fault(
        "HTTP/2",
        says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x64" * 3),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    Fault("a mail server", says(b"220 mail.test ESMTP\r\n"), "network", "network unknown", NETWORK_LOST),
    Fault("a shell server", says(b"SSH-2.0-OpenSSH_9.9\r\n"), "network", "network unknown", NETWORK_LOST),
    Fault("noise", says(bytes(range(256)) * 8), "network", "network unknown", NETWORK_LOST),
    Fault("a status of 99", says(b"HTTP/1.1 99 Hm\r\n\r\n"), "network", "network unknown", NETWORK_LOST),
    Fault("a status of 999", says(head(0, "999 Hm")), "server_error", "server_error unknown", "999"),
    Fault(
        "a header with escapes",
        says(head(0, "200 \x1b[2J", "X-\x1b]0;x\x07: \x1b[31m")),
        "network",
        "network unknown",
        NETWORK_LOST,
    ),
    Fault(
        "nothing, with a 204",
        says(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "bad_answer",
        "bad_answer unknown",
        "204",
    ),
    Fault(
        "nothing, with a 304",
        says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
        "bad_answer",
        "bad_answer unknown",
        "304",
    ),
    Fault("refused early", refuses_early, "bad_answer", "bad_answer unknown", "413"),
    # portals
    Fault("a portal, 200", says(page("200 OK")), "bad_answer", "bad_answer unknown", FOREIGN),
    Fault(
        "a portal, 302",
        redirects(302, "http://{elsewhere}/login"),
        "bad_answer",
        "bad_answer unknown",
        "302",
    ),
    Fault(
        "a portal, 511",
        says(page("511 Network Authentication Required")),
        "server_error",
        "server_error unknown",
        "511",
    ),
    Fault(
        "a firewall, 403",
        says(page("403 Forbidden", b"<title>Just a moment...</title>")),
        "bad_answer",
        "bad_answer unknown",
        "A firewall",
    ),
    # TLS
    Fault("TLS, all is well", sends(whole), "ok", "ok", "", secure=_issued()),
    Fault("TLS, expired", silent, "network", "network no", UNTRUSTED, secure=_issued(days=-1)),
    Fault(
        "TLS, another host",
        silent,
        "network",
        "network no",
        UNTRUSTED,
        secure=_issued(names=("elsewhere.test",)),
    ),
    Fault("TLS, by address", silent, "network", "network no", UNTRUSTED, secure=_issued(), host="127.0.0.1"),
    Fault("TLS, unknown authority", silent, "network", "network no", UNTRUSTED, secure=_issued(known=False)),
    Fault(
        "TLS, self-signed", silent, "network", "network no", UNTRUSTED, secure=lambda one: one.self_signed()
    ),
    Fault("TLS, too old", alerts(70), "network", "network no", INSECURE, tls=True),
    Fault(
        "TLS, wants a certificate of ours",
        close_after_the_work,
        "network",
        "network unknown",
        NETWORK_LOST,
        secure=_issued(wants_ours=True),
    ),
    Fault("TLS, handshake cut", tls_cut, "network", "network no", "Could not", tls=True),
    Fault("TLS, alert", alerts(40), "network", "network no", INSECURE, tls=True),
    Fault(
        "TLS, silence",
        tls_silence,
        "timeout",
        "timeout no",
        "Could not reach the service",
        endless=True,
        tls=True,
    ),
    Fault("TLS, plain text", plaintext, "network", "network no", INSECURE, tls=True),
)
