"""Converts a workbook to the CSV of one of its sheets, in a child process.

A few kilobytes of a hostile workbook can expand to more memory than any machine has, inside the compiled
reader where no Python code can stop it. So a child process with a memory limit reads it; if that dies, the
person gets an error message. It also leaves this process free to draw, and gives all its memory back.
"""

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO

import msgspec

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import Converted, supported
from pwl_tui.lists.read import sheets
from pwl_tui.lists.read.sheets import SAVE_AS_CSV, UNREADABLE, Opened, Refused

_MAX_BYTES = 256 * 1024**2
"""The longest workbook: a million rows of five cells take a seventh of it."""
_BLOCK_BYTES = 1 << 17
_PATIENCE_SECONDS = 0.2
"""How often `wait` is called."""


def convert(blocks: Iterable[bytes], name: str, sheet: str | None, wait: Callable[[], None]) -> Converted:
    """Read a workbook in a child process. See `formats.Converter` for the arguments.

    Raises:
        ListError: it is not a workbook, is damaged, protected or too large, or has no such sheet. Reading the
            converted blocks raises it, too.
    """
    command = [sys.executable, "-P", "-m", sheets.__name__, *([] if sheet is None else [sheet])]
    paths = os.pathsep.join(filter(None, sys.path))  # the child finds what this process found
    child = subprocess.Popen(  # noqa: S603 - no shell; the sheet's name is an argument of our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        _feed(child, blocks, name)
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


def _feed(child: "subprocess.Popen[bytes]", blocks: Iterable[bytes], name: str) -> None:
    stdin, size = _pipe(child.stdin), 0
    try:
        for block in blocks:
            size += len(block)
            if size > _MAX_BYTES:
                raise ListError(f"{name} is longer than {_MAX_BYTES:,} bytes.", SAVE_AS_CSV)
            stdin.write(block)
        stdin.close()
    except BrokenPipeError:
        return  # how the child ended says why


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
    with contextlib.suppress(BrokenPipeError):  # what it has not read is not needed
        _pipe(child.stdin).close()
    _pipe(child.stdout).close()
    child.wait()


def _died(code: int, name: str) -> ListError:
    """Return the error for a child that ended without an answer: by a signal if it exceeded its limits."""
    if code < 0:
        return ListError(f"{name} expands to more than can be read.", SAVE_AS_CSV)
    return ListError(f"{name} {UNREADABLE}", supported())
