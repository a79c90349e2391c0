"""Processes that take in the answers to the batches of one job: the part of `team` about polls."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

from pwl_tui.answer import Answer, Outcome
from pwl_tui.state.store import Store
from tests.bench.poll_intake import SIZE, body_of, understood
from tests.bench.team_floors import Bare, BareFile, answer_to
from tests.unit.fake_service import FIRST, NOW, Clock, make_poller, make_service

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue
    from multiprocessing.synchronize import Barrier

Way = Literal["bare", "learn", "poll"]
_SPAWN = multiprocessing.get_context("spawn")


class Place(NamedTuple):
    """Where a job is.

    Attributes:
        directory: of the state, in which each process has one of its own if there is a URL.
        url: of the database. None means a state file.
        bare: the URL of the floor's. None means the file ``bare.db`` in the directory.
    """

    directory: Path
    url: str | None = None
    bare: str | None = None

    def open(self, name: str) -> Store:
        """Open the state for a process."""
        return Store.open(self.directory / (name if self.url else "state"), url=self.url)


class Taken(NamedTuple):
    """How fast answers were taken in.

    Attributes:
        seconds: what the median one took.
        rate: results per second of all processes.
    """

    seconds: float
    rate: float


def taken(place: Place, way: Way, batches: Sequence[int], processes: int = 1) -> Taken:
    """Let processes take in the answers to some batches of the first job, and return how fast that is."""
    ready, done = _SPAWN.Barrier(processes), _SPAWN.SimpleQueue()
    shares = [batches[number::processes] for number in range(processes)]
    working = [
        _SPAWN.Process(target=_work, args=(place, way, share, f"host{number}", ready, done), daemon=True)
        for number, share in enumerate(shares)
    ]
    for one in working:
        one.start()
    spans = [done.get() for _ in working]
    for one in working:
        one.join()
    lasted = max(span[-1][1] for span in spans) - min(span[0][0] for span in spans)
    return Taken(median(end - begin for span in spans for begin, end in span), len(batches) * SIZE / lasted)


def _work(
    place: Place,
    way: Way,
    batches: Sequence[int],
    name: str,
    ready: "Barrier",
    done: "SimpleQueue[list[tuple[float, float]]]",
) -> None:
    """Take in the answers to some batches; say when each began and ended."""
    with closing(_Bare(place) if way == "bare" else _Ours(place, name, polls=way == "poll")) as taking:
        steps = [taking.step(seq) for seq in batches]
        ready.wait()
        spans = []
        for step in steps:
            began = time.monotonic()
            step()
            spans.append((began, time.monotonic()))
        done.put(spans)


class _Bare:
    """The floor."""

    def __init__(self, place: Place) -> None:
        self._state = Bare(place.bare) if place.bare else BareFile(place.directory / "bare.db")

    def step(self, seq: int) -> Callable[[], object]:
        first = (seq - 1) * SIZE
        answers = [answer_to(FIRST + index, NOW) for index in range(first, first + SIZE)]
        return lambda: self._state.update(first, answers)

    def close(self) -> None:
        self._state.close()


class _Ours:
    """The program, from decoding on or from what is known of each number."""

    def __init__(self, place: Place, name: str, *, polls: bool) -> None:
        self._store = place.open(name)
        self._polls = polls
        self._clock = Clock()
        self._job = self._store.jobs.all()[0].id

    def step(self, seq: int) -> Callable[[], object]:
        store, batch = self._store, self._store.batches.get(self._job, seq)
        if self._polls:
            service, body = make_service(self._clock), body_of("id-1", FIRST + batch.first)
            service.poll = lambda _: understood(body)  # type: ignore[method-assign,assignment]
            poller = make_poller(store, service, self._clock)
            return lambda: poller.poll(batch)
        answers = [
            (number, Answer(Outcome.COMPLETED, number % 3 > 0, number % 7 == 0, "T-Mobile", "US"))
            for number in range(FIRST + batch.first, FIRST + batch.first + batch.size)
        ]
        return lambda: store.polls.learn(batch, answers, done=True, now=NOW, next_poll=None)

    def close(self) -> None:
        self._store.close()
