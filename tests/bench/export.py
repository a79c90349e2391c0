"""Seconds to give a list back with its answers beside copying its rows with csv, in the same run.

``python -m tests.bench.export [rows]``; machines are noisy, the ratio is what counts. The list has quoted
cells, duplicates and junk; its answers are in a state file of their own. Each form of export is measured.
"""

import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from pwl_tui.answer import Outcome
from pwl_tui.engine.engine import Engine
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.export import Format, Target
from pwl_tui.state.store import Store
from tests.unit.fake_service import NOW, Clock, accepted, answer, make_engine, make_service

_FORMATS: tuple[Format, ...] = ("csv", "xlsx", "jsonl", "txt")
_ROUNDS = 3
"""Of each the quickest counts."""


def write_list(path: Path, rows: int) -> None:
    """Write a CSV of six columns: one row in 33 is junk, one in ten repeats a number."""
    draw = random.Random(1)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "name", "company", "phone", "email", "city"])
        for row in range(rows):
            tail = draw.randrange(row + 1) if draw.random() < 0.1 else row
            phone = "n/a" if draw.random() < 0.03 else f"+1415{2_000_000 + tail}"
            email = f"person{row}@example.com"
            writer.writerow([row, f"Person {row}", f"Company, {row % 977}", phone, email, "Springfield"])


def answered_job(engine: Engine, path: Path) -> int:
    """Store a job of the list of which every number is answered, one in fifty as failed."""
    job = engine.jobs.create(engine.plans.for_list(Source.from_path(path), Options()), name="bench").id
    store = engine.store
    for batch in store.batches.of(job):
        sent = accepted(store, job, batch.seq, f"id-{batch.seq}")
        outcomes = [
            answer(number, Outcome.COMPLETED if number % 50 else Outcome.FAILED, bool(number % 3))
            for number in store.batches.numbers(batch)
        ]
        store.polls.learn(sent, outcomes, done=True, now=NOW, next_poll=None)
    return job


def copy(path: Path, to: Path) -> None:
    """Read and write every row with the csv module: what an export cannot do without."""
    with path.open(newline="") as theirs, to.open("w", newline="") as ours:
        csv.writer(ours).writerows(csv.reader(theirs))


def _quickest(work: Callable[[], object]) -> float:
    def seconds() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(seconds() for _ in range(_ROUNDS))


def main() -> None:
    """Measure all forms and print them."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        path, out, clock = directory / "list.csv", directory / "out", Clock()
        write_list(path, rows)
        with closing(Store.open(directory / "state")) as store:
            engine = make_engine(store, make_service(clock), clock)
            job = answered_job(engine, path)
            for form in _FORMATS:
                took = _quickest(partial(engine.jobs.export, job, Target(out, form, force=True)))
                floor = _quickest(partial(copy, path, directory / "copy"))
                size = out.stat().st_size / 1e6
                print(f"{form:<5} {took:6.2f} s {size:5,.0f} MB  {took / floor:5.2f} times the copy")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{rows:,} rows; peak memory {peak:,} MB, the making of the job included")


if __name__ == "__main__":
    main()
