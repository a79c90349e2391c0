"""What came in answer to a paid call, read however broken it is: an ID that came is never thrown away.

`submitted_in` and `documents` read an answer that is whole, whatever surrounds its JSON. `ids_in` finds what
may be an ID in any text, cut off or garbled. These are candidates only: whether one is the batch's is decided
by asking the service for it.
"""

import html
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote

from pwl_tui.api.answers import read_submitted, usable_id
from pwl_tui.api.models import Reply, Submitted
from pwl_tui.api.tolerant import Fields, decoder
from pwl_tui.secret import Secret, redact, redactor_of

MAX_KEPT: Final = 64 * 1024
"""Characters of an answer that are kept."""
MAX_UNPACKED: Final = 2**20
"""Bytes that a compressed answer may become; far more than any of the service's to a paid call."""
_MAX_CANDIDATES = 32
_MOST_SEARCHED = 256
"""What may be an ID, including those that are the key."""
_MAX_DOCUMENTS = 64
_SHAPE = "00000000-0000-0000-0000-000000000000"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KEYED = re.compile(r'"batch_id"\s*:\s*(?:("(?:[^"\\]|\\.){1,1200}")|([0-9]{1,200})(?![0-9.eE]))')
_LOOSE = re.compile(
    r"""batch[_-]?id["'\\]{0,4}\s{0,9}[:=>]{1,2}\s{0,9}["'\\]{0,4}([0-9a-z][0-9a-z._~-]{0,199})(?=$|[\s"'<>&,;}\])\\])""",
    re.IGNORECASE,
)
_NO_VALUE = frozenset({"null", "none", "nil", "nan", "true", "false", "undefined", "infinity"})
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"\r\n[0-9a-fA-F]{1,8}[^\r\n]{0,80}\r\n")
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")


def unpacked(body: bytes, encoding: str, most: int = MAX_UNPACKED) -> tuple[bytes, bool]:
    """Return what a compressed body holds, as far as it can be read, and whether it is whole.

    Args:
        body: as it came.
        encoding: the ``Content-Encoding`` that it is said to have, which may be wrong.
        most: how many bytes it may become.

    Returns:
        Nothing, and False, if it is not compressed after all.
    """
    if body.startswith(b"\x1f\x8b") or "gzip" in encoding:
        ways: tuple[int, ...] = (47,)
    else:
        ways = (47, -15) if "deflate" in encoding else ()
    for bits in ways:
        unpacker = zlib.decompressobj(bits)
        try:
            content = unpacker.decompress(body, most)
        except zlib.error:
            content = _before_the_flaw(body[:MAX_KEPT], bits, most)
        if content:
            return content, unpacker.eof
    return b"", False


def _before_the_flaw(body: bytes, bits: int, most: int) -> bytes:
    """Return what a compressed body holds up to where it cannot be unpacked."""
    unpacker, content = zlib.decompressobj(bits), bytearray()
    try:
        for at in range(len(body)):
            content += unpacker.decompress(body[at : at + 1], most - len(content))
            if len(content) >= most:
                break
    except zlib.error:
        pass
    return bytes(content)


def ascii_in(body: bytes) -> str:
    """Return a body as text in which what is ASCII can be read, cut off or not, whatever its encoding.

    The zero bytes of UTF-16 and UTF-32 are left out. Unlike in `tolerant.text_in`, a byte that is no UTF-8
    becomes U+FFFD and never a letter: an ID with such a byte is none.
    """
    return body.replace(b"\0", b"").decode(errors="replace")


def documents(text: str) -> Iterator[Fields]:
    """Yield each whole JSON object in a text; NaN, and anything around the objects, is allowed."""
    at = text.find("{")
    for _ in range(_MAX_DOCUMENTS):
        if at < 0:
            return
        try:
            value, end = decoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)


