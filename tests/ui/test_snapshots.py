"""What the screens look like; ``--snapshot-update`` after a wanted change."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.widgets.list_form import ListForm
from tests.ui import scene as scenes
from tests.ui.scene import NOW, Scene

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
@pytest.mark.parametrize("state", ["live", "attention", "expiring"])
def test_home(snap_compare: Compare, scene: Scene, size: tuple[int, int], state: str) -> None:
    getattr(scenes, state)(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing())


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


@pytest.mark.parametrize("size", SIZES)
def test_job(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    scenes.live(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing("enter"))


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
    monkeypatch.setattr("pwl_tui.ui.screens.report.Path.cwd", lambda: Path("/home/ada"))

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
