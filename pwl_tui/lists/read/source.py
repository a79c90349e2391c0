"""The person's original, read once and kept: what is planned is what is stored and given back."""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.encodings import is_binary
from pwl_tui.lists.read.findings import Finding
from pwl_tui.os_errors import os_sentences
from pwl_tui.text import clean

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BYTES = 1024**3
"""The longest list that is read, in bytes after unpacking: a kilobyte for each of a million rows. It also
stops a gzip bomb, and bounds the memory for what cannot be compressed."""
MAX_LINE_BYTES = 4 * 1024**2
"""The longest line, seen while the list is taken in, so that one without an end is not taken in at all."""

_BLOCK_BYTES = 1 << 17
_CHUNK_BYTES = 1 << 20
_GZIP_WBITS = 31
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MAX_PATH = 4096


class Source(Struct, frozen=True):
    """A list as the person gave it, compressed in memory.

    Attributes:
        name: base name of the file, ``pasted`` or ``standard input``; safe to show.
        path: where the file was, safe to show; empty when there was none. It is never opened again.
        kind: ``csv``, ``tsv`` or ``txt``; a hint, for contents decide. ``xlsx`` for a sheet of a workbook,
            which is kept as the CSV that `workbook.convert` makes of it.
        size: bytes, unpacked.
        sha256: hexadecimal digest of those bytes.
        chunks: the bytes as one gzip stream, cut into pieces of about a mebibyte.
    """

    name: str
    path: str
    kind: str
    size: int
    sha256: str
    chunks: list[bytes]
    sheet: Finding | None = None
    other_sheets: tuple[str, ...] = ()

    @classmethod
    def from_path(
        cls, path: Path, *, sheet: str | None = None, watch: Callable[[int], None] | None = None
    ) -> "Source":
        """Read a file, packed with gzip or not: text, or a workbook of Excel or LibreOffice.

        Args:
            path: the file.
            sheet: of a workbook, by name; none: the one with the most phone numbers.
            watch: told the number of bytes taken in, now and then; what it raises ends the reading.

        Raises:
            ListError: it cannot be read, is empty, too long, no text, or has no such sheet.
        """
        name = clean(path.name) or clean(str(path))
        try:
            with path.open("rb") as stream:
                return _take_in(
                    stream, name, clean(str(path.absolute()), _MAX_PATH), _kind(path), sheet, watch
                )
        except OSError as error:
            raise ListError(*os_sentences(error, name)) from error
        except ValueError as error:  # a path that no system can have, such as one with a null byte
            raise ListError(f"Could not read {name}: {error}.", "Check the path.") from error

    @classmethod
    def from_text(cls, text: str, name: str = "pasted") -> "Source":
        """Take pasted text.

        Raises:
            ListError: it is empty, or too long.
        """
        return _take_in(io.BytesIO(text.encode(errors="replace")), clean(name), "", "txt", None, None)

    @classmethod
    def from_stream(
        cls,
        stream: BinaryIO,
        name: str,
        *,
        sheet: str | None = None,
        watch: Callable[[int], None] | None = None,
    ) -> "Source":
        """Read a stream to its end; all else is as `from_path` has it.

        Raises:
            ListError: it cannot be read, is empty, too long, no text, or has no such sheet.
        """
        try:
            return _take_in(stream, clean(name), "", "csv", sheet, watch)
        except OSError as error:
            raise ListError(*os_sentences(error, name)) from error

    @classmethod
    def from_chunks(
        cls, *, name: str, path: str, kind: str, size: int, sha256: str, chunks: list[bytes]
    ) -> "Source":
        """Rebuild a source from what was stored of it."""
        return cls(name, path, kind, size, sha256, chunks)

    def open(self, watch: Callable[[int], None] | None = None) -> BinaryIO:
        """Return the unpacked bytes as a stream; takes the memory of a few blocks, however long the list.

        Args:
            watch: told the number of bytes handed out, block by block; what it raises ends the reading.
        """
        return io.BufferedReader(_Stream(self._blocks(), watch), _BLOCK_BYTES)

    def _blocks(self) -> Iterator[bytes]:
        try:
            yield from _inflated(self.chunks)
        except (EOFError, zlib.error) as error:
            raise ListError(
                f"What is kept of {self.name} is damaged.", "Plan it again from the original file."
            ) from error


class _Stream(io.RawIOBase):
    """Blocks of bytes as a file."""

    def __init__(self, blocks: Iterator[bytes], watch: Callable[[int], None] | None) -> None:
        self._blocks = blocks
        self._watch = watch
        self._done = 0
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        if not self._left:
            self._left = memoryview(next(self._blocks, b""))
            self._done += len(self._left)
            if self._watch is not None:
                self._watch(self._done)
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


