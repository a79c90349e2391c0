"""The screen over a scene, for snapshots: opens the program, does what leads to the screen, returns it.

A snapshot is text, so that a change can be read in a diff. Where color says something that the text does not,
there is an SVG too. ``pytest tests/ui --snapshot-update`` writes both after a wanted change.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from pwl_tui.config import Settings, Ui
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.widgets.list_form import ListForm
from tests.ui.conftest import shown
from tests.ui.sample_state import KEY, NOW, Scene

Step: TypeAlias = str | Callable[[Pilot[Any]], Awaitable[None] | None]
"""Keys to press, with spaces between them, or what else is done with the program."""
Fill: TypeAlias = Callable[[Scene], None]
"""Fills a scene: a function of `tests.ui.sample_state`."""
SIZES = ("60x20", "80x24", "120x40", "200x50")
DIALOG_SIZES = SIZES[:3]
"""A dialog looks the same on all that is larger."""
NARROW = SIZES[1:2]
"""For what differs from another snapshot in a line or two."""
LOOKS = {"light": Ui(theme="light"), "ansi": Ui(theme="ansi"), "ascii": Ui(theme="dark", ascii=True)}
_NUMBERS = "".join(f"+1415200{n:04},Ada {n}\n" for n in range(1_500))
_NATIONAL = "".join(f"(212) 736-{n:04},Bea {n}\n" for n in range(400))
_REJECTED = "n/a,Bob\n+14152000001,Eve\n12345,Cyd\n"
LISTS = {
    "crm.csv": f"phone,name\n{_NUMBERS}{_REJECTED}",
    "mixed.csv": f"phone,name\n{_NUMBERS}{_NATIONAL}{_REJECTED}",
    "members.csv": "name,town\nAda,Springfield\nBob,Shelbyville\n",
}
CONFIG_FILE = Path("/home/ada/.config/pwl-tui/config.toml")
_LOOKS: Final = 3_000


class StillApp(PwlApp):
    """The program, with notices that stay."""

    NOTIFICATION_TIMEOUT = 86_400


def staged(directory: Path, fill: Fill, settings: Settings | None = None) -> Scene:
    """Open a copy of a scene; it is filled once in a run of tests, since that takes longer than the rest.

    Args:
        directory: a test's own; the scene that is copied stands beside it.
        fill: fills a scene.
        settings: what the screen is shown with.
    """
    filled = directory.parent / f"scene-{fill.__name__}"
    if not filled.exists():
        scene = Scene(filled)
        fill(scene)
        scene.store.close()
    shutil.copytree(filled, directory, dirs_exist_ok=True)
    copy = Scene(directory, settings)
    copy.belong_here()
    return copy


def looking(look: str) -> Settings:
    """Return the settings of every scene with another look."""
    return Settings(key_source=KEY, region="US", ui=LOOKS[look])


@asynccontextmanager
async def opened(
    scene: Scene, size: str, *steps: Step, config_file: Path = CONFIG_FILE
) -> AsyncIterator[Pilot[Any]]:
    """Open the program over a scene and do what leads to the screen; close both afterwards.

    Args:
        scene: what is shown.
        size: of the terminal, ``80x24``.
        steps: lead to the screen, one after another; each begins when what the last one began has ended.
        config_file: of the program.
    """
    app = StillApp(scene.engine, scene.settings, config_file, clock=lambda: NOW)
    first = app.snapshot
    try:
        async with app.run_test(size=_cells(size), notifications=True, tooltips=True) as pilot:
            # What only the watcher finds is in the second snapshot; those after it are the same.
            await until(pilot, lambda: app.snapshot is not first)
            for step in steps:
                if isinstance(step, str):
                    await pilot.press(*step.split())
                elif (begun := step(pilot)) is not None:
                    await begun
                await calm(pilot)
            yield pilot
    finally:
        scene.store.close()


async def as_text(scene: Scene, sizes: Sequence[str], *steps: Step, config_file: Path = CONFIG_FILE) -> str:
    """Return what the terminal shows at each of the sizes, one under another.

    One program is resized: `test_resize` proves that this shows what one shows that is opened at that size.
    """
    parts = []
    async with opened(scene, sizes[0], *steps, config_file=config_file) as pilot:
        for size in sizes:
            if size != sizes[0]:
                await pilot.resize_terminal(*_cells(size))
            lines = await settled(pilot)
            parts.append("\n".join([f"[{size}]", *(line.rstrip() for line in lines), ""]))
    return "\n".join(parts)


async def as_svg(scene: Scene, size: str, *steps: Step, config_file: Path = CONFIG_FILE) -> str:
    """Return a picture of the terminal, for what only color tells."""
    async with opened(scene, size, *steps, config_file=config_file) as pilot:
        await settled(pilot)
        return pilot.app.export_screenshot(simplify=True)


def _cells(size: str) -> tuple[int, int]:
    """Return the columns and lines of a size like ``80x24``."""
    width, height = map(int, size.split("x"))
    return width, height


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Let the screen run until something is so."""
    for _ in range(_LOOKS):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("the screen never came to what was waited for")


