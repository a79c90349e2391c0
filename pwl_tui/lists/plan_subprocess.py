"""Plans a long list in a process of its own.

Python runs one thread at a time, so that a plan in a thread of this process makes the letters that are typed
meanwhile wait: one in a hundred for 70 ms with a million rows, here for 46 (``tests/bench/form_typing.py``).
"""

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import IO

import msgspec

from pwl_tui.lists import plan_worker
from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.plan import plan, summed_up
from pwl_tui.lists.plan_worker import LENGTH_BYTES, News, Progress, Refused, Task
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source

_WORTH_A_PROCESS_BYTES = 1 << 19
"""Shorter lists are planned in less time than a process takes to start."""
_PATIENCE_SECONDS = 0.1
"""How often `cancelled` is asked."""


def plan_apart(
    source: Source,
    options: Options | Reading,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ListPlan:
    """Do what `plan` does, for long lists in another process. It ends with this one.

    Raises:
        ListError: as for `plan`; also when the process was ended by the system.
        PlanCancelledError: `cancelled` said so.
    """
    if source.size < _WORTH_A_PROCESS_BYTES:
        return plan(source, options, progress=progress, cancelled=cancelled)
    task = Task(source, None, options) if isinstance(options, Reading) else Task(source, options, None)
    with _started(msgspec.msgpack.encode(task)) as child:
        for news in _news(child, cancelled or (lambda: False)):
            if isinstance(news, Progress):
                if progress is not None:
                    progress(news.done, source.size)
            elif isinstance(news, Refused):
                raise ListError(news.problem)
            else:
                return summed_up(source, news.found())
    raise ListError(
        f"Planning {source.name} was stopped by the system, for want of memory as a rule.",
        "Close other programs, or split the list and plan each part.",
    )


@contextlib.contextmanager
def _started(task: bytes) -> Iterator["subprocess.Popen[bytes]"]:
    paths = os.pathsep.join(filter(None, sys.path))  # so that the child finds what this process found
    child = subprocess.Popen(  # noqa: S603 - no shell, and nothing in it is the person's
        [sys.executable, "-P", "-m", plan_worker.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the terminal is the screen's
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        with contextlib.suppress(BrokenPipeError):  # that it has died is seen when nothing comes of it
            _pipe(child.stdin).write(task)
            _pipe(child.stdin).close()
        yield child
    finally:
        child.kill()
        with contextlib.suppress(BrokenPipeError):
            _pipe(child.stdin).close()
        _pipe(child.stdout).close()
        child.wait()


def _news(child: "subprocess.Popen[bytes]", cancelled: Callable[[], bool]) -> Iterator[News]:
    pipe = _pipe(child.stdout).fileno()
    while True:
        while not select.select([pipe], [], [], _PATIENCE_SECONDS)[0]:
            if cancelled():
                raise PlanCancelledError
        if cancelled():
            raise PlanCancelledError
        length = int.from_bytes(_read(pipe, LENGTH_BYTES), "big")
        frame = _read(pipe, length)
        if not length or len(frame) < length:
            return
        yield msgspec.msgpack.decode(frame, type=News)


def _read(pipe: int, size: int) -> bytearray:
    """Read so many bytes, or as many as come. Not through a buffer: `select` does not see it."""
    data = bytearray()
    while len(data) < size and (piece := os.read(pipe, size - len(data))):
        data += piece
    return data


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("the child was started with pipes")
    return stream
