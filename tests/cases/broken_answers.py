"""Answers to the paid call that came broken: the ID in them is kept, and nobody has to settle anything."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import httpx

from pwl_tui.api.client import Client
from pwl_tui.secret import Secret
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.garble import GARBLES, Garble
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.files.journal import Candidates, Entry
from tests.cases.case import Case
from tests.unit.fake_service import FIRST, KEY, Clock, add_job, make_submitter, open_store

_TIMEOUT = httpx.Timeout(0.5, connect=5.0)
_READ: frozenset[Garble] = frozenset(
    (
        *("bom", "utf-16", "latin-1", "nan", "surrogate", "control", "result"),
        *("before", "after", "nested", "gzip label"),
    )
)
"""Whole answers with one ID, which are read as usual."""


def _sent(kind: Garble, directory: Path) -> str:
    """Send a batch whose answer is spoiled, and return what became of it."""
    world, store, clock = World(), open_store(directory), Clock()
    world.add_key(KEY, wavalidation=99)
    job = add_job(store, FIRST, 3, at=clock.now)
    with (
        Simulator(world, [Rule(call="submit", garbled=kind, times=1)]) as simulator,
        Client(simulator.base_url, Secret(KEY), paid_timeout=_TIMEOUT) as client,
    ):
        submitter = make_submitter(store, client, clock)
        submitter.send_next()
        first = store.batches.get(job, 1).state
        lines = store.journal.read(0)[0]
        submitter.send_next()
    batch = store.batches.get(job, 1)
    store.close()
    journaled = {line.batch_id for line in lines if isinstance(line, Entry)}
    journaled |= {one for line in lines if isinstance(line, Candidates) for one in line.candidates}
    (true,) = world.batches
    where = "journaled" if true in journaled else "lost"
    right = "its own ID" if batch.batch_id == true else f"the ID {batch.batch_id}"
    return f"{where} at once; {first}, then {batch.state} with {right}; {len(world.ledger)} charge"


CASES: Sequence[Case] = [
    Case(
        f"202 with its ID, {kind}",
        f"journaled at once; {'processing' if kind in _READ else 'unknown'}, then processing with its own ID;"
        " 1 charge",
        partial(_sent, kind),
    )
    for kind in GARBLES
]
