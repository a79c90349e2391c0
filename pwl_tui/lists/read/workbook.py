"""Converts a workbook to the CSV of one of its sheets, in a child process.

A few kilobytes of a hostile workbook can expand to more memory than any machine has, inside the compiled
reader where no Python code can stop it. So a child process with a memory limit reads it; if that dies, the
person gets an error message. It also leaves this process free to draw, and gives all its memory back.
"""

import select
from collections.abc import Callable, Iterable, Iterator

import msgspec

from pwl_tui.lists.child_process import Child
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
    child = Child(sheets.__name__, *([] if sheet is None else [sheet]))
    try:
        _feed(child, blocks, name)
        answer = _answer(_first_line(child, wait), child, name)
    except BaseException:
        child.end()
        raise
    return Converted(answer.sheet, answer.other_sheets, _blocks(child, name))


def _answer(line: bytes, child: Child, name: str) -> Opened:
    if not line:
        raise _died(child.wait(), name)
    answer = msgspec.json.decode(line, type=Opened | Refused)
    if isinstance(answer, Refused):
        raise ListError(f"{name} {answer.message}", answer.remedy)
    return answer


def _feed(child: Child, blocks: Iterable[bytes], name: str) -> None:
    size = 0
    try:
        for block in blocks:
            size += len(block)
            if size > _MAX_BYTES:
                raise ListError(f"{name} is longer than {_MAX_BYTES:,} bytes.", SAVE_AS_CSV)
            child.stdin.write(block)
        child.stdin.close()
    except BrokenPipeError:
        return  # how the child ended says why


def _first_line(child: Child, wait: Callable[[], None]) -> bytes:
    while not select.select([child.stdout], [], [], _PATIENCE_SECONDS)[0]:
        wait()
    return child.stdout.readline()


def _blocks(child: Child, name: str) -> Iterator[bytes]:
    try:
        yield from iter(lambda: child.stdout.read(_BLOCK_BYTES), b"")
        if code := child.wait():
            raise _died(code, name)
    finally:
        child.end()


def _died(code: int, name: str) -> ListError:
    """Return the error for a child that ended without an answer: by a signal if it exceeded its limits."""
    if code < 0:
        return ListError(f"{name} expands to more than can be read.", SAVE_AS_CSV)
    return ListError(f"{name} {UNREADABLE}", supported())
