"""Files that people take for lists: archives, pages, documents. Each is named, with what to do about it."""

import bz2
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Sequence
from typing import Final

from pwl_tui.text import clean

_UNPACK: Final = "Unpack it and use the list in it."
_SAVE_AS: Final = "Save it as a workbook (.xlsx) or as CSV (UTF-8) and use that file."
_EXPORT: Final = "Export the list as CSV (UTF-8) and use that file."
_DECRYPT: Final = "Decrypt it and use the list in it."

_PEEKED_BYTES: Final = 1 << 16
_MOST_MEMORY: Final = 1 << 27
_LZMA: Final = re.compile(rb"\x5d\0\0[\0-\xff]{2}(?:\xff{8}|[\0-\xff]{5}\0\0\0)")
_COMPRESSED: Final[Sequence[tuple[bytes, str, Callable[[bytes], bytes] | None]]] = (
    (b"\x1f\x8b", "gzip, twice", lambda data: zlib.decompressobj(31).decompress(data, _PEEKED_BYTES)),
    (b"BZh", "bzip2", lambda data: bz2.BZ2Decompressor().decompress(data, _PEEKED_BYTES)),
    (
        b"\xfd7zXZ\0",
        "xz",
        lambda data: lzma.LZMADecompressor(memlimit=_MOST_MEMORY).decompress(data, _PEEKED_BYTES),
    ),
    (b"\x28\xb5\x2f\xfd", "Zstandard", None),
    (b"\x04\x22\x4d\x18", "LZ4", None),
    (b"LZIP\x01", "lzip", None),
    (b"\x1f\x9d", "the program compress", None),
)
"""The first bytes, the program, and how to see what is in it."""
_OTHERS: Final = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", "Choose a list with at least one phone number."),
    (b"PK\x07\x08", "a part of a ZIP archive", _UNPACK),
    (b"MSCF\0", "a cabinet archive", _UNPACK),
    (b"!<arch>\n", "an archive", _UNPACK),
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"{\\rtf", "a rich text document", _SAVE_AS),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"PAR1\x15", "a Parquet file", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"\x89PNG", "an image", _EXPORT),
    (b"\xff\xd8\xff", "an image", _EXPORT),
    (b"GIF87a", "an image", _EXPORT),
    (b"GIF89a", "an image", _EXPORT),
    (b"-----BEGIN PGP MESSAGE", "encrypted with PGP", _DECRYPT),
    (b"Salted__", "encrypted with OpenSSL", _DECRYPT),
)
_PARTS: Final = (
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint document"),
    ("Index/", "an Apple Numbers document"),
)
_WORKBOOK_PARTS: Final = ("xl/", "content.xml", "Index/", "word/", "ppt/")
_PAGE: Final = re.compile(
    rb"<(?:!doctype html|(?:html|head|meta|title|body|table|tr|div|p|span|style|script)\b)"
    rb"|mime-version:.{0,500}multipart/related",
    re.DOTALL,
)
_NAMES_SHOWN: Final = 3
_TAR_HEADER_BYTES: Final = 512


def refused(head: bytes) -> tuple[str, str] | None:
    """Return what a file is instead of a list, to follow its name, and the remedy; None if it may be a list.

    Args:
        head: its first bytes, decompressed if it was compressed with gzip.
    """
    for mark, program, peek in _COMPRESSED:
        if head.startswith(mark):
            inside = _peeked(head, peek)
            if _is_tar(inside):
                return (
                    f"is a tar archive{_inside(_names_in_tar(inside))}, compressed with {program}.",
                    _UNPACK,
                )
            return f"is compressed with {program}.", _UNPACK
    if _LZMA.match(head):
        return "is compressed with LZMA.", _UNPACK
    for mark, what, remedy in _OTHERS:
        if head.startswith(mark):
            return f"is {what}.", remedy
    if _is_tar(head):
        return f"is a tar archive{_inside(_names_in_tar(head))}.", _UNPACK
    text = head[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if text.startswith(b"<") and b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return "is an Excel 2003 XML spreadsheet, which cannot be read.", _SAVE_AS
    if _PAGE.match(text):
        return "is a web page, whatever its name says.", f"Open it in a spreadsheet program. {_SAVE_AS}"
    if text.startswith(b"<?xml"):
        return "is an XML document, which cannot be read as a list.", _SAVE_AS
    return None


def _peeked(head: bytes, peek: Callable[[bytes], bytes] | None) -> bytes:
    """Return the beginning of what is compressed, or nothing."""
    try:
        return b"" if peek is None else peek(head)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""


def _is_tar(head: bytes) -> bool:
    """Return whether a tar archive begins so: by its checksum, as the oldest have no mark."""
    try:
        tarfile.TarInfo.frombuf(head[:_TAR_HEADER_BYTES], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def refused_zip(names: Sequence[str]) -> tuple[str, str] | None:
    """Do what `refused` does for a ZIP file, by the names in it; None if it may be a workbook."""
    for part, what in _PARTS:
        if any(name.startswith(part) for name in names) and not any(name.startswith("xl/") for name in names):
            return f"is {what}, not a workbook that can be read.", _SAVE_AS
    if any(name.startswith(_WORKBOOK_PARTS) for name in names):
        return None
    files = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]
    return f"is a ZIP archive{_inside(files)}.", _UNPACK


def _inside(names: Sequence[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(clean(name, 60) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f" with {shown}{f' and {more:,} more' if more > 0 else ''} in it"


def _names_in_tar(head: bytes) -> list[str]:
    """Return the names of the files that a tar archive begins with."""
    names: list[str] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r:") as archive:
            for member in archive:
                names += [member.name] if member.isfile() else []
    except (tarfile.TarError, OSError, ValueError):
        pass  # only its beginning is here
    return names