def submitted_in(text: str) -> Submitted | None:
    """Read the answer to a submission. None means that it has no ID, or that it has several."""
    holders = [holder for document in documents(text) for holder in _holders(document)]
    ids = {usable_id(holder["batch_id"]) for holder in holders}
    if len(ids) != 1 or not ids.issuperset(_keyed(text)):
        return None
    return read_submitted(holders[0])


def reply_of(texts: Iterable[str], key: Secret, *, keyed_only: bool = False) -> Reply:
    """Return what is kept of an answer: its text without the key, and what may be an ID in it.

    Args:
        texts: the answer read in each way that makes sense, the likeliest first.
        key: left out, however it is written.
        keyed_only: only what is called a batch's ID counts, and no other UUID.
    """
    found = [(ids_in(text, keyed_only=keyed_only), text) for text in dict.fromkeys(texts)]
    if not found:
        return Reply()
    said = dict.fromkeys(batch_id for some, _ in found for batch_id in some)
    # To search each for the key takes a millisecond, and megabytes of them may come.
    searched = islice(said, _MOST_SEARCHED)
    ids = [batch_id for batch_id in searched if redactor_of(key).values(batch_id, "batch_id") == batch_id]
    _, text = max(found, key=lambda one: len(one[0]))
    # Redacted before it is cut: half a key is a key, too.
    return Reply(redact(text[: 2 * MAX_KEPT], key)[:MAX_KEPT], tuple(ids)[:_MAX_CANDIDATES])


def ids_in(text: str, *, keyed_only: bool = False) -> list[str]:
    """Return what may be a batch's ID in a text, the likeliest first: values called so, then other UUIDs."""
    ways = dict.fromkeys((text, html.unescape(text), _ESCAPE.sub(_unescaped, text), unquote(text)))
    found: dict[str, None] = {}
    for way in ways:
        found |= dict.fromkeys(_keyed(way))
        found |= dict.fromkeys(_loosely_keyed(way))
    if not keyed_only:
        for way in ways:
            found |= dict.fromkeys(_UUID.findall(way))
    return list(found)


def body_in(received: bytes) -> tuple[int | None, bytes]:
    """Return the status and the body in the bytes of an HTTP/1.1 answer, without what frames its chunks.

    Whatever is wrong with the head, the body begins after its empty line. None means there is no status; if
    there is no empty line either, all of it is the body.
    """
    while True:
        head, blank, rest = received.partition(b"\r\n\r\n")
        match = _STATUS.match(head)
        status = int(match[1]) if match else None
        if status is None and not blank:
            return None, received
        if status is None or not 100 <= status < 200:
            break
        received = rest
    if re.search(rb"\r\ntransfer-encoding:[^\r\n]*chunked", head, re.IGNORECASE):
        rest = _CHUNK_SIZE.sub(b"", b"\r\n" + rest)
    return status, rest


def _holders(document: Fields) -> Iterator[Fields]:
    """Yield each object in a JSON object that has a batch ID, itself first."""
    stack: list[object] = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            batch_id = usable_id(value.get("batch_id"))
            if batch_id is not None and "\ufffd" not in batch_id:
                yield value
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _keyed(text: str) -> Iterator[str]:
    """Yield the values of each ``"batch_id"`` that is whole."""
    for match in _KEYED.finditer(text):
        try:
            value = usable_id(decoder().decode(match[1]) if match[1] else match[2])
        except ValueError:  # an escape that JSON does not have
            continue
        if value is not None and "\ufffd" not in value:
            yield value


def _loosely_keyed(text: str) -> Iterator[str]:
    """Yield what follows ``batch_id``, in whatever notation; the beginning of a UUID is none."""
    for match in _LOOSE.finditer(text):
        value = match[1]
        cut = match.end() == len(text) and len(value) < len(_SHAPE)
        if value.lower() in _NO_VALUE or (cut and _UUID.fullmatch(value + _SHAPE[len(value) :])):
            continue
        if usable_id(value) is not None:
            yield value


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
