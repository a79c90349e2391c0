"""Times what the screen of a job asks of the state file: ``python -m tests.bench.results``.

The state holds one job of a million results and a thousand other jobs. Every figure stands beside the floor
of the same run: SQLite alone, asked for one page by its key.
"""

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar, get_args

from pwl_tui.answer import Answer, Outcome
from pwl_tui.filters import Which
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import Binding, Result
from pwl_tui.state.queries.breakdown import Breakdown
from pwl_tui.state.queries.find import parse_find
from pwl_tui.state.queries.results import Results
from pwl_tui.state.queries.selection import Selection, Sort, SortColumn
from pwl_tui.state.store import Store

Growing = TypeVar("Growing", Selection, Breakdown)
_NOW = 1_763_700_000.0
_BATCH = 1_000
_PAGE = 120
_FIRST = 10_000_000_000
_PLACES = (
    ("IN", ("Airtel", "Jio", "Vodafone Idea", "BSNL")),
    ("US", ("T-Mobile US", "Verizon", "AT&T")),
    ("BR", ("Vivo", "Claro", "TIM")),
    ("DE", ("Telekom", "Vodafone", "O2")),
    ("ID", ("Telkomsel", "Indosat", "XL")),
    ("NG", ("MTN", "Glo", "Airtel")),
)


def fill(store: Store, binding: Binding, numbers: int, others: int) -> int:
    """Store a finished job of so many results, after so many small ones; return its id."""
    store._database.read("PRAGMA synchronous=OFF")  # noqa: SLF001 - the making is not what is measured
    draw = random.Random(1)
    for index in range(others):
        _finish(store, _job(store, binding, f"other-{index}", 2), draw)
    job = _job(store, binding, "million", numbers)
    _finish(store, job, draw)
    return job


def _finish(store: Store, job: int, draw: random.Random) -> None:
    for batch in store.batches.of(job):
        store.batches.intend(batch, now=_NOW, balance=0)
        store.batches.accept(
            batch,
            batch_id=f"b-{batch.label}",
            charged=batch.size,
            now=_NOW,
            next_poll=_NOW,
            error=None,
        )
        answers = [_answer(number, draw) for number in store.batches.numbers(batch)]
        store.polls.learn(batch, answers, done=True, now=_NOW + batch.seq, next_poll=None)


def _job(store: Store, binding: Binding, name: str, numbers: int) -> int:
    # Neither sorted nor random: as in a list that came together over years.
    values = [_FIRST + (index * 7_919) % 9_999_991 for index in range(numbers)]
    new = NewJob(
        binding=binding,
        profile="default",
        name=name,
        source="pasted",
        origin=b"",
        created=_NOW,
        rows=numbers,
        blank=0,
        rejected=0,
        duplicates=0,
        numbers=numbers,
    )
    return store.jobs.add(
        new,
        pieces=[],
        rows=((index, None) for index in range(numbers)),
        numbers=(NewNumber(value, index // _BATCH + 1) for index, value in enumerate(values)),
        batches=[
            NewBatch(first, min(_BATCH, numbers - first), f"{first}") for first in range(0, numbers, _BATCH)
        ],
    )


def _answer(number: int, draw: random.Random) -> tuple[int, Answer]:
    if draw.random() < 0.005:
        return number, Answer(Outcome.FAILED, note="the number could not be checked")
    country, carriers = draw.choice(_PLACES)
    on_whatsapp = draw.random() < 0.7
    business = on_whatsapp and draw.random() < 0.1
    return number, Answer(Outcome.COMPLETED, on_whatsapp, business, draw.choice(carriers), country)


def main() -> None:
    """Measure and print, each as a ratio to the floor."""
    numbers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(Path(directory) / "state")
        job = fill(store, Binding("http://127.0.0.1:9", "bench"), numbers, 1_000)
        with closing(sqlite3.connect(store.directory / "state.db")) as bare:
            floor = best(
                lambda: bare.execute(
                    "SELECT * FROM numbers WHERE job=? AND idx>=? ORDER BY idx LIMIT 120",
                    (job, numbers * 9 // 10),
                ).fetchall()
            )
        print(f"{'floor: one page by its key':<44} {floor * 1000:8.2f} ms")
        for what, call in questions(store.results, job, numbers):
            seconds = best(call)
            print(f"{what:<44} {seconds * 1000:8.2f} ms {seconds / floor:8,.0f} x")
        store.close()


def best(call: Callable[[], object], runs: int = 5) -> float:
    """Return the least seconds that a call takes: on a busy machine the rest is other people's."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return min(took)


def questions(results: Results, job: int, numbers: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what the screen asks, in words and as a call."""
    far = numbers * 9 // 10
    yield "jump to row 900,000", lambda: results.page(job, "all", far, _PAGE)
    filters: tuple[Which, ...] = ("on-whatsapp", "not-on-whatsapp", "business", "failed", "pending")
    for which in filters:
        yield f"filter {which}: count and first page", partial(_counted_page, results, job, which, 0)
    yield (
        "jump to row 600,000 on WhatsApp",
        lambda: results.page(job, "on-whatsapp", numbers * 6 // 10, _PAGE),
    )
    for text in ("9198", "+1009", "airtel", "wa:yes country:IN carrier:airtel 91", "note:nothing"):
        find = parse_find(text)
        yield f"find {text}: first page", partial(results.page, job, "all", 0, _PAGE, find)
        yield f"find {text}: count", partial(results.count, job, "all", find)
    for column in get_args(SortColumn)[1:]:
        yield f"sort by {column}: first page", partial(_first_sorted, results, job, Sort(column))
        yield f"sort by {column}: all of it", partial(_sorted, results, job, Sort(column))
    yield "breakdown by country and carrier", lambda: _grown(results.breakdown(job))


def _counted_page(results: Results, job: int, which: Which, offset: int) -> list[Result]:
    selection = _grown(results.select(job, which))
    return selection.page(offset, _PAGE)


def _first_sorted(results: Results, job: int, sort: Sort) -> list[Result]:
    selection = results.select(job, "all", sort=sort)
    while not selection.counted:
        selection.grow()
    return selection.page(0, _PAGE)


def _sorted(results: Results, job: int, sort: Sort) -> list[Result]:
    selection = _grown(results.select(job, "all", sort=sort))
    return selection.page(selection.total * 9 // 10, _PAGE)


def _grown(growing: Growing) -> Growing:
    while growing.grow():
        pass
    return growing


if __name__ == "__main__":
    main()
