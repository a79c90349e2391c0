"""The real engine, store and simulator under the screen, quick enough for tests."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.image import SVGImageSnapshotExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot

from pwl_tui.api.client import Client
from pwl_tui.config import Polling, Settings, Ui
from pwl_tui.engine.engine import Engine
from pwl_tui.secret import Secret
from pwl_tui.simulator.demo import DEMO_KEY, SAMPLE_REGION, demo_world
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import JobState
from pwl_tui.state.store import Store
from pwl_tui.ui.app import DemoList, PwlApp
from pwl_tui.ui.widgets.list_form import ListForm
from tests.ui.sample_state import Scene

NUMBERS = "+14155552671\n+14155552672\n+442079460958\n"
"""A list of three."""
QUICK = Polling(minimum=0.01, small=(0.05, 0.1), large=(0.05, 0.1), requests_per_second=200.0)
CALM = Ui(theme="dark")


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Begin tasks at once, from Python 3.12 on: Textual does so in the program, and not in `App.run_test`."""
    return {"as in the program": _new_loop}


def _new_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    if sys.version_info >= (3, 12):
        loop.set_task_factory(asyncio.eager_task_factory)
    return loop


@pytest.fixture(autouse=True)
def _time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everybody is in Greenwich."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class TextSnapshot(SingleFileSnapshotExtension):
    """A text in a file of its own."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def text_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The text that a test is to show; ``--snapshot-update`` keeps what it shows now."""
    return snapshot.use_extension(TextSnapshot)


@pytest.fixture
def svg_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The picture that a test is to show; ``--snapshot-update`` keeps what it shows now."""
    return snapshot.use_extension(SVGImageSnapshotExtension)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A state file with fixed data."""
    filled = Scene(tmp_path)
    yield filled
    filled.store.close()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """A service that answers every number at once, or so many numbers a second as a test asks for."""
    return demo_world(rate=getattr(request, "param", 1_000_000.0))


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    """The service, on a port of its own."""
    with Simulator(world) as server:
        yield server


@dataclass
class Rig:
    """A screen with all that is under it."""

    app: PwlApp
    pilot: Pilot[None]
    engine: Engine
    store: Store
    directory: Path

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the screen run until something is so."""
        for _ in range(600):
            if condition():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"never came to pass: {what}")

    @property
    def form(self) -> ListForm:
        """The form of the home screen."""
        return self.app.screen_stack[0].query_one(ListForm)

    async def planned(self) -> None:
        """Wait for the plan of what is filled in, and until it is drawn."""
        await self.until(lambda: self.form.plan is not None, "a plan appears")
        await self.pilot.pause()

    async def submitted(self) -> None:
        """Wait for the plan and submit it, up to the question."""
        await self.planned()
        await self.pilot.press("ctrl+s")
        await self.until(lambda: self.screen_name == "Ask", "the question appears")

    async def finished(self) -> None:
        """Wait until the one job is complete."""
        await self.until(
            lambda: [job.state for job in self.store.jobs.all()] == [JobState.COMPLETED], "it is complete"
        )

    @property
    def notices(self) -> list[str]:
        """Every notice so far."""
        return [notice.message for notice in self.app._notifications]  # noqa: SLF001 - there is no public list

    @property
    def screen_name(self) -> str:
        """The class of the screen in front."""
        return type(self.app.screen).__name__

    def text(self) -> str:
        """All that the terminal shows."""
        return "\n".join(shown(self.app))


def shown(app: App[None]) -> list[str]:
    """Return the lines that the terminal shows."""
    width, height = app.size
    visible_screen_stack.set(app._background_screens)  # noqa: SLF001 - what a dialog lets through
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - what is written to the terminal
    return [strip.text.ljust(width) for strip in strips[:height]]


class Start:
    """Opens the program on a state directory of its own."""

    def __init__(self, directory: Path, base_url: str, state_url: str | None = None) -> None:
        self.directory = directory
        self.settings = Settings(
            key_source=Secret(DEMO_KEY), base_url=base_url, region=SAMPLE_REGION, polling=QUICK, ui=CALM
        )
        self.store = Store.open(directory / "state", url=state_url)
        self._clients: list[Client] = []

    def close(self) -> None:
        """Close what is open."""
        self.store.close()
        for client in self._clients:
            client.close()

    def _connect(self, base_url: str, key: Secret) -> Client:
        client = Client(base_url, key)
        self._clients.append(client)
        return client

    @asynccontextmanager
    async def __call__(
        self,
        *,
        size: tuple[int, int] = (120, 40),
        demo: DemoList | None = None,
        clock: Callable[[], float] = time.time,
        low_bandwidth: bool = False,
        may_spend: bool = True,
        **changes: Any,
    ) -> AsyncIterator[Rig]:
        """Run the screen; `changes` are made to the settings."""
        settings = replace(self.settings, **changes)
        engine = Engine(self.store, settings, may_spend=may_spend, connect=self._connect, clock=clock)
        app = PwlApp(
            engine,
            settings,
            self.directory / "config.toml",
            demo=demo,
            low_bandwidth=low_bandwidth,
            tick=0.05,
            clock=clock,
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            rig = Rig(app, pilot, engine, self.store, self.directory)
            await rig.until(lambda: bool(rig.app.screen_stack[0].query("#submit")), "the screen is complete")
            await pilot.pause()
            yield rig


@pytest.fixture
def start(tmp_path: Path, simulator: Simulator) -> Iterator[Start]:
    """Opens the program on the simulator."""
    starter = Start(tmp_path, simulator.base_url)
    yield starter
    starter.close()
