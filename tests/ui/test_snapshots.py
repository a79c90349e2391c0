"""What the screens look like; ``--snapshot-update`` after a wanted change."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from pwl_tui.config import Settings, Ui
from pwl_tui.engine.events import ServiceDown
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.widgets.list_form import ListForm
from tests.ui import scene as scenes
from tests.ui.scene import KEY, LOST_ANSWER, NOW, Scene

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40), (200, 50)]
LIST = (
    "phone,name\n"
    + "".join(f"+1415200{n:04},Ada {n}\n" for n in range(1_500))
    + "n/a,Bob\n+14152000001,Eve\n"
)


def shown(scene: Scene) -> PwlApp:
    return PwlApp(
        scene.engine, scene.settings, Path("/home/ada/.config/pwl-tui/config.toml"), clock=lambda: NOW
    )


def pressing(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Press keys, and wait for what they begin."""

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.press(*keys)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", ["rest", "live", "attention", "expiring"])
def test_home(snap_compare: Compare, scene: Scene, size: tuple[int, int], state: str) -> None:
    getattr(scenes, state)(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing())


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("what", ["loading", "stale", "down", "ascii", "short"])
def test_home_of_another_kind(snap_compare: Compare, scene: Scene, size: tuple[int, int], what: str) -> None:
    if what == "stale":
        scene.reading(48_210, 7_300)
    elif what != "loading":
        scenes.live(scene)
    if what == "short":
        scene.reading(3_400, 60)
    if what == "ascii":
        scene.settings = Settings(key_source=KEY, region="US", ui=Ui(theme="dark", ascii=True))
    app = shown(scene)

    async def run(pilot: Pilot[Any]) -> None:
        if what == "down":
            app._watcher.hear(ServiceDown(LOST_ANSWER, NOW + 60))  # noqa: SLF001 - as the engine tells it
            while app.snapshot.service_problem is None:
                await pilot.pause(0.02)
        await pressing()(pilot)

    assert snap_compare(app, terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES[:2])
def test_home_empty(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    scene.credits(48_210)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing())


@pytest.mark.parametrize("size", SIZES[:2])
def test_form_with_a_plan(
    snap_compare: Compare, scene: Scene, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.credits(48_210)
    monkeypatch.chdir(scene.directory)
    Path("crm.csv").write_text(LIST)

    async def fill(pilot: Pilot[Any]) -> None:
        await pressing("n")(pilot)
        pilot.app.screen.query_one(ListForm).start("crm.csv", "US")
        await pressing()(pilot)

    assert snap_compare(shown(scene), terminal_size=size, run_before=fill)


@pytest.mark.parametrize("size", [(60, 20), *SIZES[:2]])
@pytest.mark.parametrize("key", ["ctrl+r", "ctrl+t", "ctrl+o"])
def test_a_list_row_by_row_its_options_and_directories(
    snap_compare: Compare, scene: Scene, size: tuple[int, int], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = scene.directory / "lists"
    (lists / "older").mkdir(parents=True)
    monkeypatch.chdir(lists)
    monkeypatch.setattr("pwl_tui.ui.screens.browse.at_home", lambda path: f"~/{path.name}")
    Path("crm.csv").write_text(LIST)
    for path in (lists / "older", lists / "crm.csv"):
        os.utime(path, (NOW - 86_400, NOW - 86_400))

    async def look(pilot: Pilot[Any]) -> None:
        await pressing("n")(pilot)
        pilot.app.screen.query_one(ListForm).start("crm.csv", "US")
        await pressing()(pilot)
        await pressing(key)(pilot)

    assert snap_compare(shown(scene), terminal_size=size, run_before=look)


@pytest.mark.parametrize("size", SIZES)
def test_job(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    scenes.live(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing("enter"))


@pytest.mark.parametrize("size", [(60, 20), *SIZES])
@pytest.mark.parametrize("view", ["picture", "found", "sorted", "batches"])
def test_views_of_a_job(snap_compare: Compare, scene: Scene, size: tuple[int, int], view: str) -> None:
    scenes.attention(scene)
    keys = {
        "picture": ["down", "down", "enter", "v"],
        "found": ["down", "down", "enter", "slash", *"wa:yes -carrier:o2 200"],
        "sorted": ["down", "down", "enter", "o", "o", "o", "o", "O"],
        "batches": ["enter", "left", "down"],
    }

    async def run(pilot: Pilot[Any]) -> None:
        for key in keys[view]:
            await pressing({":": "colon", "-": "minus", " ": "space"}.get(key, key))(pilot)

    assert snap_compare(shown(scene), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES)
def test_settle(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    scenes.attention(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing("s"))


@pytest.mark.parametrize("size", [(60, 20), *SIZES[:2]])
def test_ledger(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    scenes.spent(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing("L"))


@pytest.mark.parametrize("keys", [("down", "enter"), ("enter",)])
def test_a_retry_and_a_job_of_another_key(snap_compare: Compare, scene: Scene, keys: tuple[str, ...]) -> None:
    scenes.expiring(scene)
    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=pressing(*keys))


def test_a_session_that_may_not_spend(snap_compare: Compare, scene: Scene) -> None:
    scenes.live(scene)
    scene.engine.may_spend = False
    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=pressing())


@pytest.mark.parametrize("keys", [("e",), ("K",), ("A",), ("F",), ("R",), ("enter", "left")])
def test_dialogs_and_batches(
    snap_compare: Compare, scene: Scene, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.attention(scene)
    monkeypatch.setattr("pwl_tui.ui.screens.export.Path.cwd", lambda: Path("/home/ada"))

    async def run(pilot: Pilot[Any]) -> None:
        await pressing("end" if keys[0] in "FR" else "home")(pilot)
        await pilot.press(*keys)
        await opened(pilot, 2)

    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=run)


@pytest.mark.parametrize("key", ["1", "2", "r"])
def test_dialogs_of_the_settle_screen(
    snap_compare: Compare, scene: Scene, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.attention(scene)
    monkeypatch.setattr("pwl_tui.ui.screens.copy.Path.cwd", lambda: Path("/home/ada"))

    async def run(pilot: Pilot[Any]) -> None:
        await pressing("s")(pilot)
        await pilot.press(key)
        await opened(pilot, 3)

    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=run)


async def opened(pilot: Pilot[Any], screens: int) -> None:
    """Wait until so many screens are open."""
    while len(pilot.app.screen_stack) < screens:
        await pilot.pause(0.02)
    await pilot.pause(0.1)


def test_help(snap_compare: Compare, scene: Scene) -> None:
    assert snap_compare(shown(scene), terminal_size=(80, 40), press=["question_mark"])
