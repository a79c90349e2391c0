"""Helper processes that find the numbers of a long list, and how many of them the machine has room for."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import ProcessPoolExecutor
from contextlib import suppress
from math import ceil
from multiprocessing import get_context, parent_process
from pathlib import Path

from pwl_tui.lists.outcomes import InOrder, Outcomes, Part

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_WAITING_PER_HELPER = 2
"""So many parts wait for each helper, so that none is idle while the next part is read."""


def with_helpers(count: int) -> InOrder:
    """Return what applies a function to parts in so many processes.

    They are forked from this one, so it must have no threads yet; they start with all that it has loaded.
    They end with it, however it ends.

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
    """Leave the pipes to the process that started this helper, and end when that has ended."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for inherited in (0, 1):
        os.dup2(nothing, inherited)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
    os._exit(1)


def usable_processors(control_groups: Path = _CONTROL_GROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Return how many processors this process may use: at least one, rounded up.

    That is what its affinity allows, and no more than the share of its control group, if it has one, as in a
    container.

    Args:
        control_groups: where version 2 of the control groups is mounted.
        own: the file that says which this process is in.
    """
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        count = os.process_cpu_count()
    else:
        count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    shares = [float(count or 1)]
    with suppress(OSError, ValueError):
        group = own.read_text().rpartition("0::/")[2].strip()
        for path in (control_groups / group, *(control_groups / group).parents):
            if path.is_relative_to(control_groups):
                shares += _share(path / "cpu.max")
    return max(1, ceil(min(shares)))


def _share(limit: Path) -> list[float]:
    """Return how many processors a control group may use; nothing if it has no limit."""
    with suppress(OSError, ValueError):
        quota, period = map(int, limit.read_text().split())  # "max" is no number
        return [quota / period]
    return []
