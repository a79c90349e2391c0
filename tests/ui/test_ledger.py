"""The ledger: every charge, what the balance did beside it, and the sum."""

from pathlib import Path

import pytest

from pwl_tui.engine.money.ledger import Ledger, Line, Movement
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.simulator.demo import DEMO_KEY
from pwl_tui.simulator.world import World
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.presenters.ledger import ledger_head, ledger_rows
from tests.ui import sample_state as scenes
from tests.ui.conftest import NUMBERS, Rig, Start
from tests.ui.sample_state import NOW, Scene
from tests.ui.test_hostile import HOSTILE


def line(at: float, amount: int = 10) -> Line:
    return Line(at, amount, 1, 2, "crm", "an-id", 100, 90)


def test_charges_and_movements_are_one_list_newest_first() -> None:
    taken, added = Movement(NOW - 50, NOW - 40, 5, 0), Movement(NOW - 30, NOW - 20, -5, 0)
    ledger = Ledger((line(NOW - 10), line(NOW - 35)), (added, taken))
    assert [row.at - NOW for row in ledger_rows(ledger, NOW)] == [-10, -20, -35, -40]
    assert ledger_head(ledger).plain.startswith(
        "20 credits spent in 2 charges\n! 5 credits spent outside pwl-tui. Is another program"
    )
    assert "agrees" in ledger_head(Ledger((line(NOW),), ())).plain


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_it_shows_every_charge_between_what_nobody_explains(
    scene: Scene, size: tuple[int, int]
) -> None:
    scenes.spent(scene)
    app = PwlApp(scene.engine, scene.settings, Path("config.toml"), clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=size, notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press("L")
        await rig.until(lambda: "3,400 credits spent in 4 charges" in rig.text(), "the sum is there")
        rows = [" ".join(row.split()) for row in rig.text().splitlines()]
        assert any(row.startswith("04:30 2.1 -800 46,900 46,100 webinar") for row in rows)
        assert any(row.startswith("! 02:40 500 credits unexplained since 20 Nov 17:33") for row in rows)
        assert any("20,000 credits added" in row for row in rows)
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"


@pytest.mark.slow
async def test_it_follows_what_is_spent_while_it_is_open(start: Start, world: World) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.pilot.press("L")
        await rig.until(lambda: "No credits spent yet." in rig.text(), "it is empty")
        assert rig.store.jobs.all() == []
        plan = rig.engine.plans.for_list(Source.from_path(start.directory / "some.txt"), Options())
        rig.engine.jobs.create(plan, name="some")
        await rig.until(lambda: "3 credits spent in 1 charge" in rig.text(), "the charge is there")
        world.add_credits(DEMO_KEY, "wavalidation", -200)
        rig.engine.refresh_balance()
        await rig.until(lambda: "200 credits spent outside" in rig.text(), "what else went is told")
        await rig.pilot.press("escape")
        await rig.until(
            lambda: "200 credits spent outside pwl-tui since" in rig.text().splitlines()[0], "it is an alarm"
        )


async def test_without_a_key_there_is_no_ledger(start: Start) -> None:
    async with start(key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "the key is asked for")
        await rig.pilot.press("escape", "L", "A")
        assert sum("no API key yet. Press K" in notice for notice in rig.notices) == 2


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_names_are_plain_in_the_ledger(scene: Scene, text: str) -> None:
    scene.send(scene.job("some", 10), 1, answered=1.0)
    with scene.store._database.transaction() as c:  # noqa: SLF001 - as an older version left it
        c.execute("UPDATE jobs SET name=?", (text,))
    app = PwlApp(scene.engine, scene.settings, Path("config.toml"), clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(120, 24), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press("L")
        await rig.until(lambda: "10 credits spent" in rig.text(), "it is shown")
        assert not set(rig.text()) & set("\x1b\x07\r\t\u202e\u202c")
        if text.isprintable():
            assert text in rig.text()
