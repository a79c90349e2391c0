"""The simulated service without HTTP, for tests of the engine: its books, and faults on demand."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError, decode_error
from pwl_tui.api.models import Balance, BatchAnswer, Check, NumberAnswer, Submitted
from pwl_tui.config import Polling, Sending, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import Event
from pwl_tui.engine.money.journaling import digest
from pwl_tui.engine.money.lookups import Finding
from pwl_tui.engine.money.submitter import Sent, Submitter
from pwl_tui.engine.polling.poller import Poller
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import Service
from pwl_tui.secret import Secret
from pwl_tui.simulator.world import World
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import Batch, Binding
from pwl_tui.state.store import Store
from tests.unit.databases import databases

KEY = "unit-key"
FIRST = 14_155_550_000
NOW = 1_800_000_000.0
PATIENCE = 20.0
"""Seconds after which a test gives up on what should have happened long ago."""
BINDING = Binding("https://service.test", Secret(KEY).fingerprint)


SILENT = Problem(kind=Kind.TIMEOUT, message="no answer", charged="unknown", remedy="settle")


class Pieces(httpx.SyncByteStream):
    """A body that ends with an error, as a connection that is lost."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise httpx.ReadError("lost")


def cut_off(body: bytes, status: int = 202) -> httpx.Response:
    """Return an answer whose connection is lost after `body`."""
    return httpx.Response(status, stream=Pieces(body))


class Killed(BaseException):
    """The process is gone; nothing after this line has happened."""


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class WorldService:
    """Calls a world as the client would; `before` and `after` may raise around the paid work.

    With `garbled`, the answer to a submission goes through it and through the real client.
    """

    world: World
    garbled: Callable[[bytes], httpx.Response] | None = None
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    submitted: list[tuple[str, ...]] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def balance(self, service: Service = "wavalidation") -> Balance:
        return msgspec.convert(_ok(self.world.balance(KEY, service), paid=False), Balance)

    def submit(self, numbers: Sequence[str]) -> Submitted:
        self.submitted.append(tuple(numbers))
        self.before()
        if self.garbled is not None:
            with Client(BINDING.base_url, Secret(KEY), transport=httpx.MockTransport(self._garble)) as client:
                return client.submit(numbers)
        answer = _ok(self.world.submit(KEY, list(numbers)), paid=True)
        self.after()
        return msgspec.convert(answer, Submitted)

    def _garble(self, request: httpx.Request) -> httpx.Response:
        status, body = self.world.submit(KEY, msgspec.json.decode(request.content)["phone_numbers"])
        answer = msgspec.json.encode(body)
        return httpx.Response(status, content=answer) if self.garbled is None else self.garbled(answer)

    def poll(self, batch_id: str) -> BatchAnswer:
        answer = _ok(self.world.poll(KEY, batch_id), paid=False)
        done = answer["status"] == "completed"
        return BatchAnswer(
            batch_id,
            done=done,
            status=answer["status"],
            total_numbers=answer["total_numbers"],
            completed=answer["completed"],
            failed=answer["failed"],
            pending=answer["pending"],
            results=[
                NumberAnswer(
                    result["phone_number"],
                    Answer(
                        Outcome(result["status"]),
                        on_whatsapp=result.get("numberstatus"),
                        business=result.get("businessnumber"),
                        carrier=result.get("carrier", ""),
                        country=result.get("country", ""),
                        note=result.get("error", ""),
                    ),
                )
                for result in answer["results"]
            ],
        )

    def check(self, number: str, region: str | None = None) -> Check:
        self.checked.append(number)
        self.before()
        answer = _ok(self.world.check(KEY, number, region), paid=True)
        self.after()
        return Check(
            number=answer["formatted_number"],
            answer=Answer(
                Outcome.COMPLETED,
                on_whatsapp=answer["numberstatus"],
                business=answer["businessnumber"],
                carrier=answer["carrier"],
                country=answer["countrycode"],
            ),
            line_type=answer["linetype"],
        )

    def cut(self) -> None:
        pass

    def close(self) -> None:
        pass


def _ok(answer: tuple[int, dict[str, Any]], *, paid: bool) -> dict[str, Any]:
    status, body = answer
    if status >= 400:
        raise ApiError(decode_error(status, {}, msgspec.json.encode(body), paid=paid))
    return body


def failing(problem: Problem) -> Callable[[], None]:
    def fail() -> None:
        raise ApiError(problem)

    return fail


def killing() -> None:
    raise Killed


def add_job(store: Store, first: int, size: int, *, batch_size: int = 1000, at: float = 0.0) -> int:
    """Store a job of `size` numbers from `first` on."""
    return store_numbers(store, range(first, first + size), name=f"job {first}", batch_size=batch_size, at=at)


