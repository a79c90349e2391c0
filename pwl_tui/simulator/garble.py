"""True answers made hard to read, as broken servers and proxies do; the work is done and charged."""

import gzip
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

from msgspec import Struct

Garble = Literal[
    "bom",
    "utf-16",
    "latin-1",
    "nan",
    "surrogate",
    "control",
    "comma",
    "result",
    "before",
    "after",
    "html",
    "nested",
    "twice",
    "quoted",
    "cut",
    "gzip label",
    "gzip cut",
    "length long",
    "length short",
    "length odd",
    "no last chunk",
    "bad chunk",
    "reset",
    "stalled",
]
"""What is wrong: the text, its label, or how its end is told."""

GARBLES: Final[tuple[Garble, ...]] = get_args(Garble)


class Garbled(Struct, frozen=True):
    """A true answer after something went wrong with it.

    Attributes:
        headers: sent with it; ``Content-Length`` may be wrong or missing.
        body: what follows them.
        end: whether the connection then stays usable, is closed, is reset, or falls silent.
    """

    headers: dict[str, str]
    body: bytes
    end: Literal["keep", "close", "reset", "silent"] = "keep"


def _within(body: bytes, more: bytes) -> bytes:
    """Return a JSON object with another field in front."""
    return b"{" + more + b", " + body[1:]


_TEXTS: Mapping[str, Callable[[bytes], bytes]] = {
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "latin-1": lambda body: _within(body, '"note": "é"'.encode("latin-1")),
    "nan": lambda body: _within(body, b'"eta": NaN'),
    "surrogate": lambda body: _within(body, b'"node": "\\ud83d"'),
    "control": lambda body: _within(body, b'"node": "a\x01\n"'),
    "comma": lambda body: re.sub(rb"\]?\}$", rb",\g<0>", body),
    "result": lambda body: body.replace(b'"phone_number"', b'"phone_number', 1),
    "before": lambda body: b"<br />\n<b>Warning</b>: deprecated in x.php\n" + body,
    "after": lambda body: body + b"\n<!-- served in 0.02 s -->",
    "html": lambda body: b"<html><body><pre>" + body.replace(b'"', b"&quot;") + b"</pre></body></html>",
    "nested": lambda body: b'{"isSuccess": true, "data": {"batch": ' + body + b"}}",
    "twice": lambda body: body + b'{"batch_id": "00000000-0000-4000-8000-000000000000"}',
    "quoted": lambda body: b'"' + body.replace(b'"', b'\\"') + b'"',
    "cut": lambda body: body[: len(body) * 2 // 3],
}


def garble(kind: Garble, body: bytes) -> Garbled:
    """Return a true answer as `kind` spoils it.

    Args:
        kind: what is wrong.
        body: the true answer, a JSON object.
    """
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    chunked = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    match kind:
        case "gzip label":
            return Garbled(headers | {"Content-Encoding": "gzip"}, body)
        case "gzip cut":
            packed = gzip.compress(body)[:-16]
            length = {"Content-Length": str(len(packed)), "Content-Encoding": "gzip"}
            return Garbled(headers | length, packed)
        case "length long":
            return Garbled(headers | {"Content-Length": str(len(body) + 100)}, body, "close")
        case "length short":
            return Garbled(headers | {"Content-Length": "15"}, body, "close")
        case "length odd":
            return Garbled(headers | {"Content-Length": "many"}, body, "close")
        case "no last chunk":
            return Garbled(chunked, b"%x\r\n%s\r\n" % (len(body), body), "close")
        case "bad chunk":
            return Garbled(chunked, body, "close")
        case "reset":
            return Garbled(headers | {"Content-Length": str(len(body) + 100)}, body, "reset")
        case "stalled":
            return Garbled(headers | {"Content-Length": str(len(body) + 100)}, body, "silent")
        case _:
            text = _TEXTS[kind](body)
            return Garbled(headers | {"Content-Length": str(len(text))}, text)
