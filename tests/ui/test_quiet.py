"""The line to the person: at rest nothing is written, live only what changed."""

import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import RenderableType
from textual.screen import Screen

from pwl_tui import crash_log
from pwl_tui.engine.events import ChangedElsewhere
from pwl_tui.state.models import Job
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.data.snapshot import Snapshot, Watcher
from pwl_tui.ui.screens.home import HomeScreen
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.text_input import PathLine
from tests.ui.conftest import NUMBERS, Start
from tests.ui.sample_state import NOW, Scene, attention, crowded, live, rest
from tests.ui.snapshot_helpers import until


class Counting(PwlApp):
    """Counts how often something is handed to the terminal."""

    writes = 0

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        self.writes += renderable is not None
        super()._display(screen, renderable)


@pytest.mark.slow
@pytest.mark.parametrize("keys", [(), ("enter",), ("enter", "left"), ("n",)])
async def test_a_screen_at_rest_writes_nothing(tmp_path: Path, keys: tuple[str, ...]) -> None:
    scene = Scene(tmp_path)
    rest(scene)
    app = Counting(scene.engine, scene.settings, tmp_path / "config.toml", clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#submit")))  # the form comes after the first frame
        await pilot.pause()
        await pilot.press(*keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        before = app.writes
        for seconds in (1, 2, 3):
            app.post_message(PwlApp.Changed(replace(app.snapshot, now=NOW + seconds)))
            await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert before > 0
        assert app.writes == before
    scene.store.close()


@pytest.mark.slow
async def test_two_hundred_jobs_are_shown_and_stay_usable_while_they_move(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    crowded(scene)
    app = PwlApp(scene.engine, scene.settings, tmp_path / "config.toml", clock=lambda: NOW)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.snapshot.credits is not None)
        assert (len(app.snapshot.jobs) + app.snapshot.older, len(app.snapshot.live)) == (200, 50)
        home = app.screen_stack[0]
        assert isinstance(home, HomeScreen)
        for step in range(10):
            moved = [_moved(job, step) for job in app.snapshot.jobs]
            app.post_message(PwlApp.Changed(replace(app.snapshot, now=NOW + step, jobs=tuple(moved))))
            await pilot.press("down")
        assert home.job is not None
        assert home.job.id == app.snapshot.jobs[10].id
    scene.store.close()


def _moved(job: Job, step: int) -> Job:
    return (
        replace(job, counts=replace(job.counts, pending=job.counts.pending + step)) if job.unfinished else job
    )


def watching(scene: Scene, pause: float) -> tuple[Watcher, list[Snapshot], threading.Semaphore]:
    """Return a watcher that has published once, what it publishes, and what counts that."""
    published: list[Snapshot] = []
    arrived = threading.Semaphore(0)

    def publish(snapshot: Snapshot) -> None:
        published.append(snapshot)
        arrived.release()

    watcher = Watcher(scene.engine, publish, lambda: NOW, pause)
    watcher.start()
    assert arrived.acquire(timeout=10)
    return watcher, published, arrived


def test_the_watcher_publishes_what_there_is_and_what_changes(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    live(scene)
    watcher, published, arrived = watching(scene, 0.001)
    other = Scene(tmp_path)
    other.job("elsewhere", 3)
    while "elsewhere" not in {job.name for job in published[-1].jobs}:
        assert arrived.acquire(timeout=10)
    watcher.stop()
    assert published[0].credits is not None
    assert published[0].credits.balance == 48_210
    assert published[0].unsent == 500
    scene.store.close()
    other.store.close()


def test_what_another_process_changes_is_shown_before_it_is_time_to_look(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    live(scene)
    watcher, published, arrived = watching(scene, 86_400.0)
    other = Scene(tmp_path)
    other.job("elsewhere", 3)
    watcher.hear(ChangedElsewhere())
    assert arrived.acquire(timeout=10)
    assert "elsewhere" in {job.name for job in published[-1].jobs}
    watcher.stop()
    scene.store.close()
    other.store.close()


async def test_what_needs_the_person_stands_first(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    attention(scene)
    app = PwlApp(scene.engine, scene.settings, tmp_path / "config.toml", clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.snapshot.credits is not None)
        names = [job.name for job in app.snapshot.jobs]
    assert names == ["webinar", "autumn-event", "spring-leads", "partners-eu", "newsletter", "crm-export-nov"]
    scene.store.close()


async def test_the_footer_offers_to_submit_as_soon_as_there_is_a_plan(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.until(lambda: len(rig.app.snapshot.balances) == 4, "nothing else happens any more")
        await rig.pilot.press("n")
        footer = rig.app.screen.query_one(KeyFooter)
        dim = footer.get_component_rich_style("key-footer--off")
        for offered in (False, True):
            keys = [segment.text for segment in footer.render_line(0) if segment.style != dim]
            assert ("ctrl+s" in keys) is offered
            rig.form.start(str(start.directory / "some.txt"))
            await rig.planned()
            await rig.pilot.pause()


async def test_an_error_in_the_program_gives_away_nothing(
    start: Start, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def stumble() -> None:
        private = "a-key-in-a-local"
        raise ZeroDivisionError(private)

    apps: list[PwlApp] = []

    async def run() -> None:
        async with start() as rig:
            apps.append(rig.app)
            rig.app.call_later(stumble)
            await rig.pilot.pause()

    with crash_log.kept(lambda: tmp_path / "crash", "screen"), pytest.raises(ZeroDivisionError):
        await run()
    said, written = capsys.readouterr(), (tmp_path / "crash" / "crash.log").read_text()
    assert f"Details: {tmp_path}/crash/crash.log." in said.err.replace("\n", "")
    assert "stumble" in written
    assert "Internal error in pwl-tui: ZeroDivisionError" in said.err
    assert "a-key-in-a-local" not in said.err + said.out + written
    assert apps[0].return_code == 1


async def test_an_unforeseen_error_of_a_worker_is_said(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start() as rig:

        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(rig.engine.plans, "decide", fail)
        (rig.directory / "some.txt").write_text("+14155552671\n")
        rig.app.screen_stack[0].query_one(PathLine).value = str(rig.directory / "some.txt")
        await rig.until(lambda: any("It happened while planning." in n for n in rig.notices), "it is said")


@pytest.mark.slow
async def test_an_unforeseen_error_of_the_watcher_is_said_and_the_watcher_continues(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as rig:

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr("pwl_tui.ui.data.snapshot.take", fail)
            broken.setattr(type(rig.engine.store), "version", lambda _: -2)
            await rig.until(
                lambda: getattr(rig.app.snapshot.state_problem, "code", "") == "ZeroDivisionError",
                "it is said",
            )
        await rig.until(lambda: rig.app.snapshot.state_problem is None, "it is well again")
