"""Settling: what is known of a batch in doubt, the three ways out, and the report for support."""

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from textual.widgets import Input

from pwl_tui.engine.money.evidence import weigh
from pwl_tui.simulator.demo import DEMO_KEY
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import BalanceReading, BatchState, JobState
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.presenters.settle import timeline, verdict
from tests.ui import sample_state as scenes
from tests.ui.conftest import NUMBERS, Rig, Start
from tests.ui.sample_state import LOST_ANSWER, NOW, Scene
from tests.ui.test_hostile import HOSTILE


def readings(*balances: int) -> list[BalanceReading]:
    return [
        BalanceReading(NOW + offset, "wavalidation", balance)
        for offset, balance in zip((0, 10, 60, 300), balances, strict=False)
    ]


@pytest.mark.parametrize(
    ("before", "after", "since", "lines"),
    [
        (1_000, (), 0, ["before +0 s +10 s +60 s +300 s", "1,000 due now due now due now due now"]),
        (1_000, (1_000, 100), 15, ["1,000 1,000 100 due in 45 s due in 5 m", "same -900"]),
        (1_000, (1_050, 50, 50, 50), 400, ["1,000 1,050 50 50 50", "+50 -950 -950 -950"]),
        (None, (700,), 5, ["unknown 700 due in 5 s due in 55 s due in 5 m"]),
    ],
)
def test_the_time_line_tells_what_was_read_and_what_is_to_come(
    before: int | None, after: tuple[int, ...], since: float, lines: list[str]
) -> None:
    evidence = weigh(before, 900, readings(*after), 0)
    drawn = timeline(evidence, NOW + since, 76).plain.splitlines()
    assert max(map(len, drawn)) <= 76
    assert drawn[1].count("●") == len(after) + (before is not None)
    assert drawn[1].count("○") == 5 - drawn[1].count("●")
    joined = [" ".join(line.split()) for line in drawn]
    assert [line for line in lines if line not in joined] == []


@pytest.mark.parametrize("width", [40, 56, 76, 200])
def test_the_time_line_never_gets_too_wide(width: int) -> None:
    evidence = weigh(10_000_000, 900, readings(10_000_000), 0)
    assert max(map(len, timeline(evidence, NOW, width).plain.splitlines())) <= width


@pytest.mark.parametrize(
    ("after", "spent", "words"),
    [
        ((100,), 0, "Verdict: charged"),
        ((1_000,), 0, "Verdict: probably not charged"),
        ((500,), 0, "Verdict: unclear"),
        ((50,), 50, "Other work has taken 50 credits since then."),
    ],
)
def test_the_verdict_is_said_in_words(after: tuple[int, ...], spent: int, words: str) -> None:
    evidence = weigh(1_000, 900, readings(*after), spent)
    assert words in verdict(evidence).plain
    assert evidence.explanation in verdict(evidence).plain


_CUT = Rule(call="submit", cut="after")


@asynccontextmanager
async def in_doubt(
    start: Start,
    simulator: Simulator,
    *lists: str,
    size: tuple[int, int] = (80, 24),
    fault: Rule = _CUT,
) -> AsyncIterator[Rig]:
    """Open the settle screen on lists that were charged and whose answers were lost, or came broken."""
    simulator.add_fault(replace(fault, times=len(lists)))
    async with start(size=size) as rig:
        for number, numbers in enumerate(lists, 1):
            (start.directory / f"list{number}.txt").write_text(numbers)
            rig.form.start(str(start.directory / f"list{number}.txt"))
            await rig.submitted()
            await rig.pilot.press("y")
            await rig.until(lambda number=number: len(rig.store.jobs.all()) == number, "it is made")  # type: ignore[misc]
        await rig.until(lambda: bool(rig.app.snapshot.doubts), "it is in doubt")
        await rig.pilot.press("s")
        await rig.until(lambda: "is in doubt" in rig.text(), "it is shown")
        yield rig


def words(rig: Rig) -> str:
    """Return what is on the screen, however its lines are broken."""
    return " ".join(rig.text().split())


def states(rig: Rig, job: int = 1) -> list[BatchState]:
    return [batch.state for batch in rig.store.batches.of(job)]


async def answer(rig: Rig, key: str, reply: str) -> None:
    await rig.pilot.press(key)
    await rig.until(lambda: rig.screen_name == "Ask", "it asks")
    await rig.pilot.press(reply)


