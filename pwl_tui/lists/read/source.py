"""The person's list, read once and kept: what is planned is what is stored and exported."""

import hashlib
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import kind_of, supported
from pwl_tui.lists.read.encodings import is_binary, unit_of, without_padding
from pwl_tui.lists.read.findings import Finding
from pwl_tui.lists.read.refused import refused
from pwl_tui.os_errors import os_sentences
from pwl_tui.text import clean

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BYTES = 1024**3
"""The longest list, in bytes before and after decompression: a kilobyte for each of a million rows. The limit
also stops a gzip bomb and endless padding, and bounds the memory for what cannot be compressed."""
MAX_LINE_BYTES = 4 * 1024**2
"""The longest line. It is checked while the list is read, so that an endless line is never read whole."""

_BLOCK_BYTES = 1 << 17
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 12
"""How much shows what a file is; a compressed one may begin with less."""
_GZIP_WBITS = 31
_GZIP = b"\x1f\x8b"
_MAX_PATH = 4096


class Source(Struct, frozen=True):
    """A list as the person gave it, compressed in memory.

    Attributes:
        name: base name of the file, ``pasted`` or ``standard input``; safe to show.
        path: where the file was, safe to show; empty if there was none. It is never opened again.
        kind: the name of its kind, see `formats.KINDS`. Lists that are not text are kept as CSV.
        size: bytes, decompressed.
        sha256: hexadecimal digest of those bytes.
        chunks: the bytes as one gzip stream, cut into pieces of about a mebibyte.
        sheet: which sheet of a workbook was read; None for other lists, and for a list from the state file.
        other_sheets: the names of its other sheets.
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
        """Read a file of one of the kinds in `formats.KINDS`, compressed with gzip or not.

        Args:
            path: the file.
            sheet: which sheet of a workbook to read, by name; None means the one with the most phone numbers.
            watch: called now and then with the number of bytes read; an exception it raises ends the reading.

        Raises:
            ListError: the file cannot be read, is a device, empty, too long, of no known kind, or has no such
                sheet.
        """
        name = clean(path.name) or clean(str(path))
        try:
            _require_file(path, name)
            with path.open("rb") as stream:
                return _read(stream, name, sheet, watch, path=path)
        except OSError as error:
            raise ListError(*os_sentences(error, name)) from error
        except ValueError as error:  # a path that no system can have, such as one with a null byte
            raise ListError(f"Could not read {name}: {error}.", "Check the path.") from error

    @classmethod
    def from_text(cls, text: str, name: str = "pasted") -> "Source":
        """Return pasted text as a list.

        Raises:
            ListError: the text is empty or too long.
        """
        return _read(io.BytesIO(text.encode(errors="replace")), clean(name), None, None, kind="txt")

    @classmethod
    def from_stream(
        cls,
        stream: BinaryIO,
        name: str,
        *,
        sheet: str | None = None,
        watch: Callable[[int], None] | None = None,
    ) -> "Source":
        """Read a stream to its end. See `from_path` for the arguments and errors."""
        try:
            return _read(stream, clean(name), sheet, watch)
        except OSError as error:
            raise ListError(*os_sentences(error, name)) from error

    @classmethod
    def from_chunks(
        cls, *, name: str, path: str, kind: str, size: int, sha256: str, chunks: list[bytes]
    ) -> "Source":
        """Return a list that was stored."""
        return cls(name, path, kind, size, sha256, chunks)

    def open(self, watch: Callable[[int], None] | None = None) -> BinaryIO:
        """Return the decompressed bytes as a stream that takes the memory of a few blocks.

        Args:
            watch: called after each block with the number of bytes read so far; an exception it raises ends
                the reading.
        """
        return io.BufferedReader(_Stream(self._blocks(), watch), _BLOCK_BYTES)

    def _blocks(self) -> Iterator[bytes]:
        try:
            yield from _inflated(self.chunks)
        except (EOFError, zlib.error) as error:
            raise ListError(
                f"The stored copy of {self.name} is damaged.", "Plan it again from the original file."
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
    """The blocks of a stream; `watch` is called with the number of bytes read so far."""

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


def _read(
    stream: BinaryIO,
    name: str,
    sheet: str | None,
    watch: Callable[[int], None] | None,
    *,
    path: Path | None = None,
    kind: str = "",
) -> Source:
    intake = _Intake(stream, watch)
    blocks = _bounded(_decompressed(_bounded(intake.blocks(), name)), name)
    where = "" if path is None else clean(str(path.absolute()), _MAX_PATH)
    try:
        head = b""
        while len(head) < _HEAD_BYTES and (block := next(blocks, b"")):
            head += block
        blocks = chain([head], blocks)
        if reason := refused(head):
            raise ListError(f"{name} {reason[0]}", reason[1])
        found = kind_of(head, "" if path is None else path.name)
        if found.convert is not None:
            made = found.convert(blocks, name, sheet, intake.report)
            text = _bounded(made.blocks, name)
            return Source(name, where, found.name, *_compressed(text, name), made.sheet, made.other_sheets)
        _require_text(head, name, sheet)
        text = without_padding(blocks, unit_of(head))
        return Source(name, where, kind or found.name, *_compressed(text, name))
    except (EOFError, zlib.error) as error:
        raise ListError(
            f"{name} is not a complete gzip file.",
            "Copy it here again, or decompress it and use that file.",
        ) from error


def _bounded(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield the same blocks, and raise `ListError` where there are too many. Padding counts."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > MAX_BYTES:
            raise ListError(
                f"{name} is longer than {MAX_BYTES:,} bytes.", "Split it into several lists and plan each."
            )
        yield block


def _compressed(blocks: Iterable[bytes], name: str) -> tuple[int, str, list[bytes]]:
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
        digest.update(block)
        chunk += deflater.compress(block)
        if len(chunk) >= _CHUNK_BYTES:
            chunks.append(bytes(chunk))
            chunk.clear()
    if not size:
        raise ListError(f"{name} is empty.", "Choose a list with at least one phone number.")
    chunks.append(bytes(chunk) + deflater.flush())
    return size, digest.hexdigest(), chunks


def _decompressed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(blocks, b"")
    whole = chain([first] if first else [], blocks)
    return _inflated(whole) if first.startswith(_GZIP) else whole


def _inflated(compressed: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress a gzip stream of one or more members, a block at a time.

    Raises:
        EOFError: the stream ends too early.
        zlib.error: it is damaged.
    """
    pieces = iter(compressed)
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


def _require_file(path: Path, name: str) -> None:
    """Refuse, before it is opened, what may never end or can do something when opened.

    A device is read only if it is standard input, as ``/dev/stdin`` may be; pipes are.
    """
    found = path.stat()
    if stat.S_ISSOCK(found.st_mode):
        raise ListError(f"{name} is a socket, not a file.", "Choose a file.")
    if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
        with suppress(OSError):  # standard input may be closed
            if os.path.samestat(found, os.fstat(0)):
                return
        raise ListError(f"{name} is a device, not a file.", "Choose a file.")


def _require_text(head: bytes, name: str, sheet: str | None) -> None:
    if head and is_binary(head):
        raise ListError(f"{name} is not in a supported format.", supported())
    if sheet is not None:
        raise ListError(f"{name} is not a workbook, so it has no sheets.", "Leave out --sheet.")
