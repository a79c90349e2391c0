import csv
import io

import pytest
from textual.events import Key, Paste
from textual.widgets import Button, Input

from pwl_tui.simulator.demo import DEMO_KEY, sample_csv
from pwl_tui.simulator.world import World
from pwl_tui.state.models import JobState
from pwl_tui.ui.app import DemoList
from pwl_tui.ui.dialogs.questions import amount_typed
from pwl_tui.ui.widgets.text_input import PathLine
from tests.ui.conftest import NUMBERS, Start


def sample(start: Start) -> DemoList:
    """Write the sample list where the person keeps it."""
    path = start.directory / "crm.csv"
    path.write_text(sample_csv(300))
    return DemoList(path, "US")


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_a_list_goes_all_the_way(start: Start, world: World, size: tuple[int, int]) -> None:
    async with start(size=size, demo=sample(start)) as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        await rig.submitted()
        plan = rig.form.plan
        assert plan is not None
        assert f"Spend {plan.to_pay} credits on {plan.to_pay} numbers (1 batch)?" in rig.text()
        assert f"Credits 50,000 → {50_000 - plan.to_pay:,}." in rig.text()
        await rig.pilot.press("y")
        await rig.finished()
        await rig.until(lambda: "completed" in rig.text(), "the job list shows it")
        await rig.until(lambda: any("crm is complete" in notice for notice in rig.notices), "it is said")
        assert rig.form.plan is None
        await rig.pilot.press("e")
        await rig.pilot.press("enter")
        await rig.until(lambda: (rig.directory / "crm-answers.csv").exists(), "the export is written")
        await rig.until(lambda: any("Exported 300 rows" in notice for notice in rig.notices), "it is said")
    exported = list(csv.DictReader(io.StringIO((rig.directory / "crm-answers.csv").read_text())))
    assert len(exported) == 300
    for row in exported:
        if row["wa_outcome"] == "completed":
            truth = world.truth(row["wa_number"])
            assert row["wa_on_whatsapp"] == str(truth.on_whatsapp).lower()
            assert row["wa_carrier"] == truth.carrier
    assert sum(charge.amount for charge in world.ledger) == plan.to_pay


async def test_what_was_typed_before_the_question_was_there_is_no_answer_to_it(start: Start) -> None:
    async with start(demo=sample(start)) as rig:
        early = Key("y", "y")
        await rig.submitted()
        rig.app.post_message(early)
        first = rig.app.screen.focused
        # Keys are taken in their order: when this one has moved the focus, the one before it was taken too.
        await rig.pilot.press("tab")
        await rig.until(lambda: rig.app.screen.focused is not first, "the next key is taken")
        assert rig.screen_name == "Ask"
        await rig.pilot.press("y")
        await rig.until(lambda: len(rig.store.jobs.all()) == 1, "what is typed now is")
        await rig.finished()


@pytest.mark.parametrize("keys", [["enter"], ["escape"], ["n"]])
async def test_the_question_defaults_to_no(start: Start, world: World, keys: list[str]) -> None:
    async with start(demo=sample(start)) as rig:
        await rig.submitted()
        await rig.pilot.press(*keys)
        await rig.until(lambda: rig.screen_name == "HomeScreen", "the question is gone")
        assert rig.store.jobs.all() == []
        assert rig.form.plan is not None
    assert list(world.ledger) == []


