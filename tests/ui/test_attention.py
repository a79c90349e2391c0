"""What needs the person stands on top, the most urgent first, with the key that deals with it."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from pwl_tui.engine.money.ledger import Movement
from pwl_tui.problem import Kind, Problem
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.ui.commands import key_of
from pwl_tui.ui.data.snapshot import Snapshot, audit, take
from pwl_tui.ui.presenters.notices import attention_lines, notices
from tests.ui import sample_state as scenes
from tests.ui.conftest import NUMBERS, Start
from tests.ui.sample_state import NOW, Scene

REFUSED = Problem(kind=Kind.AUTH, status=401, message="Invalid API key.", remedy="Check the key.")
DOWN = Problem(kind=Kind.UNAVAILABLE, status=503, message="The service is down.", remedy="Wait.")


def words(snapshot: Snapshot, remapped: Mapping[str, str] | None = None, most: int = 9) -> str:
    return attention_lines(notices(snapshot), lambda command: key_of(command, remapped or {}), most).plain


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"service_problem": DOWN}, "! The service is down. Wait."),
        ({"balance_problem": DOWN, "service_problem": DOWN}, "! The service is down. Wait."),
        (
            {"service_problem": REFUSED},
            "! The service refuses the key: Invalid API key. Check the key. Press K to enter another key.",
        ),
        ({"unsent": 50_000}, "! Not enough credits: 50,000 needed, 48,210 available, 1,790 missing."),
        (
            {"unsent": 46_000},
            "! Credits are low: 2,210 left once everything is sent; the last list cost 3,000.",
        ),
        (
            {"unadopted": 3},
            "! 3 batches in the journal are paid for but not in the state file. Press A to adopt them.",
        ),
        (
            {"alarms": (Movement(NOW - 60, NOW, 500, 100),)},
            "! 400 credits spent outside pwl-tui since 04:39. Press L for the ledger.",
        ),
    ],
)
def test_each_need_is_one_sentence(scene: Scene, changes: dict[str, object], said: str) -> None:
    scenes.live(scene)
    snapshot = take(scene.engine, NOW)
    assert words(replace(snapshot, **changes)) == said


def test_the_batch_in_doubt_stands_first_with_the_key_that_it_has_now(scene: Scene) -> None:
    scenes.attention(scene)
    snapshot = replace(take(scene.engine, NOW), service_problem=DOWN, unadopted=1)
    lines = words(snapshot, {"settle": "f5"}).splitlines()
    assert lines[0] == "! 1 batch in doubt since 04:37. Sending is on hold. Press f5 to settle it."
    assert "1 batch in the journal is paid for but not in the state file" in lines[1]
    assert words(snapshot, most=2).splitlines()[1:] == [f"  and {len(lines) - 1} more"]


def test_a_job_that_waits_for_credits_says_what_it_needs(scene: Scene) -> None:
    scenes.attention(scene)
    snapshot = replace(take(scene.engine, NOW), doubts=())
    assert "! autumn-event: Needs 1,200 credits; 210 available." in words(snapshot)
    assert "missing. autumn-event will continue after a top-up." in words(replace(snapshot, unsent=60_000))


def test_old_answers_and_the_jobs_of_another_key_are_told(scene: Scene) -> None:
    scenes.expiring(scene)
    expiring, foreign = words(take(scene.engine, NOW)).splitlines()
    assert expiring == (
        "! Unfetched results of easter-leads expire in about 3 days. Keep pwl-tui running to fetch them."
    )
    assert foreign.startswith("! 1 unfinished job belongs to another key and is not polled")
    assert foreign.endswith("(profile agency).")


def test_an_audit_finds_what_went_unexplained_in_the_last_day_only(scene: Scene) -> None:
    scenes.spent(scene)
    assert [alarm.unexplained for alarm in audit(scene.engine, take(scene.engine, NOW)).alarms] == [500]
    assert audit(scene.engine, take(scene.engine, NOW + 90_000)).alarms == ()


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_notice_is_on_top_of_both_screens_and_its_key_works_from_any_job(
    start: Start, simulator: Simulator, size: tuple[int, int]
) -> None:
    (start.directory / "done.txt").write_text(NUMBERS)
    async with start(size=size, keys={"settle": "f5"}) as rig:
        rig.form.start(str(start.directory / "done.txt"))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()
        simulator.add_fault(Rule(call="submit", times=1, cut="after"))
        (start.directory / "lost.txt").write_text("+442079460958\n+442079460959\n")
        rig.form.start(str(start.directory / "lost.txt"))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.until(lambda: "in doubt since" in rig.text().splitlines()[0], "the notice is there")
        assert "Press f5 to settle it" in " ".join(rig.text().split())
        await rig.pilot.press("end", "enter")
        await rig.until(lambda: rig.screen_name == "JobScreen", "the other job is open")
        assert "in doubt since" in rig.text().splitlines()[0]
        await rig.pilot.press("f5")
        await rig.until(lambda: "Batch 2.1 of lost is in doubt" in rig.text(), "it is shown")


async def test_a_session_that_may_not_spend_says_so_and_why_its_keys_do_nothing(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start(may_spend=False) as rig:
        assert rig.text().splitlines()[0].startswith(" no-spend ")
        rig.form.start(str(start.directory / "some.txt"))
        await rig.planned()
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: any("--no-spend" in notice for notice in rig.notices), "it says why")
        assert rig.screen_name == "HomeScreen"
        rig.form.query_one("#submit").focus()
        await rig.pilot.press("enter")
        assert rig.screen_name == "HomeScreen"
    assert start.store.jobs.all() == []