async def calm(pilot: Pilot[Any]) -> None:
    """Wait until all work has ended but what waits for the answer to a question."""
    app = pilot.app

    def asked() -> int:
        return sum(
            callback.future is not None
            for screen in app.screen_stack
            for callback in screen._result_callbacks  # noqa: SLF001 - where Textual keeps who waits
        )

    def at_work() -> int:
        return sum(not worker.is_finished for worker in app.workers)

    await pilot.pause()
    await until(pilot, lambda: at_work() <= asked())


async def settled(pilot: Pilot[Any]) -> list[str]:
    """Return the lines that are shown once nothing is left to draw: one layout may ask for the next."""
    screen, lines = pilot.app.screen, list[str]()
    for _ in range(_LOOKS):
        await calm(pilot)
        before, lines = lines, shown(pilot.app)
        if lines == before and not any(node._message_queue.qsize() for node in screen.walk_children()):  # noqa: SLF001 - there is no public way to ask
            return lines
    raise AssertionError("the screen never stopped changing")


def among_lists(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make some lists in a directory that is the current one, and seems to be the person's own."""
    lists = directory / "lists"
    (lists / "older").mkdir(parents=True)
    for name, text in LISTS.items():
        (lists / name).write_text(text)
    for path in lists.iterdir():
        os.utime(path, (NOW - 86_400, NOW - 86_400))
    monkeypatch.chdir(lists)
    monkeypatch.setattr("pwl_tui.ui.screens.browse.at_home", lambda path: f"~/{path.name}")
    monkeypatch.setattr("pwl_tui.ui.widgets.list_form._TYPING_SECONDS", 0.0)


def filled_in(path: str) -> list[Step]:
    """Return the steps that lead to the plan of one of the lists."""

    def fill(pilot: Pilot[Any]) -> None:
        pilot.app.screen.query_one(ListForm).start(path)

    return ["n", fill]


def opens(screen: str) -> Step:
    """Wait until a screen is in front, by the name of its class."""

    async def wait(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: type(pilot.app.screen).__name__ == screen)

    return wait


def typed(field: str, text: str) -> Step:
    """Fill in a field, by its selector."""

    def fill(pilot: Pilot[Any]) -> None:
        pilot.app.screen.query_one(field, Input).value = text

    return fill


def refusing(problem: Problem) -> Callable[..., None]:
    """Return what takes the place of a call that asks the service, and is refused."""

    def refuse(*_: object) -> None:
        raise ProblemError(problem)

    return refuse


async def nothing_comes(*_: object) -> None:
    """Take the place of `in_thread`: the work is given up before there is anything to show."""
    raise asyncio.CancelledError