async def test_it_says_what_happened_and_what_each_way_can_cost(start: Start, simulator: Simulator) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        await rig.until(lambda: "was charged" in rig.text(), "the balance was read")
        text = " ".join(rig.text().split())
        for words in (
            "Batch 1.1 of list1 is in doubt",
            "3 numbers, 3 credits if charged.",
            "Release and send again",
            "Enter its ID",
            "Write off",
            "this pays for them twice",
            "49,997 due in",
        ):
            assert words in text
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"
        assert states(rig) == [BatchState.UNKNOWN]


@pytest.mark.slow
@pytest.mark.parametrize("leave", ["enter", "n", "escape"])
@pytest.mark.parametrize("key", ["1", "3"])
async def test_nothing_is_decided_by_habit(start: Start, simulator: Simulator, key: str, leave: str) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        await answer(rig, key, leave)
        await rig.until(lambda: rig.screen_name == "SettleScreen", "it is as before")
        assert states(rig) == [BatchState.UNKNOWN]


async def test_released_numbers_are_sent_again(start: Start, simulator: Simulator, world: World) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        await answer(rig, "1", "y")
        await rig.finished()
        assert states(rig) == [BatchState.RELEASED, BatchState.COMPLETED]
        await rig.until(lambda: rig.screen_name == "HomeScreen", "there is nothing left to settle")
        assert "No batch is in doubt anymore. Sending continues." in rig.notices
    assert len(world.ledger) == 2


async def test_a_batch_is_written_off(start: Start, simulator: Simulator, world: World) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        await rig.pilot.press("down", "enter")
        await rig.until(lambda: rig.screen_name == "Ask", "it asks")
        assert "Write off 3 credits" in rig.text()
        await rig.pilot.press("y")
        await rig.finished()
        assert states(rig) == [BatchState.LOST]
    assert len(world.ledger) == 1


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_an_id_is_checked_and_a_wrong_one_is_refused_in_place(
    start: Start, simulator: Simulator, world: World, size: tuple[int, int]
) -> None:
    other = world.submit(DEMO_KEY, ["+14155550199"])[1]["batch_id"]
    async with in_doubt(start, simulator, NUMBERS, size=size) as rig:
        await rig.pilot.press("2")
        await rig.until(lambda: rig.screen_name == "GiveIdDialog", "it is asked for")
        for typed, words in (("", "Enter the ID first"), ("nonsense", "not found"), (str(other), "holds 1")):
            rig.app.screen.query_one(Input).value = typed
            await rig.pilot.press("enter")
            await rig.until(lambda words=words: words in rig.text(), words)  # type: ignore[misc]
        assert states(rig) == [BatchState.UNKNOWN]
        right = next(batch_id for batch_id in world.batches if batch_id != other)
        rig.app.screen.query_one(Input).value = f' "{right}" '
        await rig.pilot.press("enter")
        await rig.finished()
        await rig.until(lambda: rig.screen_name == "HomeScreen", "there is nothing left to settle")
    assert len(world.ledger) == 2


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_an_id_that_came_is_shown_and_taken_with_one_key(
    start: Start, simulator: Simulator, world: World, size: tuple[int, int]
) -> None:
    simulator.add_fault(Rule(call="poll", status=404))
    async with in_doubt(
        start, simulator, NUMBERS, size=size, fault=Rule(call="submit", garbled="reset")
    ) as rig:
        (batch_id,) = world.batches
        await rig.until(lambda: "The service does not know it" in words(rig), "it was looked up")
        text = words(rig)
        assert f"An ID came with the answer: {batch_id}." in text
        assert "u Use the ID from the answer" in text
        simulator.clear_faults()
        await rig.pilot.press("u")
        await rig.finished()
        await rig.until(lambda: rig.screen_name == "HomeScreen", "there is nothing left to settle")
        assert states(rig) == [BatchState.COMPLETED]
    assert len(world.ledger) == 1


async def test_the_key_for_an_id_that_came_says_that_none_did(start: Start, simulator: Simulator) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        await rig.pilot.press("u")
        await rig.until(lambda: "No usable ID came with the answer." in rig.notices, "it says so")


