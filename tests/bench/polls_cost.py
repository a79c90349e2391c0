"""What deciding costs with 1,000 unfinished batches: ``python -m tests.bench.polls_cost``.

The real poller on a real state file, with a clock of our own; and what the planner holds after a simulated
day in which batches come and go.
"""

import gc
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path

from msgspec.structs import replace

from pwl_tui.config import Polling
from pwl_tui.engine.polling.planner import Planner
from pwl_tui.engine.polling.schedule import first_poll
from pwl_tui.simulator.queues import QueueKind, queue_of
from pwl_tui.state.polls import Standing
from tests.unit.fake_service import NOW, Clock, add_job, make_poller, make_service, open_store

_BATCHES = 1_000
_ROUNDS = 200
_DAY_SECONDS = 86_400.0


def decision_seconds() -> float:
    """Return how long the poller takes to read, plan and store all polls, on average."""
    with tempfile.TemporaryDirectory() as directory:
        store, clock = open_store(Path(directory)), Clock()
        job = add_job(store, 14_155_000_000, _BATCHES, batch_size=1)
        for batch in store.batches.of(job):
            store.batches.intend(batch, now=NOW, balance=_BATCHES)
            store.batches.accept(
                batch, batch_id=batch.label, charged=1, now=NOW, next_poll=NOW + 5, error=None
            )
        poller = make_poller(store, make_service(clock), clock)
        poller.plan()
        began = time.process_time()
        for _ in range(_ROUNDS):
            clock.now += 2.0
            poller.plan()
        seconds = (time.process_time() - began) / _ROUNDS
        store.close()
        return seconds


def growth() -> tuple[int, int]:
    """Return the bytes that a planner holds after an hour and after a day of batches that come and go."""
    planner, queue, pace = Planner(Polling()), queue_of(QueueKind.ONE_BY_ONE, rate=100.0), Polling()
    standings: dict[int, Standing] = {}
    held, now, number = [], NOW, 0
    tracemalloc.start()
    while now < NOW + _DAY_SECONDS:
        now += 10.0
        queue.add(1_000, now)
        due = first_poll(1_000, pace, now)
        standings[number] = Standing((1, number), 1_000, now, None, due, 0, 0, False)
        number += 1
        for key, at in planner.plan(list(standings.values()), now).items():
            standings[key[1]] = replace(standings[key[1]], next_poll=at)
        for index, one in list(standings.items()):
            if one.done:
                del standings[index]
            elif (one.next_poll or 0.0) <= now:
                done = queue.ended(index, now) is not None
                answered = int(queue.answered(index, now))
                standings[index] = replace(one, last_poll=now, answered=answered, done=done)
        if number in (360, 8_640):
            gc.collect()
            only = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/engine/polling/*")])
            held.append(sum(trace.size for trace in only.traces))
    tracemalloc.stop()
    hour, day = held
    return hour, day


def main() -> None:
    seconds = decision_seconds()
    # Twice a second after an answer, as the budget allows, and every two seconds anyway.
    print(
        f"{_BATCHES:,} unfinished batches: {1000 * seconds:.1f} ms a decision,"
        f" at most {2.5 * seconds:.1%} of a core; {threading.active_count()} thread"
    )
    hour, day = growth()
    print(f"Held by the planner after an hour: {hour:,} bytes; after a day: {day:,} bytes")


if __name__ == "__main__":
    main()
