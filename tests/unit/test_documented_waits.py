"""The waits that the service asks for are obeyed by whatever met them, and by what did not."""

import threading
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import BalanceFailed, Event, ServiceDown, ServiceUp
from pwl_tui.engine.money.submitter import Delayed, Sent
from pwl_tui.engine.polling.health import Health
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Binding
from pwl_tui.state.store import Store
from tests.unit.contract import FOREIGN, Body, Gateway, connexease, digichat
from tests.unit.fake_service import (
    FIRST,
    NOW,
    Clock,
    Listener,
    accepted,
    add_job,
    make_engine,
    make_poller,
    make_submitter,
)

NOON = "Sat, 21 Nov 2026 12:00:00 GMT"
WAITS = [
    ("header", 429, FOREIGN["html"], {"Retry-After": "90"}, 90.0),
    ("header of a maintenance", 503, digichat("maintenance_mode"), {"Retry-After": "1200"}, 1_200.0),
    (
        "date",
        429,
        digichat("rate_limit_exceeded"),
        {"Retry-After": NOON.replace("12:00", "12:05"), "Date": NOON},
        300,
    ),
    ("text", 429, connexease("RATE_001", limit_type="sec", retry_after="7 seconds"), {}, 7.0),
    ("minutes", 429, connexease("RATE_001", limit_type="min", retry_after="2 minutes"), {}, 120.0),
    ("text in a success", 200, connexease("RATE_001", retry_after="1 hour"), {}, 3_600.0),
    ("the longer of two", 429, connexease("RATE_001", retry_after="1 seconds"), {"Retry-After": "30"}, 30.0),
]
every_wait = pytest.mark.parametrize(
    ("status", "body", "headers", "seconds"), [wait[1:] for wait in WAITS], ids=[wait[0] for wait in WAITS]
)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@every_wait
@pytest.mark.parametrize("call", ["balance", "submit"])
def test_a_wait_that_the_sender_was_asked_for_is_obeyed(
    store: Store,
    gateway: Gateway,
    clock: Clock,
    call: str,
    status: int,
    body: Body,
    headers: dict[str, str],
    seconds: float,
) -> None:
    add_job(store, FIRST, 10)
    gateway.breaks(call, status, body, headers)
    submitter = make_submitter(store, gateway.client(), clock)
    step = submitter.send_next()
    assert isinstance(step, Delayed)
    assert step.problem.retry_after == seconds
    assert seconds <= step.until - clock.now <= 1.1 * seconds
    asked = len(gateway.calls)
    clock.now += seconds - 0.1
    submitter.send_next()
    assert len(gateway.calls) == asked, "asked before the time"
    gateway.broken = ""
    clock.now = step.until
    assert isinstance(submitter.send_next(), Sent)


@every_wait
def test_a_wait_that_a_poll_was_asked_for_is_obeyed(
    store: Store,
    gateway: Gateway,
    clock: Clock,
    status: int,
    body: Body,
    headers: dict[str, str],
    seconds: float,
) -> None:
    accepted(store, add_job(store, FIRST, 10))
    gateway.breaks("poll", status, body, headers)
    poller = make_poller(store, gateway.client(), clock)
    clock.now += 60
    batch = poller.claim()
    assert batch is not None
    poller.poll(batch)
    clock.now += seconds - 0.1
    assert poller.claim() is None
    clock.now += 0.2 * seconds
    assert poller.claim() is not None


SLOWER = Problem(kind=Kind.RATE_LIMITED, message="slower", retry_after=90.0, remedy="wait")


def test_neither_an_answer_nor_a_shorter_wait_shortens_one_but_the_person_may() -> None:
    health = Health(lambda: 0.0)
    health.learn(SLOWER, NOW)
    assert health.learn(None, NOW + 1) == ServiceUp(), "an answer that was under way"
    health.obey(replace(SLOWER, retry_after=5.0), NOW + 2)
    assert (health.failing, health.asked_until, health.down_until) == (False, NOW + 90, NOW + 90)
    health.probe_now()
    assert health.down_until <= NOW


def look(engine: Engine, listener: Listener, times: int) -> None:
    """Make the engine look that often for work, and wait until it has begun all that it wants to begin."""
    store, looks = engine.store, list[Binding]()
    next_due = store.batches.next_due

    def counting(binding: Binding) -> float | None:
        looks.append(binding)
        return next_due(binding)

    def looked(wanted: int) -> Callable[[], bool]:
        return lambda: len(looks) >= wanted

    store.batches.next_due = counting  # type: ignore[method-assign]
    for wanted in range(1, times + 1):
        engine.wake()
        listener.until(looked(wanted), "a look")
    store.batches.next_due = next_due  # type: ignore[method-assign]
    listener.until(lambda: "pwl-sender" not in {one.name for one in threading.enumerate()}, "the sender")


@pytest.mark.parametrize(
    ("call", "news", "times"), [("poll", ServiceDown, 1), ("balance", BalanceFailed, len(PROVIDER.services))]
)
def test_a_wait_holds_back_every_other_call_and_new_work(
    store: Store, gateway: Gateway, clock: Clock, listener: Listener, call: str, news: type[Event], times: int
) -> None:
    accepted(store, add_job(store, FIRST, 10))
    engine = make_engine(store, gateway.client(), clock)
    gateway.breaks(call, 429, FOREIGN["html"], {"Retry-After": "90"})
    clock.now += 60 if call == "poll" else 0
    engine.start(listener, Scope(balance=call == "balance"))
    listener.until(lambda: len(listener.of(news)) == times, "the wait")
    asked = len(gateway.calls)
    add_job(store, FIRST + 100, 10)
    clock.now += 89
    look(engine, listener, 3)
    assert gateway.calls[asked:] == []
    gateway.broken = ""
    clock.now += 60
    engine.wake()
    listener.until(lambda: {"submit", "poll"} <= set(gateway.calls[asked:]), "both, once the time is over")
    engine.close()
