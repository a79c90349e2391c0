"""What holds for all tests."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.unit.own_server import OwnServer, noticed_soon

# An example that takes long tells of a busy machine, not of the program. The same ones are tried every time,
# so that a change is judged by what it does and not by luck; `make hunt` tries others.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("hunt", deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_xdist_auto_num_workers() -> int | None:
    """Return how many processes run the tests: more than there are cores, as some of them wait."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + (cores + 1) // 2


@pytest.fixture(scope="session", autouse=True)
def _cache_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is tested, in this process or another, from the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard() -> Iterator[None]:
    """Let signals reach what is started, though the tests themselves were started where they are ignored.

    What is started inherits that a signal is ignored, and not that something is done about it.
    """
    ignored = [one for one in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_IGN]
    for one in ignored:
        signal.signal(one, lambda *_: None)
    yield
    for one in ignored:
        signal.signal(one, signal.SIG_IGN)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[OwnServer]:
    """A database server of one module of tests."""
    own = OwnServer()
    yield own
    own.close()


@pytest.fixture
def server(shared_server: OwnServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """That server: there at the beginning, whatever the last test did; silence is noticed soon."""
    noticed_soon(monkeypatch)
    yield shared_server
    shared_server.come_back()