@pytest.mark.slow
async def test_several_are_settled_one_after_another(scene: Scene) -> None:
    scenes.attention(scene)
    fair = scene.job("fair", 300)
    with scene.store._database.transaction() as c:  # noqa: SLF001 - two processes, on a disk that lied
        c.execute("UPDATE batches SET state='unknown', submitted=? WHERE job=?", (NOW - 50, fair.id))
    app = PwlApp(scene.engine, scene.settings, Path("config.toml"), clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.until(lambda: len(app.snapshot.doubts) == 2, "both are known")
        await pilot.press("s")
        await rig.until(lambda: "of fair is in doubt   2 of 2" in rig.text(), "the one under the cursor")
        await pilot.press("n")
        await rig.until(lambda: "of webinar is in doubt   1 of 2" in rig.text(), "the other")
        await pilot.press("n")
        await rig.until(lambda: "of fair is in doubt   2 of 2" in rig.text(), "round")
        await answer(rig, "3", "y")
        await rig.until(
            lambda: "of webinar is in doubt" in rig.text() and " of 2 " not in rig.text(), "the last"
        )
        await answer(rig, "3", "y")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "none is left")


async def test_the_report_is_shown_copied_and_saved_once(
    start: Start, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(start.directory)
    async with in_doubt(start, simulator, NUMBERS, size=(120, 50)) as rig:
        report = rig.engine.recovery.report(1, 1)
        await rig.pilot.press("r")
        await rig.until(lambda: rig.screen_name == "CopyDialog", "it is shown")
        assert rig.store.batches.get(1, 1).digest in rig.text()
        assert DEMO_KEY not in report
        await rig.pilot.press("enter")
        await rig.until(lambda: "Sent to the terminal." in rig.text(), "it is honest")
        assert rig.app.clipboard.splitlines()[:8] == report.splitlines()[:8]
        path = start.directory / "pwl-tui-report-1.1.txt"
        path.write_text("precious")
        await rig.pilot.click("#submit")
        await rig.until(lambda: "not overwritten" in " ".join(rig.text().split()), "it is refused")
        assert path.read_text() == "precious"
        rig.app.screen.query_one(Input).value = str(start.directory / "report.txt")
        rig.app.screen.query_one(Input).focus()
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "SettleScreen", "it is saved")
    saved = start.directory / "report.txt"
    assert saved.read_text().splitlines()[:8] == report.splitlines()[:8]
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


async def test_a_report_that_is_too_long_for_a_terminal_is_not_copied(
    start: Start, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        monkeypatch.setattr(rig.engine.recovery, "report", lambda _job, _seq: "é" * 40_000)
        await rig.pilot.press("r")
        await rig.until(lambda: rig.screen_name == "CopyDialog", "it is shown")
        await rig.pilot.press("enter")
        await rig.until(lambda: "Too long to copy" in rig.text(), "it is refused")
        assert not rig.app.clipboard


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_plain_on_the_settle_screen_and_in_the_report(scene: Scene, text: str) -> None:
    job = scene.job(text, 10)
    scene.doubt(job, 1)
    with scene.store._database.transaction() as c:  # noqa: SLF001 - as a service or an older version left it
        c.execute("UPDATE jobs SET name=?", (text,))
        problem = msgspec.json.encode(replace(LOST_ANSWER, message=text)).decode()
        c.execute("UPDATE batches SET error=?", (problem,))
    app = PwlApp(scene.engine, scene.settings, Path("config.toml"), clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.until(lambda: bool(app.snapshot.doubts), "it is in doubt")
        await pilot.press("s")
        await rig.until(lambda: "is in doubt" in rig.text(), "it is shown")
        seen = rig.text()
        await pilot.press("r")
        await rig.until(lambda: rig.screen_name == "CopyDialog", "the report is shown")
        await pilot.press("tab", "end")
        seen += rig.text()
    assert not set(seen) & set("\x1b\x07\r\t\u202e\u202c")


@pytest.mark.slow
async def test_a_batch_that_another_process_settled_is_let_go(start: Start, simulator: Simulator) -> None:
    async with in_doubt(start, simulator, NUMBERS) as rig:
        rig.engine.recovery.settle(1, 1, "lost")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "there is nothing left to settle")
        assert the_state(rig) is JobState.COMPLETED


def the_state(rig: Rig) -> JobState:
    return rig.store.jobs.get(1).state
