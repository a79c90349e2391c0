"""What the first bytes of a list say about its encoding, and whether they are text at all."""

import codecs

from pwl_tui.lists.errors import ListError

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1b"})
_NOT_FOR_FILES = {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"}
"""Codecs that decode text, but that no file is written in."""


def marked(head: bytes) -> str | None:
    """Return the encoding that a byte order mark at the start shows, or None if there is no mark."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def unmarked_utf_16(head: bytes) -> str | None:
    """Return which UTF-16 the bytes are, or None. In mostly Western text every other byte is zero."""
    half = len(head) // 2
    low_zeros, high_zeros = head[::2].count(0), head[1::2].count(0)
    if high_zeros > half * 0.4 and low_zeros < half * 0.05:
        return "utf-16-le"
    if low_zeros > half * 0.4 and high_zeros < half * 0.05:
        return "utf-16-be"
    return None


def is_binary(head: bytes) -> bool:
    """Return whether the bytes are not text in any encoding; a few stray control characters are all right."""
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
