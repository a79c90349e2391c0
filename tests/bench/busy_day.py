"""A simulated day with 1,000 batches under way: ``python -m tests.bench.busy_day [hours]``.

The real poller on a real state file, with a clock of our own that stands still while it works. The service
answers one batch after the other, so fast that a day is enough for all; decisions are made every two seconds,
as the monitor makes them. What is printed is what the process holds after a tenth of the time and at the end,
and the share of a core that it used. The whole day takes some minutes.
"""

import gc
import sys
import tempfile
import threading
import time
from pathlib import Path

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.models import BatchAnswer, NumberAnswer
from pwl_tui.config import Polling
from pwl_tui.engine.polling.monitor import CHECK_SECONDS
from pwl_tui.engine.polling.schedule import first_poll
from pwl_tui.simulator.queues import QueueKind, queue_of
from pwl_tui.state.budget import Budget
from pwl_tui.state.store import Store
from tests.unit.fake_service import NOW, Clock, add_job, make_poller, make_service

_BATCHES = 1_000
_SIZE = 1_000
_FIRST = 14_155_000_000
_DAY_HOURS = 24.0
_YES = Answer(Outcome.COMPLETED, on_whatsapp=True, business=False, carrier="T-Mobile", country="US")
_NOT_YET = Answer(Outcome.PENDING)


class Queue:
    """Answers polls of batches ``0`` and on, by the clock.

    Attributes:
        polls: how often it was asked.
    """

    def __init__(self, clock: Clock) -> None:
        self.polls = 0
        self._clock = clock
        self._queue = queue_of(QueueKind.ONE_BY_ONE, rate=_BATCHES * _SIZE / (_DAY_HOURS * 3_600))
        for _ in range(_BATCHES):
            self._queue.add(_SIZE, clock.now)

    def poll(self, batch_id: str) -> BatchAnswer:
        """Return the answer as the client reads it."""
        self.polls += 1
        index, now = int(batch_id), self._clock.now
        answered = int(self._queue.answered(index, now))
        done = self._queue.ended(index, now) is not None
        first = _FIRST + index * _SIZE
        results = [
            NumberAnswer(f"+{first + place}", _YES if place < answered or done else _NOT_YET)
            for place in range(_SIZE)
        ]
        status = "completed" if done else "processing"
        return BatchAnswer(batch_id, done, status, _SIZE, answered, 0, _SIZE - answered, results)


def held() -> tuple[float, int, int, int]:
    """Return the resident memory of this process in MB, its threads, open files and objects (Linux)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(list(Path("/proc/self/fd").iterdir()))
    return pages * 4096 / 1024**2, threading.active_count(), files, len(gc.get_objects())


def main() -> None:
    """Simulate so many hours and print the figures."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    with tempfile.TemporaryDirectory() as directory:
        store, clock, pace = Store.open(Path(directory) / "state"), Clock(), Polling()
        service = make_service(clock)
        queue = Queue(clock)
        service.poll = queue.poll  # type: ignore[method-assign] # the simulator's own answers slower
        job = add_job(store, _FIRST, _BATCHES * _SIZE)
        for batch in store.batches.of(job):
            store.batches.intend(batch, now=NOW, balance=_BATCHES * _SIZE)
            due, name = first_poll(_SIZE, pace, NOW), str(batch.seq - 1)
            store.batches.accept(batch, batch_id=name, charged=_SIZE, now=NOW, next_poll=due, error=None)
        poller, budget = make_poller(store, service, clock), Budget(pace.requests_per_second)
        figures: list[tuple[float, int, int, int]] = []
        began = time.process_time()
        end = NOW + hours * 3_600
        while clock.now < end:
            clock.now += CHECK_SECONDS
            poller.take_over()
            poller.plan()
            while not budget.take(clock.now) and (claimed := poller.claim()) is not None:
                poller.poll(claimed)
            if not figures and clock.now >= end - hours * 3_240:
                figures.append(held())
        used = time.process_time() - began
        figures.append(held())
        store.close()
    print(f"{_BATCHES:,} batches for {hours:g} simulated hours: {queue.polls:,} polls", end=", ")
    print(f"{used / hours / 3_600:.2%} of a core")
    for what, (memory, threads, files, objects) in zip(("after a tenth", "at the end"), figures, strict=True):
        print(f"{what:14} {memory:6.1f} MB {threads} threads {files} open files {objects:,} objects")


if __name__ == "__main__":
    main()
