"""Every way the paid call can end leads to the state that the money rules want."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from pwl_tui.api.errors import decode_error
from pwl_tui.engine.money.submitter import Delayed, Frozen, OnHold, Submitter
from pwl_tui.problem import Kind, Problem
from pwl_tui.simulator.documented import DOCUMENTED
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from tests.unit.fake_service import FIRST, SILENT, WorldService, add_job, failing


def states(store: Store, job: int) -> list[BatchState]:
    return [batch.state for batch in store.batches.of(job)]


def problem(status: int, body: object) -> Problem:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return decode_error(status, {}, raw, paid=True)


HTML = b"<!doctype html><h1>Bad gateway</h1>"
UNSENT = Problem(kind=Kind.NETWORK, message="refused", charged="no", remedy="wait")

ENDS: list[tuple[str, Problem, BatchState, type[object]]] = [
    ("connection refused", UNSENT, BatchState.PLANNED, Delayed),
    ("read time-out", SILENT, BatchState.UNKNOWN, Frozen),
    ("400", problem(400, {"error": "PhoneNumber is missing in the request."}), BatchState.REJECTED, OnHold),
    ("401", problem(401, {"error": "Invalid API key."}), BatchState.REJECTED, OnHold),
    ("404", problem(404, {"error": "Not found."}), BatchState.REJECTED, OnHold),
    ("422", problem(422, {"error": "validation_error", "message": "no"}), BatchState.REJECTED, OnHold),
    (
        "402",
        problem(402, {"error": "Insufficient WA API credits.", "required": 10, "available": 1}),
        BatchState.PLANNED,
        OnHold,
    ),
    ("429 of a proxy", problem(429, HTML), BatchState.PLANNED, Delayed),
    ("408", problem(408, {"error": "Request timeout"}), BatchState.UNKNOWN, Frozen),
    ("500", problem(500, {"error": "Internal error"}), BatchState.UNKNOWN, Frozen),
    ("502 of a proxy", problem(502, HTML), BatchState.UNKNOWN, Frozen),
    ("503 of a proxy", problem(503, HTML), BatchState.UNKNOWN, Frozen),
    ("403 of a proxy", problem(403, HTML), BatchState.UNKNOWN, Frozen),
    ("302", problem(302, b""), BatchState.UNKNOWN, Frozen),
    ("200 of someone else", problem(200, HTML), BatchState.UNKNOWN, Frozen),
    ("202 without an id", problem(202, {"status": "processing"}), BatchState.UNKNOWN, Frozen),
]


@pytest.mark.parametrize(("said", "state", "step"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS])
def test_every_end_of_the_paid_call_has_its_state(
    store: Store,
    service: WorldService,
    submitter: Submitter,
    said: Problem,
    state: BatchState,
    step: type[object],
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    service.before = failing(said)
    assert isinstance(submitter.send_next(), step)
    assert states(store, job) == [state, BatchState.PLANNED]
    batch = store.batches.of(job)[0]
    assert batch.error == said
    assert batch.charged == 0
    # Whatever it was, nothing more is sent at once.
    service.before = lambda: None
    submitter.send_next()
    assert len(service.submitted) == 1


def _documented() -> Iterator[tuple[str, int, dict[str, Any]]]:
    for dialect, codes in DOCUMENTED.items():
        for code, (status, body) in codes.items():
            yield f"{dialect} {code}", status, body


@pytest.mark.parametrize(
    ("status", "body"), [case[1:] for case in _documented()], ids=[case[0] for case in _documented()]
)
def test_every_documented_error_ends_where_nothing_can_be_paid_twice(
    store: Store, service: WorldService, submitter: Submitter, status: int, body: dict[str, Any]
) -> None:
    job = add_job(store, FIRST, 10)
    said = problem(status, body)
    service.before = failing(said)
    submitter.send_next()
    (state,) = states(store, job)
    expected = {
        "unknown": {BatchState.UNKNOWN},
        "no": {BatchState.PLANNED, BatchState.REJECTED},
    }[said.charged]
    assert state in expected
    refused_before_work = {"server_down", "session_not_ready", "maintenance_mode", "AUTH_004"}
    assert (said.charged == "no") == (status < 500 or said.code in refused_before_work)
