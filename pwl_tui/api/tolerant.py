"""JSON as servers really send it: reads what is there, though some of it breaks the standard.

msgspec reads a good answer; only what it refuses comes here. `whole` forgives what leaves no doubt about the
content: a byte order mark, another encoding, a stray byte, ``NaN``, a lone surrogate, raw control characters.
`salvaged` also forgives text around the object and damage within it, so that one bad result does not cost the
other 999. Neither takes an answer that was cut off for a whole one.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from json import JSONDecoder

Fields = Mapping[str, Any]

_ERRORS = (ValueError, RecursionError)  # ValueError: also a number of more digits than Python converts
_AROUND = " \t\r\n\ufeff\x00"
_STRAY_BYTES = {0xDC00 + byte: chr(byte) for byte in range(0x80, 0x100)}
_OBJECT = re.compile(r"\{\s*\"")
_RESULTS = re.compile(r"\"results\"\s*:\s*\[")
_FIELD = re.compile(r"\"(\w{1,60})\"\s*:\s*(?=[\"\dtfn-])")
_MOST_BAD = 2_000
"""Elements that cannot be read before we give up; a batch has at most 1,000."""


def whole(body: bytes) -> Fields:
    """Return the JSON object that a body consists of; empty if it is anything else."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = _whole(text_in(body))
    return value if isinstance(value, dict) else {}


def salvaged(body: bytes) -> Fields:
    """Return what can be read of the JSON object in a body; empty if there is none, or if it was cut off.

    In a damaged object, ``results`` ends with None for each element that could not be read, at least one.
    """
    fields = whole(body)
    return fields or _salvaged(text_in(body))


@cache
def decoder() -> "JSONDecoder":
    """Return a decoder that reads ``NaN`` and raw control characters, too."""
    from json import JSONDecoder  # slow to load, and rarely needed

    return JSONDecoder(strict=False)


def _salvaged(text: str) -> Fields:
    value = _whole(text)
    if isinstance(value, str):  # JSON within a JSON string
        text, value = value, _whole(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        return value
    start = _OBJECT.search(text)
    if start is None:
        return {}
    try:
        value, _ = decoder().raw_decode(text, start.start())
    except _ERRORS:
        return _pieces(text[start.start() :])
    return value if isinstance(value, dict) else {}


def text_in(body: bytes) -> str:
    """Return the text of a body, whatever its encoding, without what may stand around it."""
    from json import detect_encoding  # as for the decoder

    encoding = detect_encoding(body)
    if encoding.startswith("utf-8"):
        # A stray byte is Latin-1, as in a name that was never converted.
        return body.decode("utf-8", "surrogateescape").translate(_STRAY_BYTES).strip(_AROUND)
    return body.decode(encoding, "replace").strip(_AROUND)


def _whole(text: str) -> object:
    try:
        return decoder().decode(text)
    except _ERRORS:
        return None


def _pieces(text: str) -> dict[str, Any]:
    """Return the plain fields of a damaged object, and those of its results that are intact."""
    begin = _RESULTS.search(text)
    if begin is None:
        # A list that is not found is damaged itself.
        head, tail, results = text, "", {"results": [None]} if "[" in text else {}
    else:
        found, end = _elements(text, begin.end())
        closed = text.find("]", end)
        if closed < 0:
            return {}
        head, tail, results = text[: begin.start()], text[closed:], {"results": found}
    # Where the closing brace is missing, the answer was cut off: what is not in it may have been.
    if not text.rstrip(_AROUND + ";)").endswith("}"):
        return {}
    return {**_plain(tail), **_plain(head), **results}


def _elements(text: str, end: int) -> tuple[list[Any], int]:
    """Return the objects that begin after a place in a text and are intact, and where the last one ends."""
    found: list[Any] = []
    bad = 0
    while bad < _MOST_BAD and (place := text.find("{", end)) >= 0:
        try:
            element, end = decoder().raw_decode(text, place)
        except _ERRORS:
            bad += 1
            end = place + 1
        else:
            found.append(element)
    return [*found, *[None] * max(bad, 1)], end


def _plain(text: str) -> dict[str, Any]:
    """Return the fields of a text whose values are plain; the first of each name."""
    found: dict[str, Any] = {}
    for match in _FIELD.finditer(text):
        try:
            value, _ = decoder().raw_decode(text, match.end())
        except _ERRORS:
            continue
        found.setdefault(match[1], value)
    return found
