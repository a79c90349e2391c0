"""How many processors this process may use."""

import os
from contextlib import suppress
from math import ceil
from pathlib import Path

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


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