class _Intake:
    """The bytes of a stream, and a report of how many they were so far."""

    def __init__(self, stream: BinaryIO, watch: Callable[[int], None] | None) -> None:
        self._stream = stream
        self._watch = watch
        self._done = 0

    def blocks(self) -> Iterator[bytes]:
        while block := self._stream.read(_BLOCK_BYTES):
            yield block
            self._done += len(block)
            self.report()

    def report(self) -> None:
        if self._watch is not None:
            self._watch(self._done)


def _take_in(
    stream: BinaryIO,
    name: str,
    path: str,
    kind: str,
    sheet: str | None,
    watch: Callable[[int], None] | None,
) -> Source:
    intake = _Intake(stream, watch)
    blocks = _unpacked(intake.blocks())
    try:
        first = next(blocks, b"")
        blocks = chain([first], blocks)
        if not first.startswith(_ZIP):
            _require_text(first, name, sheet)
            return Source(name, path, kind, *_kept(blocks, name))
        from pwl_tui.lists.read.workbook import convert  # takes all of libphonenumber along

        book = convert(blocks, name, sheet, intake.report)
        return Source(name, path, "xlsx", *_kept(book.blocks, name), book.sheet, book.other_sheets)
    except (EOFError, zlib.error) as error:
        raise ListError(
            f"{name} is not a whole gzip file.",
            "Copy it here again, or unpack it and give the unpacked file.",
        ) from error


def _kept(blocks: Iterable[bytes], name: str) -> tuple[int, str, list[bytes]]:
    """Return the size of a list, its digest, and the list as one gzip stream in pieces."""
    digest = hashlib.sha256()
    deflater = zlib.compressobj(1, zlib.DEFLATED, _GZIP_WBITS)
    size, line, chunks, chunk = 0, 0, list[bytes](), bytearray()
    for block in blocks:
        size += len(block)
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        line = line + len(block) if end < 0 else len(block) - end
        if line > MAX_LINE_BYTES:
            raise ListError(
                f"{name} has a line of more than {MAX_LINE_BYTES:,} bytes.", "Check that the file is a list."
            )
        if size > MAX_BYTES:
            raise ListError(
                f"{name} is longer than {MAX_BYTES:,} bytes.", "Split it into several lists and plan each."
            )
        digest.update(block)
        chunk += deflater.compress(block)
        if len(chunk) >= _CHUNK_BYTES:
            chunks.append(bytes(chunk))
            chunk.clear()
    if not size:
        raise ListError(f"{name} is empty.", "Give a list with at least one phone number.")
    chunks.append(bytes(chunk) + deflater.flush())
    return size, digest.hexdigest(), chunks


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(blocks, b"")
    whole = chain([first] if first else [], blocks)
    return _inflated(whole) if first.startswith(_GZIP) else whole


def _inflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack a gzip stream of one or more members, a block at a time.

    Raises:
        EOFError: the stream ends too early.
        zlib.error: it is damaged.
    """
    pieces = iter(packed)
    left = next(pieces, b"")
    while left:
        inflater = zlib.decompressobj(_GZIP_WBITS)
        while not inflater.eof:
            block = inflater.decompress(left, _BLOCK_BYTES)
            left = inflater.unconsumed_tail
            if block:
                yield block
            elif not inflater.eof:
                left = next(pieces, b"")
                if not left:
                    raise EOFError("the gzip stream ends too early")
        # Zeros may pad the file after a member (RFC 1952 leaves it open, tape archives do it).
        left = inflater.unused_data.lstrip(b"\0") or next(pieces, b"").lstrip(b"\0")


def _require_text(head: bytes, name: str, sheet: str | None) -> None:
    if head.startswith(_OLE):
        raise ListError(
            f"{name} is a workbook of an old kind of Excel (.xls), or protected with a password.",
            "Save it as .xlsx without a password, or the sheet as CSV (UTF-8).",
        )
    if head and is_binary(head):
        raise ListError(
            f"{name} is not text.", "Give a CSV, TSV, TXT or XLSX file, or one of these packed with gzip."
        )
    if sheet is not None:
        raise ListError(f"{name} is not a workbook and has no sheets.", "Leave --sheet out.")


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    return {".tsv": "tsv", ".tab": "tsv", ".txt": "txt"}.get(suffixes[-1] if suffixes else "", "csv")
