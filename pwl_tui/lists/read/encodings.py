"""What the first bytes of a list say about its encoding, and whether they are text at all."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from pwl_tui.lists.errors import ListError

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1b"})
_LONGEST_LINE = 64 * 1024**2
_NOT_FOR_FILES = {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"}
"""Codecs that decode text, but that no file is written in."""


def marked(head: bytes) -> str | None:
    """Return the encoding that a byte order mark at the start shows, or None if there is no mark."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def unmarked_utf_16(head: bytes) -> str | None:
    """Return which UTF-16 the bytes are, or None. In mostly Western text every other byte is zero."""
    head = head.rstrip(b"\0")
    half = len(head) // 2
    low_zeros, high_zeros = head[::2].count(0), head[1::2].count(0)
    if high_zeros > half * 0.4 and low_zeros < half * 0.05:
        return "utf-16-le"
    if low_zeros > half * 0.4 and high_zeros < half * 0.05:
        return "utf-16-be"
    return None


def is_binary(head: bytes) -> bool:
    """Return whether the bytes are not text in any encoding; a few stray control characters are all right."""
    head = head.rstrip(b"\0")  # a disk's own padding at the end
    if marked(head) or unmarked_utf_16(head):
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return head.startswith(b"%PDF-") or (controls > 2 and controls > len(head) * 0.05)


def checked_encoding(name: str) -> str:
    """Return Python's own name of the encoding that the person means.

    Raises:
        ListError: there is no such text encoding.
    """
    try:
        encoding = codecs.lookup(name.strip()).name
        "0".encode(encoding)  # refuses codecs that are not for text, such as base64
    except (LookupError, ValueError):
        encoding = ""
    if not encoding or encoding in _NOT_FOR_FILES:
        raise ListError(
            f"{name!r} is not an encoding.",
            "Use one such as utf-8, cp1252 or utf-16 with --encoding, or leave that out to detect it.",
        )
    return encoding


def unit_of(head: bytes) -> int:
    """Return how many bytes a unit of the encoding takes that the first bytes of a text show: 1, 2 or 4."""
    encoding = marked(head) or unmarked_utf_16(head) or ""
    return 4 if encoding == "utf-32" else 2 if encoding.startswith("utf-16") else 1


def without_padding(blocks: Iterable[bytes], unit: int) -> Iterator[bytes]:
    """Yield a text without the zeros at its end, which disks and devices pad it with.

    Args:
        blocks: the text.
        unit: see `unit_of`. Zeros that belong to the last unit stay.
    """
    size = held = 0
    for block in blocks:
        bare = block.rstrip(b"\0")
        if bare:
            yield bytes(held) + bare
            size, held = size + held + len(bare), 0
        held += len(block) - len(bare)
    if left := min(held, -size % unit):
        yield bytes(left)


def decoded_lines(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield the lines of a text without their ends, in UTF-8 if it is Unicode, otherwise as they are.

    Raises:
        ListError: a line is too long.
    """
    whole = iter(blocks)
    head = next(whole, b"")
    encoding = marked(head) or unmarked_utf_16(head)
    decode = codecs.getincrementaldecoder(encoding or "latin-1")("replace").decode
    back = "utf-8" if encoding else "latin-1"
    begun, size = list[str](), 0  # a line of many blocks, which are joined once
    for block in chain([head], whole):
        first, *lines = decode(block).split("\n")
        begun.append(first)
        size += len(first)
        if size > _LONGEST_LINE:
            raise ListError(f"{name} has a line that is too long.", "Check that the file is a list.")
        if lines:
            left = lines.pop()
            yield from (line.rstrip("\r").encode(back, "replace") for line in ("".join(begun), *lines))
            begun, size = [left], len(left)
    yield "".join(begun).rstrip("\r").encode(back, "replace")


def end_cut_off(error: UnicodeError) -> tuple[str, int]:
    """Put a replacement in place of a last character that is cut off: a digit may be lost with it."""
    cut = isinstance(error, UnicodeDecodeError) and error.end >= len(error.object)
    if not cut or not isinstance(error, UnicodeDecodeError) or not error.encoding.startswith("utf-"):
        raise error
    rest = error.object[error.start :]
    ended = error.encoding.endswith("le") and rest in {b"\r", b"\n"}
    return "\n" if ended else "\ufffd", error.end


CUT_OFF = "pwl-cut-off"
"""The name of `end_cut_off` among the error handlers."""
codecs.register_error(CUT_OFF, end_cut_off)
