"""Files of lines that are only appended to, and whose last line a crash may have cut off."""

import os
import re
from collections import Counter
from collections.abc import Iterator

import msgspec


def append_synced(descriptor: int, lines: bytes) -> int:
    """Append whole lines; when this returns, they are on disk. Return how many bytes were appended.

    Args:
        descriptor: of the file, opened for reading and appending.
        lines: one or more, each with its line feed.

    Raises:
        OSError: the file cannot be written.
    """
    # A line that a power cut truncated must not swallow this one.
    if _truncated(descriptor):
        lines = b"\n" + lines
    written = os.write(descriptor, lines)
    while written < len(lines):
        written += os.write(descriptor, lines[written:])
    os.fsync(descriptor)
    return len(lines)


def split_lines(data: bytes) -> list[bytes]:
    """Split at line feeds only, and keep them: a truncated write may have left any other byte."""
    return [line for line in re.split(rb"(?<=\n)", data) if line]


def lacking(here: bytes, there: bytes) -> list[bytes]:
    """Return the whole lines of one file that another lacks, in order, each with its line feed.

    A line counts as often as it occurs: the same words may be said twice, and the order tells which came
    last. What is no JSON object is damage, and stays where it is.

    Args:
        here: the file that may lack lines.
        there: the file that may have them.
    """
    known = Counter(_ended(here))
    found = []
    for line in _ended(there):
        if known[line]:
            known[line] -= 1
        elif _is_whole(line):
            found.append(line)
    return found


def _ended(data: bytes) -> Iterator[bytes]:
    """Yield the lines; the last one may lack nothing but its line feed."""
    for line in split_lines(data):
        yield line if line.endswith(b"\n") else line + b"\n"


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):  # the latter of a stray byte in a text
        return False
    return True


def _truncated(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