def store_numbers(
    store: Store, numbers: Sequence[int], *, name: str = "job", batch_size: int = 1000, at: float = 0.0
) -> int:
    """Store a job of some numbers."""
    size = len(numbers)
    starts = range(0, size, batch_size)
    return store.jobs.add(
        NewJob(BINDING, "default", name, "list.txt", b"{}", at, size, 0, 0, 0, size),
        pieces=[b"original"],
        rows=((index, None) for index in range(size)),
        numbers=(NewNumber(number, index // batch_size + 1) for index, number in enumerate(numbers)),
        batches=[
            NewBatch(start, len(some), digest(some))
            for start in starts
            if (some := numbers[start : start + batch_size])
        ],
    )


def make_submitter(
    store: Store, service: ServiceClient, clock: Clock, sending: Sending | None = None
) -> Submitter:
    return Submitter(
        store,
        lambda: service,
        BINDING,
        pace=Polling(),
        sending=sending or Sending(),
        clock=clock,
        spread=lambda: 0.5,
    )


def open_store(directory: Path, host: str = "state") -> Store:
    """Open the state below a directory. With PostgreSQL, all hosts share it, and each has a directory."""
    return Store.open(directory / host, url=databases.url(directory / "state"))


def accepted(store: Store, job: int, seq: int = 1, batch_id: str = "id-1") -> Batch:
    batch = store.batches.get(job, seq)
    store.batches.intend(batch, now=NOW, balance=100)
    store.batches.accept(batch, batch_id=batch_id, charged=batch.size, now=NOW, next_poll=NOW + 5, error=None)
    return store.batches.get(job, seq)


def ended(store: Store, job: int) -> None:
    """Let all batches of a job end without answers, so that it can be forgotten."""
    for batch in store.batches.of(job):
        if batch.batch_id is None:
            batch = accepted(store, job, batch.seq, f"id-{job}-{batch.seq}")
        store.polls.learn(batch, (), done=True, now=NOW, next_poll=None)


def answer(number: int, outcome: Outcome = Outcome.COMPLETED, on: bool | None = True) -> tuple[int, Answer]:
    return number, Answer(outcome, on, on and number % 2 == 0, "Carrier", "US")


def make_poller(
    store: Store, service: ServiceClient, clock: Clock, steady: Callable[[], float] | None = None
) -> Poller:
    return Poller(
        store,
        lambda: service,
        BINDING,
        pace=Polling(),
        owner="test",
        clock=clock,
        steady=steady or clock,
        spread=lambda: 0.5,
    )


def make_engine(
    store: Store,
    service: ServiceClient,
    clock: Clock,
    *,
    key: str = KEY,
    cap: int = 0,
    may_spend: bool = True,
    pause: Callable[[float], None] = lambda _seconds: None,
) -> Engine:
    settings = Settings(
        key_source=Secret(key), base_url=BINDING.base_url, region="US", max_credits_per_job=cap
    )
    return Engine(
        store,
        settings,
        may_spend=may_spend,
        connect=lambda *_: service,
        clock=clock,
        pause=pause,
        draw=random.Random(1),
    )


def make_service(clock: Clock, credits_there: int = 10_000, rate: float = 1_000.0) -> WorldService:
    world = World(clock=clock, rate=rate)
    world.add_key(KEY, wavalidation=credits_there)
    return WorldService(world)


def finish(store: Store, service: WorldService, clock: Clock) -> None:
    """Send and poll until there is nothing more to do."""
    submitter, poller = make_submitter(store, service, clock), make_poller(store, service, clock)
    while isinstance(submitter.send_next(), Sent):
        pass
    while (due := store.batches.next_due(BINDING)) is not None:
        clock.now = max(clock.now, due)
        while (batch := poller.claim()) is not None:
            poller.poll(batch)


def between_reads(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object], *reads: tuple[object, str]
) -> None:
    """Let something happen once, as soon as the first of some methods has returned."""
    left = [happens]

    def then(read: Callable[..., object]) -> Callable[..., object]:
        def happening(*arguments: Any, **options: Any) -> object:
            found = read(*arguments, **options)
            if left:
                left.pop()()
            return found

        return happening

    for owner, name in reads:
        monkeypatch.setattr(owner, name, then(getattr(owner, name)))


@dataclass
class Listener:
    """Hears everything, and lets a test wait for what it wants to hear."""

    heard: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.heard.append(event)

    def until(self, wanted: Callable[[], object], what: str) -> None:
        waiting = threading.Event()
        for _ in range(int(PATIENCE / 0.01)):
            if wanted():
                return
            waiting.wait(0.01)
        raise AssertionError(f"waited in vain for {what}; heard {self.heard}")

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.heard if isinstance(event, kind)]


class RowAnswer(NamedTuple):
    """A row of a job's list: its number and what is known of it, or why it has none."""

    number: int | None
    answer: Answer | None
    reason: str


def rows_of(store: Store, job: int) -> list[RowAnswer]:
    """Return every row of a job's list, in order."""
    numbers, answers = store.results.known(job)
    return [
        RowAnswer(None, None, reason or "")
        if place is None
        else RowAnswer(numbers[place], answers[place], "")
        for place, reason in store.results.rows(job)
    ]


def in_doubt(store: Store, service: WorldService, clock: Clock, *, paid: bool) -> Batch:
    """A job of two batches, the first of which nobody knows the outcome of."""
    job = add_job(store, FIRST, 20, batch_size=10)
    setattr(service, "after" if paid else "before", failing(SILENT))
    make_submitter(store, service, clock).send_next()
    service.before = service.after = lambda: None
    return store.batches.get(job, 1)


def look_up(engine: Engine, *numbers: int, fresh: bool = False) -> list[Finding]:
    """Look up numbers, and return what came of each."""
    return list(engine.lookups.run(engine.lookups.plan(numbers, fresh=fresh)))


def charged(service: WorldService) -> Counter[str]:
    """Return how often each number was charged."""
    return Counter(number for charge in service.world.ledger for number in charge.numbers)


def ids(service: WorldService) -> list[str]:
    """Return the ids of all batches that the service has."""
    return list(service.world.batches)
