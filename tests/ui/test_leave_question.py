"""What becomes of unfinished work when a person leaves: asked, configured, or the connection is lost."""

import tomllib
from collections.abc import Iterator

import pytest
from textual.widgets import Button

from pwl_tui.config import Worker
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.state.models import BatchState
from tests.ui.conftest import NUMBERS, Rig, Start

NEVER = Rule(call="poll", status=503)


@pytest.fixture(autouse=True)
def _unfinished(simulator: Simulator) -> Iterator[None]:
    """Nothing that is sent is ever answered."""
    simulator.add_fault(NEVER)
    yield
    simulator.clear_faults()


async def sent(rig: Rig) -> None:
    """Let a job of three numbers be sent."""
    from pwl_tui.lists.read.reading import Options
    from pwl_tui.lists.read.source import Source

    plan = rig.engine.plans.for_list(Source.from_text(NUMBERS), Options())
    job = rig.engine.jobs.create(plan, name="leads")
    await rig.until(
        lambda: rig.store.batches.get(job.id, 1).state is BatchState.PROCESSING, "the batch is accepted"
    )
    await rig.until(lambda: bool(rig.app.snapshot.unfinished), "the screen has seen it")


async def asked(rig: Rig) -> None:
    await sent(rig)
    await rig.pilot.press("q")
    await rig.until(lambda: rig.screen_name == "LeaveDialog", "the question appears")


def left(rig: Rig) -> bool:
    return not rig.app.is_running or rig.app._exit  # noqa: SLF001 - a pilot keeps an app that has ended


async def test_it_says_what_is_left_and_the_usual_answer_keeps_working(start: Start) -> None:
    async with start() as rig:
        await asked(rig)
        assert "3 numbers are still being checked." in rig.text()
        assert isinstance(rig.app.screen.focused, Button)
        await rig.pilot.press("enter")
        await rig.until(lambda: left(rig), "it leaves")
        assert rig.app.in_background


@pytest.mark.parametrize(("keys", "background"), [("s", False), ("b", True), ("ctrl+c", False)])
async def test_a_key_answers_and_asked_twice_it_leaves_at_once(
    start: Start, keys: str, background: bool
) -> None:
    async with start() as rig:
        await asked(rig)
        await rig.pilot.press(keys)
        await rig.until(lambda: left(rig), "it leaves")
        assert rig.app.in_background is background


async def test_escape_stays(start: Start) -> None:
    async with start() as rig:
        await asked(rig)
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it stays")
        assert not left(rig)


async def test_the_answer_is_remembered_where_the_person_wants_that(start: Start) -> None:
    async with start() as rig:
        await asked(rig)
        await rig.pilot.press("tab", "tab", "space", "b")
        await rig.until(lambda: left(rig), "it leaves")
        saved = tomllib.loads((rig.directory / "config.toml").read_text())
        assert saved["worker"] == {"on_leave": "background"}
        assert rig.app.in_background


async def test_a_setting_answers(start: Start) -> None:
    async with start(worker=Worker(on_leave="background")) as rig:
        await sent(rig)
        await rig.pilot.press("q")
        await rig.until(lambda: left(rig), "it leaves")
        assert rig.app.in_background


@pytest.mark.parametrize(("how", "background"), [("ask", True), ("stop", False)])
async def test_a_lost_connection_keeps_working_unless_the_setting_says_stop(
    start: Start, how: str, background: bool
) -> None:
    async with start(worker=Worker(on_leave=how)) as rig:  # type: ignore[arg-type] # one of its values
        await sent(rig)
        rig.app.lose_terminal()
        assert rig.app.in_background is background


async def test_nobody_is_asked_when_nothing_is_left_or_a_worker_is_on(start: Start) -> None:
    async with start() as rig:
        await sent(rig)
        assert rig.engine.binding is not None
        with rig.store.worker(rig.engine.binding).hold():
            await rig.until(lambda: "background worker on" in rig.text(), "the screen shows the worker")
            await rig.pilot.press("q")
            await rig.until(lambda: left(rig), "it leaves")
        assert not rig.app.in_background


async def test_without_jobs_nobody_is_asked(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("q")
        await rig.until(lambda: left(rig), "it leaves")
        assert not rig.app.in_background
