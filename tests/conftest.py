"""What holds for all tests."""

import os

from hypothesis import settings

# An example that takes long tells of a busy machine, not of the program.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int | None:
    """Return how many processes run the tests: more than there are cores, as some of them wait."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + (cores + 1) // 2
