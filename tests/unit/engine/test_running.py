"""The engine against the simulated service over HTTP: it does its work, with others, and leaves at once."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from pwl_tui.config import Polling, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import (
    BalanceFailed,
    BalanceRead,
    JobFinished,
)
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.provider import PROVIDER
from pwl_tui.secret import Secret
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    FIRST,
    KEY,
    PATIENCE,
    Listener,
    open_store,
)

QUICK = Polling(minimum=0.05, small=(0.05, 0.1), large=(0.05, 0.1), requests_per_second=200.0)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    world = World(rate=20_000.0)
    world.add_key(KEY, wavalidation=50_000, phonevalidation=4, calleridvalidation=3, blacklistchecker=2)
    with Simulator(world) as server:
        yield server


@pytest.fixture
def engine(store: Store, simulator: Simulator) -> Iterator[Engine]:
    opened = over_http(store, simulator)
    yield opened
    opened.close()


def over_http(store: Store, simulator: Simulator) -> Engine:
    return Engine(store, Settings(key_source=Secret(KEY), base_url=simulator.base_url, polling=QUICK))


def submit(engine: Engine, first: int, size: int) -> Job:
    text = "\n".join(f"+{first + i}" for i in range(size))
    planned = engine.plans.for_list(Source.from_text(text), Options(), reuse_days=0)
    return engine.jobs.create(planned, name=f"list {first}")


def test_a_job_is_sent_polled_and_finished_once(
    engine: Engine, simulator: Simulator, listener: Listener
) -> None:
    engine.start(listener)
    job = submit(engine, FIRST, 3_500)
    listener.until(lambda: listener.of(JobFinished), "the end")
    finished = engine.store.jobs.get(job.id)
    assert (finished.state, finished.charged) == (JobState.COMPLETED, 3_500)
    assert finished.counts.answered == 3_500
    engine.stop()
    assert listener.of(JobFinished) == [JobFinished(job.id)]
    polled = defaultdict(list)
    for request in simulator.requests:
        if request.call == "poll":
            polled[request.batch_id].append(request.at)
    assert len(polled) == 4
    assert all(after - before >= QUICK.minimum for at in polled.values() for before, after in pairwise(at))


def test_two_engines_send_one_at_a_time_and_share_the_polls(
    tmp_path: Path, engine: Engine, simulator: Simulator, listener: Listener
) -> None:
    simulator.add_fault(Rule(call="submit", delay=0.05))
    second = open_store(tmp_path)
    other = over_http(second, simulator)
    jobs = [submit(one, FIRST + 10_000 * i, 3_000).id for i, one in enumerate((engine, other))]
    engine.start(listener)
    other.start(listener)
    listener.until(
        lambda: all(engine.store.jobs.get(job).state is JobState.COMPLETED for job in jobs), "both jobs"
    )
    other.close()
    second.close()
    sent = [request.at for request in simulator.requests if request.call == "submit"]
    assert len(sent) == 6
    # Each answer took that long: none was sent before the one before it was answered.
    assert min(after - before for before, after in pairwise(sent)) >= 0.05
    polled = defaultdict(list)
    for request in simulator.requests:
        if request.call == "poll":
            polled[request.batch_id].append(request.at)
    assert all(after - before >= QUICK.minimum for at in polled.values() for before, after in pairwise(at))


def test_the_credits_are_read_again_when_all_is_sent(engine: Engine, listener: Listener) -> None:
    engine.start(listener)
    listener.until(lambda: len(listener.of(BalanceRead)) == len(PROVIDER.services), "the first readings")
    submit(engine, FIRST, 1_100)
    listener.until(
        lambda: any(isinstance(read, BalanceRead) and read.balance == 48_900 for read in listener.heard),
        "what is left",
    )


@pytest.mark.parametrize("later", [None, Secret("another-key")])
def test_leaving_does_not_wait_for_a_paid_call_but_can_also_for_one_of_the_key_before(
    engine: Engine, simulator: Simulator, listener: Listener, later: Secret | None
) -> None:
    simulator.add_fault(Rule(call="submit", silent=True))
    job = submit(engine, FIRST, 10)
    engine.start(listener)
    listener.until(lambda: simulator.world.ledger, "the call")
    if later is not None:
        engine.use_key(later)
    engine.stop()
    assert not engine.drain(0.0), "stopping waited for the service, or forgot the call"
    simulator.stop()
    assert engine.drain(PATIENCE)
    assert engine.store.batches.get(job.id, 1).state is BatchState.UNKNOWN


def test_the_answer_to_a_paid_call_is_stored_after_leaving(
    engine: Engine, simulator: Simulator, listener: Listener
) -> None:
    simulator.add_fault(Rule(call="submit", delay=0.2))
    job = submit(engine, FIRST, 2_000)
    engine.start(listener)
    listener.until(lambda: simulator.world.ledger, "the call")
    engine.stop()
    assert engine.drain(PATIENCE)
    states = [batch.state for batch in engine.store.batches.of(job.id)]
    assert states == [BatchState.PROCESSING, BatchState.PLANNED]
    assert engine.store.batches.get(job.id, 1).batch_id in simulator.world.batches


def test_closing_ends_the_threads(engine: Engine, listener: Listener) -> None:
    engine.start(listener)
    listener.until(lambda: listener.of(BalanceRead), "a balance")
    engine.close()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("pwl-")]


def test_the_credits_of_all_services_are_read_at_the_start_and_when_asked(
    engine: Engine, simulator: Simulator, listener: Listener
) -> None:
    engine.start(listener)
    listener.until(lambda: len(listener.of(BalanceRead)) == 4, "four balances")
    assert engine.binding is not None
    latest = engine.store.balances.latest(engine.binding)
    assert {service: reading.balance for service, reading in latest.items()} == {
        "wavalidation": 50_000,
        "phonevalidation": 4,
        "calleridvalidation": 3,
        "blacklistchecker": 2,
    }
    simulator.add_fault(Rule(call="balance", status=500, times=4))
    engine.refresh_balance()
    listener.until(lambda: len(listener.of(BalanceFailed)) == 4, "four failures")
    engine.refresh_balance()
    listener.until(lambda: len(listener.of(BalanceRead)) == 8, "four more")


def test_a_scope_leaves_the_rest_alone(engine: Engine, simulator: Simulator, listener: Listener) -> None:
    mine, theirs = submit(engine, FIRST, 10), submit(engine, FIRST + 100, 10)
    engine.start(listener, Scope(jobs=frozenset({mine.id}), poll=False, balance=False))
    listener.until(lambda: engine.store.jobs.get(mine.id).state is JobState.PROCESSING, "the batch")
    engine.wake()
    engine.close()
    assert engine.store.jobs.get(theirs.id).state is JobState.PLANNED
    assert {request.call for request in simulator.requests} == {"balance", "submit"}
