"""What the screens look like; ``--snapshot-update`` after a wanted change."""

from collections.abc import Awaitable, Callable, Iterator
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


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    filled = Scene(tmp_path)
    yield filled
    filled.store.close()


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
@pytest.mark.parametrize("state", ["live", "attention"])
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


@pytest.mark.parametrize("keys", [("s",), ("e",), ("K",), ("enter", "left")])
def test_dialogs_and_batches(
    snap_compare: Compare, scene: Scene, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.attention(scene)
    monkeypatch.setattr("pwl_tui.ui.screens.export.Path.cwd", lambda: Path("/home/ada"))

    async def run(pilot: Pilot[Any]) -> None:
        await pressing()(pilot)
        await pilot.press(*keys)
        while pilot.app.screen is pilot.app.screen_stack[0]:
            await pilot.pause(0.02)
        await pilot.pause(0.1)

    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=run)


def test_help(snap_compare: Compare, scene: Scene) -> None:
    assert snap_compare(shown(scene), terminal_size=(80, 40), press=["question_mark"])
