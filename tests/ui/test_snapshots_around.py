"""What the settings, the activity and copying look like, and all of it in other colours and frames."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from pwl_tui.config import Settings, Ui
from pwl_tui.ui.widgets.fields import Line
from tests.ui import scene as scenes
from tests.ui.scene import KEY, Scene
from tests.ui.test_snapshots import SIZES, Compare, opened, pressing, shown


@pytest.mark.parametrize("size", [(60, 20), *SIZES])
def test_settings(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing("comma"))


def test_settings_refused(snap_compare: Compare, scene: Scene) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await pressing("comma")(pilot)
        pilot.app.screen.query_one("#lists-reuse_days", Line).value = "a week"
        await pressing("ctrl+s")(pilot)

    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=run)


@pytest.mark.parametrize("size", [(60, 20), *SIZES])
def test_activity(snap_compare: Compare, scene: Scene, size: tuple[int, int]) -> None:
    scenes.attention(scene)
    assert snap_compare(shown(scene), terminal_size=size, run_before=pressing("a"))


def test_activity_empty(snap_compare: Compare, scene: Scene) -> None:
    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=pressing("a"))


def test_activity_copied(snap_compare: Compare, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scenes.live(scene)
    monkeypatch.setattr("pwl_tui.ui.screens.copy.Path.cwd", lambda: Path("/home/ada"))
    monkeypatch.delenv("TMUX", raising=False)

    async def run(pilot: Pilot[Any]) -> None:
        await pressing("a")(pilot)
        await pilot.press("c")
        await opened(pilot, 3)
        await pilot.press("enter")
        await pilot.pause()

    assert snap_compare(shown(scene), terminal_size=(80, 24), run_before=run)


@pytest.mark.parametrize(
    "ui", [Ui(theme="light"), Ui(theme="ansi"), Ui(theme="dark", ascii=True)], ids=["light", "ansi", "ascii"]
)
def test_other_colours_and_frames(snap_compare: Compare, tmp_path: Path, ui: Ui) -> None:
    scene = Scene(tmp_path, Settings(key_source=KEY, region="US", ui=ui))
    scenes.attention(scene)
    assert snap_compare(shown(scene), terminal_size=(120, 40), run_before=pressing())
    scene.store.close()
