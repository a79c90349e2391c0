"""Polls in real time, at a tenth of the etiquette's times: ``python -m tests.bench.polls_live``.

The real engine and the embedded simulator over loopback HTTP: 60 batches, whose ends the simulator knows.
"""

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from pwl_tui.config import Polling, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.money.journaling import digest
from pwl_tui.secret import Secret
from pwl_tui.simulator.queues import QueueKind
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store

_KEY = "bench-key"
_FIRST = 14_155_000_000
_BATCHES = 60
_SIZE = 1_000
# A tenth of the times, so ten times the rates and the budget.
_PACE = Polling(minimum=0.2, small=(0.5, 1.0), large=(3.0, 6.0), requests_per_second=20.0)
_RATES = {QueueKind.ONE_BY_ONE: 1_000.0, QueueKind.SIDE_BY_SIDE: 1_000.0, QueueKind.OWN_RATE: 30.0}
_TIMEOUT_SECONDS = 300.0


class Live(NamedTuple):
    """Polls of a batch; seconds from an end to the poll that saw it; the share of a core that was used."""

    polls: float
    mean: float
    worst: float
    core: float


def run(kind: QueueKind, directory: Path) -> Live:
    """Send 60 batches to a simulator of a kind, and poll them to their ends."""
    world = World(rate=_RATES[kind], queue=kind, unevenness=0.05)
    world.add_key(_KEY, wavalidation=_BATCHES * _SIZE)
    with Simulator(world) as simulator:
        store = Store.open(directory)
        settings = Settings(key_source=Secret(_KEY), base_url=simulator.base_url, polling=_PACE)
        engine = Engine(store, settings)
        if engine.binding is None:
            raise AssertionError
        total = _BATCHES * _SIZE
        numbers = range(_FIRST, _FIRST + total)
        store.jobs.add(
            NewJob(engine.binding, "default", "live", "live", b"{}", time.time(), total, 0, 0, 0, total),
            pieces=[b""],
            rows=((index, None) for index in range(total)),
            numbers=(NewNumber(number, index // _SIZE + 1) for index, number in enumerate(numbers)),
            batches=[NewBatch(at, _SIZE, digest(numbers[at : at + _SIZE])) for at in range(0, total, _SIZE)],
        )
        finished, used = threading.Event(), time.process_time()
        begun = time.monotonic()
        engine.start(lambda _: None)
        while time.monotonic() - begun < _TIMEOUT_SECONDS:
            if {BatchState.COMPLETED} == set(store.jobs.get(1).batches):
                break
            finished.wait(1.0)
        core = (time.process_time() - used) / (time.monotonic() - begun)
        engine.close()
        batches = store.batches.of(1)
        late = [(batch.completed or 0.0) - (world.ended(batch.batch_id or "") or 0.0) for batch in batches]
        polls = sum(request.call == "poll" for request in simulator.requests) / _BATCHES
        store.close()
        return Live(polls, statistics.fmean(late), max(late), core)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue", choices=list(QueueKind), help="only this kind")
    arguments = parser.parse_args()
    print(f"{_BATCHES} batches of {_SIZE:,} at a tenth of the etiquette's times.")
    for kind in [QueueKind(arguments.queue)] if arguments.queue else list(QueueKind):
        with tempfile.TemporaryDirectory() as directory:
            live = run(kind, Path(directory))
        print(
            f"{kind:<14}{live.polls:6.1f} polls a batch, seen {live.mean:5.2f} s late,"
            f" worst {live.worst:5.2f} s; {live.core:.0%} of a core with the simulator's part",
            flush=True,
        )


if __name__ == "__main__":
    main()
