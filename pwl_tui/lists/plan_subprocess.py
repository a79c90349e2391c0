"""Plans a long list in a child process, and where there are more processors, in helpers of that.

Python runs one thread at a time, so a plan in a thread of this process delays what is typed meanwhile: with a
million rows one key in a hundred by 70 ms, with a child process by 46 ms (``tests/bench/form_typing.py``).
"""

import contextlib
import os
import select
from collections.abc import Callable, Iterator

import msgspec

from pwl_tui.lists import plan_worker
from pwl_tui.lists.child_process import Child
from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.plan import plan, summed_up
from pwl_tui.lists.plan_worker import LENGTH_BYTES, Message, Progress, Refused, Task
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.processors import usable_processors
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source

_WORTH_A_PROCESS_BYTES = 1 << 19
"""Shorter lists are planned in less time than a process takes to start."""
_WORTH_HELPERS_BYTES = 1 << 21
"""Shorter lists are planned in less time than helpers save."""
_MOST_HELPERS = 8
"""One process reads the list and puts its parts together, and keeps no more helpers busy."""
_PATIENCE_SECONDS = 0.1
"""How often `cancelled` is called."""


def plan_in_child(
    source: Source,
    options: Options | Reading,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ListPlan:
    """Do what `plan` does, for long lists in child processes, none of which outlives the call.

    Raises:
        ListError: as for `plan`; also if the system stopped a child process.
        PlanCancelledError: `cancelled` returned true.
    """
    if source.size < _WORTH_A_PROCESS_BYTES:
        return plan(source, options, progress=progress, cancelled=cancelled)
    helpers = _helpers(source)
    if isinstance(options, Reading):
        task = Task(source, None, options, helpers)
    else:
        task = Task(source, options, None, helpers)
    child = Child(plan_worker.__name__)
    try:
        with contextlib.suppress(BrokenPipeError):  # if it has died, no answer will come
            child.stdin.write(msgspec.msgpack.encode(task))
            child.stdin.close()
        for message in _messages(child, cancelled or (lambda: False)):
            if isinstance(message, Progress):
                if progress is not None:
                    progress(message.done, source.size)
            elif isinstance(message, Refused):
                raise ListError(message.problem)
            else:
                return summed_up(source, message.found())
    finally:
        child.end()
    raise ListError(
        f"The system stopped the planning of {source.name}, probably because memory ran out.",
        "Close other programs, or split the list and plan each part.",
    )


def _helpers(source: Source) -> int:
    """Return how many helpers to plan a list with: none if there is but one processor for them."""
    processors = usable_processors() if source.size >= _WORTH_HELPERS_BYTES else 1
    return min(processors, _MOST_HELPERS) if processors > 1 else 0


def _messages(child: Child, cancelled: Callable[[], bool]) -> Iterator[Message]:
    pipe = child.stdout.fileno()
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
        yield msgspec.msgpack.decode(frame, type=Message)


def _read(pipe: int, size: int) -> bytearray:
    """Read so many bytes, or fewer at the end. Unbuffered, because `select` does not see a buffer."""
    data = bytearray()
    while len(data) < size and (piece := os.read(pipe, size - len(data))):
        data += piece
    return data
