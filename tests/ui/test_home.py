import csv
import io
import stat

import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from pwl_tui.simulator.demo import DEMO_KEY, sample_csv
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import JobState
from pwl_tui.ui.app import DemoList
from pwl_tui.ui.widgets.fields import PathLine
from pwl_tui.ui.widgets.list_form import ListForm
from tests.ui.conftest import Rig, Start

NUMBERS = "+14155552671\n+14155552672\n+442079460958\n"


def write_sample(start: Start, rows: int = 300) -> DemoList:
    path = start.directory / "crm.csv"
    path.write_text(sample_csv(rows))
    return DemoList(path, "US")


def form(rig: Rig) -> ListForm:
    return rig.app.screen_stack[0].query_one(ListForm)


async def planned(rig: Rig) -> None:
    await rig.until(lambda: form(rig).plan is not None, "a plan appears")


async def submitted(rig: Rig) -> None:
    await planned(rig)
    await rig.pilot.press("ctrl+s")
    await rig.until(lambda: rig.screen_name == "Ask", "the question appears")


async def finished(rig: Rig) -> None:
    await rig.until(
        lambda: [job.state for job in rig.store.jobs.all()] == [JobState.COMPLETED], "the job is complete"
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_without_jobs_the_screen_says_how_to_begin(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as rig:
        assert "No lists yet: press n" in rig.text()
        await rig.until(lambda: "4,850" in rig.text(), "the other credits are read")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_list_goes_all_the_way(start: Start, world: World, size: tuple[int, int]) -> None:
    async with start(size=size, demo=write_sample(start)) as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        await submitted(rig)
        plan = form(rig).plan
        assert plan is not None
        assert f"Spend {plan.to_pay} credits on {plan.to_pay} numbers (1 batch)?" in rig.text()
        assert f"Credits 50,000 → {50_000 - plan.to_pay:,} left." in rig.text()
        await rig.pilot.press("y")
        await finished(rig)
        await rig.until(lambda: "completed" in rig.text(), "the job list shows it")
        assert any("crm is complete" in notice for notice in rig.notices)
        assert form(rig).plan is None
        await rig.pilot.press("e")
        await rig.pilot.press("enter")
        await rig.until(lambda: (rig.directory / "crm-answers.csv").exists(), "the export is written")
        await rig.until(lambda: any("written to" in notice for notice in rig.notices), "it is said")
    exported = list(csv.DictReader(io.StringIO((rig.directory / "crm-answers.csv").read_text())))
    assert len(exported) == 300
    for row in exported:
        if row["wa_outcome"] == "completed":
            truth = world.truth(row["wa_number"])
            assert row["wa_on_whatsapp"] == str(truth.on_whatsapp).lower()
            assert row["wa_carrier"] == truth.carrier
    assert sum(charge.amount for charge in world.ledger) == plan.to_pay


@pytest.mark.parametrize("keys", [["enter"], ["escape"], ["n"]])
async def test_the_question_defaults_to_no(start: Start, world: World, keys: list[str]) -> None:
    async with start(demo=write_sample(start)) as rig:
        await submitted(rig)
        await rig.pilot.press(*keys)
        await rig.until(lambda: rig.screen_name == "HomeScreen", "the question is gone")
        assert rig.store.jobs.all() == []
        assert form(rig).plan is not None
    assert list(world.ledger) == []


async def test_nothing_can_be_submitted_before_there_is_a_plan(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n", "ctrl+s")
        assert rig.screen_name == "HomeScreen"
        assert form(rig).query_one("#submit", Button).disabled


async def test_pasted_lines_are_numbers(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n")
        field = form(rig).query_one(PathLine)
        field.post_message(Paste(NUMBERS))
        await planned(rig)
        assert field.value == "3 pasted lines"
        assert "3 rows → 3 to pay" in rig.text()
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "Ask", "the question appears")
        await rig.pilot.press("y")
        await finished(rig)
        assert rig.store.jobs.all()[0].name == "pasted"


async def test_a_path_with_a_slash_is_typed_and_not_a_filter(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.pilot.press("n")
        await rig.pilot.press(*["slash" if c == "/" else c for c in f"{start.directory}/some.txt"])
        assert form(rig).query_one(PathLine).value == f"{start.directory}/some.txt"
        await planned(rig)
        assert form(rig).query_one("#name", Input).value == "some"


async def test_file_names_are_completed(start: Start) -> None:
    (start.directory / "some long name.csv").write_text("phone\n+14155552671\n")
    (start.directory / "some.pdf").write_text("no list")
    async with start() as rig:
        await rig.pilot.press("n")
        path = form(rig).query_one(PathLine)
        path.value = f"{start.directory}/som"
        path.cursor_position = len(path.value)
        await rig.until(lambda: "some long name.csv" in rig.text(), "the names drop down")
        assert "some.pdf" not in rig.text()
        await rig.pilot.press("tab")
        assert path.value == f"{start.directory}/some long name.csv"
        await planned(rig)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no"),
        (b"", "is empty"),
        (b"name\nAda\nBob\n", "phone number"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "is not text"),
    ],
)
async def test_what_is_wrong_with_a_list_is_said_in_the_form(
    start: Start, content: bytes | None, words: str
) -> None:
    path = start.directory / "bad.csv"
    if content is not None:
        path.write_bytes(content)
    async with start(size=(80, 24), demo=DemoList(path, "US")) as rig:
        await rig.until(lambda: "! " in rig.text(), "the problem is shown")
        assert words in " ".join(rig.text().split())
        assert form(rig).plan is None


async def test_a_newer_input_takes_the_place_of_an_older_plan(start: Start) -> None:
    first, second = start.directory / "first.txt", start.directory / "second.txt"
    first.write_text(NUMBERS)
    second.write_text("+14155552671\n")
    async with start() as rig:
        form(rig).start(str(first))
        await planned(rig)
        form(rig).start(str(second))
        assert form(rig).plan is None
        await planned(rig)
        assert "1 row → 1 to pay" in rig.text()
        assert form(rig).query_one("#name", Input).value == "second"


async def test_a_name_that_was_typed_stays(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        form(rig).query_one("#name", Input).value = "spring"
        form(rig).start(str(start.directory / "some.txt"))
        await submitted(rig)
        await rig.pilot.press("y")
        await finished(rig)
        assert rig.store.jobs.all()[0].name == "spring"


@pytest.mark.parametrize(
    ("choice", "sent", "state"),
    [("no", 0, None), ("fit", 2, JobState.COMPLETED), ("wait", 0, JobState.WAITING)],
)
async def test_with_too_few_credits_there_are_three_ways(
    start: Start, world: World, choice: str, sent: int, state: JobState | None
) -> None:
    world.add_credits(DEMO_KEY, "wavalidation", 2 - 50_000)
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        form(rig).start(str(start.directory / "some.txt"))
        await submitted(rig)
        assert "3 credits are needed and 2 are there." in rig.text()
        await rig.pilot.click(f"#{choice}")
        await rig.until(
            lambda: [job.state for job in rig.store.jobs.all()] == ([state] if state else []), "it is so"
        )
    assert sum(charge.amount for charge in world.ledger) == sent


async def test_the_list_of_jobs_is_filtered_by_name(start: Start) -> None:
    for name in ("spring", "summer"):
        await submit_one(start, name)
    async with start() as rig:
        await rig.until(lambda: "summer" in rig.text(), "both are there")
        await rig.pilot.press("slash", *"SPR")
        await rig.until(lambda: "summer" not in rig.text(), "one is left out")
        await rig.pilot.press("enter")
        assert "spring" in rig.text()
        await rig.pilot.press("slash", *"xyz")
        await rig.until(lambda: "No job's name holds" in rig.text(), "nothing is left")
        await rig.pilot.press("escape")
        await rig.until(lambda: "summer" in rig.text(), "all are back")


async def submit_one(start: Start, name: str) -> None:
    """Submit three numbers under a name, and wait for the answers."""
    path = start.directory / f"{name}.txt"
    path.write_text(NUMBERS)
    before = len(start.store.jobs.all())
    async with start() as rig:
        form(rig).start(str(path))
        await submitted(rig)
        await rig.pilot.press("y")
        await rig.until(
            lambda: len(rig.store.jobs.all()) > before and not rig.store.jobs.all()[0].unfinished, "done"
        )


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("e", "no job yet"),
        ("s", "no job yet"),
        ("p", "no job yet"),
        ("enter", "no job yet"),
        ("escape", "first screen"),
        ("backspace", "first screen"),
    ],
)
async def test_a_key_that_can_do_nothing_says_why(start: Start, key: str, words: str) -> None:
    async with start() as rig:
        await rig.pilot.press(key)
        assert [notice for notice in rig.notices if words in notice]


async def test_a_finished_job_cannot_be_paused_or_settled(start: Start) -> None:
    await submit_one(start, "spring")
    async with start() as rig:
        await rig.until(lambda: "spring" in rig.text(), "it is shown")
        await rig.pilot.press("p", "s")
        assert "spring is complete: there is nothing to pause." in rig.notices
        assert "No batch of spring is unknown: there is nothing to settle." in rig.notices


async def test_a_job_is_paused_and_goes_on(start: Start, simulator: Simulator) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    simulator.add_fault(Rule(call="submit", status=429))
    async with start() as rig:
        form(rig).start(str(start.directory / "some.txt"))
        await submitted(rig)
        await rig.pilot.press("y")
        await rig.until(lambda: "waiting" in rig.text(), "the service asks to wait")
        await rig.pilot.press("p")
        await rig.until(lambda: "some goes on." in rig.notices, "it goes on")
        rig.engine.pause(1)
        await rig.until(lambda: "paused" in rig.text(), "it is paused")
        simulator.clear_faults()
        await rig.pilot.press("p")
        await finished(rig)


async def test_refresh_asks_for_the_credits(start: Start, world: World) -> None:
    async with start() as rig:
        await rig.until(lambda: "50,000" in plain_digits(rig), "the credits are read")
        world.add_credits(DEMO_KEY, "wavalidation", 11)
        await rig.pilot.press("r")
        await rig.until(lambda: "50,011" in plain_digits(rig), "the new figure is there")


def plain_digits(rig: Rig) -> str:
    credits_now = rig.app.snapshot.credits
    return f"{credits_now.balance:,}" if credits_now else ""


async def test_the_first_start_asks_for_the_key_and_keeps_it(start: Start) -> None:
    async with start(key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "it is asked for")
        await rig.pilot.press(*"wrong-key", "enter")
        await rig.until(lambda: "Invalid API key" in rig.text(), "the service refuses it")
        assert "wrong-key" not in rig.text()
        rig.app.screen.query_one(Input).value = DEMO_KEY
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "the right one is taken")
        await rig.until(lambda: rig.app.snapshot.credits is not None, "it is in use")
        assert DEMO_KEY not in rig.text() + "".join(rig.notices)
    saved = rig.directory / "config.toml"
    assert DEMO_KEY in saved.read_text()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