async def test_nothing_can_be_submitted_before_there_is_a_plan(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n", "ctrl+s")
        assert rig.screen_name == "HomeScreen"
        assert rig.form.query_one("#submit", Button).disabled


async def test_pasted_lines_are_numbers(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n")
        field = rig.form.query_one(PathLine)
        field.post_message(Paste(NUMBERS))
        await rig.planned()
        assert field.value == "3 pasted lines"
        assert "3 rows → 3 to pay" in rig.text()
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "Ask", "the question appears")
        await rig.pilot.press("y")
        await rig.finished()
        assert rig.store.jobs.all()[0].name == "pasted"


@pytest.mark.slow
async def test_a_path_with_a_slash_is_typed_and_not_a_filter(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.pilot.press("n")
        await rig.pilot.press(*["slash" if c == "/" else c for c in f"{start.directory}/some.txt"])
        assert rig.form.query_one(PathLine).value == f"{start.directory}/some.txt"
        await rig.planned()
        assert rig.form.query_one("#name", Input).value == "some"


async def test_file_names_are_completed(start: Start) -> None:
    (start.directory / "some long name.csv").write_text("phone\n+14155552671\n")
    (start.directory / "some.pdf").write_text("no list")
    async with start() as rig:
        await rig.pilot.press("n")
        path = rig.form.query_one(PathLine)
        path.value = f"{start.directory}/som"
        path.cursor_position = len(path.value)
        await rig.until(lambda: "some long name.csv" in rig.text(), "the names drop down")
        assert "some.pdf" not in rig.text()
        await rig.pilot.press("tab")
        assert path.value == f"{start.directory}/some long name.csv"
        await rig.planned()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"name\nAda\nBob\n", "phone number"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "is an image"),
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
        assert rig.form.plan is None


async def test_a_newer_input_takes_the_place_of_an_older_plan(start: Start) -> None:
    first, second = start.directory / "first.txt", start.directory / "second.txt"
    first.write_text(NUMBERS)
    second.write_text("+14155552671\n")
    async with start() as rig:
        rig.form.start(str(first))
        await rig.planned()
        rig.form.start(str(second))
        assert rig.form.plan is None
        await rig.planned()
        assert "1 row → 1 to pay" in rig.text()
        assert rig.form.query_one("#name", Input).value == "second"


async def test_a_name_that_was_typed_stays(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        rig.form.query_one("#name", Input).value = "spring"
        rig.form.start(str(start.directory / "some.txt"))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()
        assert rig.store.jobs.all()[0].name == "spring"


@pytest.mark.parametrize(
    ("choice", "sent", "state"),
    [("no", 0, None), ("fit", 2, JobState.COMPLETED), ("wait", 2, JobState.WAITING)],
)
async def test_with_too_few_credits_there_are_three_ways(
    start: Start, world: World, choice: str, sent: int, state: JobState | None
) -> None:
    world.add_credits(DEMO_KEY, "wavalidation", 2 - 50_000)
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        rig.form.start(str(start.directory / "some.txt"))
        await rig.submitted()
        assert "Needs 3 credits; 2 available." in rig.text()
        await rig.pilot.click(f"#{choice}")
        await rig.until(
            lambda: [job.state for job in rig.store.jobs.all()] == ([state] if state else []), "it is so"
        )
        await rig.until(lambda: sum(charge.amount for charge in world.ledger) == sent, "so much is spent")


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("25000", 25_000),
        (" 25,000 ", 25_000),
        ("25.000", 25_000),
        ("25 000", 25_000),
        ("25'000", 25_000),
        ("25_000", 25_000),
        ("1.234.567", 1_234_567),
        ("1.234,567", None),
        ("2,50", None),
        ("25,0000", None),
        ("-25000", None),
        ("25000.0", None),
        ("٢٥", None),
        ("", None),
        ("yes", None),
    ],
)
def test_an_amount_is_a_whole_number_however_its_thousands_are_set_apart(
    typed: str, amount: int | None
) -> None:
    assert amount_typed(typed) == amount


async def test_above_the_threshold_the_credits_are_typed(start: Start, world: World) -> None:
    path = start.directory / "some.txt"
    path.write_text(NUMBERS)
    async with start(confirm_above=2) as rig:
        rig.form.start(str(path))
        await rig.planned()
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "Typed", "they are to be typed")
        yes = rig.app.screen.query_one("#yes", Button)
        for typed, disabled in (("2", True), ("3", False), ("33", True)):
            rig.app.screen.query_one(Input).value = typed
            await rig.pilot.pause()
            assert yes.disabled is disabled
        await rig.pilot.press("enter")
        assert "That does not match 3; nothing was sent." in rig.notices
        await rig.pilot.press("escape")
        assert rig.store.jobs.all() == []
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "Typed", "they are to be typed again")
        await rig.pilot.press("3", "enter")
        await rig.finished()
    assert len(world.ledger) == 1


async def test_what_fits_is_typed_as_well_above_the_threshold(start: Start, world: World) -> None:
    world.add_credits(DEMO_KEY, "wavalidation", 2 - 50_000)
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start(confirm_above=1) as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        rig.form.start(str(start.directory / "some.txt"))
        await rig.submitted()
        await rig.pilot.click("#fit")
        await rig.until(lambda: rig.screen_name == "Typed", "they are to be typed")
        await rig.pilot.press("2", "enter")
        await rig.finished()
    assert sum(charge.amount for charge in world.ledger) == 2


async def test_without_a_key_a_submission_asks_for_it(start: Start) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start(key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "it is asked for")
        await rig.pilot.press("escape")
        rig.form.start(str(start.directory / "some.txt"))
        await rig.planned()
        await rig.pilot.press("ctrl+s")
        assert rig.screen_name == "KeyDialog"
    assert start.store.jobs.all() == []


async def test_a_low_balance_is_said_against_what_is_planned(start: Start, world: World) -> None:
    world.add_credits(DEMO_KEY, "wavalidation", 1 - 50_000)
    (start.directory / "some.txt").write_text(NUMBERS)
    async with start() as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        rig.form.start(str(start.directory / "some.txt"))
        await rig.submitted()
        await rig.pilot.click("#wait")
        await rig.until(
            lambda: "2 needed, 0 available, 2 missing" in " ".join(rig.text().split()), "it is said"
        )


async def test_credits_that_are_read_after_the_plan_still_count(start: Start, world: World) -> None:
    path = start.directory / "some.txt"
    path.write_text(NUMBERS)
    async with start(size=(80, 24), demo=DemoList(path, None)) as rig:
        await rig.planned()
        await rig.until(lambda: "Credits 50,000 → 49,997" in rig.text(), "the plan knows them")
        world.add_credits(DEMO_KEY, "wavalidation", 1 - 50_000)
        rig.engine.refresh_balance()
        await rig.until(lambda: "Needs 3 credits; 1 available" in rig.text(), "and knows when they change")
