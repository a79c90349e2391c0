"""A state file of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.state.store import Store
from tests.unit.fake_service import Clock, Listener, WorldService, make_service, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> WorldService:
    return make_service(clock)


@pytest.fixture
def listener() -> Listener:
    return Listener()