async def test_the_key_can_be_left_for_later(start: Start) -> None:
    async with start(key_source=None, size=(80, 24)) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "it is asked for")
        await rig.pilot.press("enter")
        assert "no key in the field" in rig.text()
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"
        await rig.until(lambda: "No API key yet" in rig.text(), "the panel says so")
        await rig.pilot.press("r")
        assert any("no API key" in notice for notice in rig.notices)
        await rig.pilot.press("K")
        assert rig.screen_name == "KeyDialog"
    assert not (rig.directory / "config.toml").exists()


async def test_without_a_key_a_submission_asks_for_it(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start(key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "it is asked for")
        await rig.pilot.press("escape")
        form(rig).start(str(start.directory / "some.txt"))
        await planned(rig)
        await rig.pilot.press("ctrl+s")
        assert rig.screen_name == "KeyDialog"
    assert start.store.jobs.all() == []


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_is_immediate(start: Start, key: str) -> None:
    async with start() as rig:
        await rig.pilot.press(key)
        await rig.pilot.pause()
        assert rig.app.return_code == 0
        assert not rig.app.is_running or rig.app._exit  # noqa: SLF001 - whether it is leaving is not public


async def test_ctrl_c_leaves_also_while_typing(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n", "q", "ctrl+c")
        assert rig.app.return_code == 0


async def test_the_form_is_a_screen_of_its_own_on_narrow_terminals_and_survives_a_resize(
    start: Start,
) -> None:
    async with start(size=(80, 24)) as rig:
        assert "Region" not in rig.text()
        await rig.pilot.press("n")
        await rig.pilot.pause()
        assert "Region" in rig.text()
        await rig.pilot.press("a", "b")
        await rig.pilot.resize_terminal(140, 40)
        await rig.until(lambda: "Jobs" in rig.text(), "both fit")
        assert form(rig).query_one(PathLine).value == "ab"
        await rig.pilot.resize_terminal(80, 24)
        await rig.pilot.press("escape")
        await rig.until(lambda: "No lists yet" in rig.text(), "back at the jobs")


async def test_what_another_process_submits_appears(start: Start) -> None:
    async with start() as rig:
        await rig.until(lambda: "No lists yet" in rig.text(), "nothing yet")
        await submit_one(start, "elsewhere")
        await rig.until(lambda: "elsewhere" in rig.text(), "the job of the other is there")


async def test_a_low_balance_is_said_against_what_is_planned(start: Start, world: World) -> None:
    world.add_credits(DEMO_KEY, "wavalidation", 1 - 50_000)
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        form(rig).start(str(start.directory / "some.txt"))
        await submitted(rig)
        await rig.pilot.click("#wait")
        await rig.until(
            lambda: "2 credits short of the 3 planned" in " ".join(rig.text().split()), "it is said"
        )
