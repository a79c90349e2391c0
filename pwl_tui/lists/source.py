"""The person's original, read once and kept: what is planned is what is stored and given back."""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pwl_tui.lists.encodings import is_binary
from pwl_tui.lists.errors import ListError, unusable
from pwl_tui.text import clean

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BYTES = 2 * 1024**3
"""The longest list that is read, in bytes after unpacking; it also stops a gzip bomb."""

_BLOCK_BYTES = 1 << 17
_CHUNK_BYTES = 1 << 20
_GZIP_WBITS = 31
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MAX_PATH = 4096


@dataclass(frozen=True, slots=True)
class Source:
    """A list as the person gave it, compressed in memory.

    Attributes:
        name: base name of the file, ``pasted`` or ``standard input``; safe to show.
        path: where the file was, safe to show; empty when there was none. It is never opened again.
        kind: ``csv``, ``tsv`` or ``txt``; a hint, for contents decide.
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

    @classmethod
    def from_path(cls, path: Path) -> "Source":
        """Read a file, packed with gzip or not.

        Raises:
            ListError: it cannot be read, is empty, too long, a spreadsheet, or no text.
        """
        name = clean(path.name) or clean(str(path))
        try:
            with path.open("rb") as stream:
                return _take_in(stream, name, clean(str(path.absolute()), _MAX_PATH), _kind(path))
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from error

    @classmethod
    def from_text(cls, text: str, name: str = "pasted") -> "Source":
        """Take pasted text.

        Raises:
            ListError: it is empty, or too long.
        """
        return _take_in(io.BytesIO(text.encode(errors="replace")), clean(name), "", "txt")

    @classmethod
    def from_stream(cls, stream: BinaryIO, name: str) -> "Source":
        """Read a stream to its end, packed with gzip or not.

        Raises:
            ListError: it cannot be read, is empty, too long, a spreadsheet, or no text.
        """
        try:
            return _take_in(stream, clean(name), "", "csv")
        except OSError as error:
            raise _unreadable(clean(name), error) from error

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
            raise unusable(
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


def _take_in(stream: BinaryIO, name: str, path: str, kind: str) -> Source:
    digest = hashlib.sha256()
    deflater = zlib.compressobj(1, zlib.DEFLATED, _GZIP_WBITS)
    size, chunks, chunk = 0, list[bytes](), bytearray()
    try:
        for block in _unpacked(stream):
            if not size:
                _require_text(block, name)
            size += len(block)
            if size > MAX_BYTES:
                raise unusable(
                    f"{name} is longer than {MAX_BYTES:,} bytes.",
                    "Split it into several lists and plan each.",
                )
            digest.update(block)
            chunk += deflater.compress(block)
            if len(chunk) >= _CHUNK_BYTES:
                chunks.append(bytes(chunk))
                chunk.clear()
    except (EOFError, zlib.error) as error:
        raise unusable(
            f"{name} is not a whole gzip file.",
            "Copy it here again, or unpack it and give the unpacked file.",
        ) from error
    if not size:
        raise unusable(f"{name} is empty.", "Give a list with at least one phone number.")
    chunks.append(bytes(chunk) + deflater.flush())
    return Source(name, path, kind, size, digest.hexdigest(), chunks)


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    blocks = iter(lambda: stream.read(_BLOCK_BYTES), b"")
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


def _require_text(head: bytes, name: str) -> None:
    if head.startswith((_ZIP, _OLE)):
        raise unusable(
            f"{name} is an Excel workbook or a ZIP archive, and these cannot be read yet.",
            "Save the sheet as CSV (UTF-8) and give that file.",
        )
    if is_binary(head):
        raise unusable(
            f"{name} is not text.", "Give a CSV, TSV or TXT file, or one of these packed with gzip."
        )


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    return {".tsv": "tsv", ".tab": "tsv", ".txt": "txt"}.get(suffixes[-1] if suffixes else "", "csv")


def _unreadable(name: str, error: OSError | ValueError) -> ListError:
    match error:
        case FileNotFoundError():
            return unusable(f"There is no file {name}.", "Check the path.")
        case IsADirectoryError():
            return unusable(f"{name} is a directory, not a list.", "Give a file in it.")
        case PermissionError():
            return unusable(f"This user may not read {name}.", "Change its permissions, or copy it.")
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return unusable(f"{name} cannot be read: {clean(why)}.", "Check the path and the disk, then try again.")
