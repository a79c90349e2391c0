"""A terminal that changes its size shows what one shows that always had that size."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.ui import sample_state as scenes
from tests.ui.conftest import shown
from tests.ui.sample_state import NOW
from tests.ui.snapshot_helpers import CONFIG_FILE, Fill, StillApp, calm, staged, until

pytestmark = pytest.mark.slow

SCREENS: dict[str, tuple[Fill, str]] = {
    "home": (scenes.attention, ""),
    "results": (scenes.live, "end enter"),
    "charts": (scenes.live, "enter v"),
    "changes": (scenes.rechecked, "enter right"),
    "batches": (scenes.troubled, "down enter left"),
    "settle": (scenes.attention, "s"),
    "settings": (scenes.rest, "comma"),
    "settings-end": (scenes.rest, "comma up"),
    "help": (scenes.live, "question_mark"),
}
_LOOKS = 300
SIZES = ((200, 50), (60, 20), (120, 40))


async def looks(
    directory: Path, fill: Fill, keys: str, *sizes: tuple[int, int], wanted: Sequence[str] = ()
) -> list[str]:
    """Return the lines of a screen at the last of the sizes that its terminal had one after another.

    Args:
        directory: a test's own.
        fill: fills the scene.
        keys: lead to the screen.
        sizes: columns and lines.
        wanted: the lines that it shall come to; some are drawn a moment later than others.
    """
    scene = staged(directory, fill)
    # Nothing that happens draws the screen again: the resize alone has to.
    app = StillApp(scene.engine, scene.settings, CONFIG_FILE, clock=lambda: NOW, tick=3_600.0)
    first = app.snapshot
    async with app.run_test(size=sizes[0]) as pilot:
        await until(pilot, lambda: app.snapshot is not first)
        await pilot.press(*keys.split())
        await calm(pilot)
        for width, height in sizes[1:]:
            await pilot.resize_terminal(width, height)
            await calm(pilot)
        for _ in range(_LOOKS):
            lines = shown(app)
            if not wanted or lines == wanted:
                break
            await pilot.pause(0.01)
    scene.store.close()
    return lines


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_screen_looks_as_if_it_had_always_been_so_large(tmp_path: Path, screen: str) -> None:
    fill, keys = SCREENS[screen]
    for at, size in enumerate(SIZES[1:], 1):
        opened = await looks(tmp_path / f"opened-{at}", fill, keys, size)
        # By way of all sizes before it.
        resized = await looks(tmp_path / f"resized-{at}", fill, keys, *SIZES[: at + 1], wanted=opened)
        assert resized == opened
