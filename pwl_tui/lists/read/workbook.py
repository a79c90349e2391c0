"""Takes in a workbook as the CSV of one of its sheets, through a process of its own.

A few kilobytes of a hostile workbook can unfold to more than any machine has, inside the compiled reader
where no Python code can stop it. So it is read by a child process with a limit on its memory; if that dies,
the person gets a sentence. It also leaves this process free to draw meanwhile, and gives all its memory back.
"""

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

import msgspec

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read import sheets
from pwl_tui.lists.read.findings import Finding
from pwl_tui.lists.read.sheets import SAVE_AS_CSV, Opened, Refused

_MAX_PACKED = 256 * 1024**2
"""The longest workbook that is read, in bytes: a million rows of five cells take a seventh of it."""
_BLOCK_BYTES = 1 << 17
_PATIENCE_SECONDS = 0.2
"""How often the one who waits is asked whether to go on."""


class Converted(NamedTuple):
    """A sheet as CSV: which it is, the names of the others, and its rows, block by block."""

    sheet: Finding
    other_sheets: tuple[str, ...]
    blocks: Iterator[bytes]


def convert(packed: Iterable[bytes], name: str, sheet: str | None, wait: Callable[[], None]) -> Converted:
    """Read a workbook in a process of its own.

    Args:
        packed: its bytes.
        name: of the file, safe to show.
        sheet: the name of the sheet; none: the one with the most phone numbers.
        wait: called several times a second until the rows come; what it raises ends the reading.

    Raises:
        ListError: it is no workbook, or a damaged, protected or too large one, or has no such sheet. The
            blocks raise it, too.
    """
    command = [sys.executable, "-P", "-m", sheets.__name__, *([] if sheet is None else [sheet])]
    paths = os.pathsep.join(filter(None, sys.path))  # so that the child finds what this process found
    child = subprocess.Popen(  # noqa: S603 - no shell, and the sheet's name is an argument of our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        _feed(child, packed, name)
        answer = _answer(_first_line(child, wait), child, name)
    except BaseException:
        _end(child)
        raise
    return Converted(answer.sheet, answer.other_sheets, _blocks(child, name))


def _answer(line: bytes, child: "subprocess.Popen[bytes]", name: str) -> Opened:
    if not line:
        raise _died(child.wait(), name)
    answer = msgspec.json.decode(line, type=Opened | Refused)
    if isinstance(answer, Refused):
        raise ListError(f"{name} {answer.message}", answer.remedy)
    return answer


def _feed(child: "subprocess.Popen[bytes]", packed: Iterable[bytes], name: str) -> None:
    stdin, size = _pipe(child.stdin), 0
    try:
        for block in packed:
            size += len(block)
            if size > _MAX_PACKED:
                raise ListError(f"{name} is longer than {_MAX_PACKED:,} bytes.", SAVE_AS_CSV)
            stdin.write(block)
        stdin.close()
    except BrokenPipeError:
        return  # the child's end says why


def _first_line(child: "subprocess.Popen[bytes]", wait: Callable[[], None]) -> bytes:
    stdout = _pipe(child.stdout)
    while not select.select([stdout], [], [], _PATIENCE_SECONDS)[0]:
        wait()
    return stdout.readline()


def _blocks(child: "subprocess.Popen[bytes]", name: str) -> Iterator[bytes]:
    try:
        yield from iter(lambda: _pipe(child.stdout).read(_BLOCK_BYTES), b"")
        if child.wait():
            raise _died(child.returncode, name)
    finally:
        _end(child)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("the child was started with pipes")
    return stream


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    with contextlib.suppress(BrokenPipeError):  # what it has not read is of no use to anyone
        _pipe(child.stdin).close()
    _pipe(child.stdout).close()
    child.wait()


def _died(code: int, name: str) -> ListError:
    """Return the error for a child that ended without a word: by a signal where it took what it may not."""
    if code < 0:
        return ListError(f"{name} unfolds to more than can be read.", SAVE_AS_CSV)
    return ListError(f"{name} is damaged, or not an Excel workbook.", SAVE_AS_CSV)
