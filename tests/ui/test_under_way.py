"""A list whose numbers another job already pays for, on the screen."""

import pytest
from msgspec.structs import replace

from pwl_tui.config import Settings
from pwl_tui.lists.numbers.typed import read_typed
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from tests.ui.conftest import NUMBERS, Rig, Start

SLOW = pytest.mark.parametrize("world", [0.001], indirect=True)


async def bring_again(start: Start, rig: Rig) -> None:
    """Bring a list whose numbers are under way in job 1, up to the question."""
    plan = rig.engine.plans.for_list(Source.from_text(NUMBERS, "some"), Options())
    rig.engine.jobs.create(plan, name="first")
    (start.directory / "some.txt").write_text(NUMBERS)
    rig.form.start(str(start.directory / "some.txt"))
    await rig.submitted()


def words(rig: Rig) -> str:
    return " ".join(rig.text().split())


@SLOW
async def test_what_is_under_way_costs_nothing_and_the_job_says_where_it_is(
    start: Start, world: World
) -> None:
    async with start() as rig:
        await bring_again(start, rig)
        assert "This costs nothing." in words(rig)
        assert "already under way in job 1" in words(rig)
        await rig.pilot.press("y")
        await rig.until(lambda: len(rig.store.jobs.all()) == 2, "the job is there")
        assert rig.store.jobs.get(2).follows == (1,)
        await rig.until(lambda: any("3 under way in job 1" in notice for notice in rig.notices), "it is said")
        await rig.pilot.press("home", "enter")
        await rig.until(lambda: "3 under way in job 1" in rig.text(), "its screen says so, too")
        await rig.until(lambda: bool(world.ledger), "the first is sent")
        assert sum(charge.amount for charge in world.ledger) == 3


@SLOW
@pytest.mark.parametrize(("answer", "paid", "followed"), [("enter", 0, 3), ("y", 3, 0)])
async def test_to_pay_a_second_time_is_asked_with_the_sum(
    start: Start, answer: str, paid: int, followed: int
) -> None:
    lists = replace(Settings().lists, reuse_days=0)
    async with start(lists=lists) as rig:
        await bring_again(start, rig)
        assert "3 numbers are already under way in job 1. Pay 3 credits" in words(rig)
        await rig.pilot.press(answer)
        await rig.until(
            lambda: "costs nothing" in rig.text() or "Spend 3 credits on" in rig.text(), "what it costs"
        )
        await rig.pilot.press("y")
        await rig.until(lambda: len(rig.store.jobs.all()) == 2, "the job is there")
        job = rig.store.jobs.get(2)
        assert (job.in_batches, job.under_way) == (paid, followed)


@SLOW
async def test_to_leave_the_question_sends_nothing(start: Start) -> None:
    async with start(lists=replace(Settings().lists, reuse_days=0)) as rig:
        await bring_again(start, rig)
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it is gone")
        assert len(rig.store.jobs.all()) == 1


async def test_a_list_that_is_all_in_doubt_can_be_taken_and_its_rest_sent(
    start: Start, simulator: Simulator, world: World
) -> None:
    simulator.add_fault(Rule(call="check", cut="after", times=1))
    async with start() as rig:
        (number,) = read_typed([NUMBERS.splitlines()[-1]], "US", "valid").numbers
        (finding,) = rig.engine.lookups.run(rig.engine.lookups.plan([number]))
        assert finding.problem is not None
        (start.directory / "one.txt").write_text(f"+{number}\n")
        rig.form.start(str(start.directory / "one.txt"))
        await rig.submitted()
        assert "1 number is left out: a lookup of it has no answer" in words(rig)
        await rig.pilot.press("y")
        await rig.until(lambda: len(rig.store.jobs.all()) == 1, "the job is there")
        assert rig.engine.plans.for_remainder(1).paid_despite == 1
    assert len(world.ledger) == 1
