"""A terminal that changes its size shows what one shows that always had that size."""

from pathlib import Path

import pytest

from tests.ui import scene as scenes
from tests.ui.conftest import shown
from tests.ui.gallery import CONFIG_FILE, Fill, StillApp, calm, staged, until
from tests.ui.scene import NOW

SCREENS: dict[str, tuple[Fill, str]] = {
    "home": (scenes.attention, ""),
    "results": (scenes.live, "end enter"),
    "picture": (scenes.live, "enter v"),
    "batches": (scenes.troubled, "down enter left"),
    "settle": (scenes.attention, "s"),
    "settings": (scenes.rest, "comma"),
    "settings-end": (scenes.rest, "comma up"),
    "help": (scenes.live, "question_mark"),
}
SIZES = ((200, 50), (60, 20), (120, 40))


async def looks(directory: Path, fill: Fill, keys: str, *sizes: tuple[int, int]) -> list[str]:
    """Return the lines of a screen at the last of the sizes that its terminal had one after another."""
    scene = staged(directory, fill)
    app = StillApp(scene.engine, scene.settings, CONFIG_FILE, clock=lambda: NOW)
    first = app.snapshot
    async with app.run_test(size=sizes[0]) as pilot:
        await until(pilot, lambda: app.snapshot is not first)
        await pilot.press(*keys.split())
        await calm(pilot)
        for width, height in sizes[1:]:
            await pilot.resize_terminal(width, height)
            await calm(pilot)
        lines = shown(app)
    scene.store.close()
    return lines


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_screen_looks_as_if_it_had_always_been_so_large(tmp_path: Path, screen: str) -> None:
    fill, keys = SCREENS[screen]
    for size in SIZES[1:]:
        # From the largest to this one, by way of all before it.
        resized = await looks(tmp_path / f"resized-{size[0]}", fill, keys, *SIZES[: SIZES.index(size) + 1])
        assert resized == await looks(tmp_path / f"opened-{size[0]}", fill, keys, size)
