"""Makes the pictures of the README: ``python -m tests.screenshots``.

The real screen runs headless on the real engine and the simulator, or on stored data where a picture is full
of times and ids. What differs from run to run beside that (the directory, the time zone) is fixed.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from pwl_tui.config import Polling, Settings, Ui
from pwl_tui.engine.engine import Engine
from pwl_tui.secret import Secret
from pwl_tui.simulator.demo import DEMO_KEY, SAMPLE_REGION, demo_world, sample_csv
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.state.models import JobState
from pwl_tui.state.store import Store
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.terminal.themes import ThemeChoice
from pwl_tui.ui.widgets.list_form import ListForm
from tests.ui.sample_state import NOW, Scene, attention, leaving, rechecked, spent

OUTPUT = Path(__file__).parent.parent / "screenshots"
_QUICK = Polling(minimum=0.01, small=(0.05, 0.2), large=(0.1, 0.3), requests_per_second=100.0)
_STARTED = time.monotonic()
_WIDE, _NARROW, _BROAD = (120, 34), (80, 24), (180, 44)
LISTS = {"newsletter": 400, "webinar": 900, "spring-leads": 9_000, "crm": 25_000}
"""Rows of the lists that are submitted, by name."""
_VARIANTS: tuple[tuple[str, tuple[int, int], ThemeChoice], ...] = (
    ("broad", _BROAD, "dark"),
    ("narrow", _NARROW, "dark"),
    ("light", _WIDE, "light"),
    ("ansi", _WIDE, "ansi"),
)


def clock() -> float:
    """The time as if the program had started at the moment of the stored data."""
    return NOW + time.monotonic() - _STARTED


class Studio:
    """A person's directory, the simulator, and a state that the pictures share.

    Args:
        simulator: the service.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.store = Store.open(Path("state").absolute())

    @asynccontextmanager
    async def screen(
        self, size: tuple[int, int], theme: ThemeChoice = "dark"
    ) -> AsyncIterator[tuple[PwlApp, Pilot[Any], Engine]]:
        """Open the screen."""
        settings = Settings(
            key_source=Secret(DEMO_KEY),
            base_url=self.simulator.base_url,
            region=SAMPLE_REGION,
            polling=_QUICK,
            ui=Ui(theme=theme),
        )
        engine = Engine(self.store, settings, clock=clock)
        app = PwlApp(engine, settings, Path("~/.config/pwl-tui/config.toml"), tick=0.05, clock=clock)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: len(app.snapshot.balances) == 4)
            yield app, pilot, engine

    async def submit(self, pilot: Pilot[Any], path: str) -> None:
        """Submit a list by the form."""
        await self.fill(pilot, path)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen.is_modal)
        await pilot.press("y")
        await until(pilot, lambda: Path(path).stem in {job.name for job in self.store.jobs.all()})

    async def fill(self, pilot: Pilot[Any], path: str) -> None:
        """Fill in the form, and wait for the plan."""
        await pilot.press("n")
        form = pilot.app.screen.query_one(ListForm)
        form.start(path, SAMPLE_REGION)
        await until(pilot, lambda: form.plan is not None)


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Let the screen run until something is so."""
    for _ in range(1_500):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise TimeoutError("the screen never showed what the picture is of")


def shows(app: PwlApp, word: str) -> bool:
    """Say whether a word is on the screen."""
    return any(word in strip.text for strip in app.screen._compositor.render_strips())  # noqa: SLF001 - no other way


def picture(app: PwlApp, name: str) -> None:
    """Write what is shown."""
    app.clear_notifications()
    (OUTPUT / f"{name}.svg").write_text(app.export_screenshot(title="pwl-tui"), encoding="utf-8")


async def stored(name: str, fill: Callable[[Scene], None], *keys: str) -> None:
    """Make the picture of a screen over stored data, a key or a few away from home."""
    scene = Scene(Path(name))
    fill(scene)
    app = PwlApp(scene.engine, scene.settings, Path("~/.config/pwl-tui/config.toml"), clock=lambda: NOW)
    async with app.run_test(size=_WIDE) as pilot:
        await until(pilot, lambda: app.snapshot.credits is not None)
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        picture(app, name)
    scene.store.close()


async def main() -> None:
    """Make every picture."""
    with Simulator(demo_world(rate=700.0)) as simulator:
        studio = Studio(simulator)
        async with studio.screen(_WIDE) as (app, pilot, _):
            picture(app, "empty")
            await studio.fill(pilot, "crm.csv")
            picture(app, "new-list")
            await pilot.press("ctrl+r", "right")
            await until(pilot, lambda: shows(app, "! too short"))
            picture(app, "rows")
            await pilot.press("escape", "ctrl+s")
            await until(pilot, lambda: app.screen.is_modal)
            picture(app, "plan")
            await pilot.press("escape")
            await studio.submit(pilot, "newsletter.csv")
            await until(pilot, lambda: studio.store.jobs.find("newsletter").state is JobState.COMPLETED)
            await studio.submit(pilot, "spring-leads.csv")
            await until(pilot, lambda: studio.store.jobs.find("spring-leads").done > 0.3)
            simulator.add_fault(Rule(call="submit", times=1, cut="after"))
            await studio.submit(pilot, "webinar.csv")
            await until(pilot, lambda: app.snapshot.jobs[0].state is JobState.ATTENTION)
            await until(pilot, lambda: studio.store.jobs.find("spring-leads").done > 0.6)
            await pilot.press("home")
            picture(app, "home")
        for name, size, theme in _VARIANTS:
            async with studio.screen(size, theme) as (app, _, _):
                picture(app, name)
        async with studio.screen(_WIDE) as (app, pilot, _):
            await until(pilot, lambda: studio.store.jobs.find("spring-leads").state is JobState.COMPLETED)
            await pilot.press("down", "enter")
            await app.workers.wait_for_complete()
            await pilot.pause(0.2)
            picture(app, "job")
            await pilot.press("v")
            await until(pilot, lambda: shows(app, "T-Mobile"))
            await app.workers.wait_for_complete()
            await pilot.pause(0.2)
            picture(app, "charts")
            await pilot.press("question_mark")
            await pilot.pause()
            picture(app, "help")
        studio.store.close()
    await stored("settle", attention, "s")
    await stored("leave", leaving, "q")
    await stored("changes", rechecked, "enter", "right")
    await stored("ledger", spent, "L")
    await stored("activity", attention, "a")
    await stored("settings", attention, "comma")


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    os.environ["TZ"] = "UTC"
    time.tzset()
    directory = Path(tempfile.gettempdir()) / "lists"
    directory.mkdir()
    try:
        os.chdir(directory)
        for list_name, rows in LISTS.items():
            Path(f"{list_name}.csv").write_text(sample_csv(rows), encoding="utf-8")
        asyncio.run(main())
    finally:
        shutil.rmtree(directory)
