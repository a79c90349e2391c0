"""Files that people take for lists: archives, pages, documents. Each is named, with what to do about it."""

import io
import tarfile
from collections.abc import Sequence

from pwl_tui.text import clean

_UNPACK = "Unpack it and use the list in it."
_SAVE_AS = "Save it as a workbook (.xlsx) or as CSV (UTF-8) and use that file."
_ARCHIVES = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
)
_PARTS = (
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint document"),
    ("Index/", "an Apple Numbers document"),
)
_WORKBOOK_PARTS = ("xl/", "content.xml", "Index/", "word/", "ppt/")
_NAMES_SHOWN = 3
_TAR_MARK = slice(257, 262)


def refused(head: bytes) -> tuple[str, str] | None:
    """Return what a file is instead of a list, to follow its name, and the remedy; None if it may be a list.

    Args:
        head: its first bytes, decompressed if it was compressed with gzip.
    """
    for mark, what in _ARCHIVES:
        if head.startswith(mark):
            return f"is {what}.", _UNPACK
    if head[_TAR_MARK] == b"ustar":
        return f"is a tar archive{_inside(_names_in_tar(head))}.", _UNPACK
    text = head[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if text.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return "is an XML spreadsheet of Excel 2003, which cannot be read.", _SAVE_AS
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        return "is a web page, whatever its name says.", f"Open it in a spreadsheet program. {_SAVE_AS}"
    if text.startswith(b"<?xml"):
        return "is an XML document, which cannot be read as a list.", _SAVE_AS
    return None


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
