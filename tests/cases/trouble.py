"""Faults of the network and the disk, and decisions that meet: how commands end, and what is booked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pwl_tui.state.errors import StateError
from tests.cases.case import Case
from tests.security.fault_matrix import Call, play
from tests.security.transport_faults import FAULTS
from tests.unit.fake_service import BINDING, Clock, ids, in_doubt, make_engine, make_service, open_store

_BY_NAME = {fault.name: fault for fault in FAULTS}


def _ends(fault: str, call: Call, directory: Path) -> str:
    """Return how a command ends that meets a fault at one call."""
    came = play(_BY_NAME[fault], call, directory)
    state = f", batch {came.state}" if came.state else ""
    return f"exit {came.exit:d}: {came.kind or 'no problem'}{state}; {len(came.wrong)} wrong afterwards"


def _found_again(directory: Path) -> str:
    """Write a batch off, adopt the ID that it had, twice, and return what the books have."""
    store, clock = open_store(directory), Clock()
    service = make_service(clock)
    engine = make_engine(store, service, clock)
    engine.recovery.settle(in_doubt(store, service, clock, paid=True).job, 1, "lost")
    clock.now += 60
    for _ in range(2):
        (job,) = engine.recovery.adopt(ids(service)).jobs
        engine.jobs.forget(job)
    booked = sum(charge.amount for charge in store.charges.all(BINDING))
    store.close()
    return f"{booked} credits booked, {sum(charge.amount for charge in service.world.ledger)} paid"


def _removed(directory: Path) -> str:
    """Remove the state file of a running program, and return what it says before it pays."""
    store = open_store(directory)
    for file in (directory / "state").glob("state.db*"):
        file.unlink()
    try:
        store.require_room()
    except StateError as error:
        return error.problem.message.replace(str(directory), "…")
    finally:
        store.close()
    return "nothing"


CASES: Sequence[Case] = (
    Case(
        "a redirect to no address",
        "exit 6: bad_answer; 0 wrong afterwards",
        partial(_ends, "a redirect to nowhere", "balance"),
    ),
    Case(
        "an answer cut in half, to a submission",
        "exit 5: network, batch unknown; 0 wrong afterwards",
        partial(_ends, "half a body", "submit"),
    ),
    Case(
        "an expired certificate, once, to a submission",
        "exit 0: no problem, batch processing; 0 wrong afterwards",
        partial(_ends, "TLS, expired", "submit"),
    ),
    Case("written off, adopted, forgotten, adopted", "10 credits booked, 10 paid", _found_again),
    Case(
        "a state file that is removed",
        "The state file …/state/state.db was removed or replaced while pwl-tui was running.",
        _removed,
    ),
)
