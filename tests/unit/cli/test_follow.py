"""When a command has nothing left to wait for, while the engine goes on working."""

import threading
from pathlib import Path

import pytest

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import Ending, standstill
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import BatchState
from tests.unit.fake_service import (
    FIRST,
    Clock,
    add_job,
    between_reads,
    make_engine,
    make_poller,
    make_service,
    make_submitter,
    open_store,
)

UNKNOWN = Problem(kind=Kind.NOT_FOUND, status=404, message="not found", remedy="check the ID")


def test_a_batch_that_is_found_while_the_jobs_are_read_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    service, store = make_service(clock), open_store(tmp_path)
    engine = make_engine(store, service, clock)
    job = add_job(store, FIRST, 10, at=clock.now)
    make_submitter(store, service, clock).send_next()

    def poll() -> None:
        poller = make_poller(store, service, clock)
        if (batch := poller.claim()) is not None:
            poller.poll(batch)

    def refuse(_: str) -> None:
        raise ApiError(UNKNOWN)

    clock.now += 1_000
    with monkeypatch.context() as patch:
        patch.setattr(service, "poll", refuse)
        poll()
    assert store.batches.get(job, 1).state is BatchState.UNREACHABLE
    ending = standstill(engine)
    assert ending is not None
    assert ending.exit is Exit.FAILED

    def poll_elsewhere() -> None:
        clock.now += 4_000
        thread = threading.Thread(target=poll)
        thread.start()
        thread.join()

    between_reads(monkeypatch, poll_elsewhere, (store.jobs, "foremost"))
    assert standstill(engine) is None
    assert store.batches.get(job, 1).state is BatchState.COMPLETED
    assert standstill(engine) == Ending(Exit.DONE)
    engine.close()
    store.close()
