"""A change until another machine's screen has it, beside bare notifications: ``python -m tests.bench.news``.

Two state directories share one PostgreSQL. One pauses and resumes a job at random moments; the other has the
watcher of a screen, at rest or with a job that is live, and a change has arrived when that publishes it.
The floor is the time from a NOTIFY on one connection to its arrival on another.
"""

import random
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import psycopg

from pwl_tui.engine.events import ChangedElsewhere
from pwl_tui.state.store import Store
from pwl_tui.ui.data.snapshot import Snapshot, Watcher
from tests.unit.databases import databases, server
from tests.unit.fake_service import FIRST, Clock, accepted, add_job, make_engine, make_service, open_store

CHANGES = 40
_PATIENCE_SECONDS = 10.0
_APART_SECONDS = (1.2, 2.5)


class Arrivals:
    """When the screen of the other machine had a job in a state."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, bool], float] = {}
        self._came = threading.Condition()

    def publish(self, snapshot: Snapshot) -> None:
        """Take what a watcher publishes."""
        with self._came:
            for job in snapshot.jobs:
                self._seen.setdefault((job.id, job.paused), time.perf_counter())
            self._came.notify_all()

    def forget(self) -> None:
        """Forget all until now."""
        with self._came:
            self._seen.clear()

    def of(self, job: int, paused: bool) -> float:
        """Wait until a job is shown so; return when that was, in seconds."""
        with self._came:
            if not self._came.wait_for(lambda: (job, paused) in self._seen, _PATIENCE_SECONDS):
                raise TimeoutError("it was never shown")
            return self._seen[job, paused]


def changes(here: Store, there: Store, *, live: bool, count: int = CHANGES) -> list[float]:
    """Return how many seconds each of some changes took, the shortest first.

    Args:
        here: where something is changed.
        there: the same state on another machine.
        live: whether a job is live.
        count: how many changes.
    """
    draw, clock, arrivals = random.Random(1), Clock(), Arrivals()
    if live:
        accepted(here, add_job(here, FIRST, 5))
    job = add_job(here, FIRST + 100, 5)
    here.jobs.pause(job, paused=True)
    engine = make_engine(there, make_service(clock), clock)
    watcher = Watcher(engine, arrivals.publish, time.time, 1.0)
    there.listen(lambda: watcher.hear(ChangedElsewhere()))
    watcher.start()
    arrivals.of(job, paused=True)
    took, paused = [], True
    for _ in range(count):
        time.sleep(draw.uniform(*_APART_SECONDS))
        paused = not paused
        arrivals.forget()
        began = time.perf_counter()
        here.jobs.pause(job, paused=paused)
        took.append(arrivals.of(job, paused) - began)
    watcher.stop()
    return sorted(took)


def bare(url: str, count: int = CHANGES) -> list[float]:
    """Return how many seconds each of some bare notifications took, the shortest first."""
    took = []
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as other:
        other.execute("LISTEN bench")
        for _ in range(count):
            began = time.perf_counter()
            one.execute("NOTIFY bench")
            next(other.notifies(timeout=_PATIENCE_SECONDS, stop_after=1))
            took.append(time.perf_counter() - began)
    return sorted(took)


def main() -> None:
    """Print the median and the worst of each, in milliseconds."""
    databases.postgres = True
    _print("bare notification", bare(server()))
    for name in ("at rest", "live"):
        with (
            tempfile.TemporaryDirectory() as directory,
            closing(open_store(Path(directory))) as here,
            closing(open_store(Path(directory), "elsewhere")) as there,
        ):
            _print(name, changes(here, there, live=name == "live"))
    databases.clean()


def _print(name: str, took: list[float]) -> None:
    print(f"{name:<18} median {median(took) * 1000:6.1f} ms, worst {took[-1] * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
