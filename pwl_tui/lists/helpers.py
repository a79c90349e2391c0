"""Helper processes that find the numbers of a long list, each in one part at a time."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import ProcessPoolExecutor
from multiprocessing import get_context, parent_process

from pwl_tui.lists.outcomes import InOrder, Outcomes, Part

_WAITING_PER_HELPER = 2
"""How many parts are queued for each helper, so that none is idle while the next part is read."""


def with_helpers(count: int) -> InOrder:
    """Return a function that applies another one to parts, in the given number of processes.

    They are forked from this process, so it must not have threads yet, and they share what it has loaded.
    They end when it does, however it ends.

    Raises:
        BrokenProcessPool: on iteration, if a helper was killed.
    """

    def in_order(find: Callable[[Part], Outcomes], given: Iterable[Part]) -> Iterator[tuple[Part, Outcomes]]:
        under_way = deque[tuple[Part, Future[Outcomes]]]()
        with ProcessPoolExecutor(count, get_context("fork"), _start) as helpers:
            for part in given:
                under_way.append((part, helpers.submit(find, part)))
                if len(under_way) > count * _WAITING_PER_HELPER:
                    yield _result(under_way)
            while under_way:
                yield _result(under_way)

    return in_order


def _result(under_way: deque[tuple[Part, "Future[Outcomes]"]]) -> tuple[Part, Outcomes]:
    part, future = under_way.popleft()
    return part, future.result()


def _start() -> None:
    """Leave the pipes to the process that started this helper, and end when it has ended."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for inherited in (0, 1):
        os.dup2(nothing, inherited)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
    os._exit(1)
