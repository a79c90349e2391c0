from pathlib import Path

from textual.widgets import Button, Input, Select

from pwl_tui.simulator.world import World
from pwl_tui.state.models import JobState
from pwl_tui.ui.data.recent import at_home, recent_lists
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_input import PathLine
from tests.ui.conftest import Rig, Start

TWO_COLUMNS = "name,office,mobile\n" + "".join(
    f"Ada {n},+1212736{n:04},+1415555{n:04}\n" for n in range(1, 41)
)


def written(start: Start, text: str, name: str = "crm.csv") -> Path:
    path = start.directory / name
    path.write_text(text)
    return path


async def options(rig: Rig) -> None:
    """Open the options."""
    await rig.pilot.press("ctrl+t")
    await rig.until(lambda: rig.screen_name == "ListOptions", "the options are shown")


async def use(rig: Rig) -> None:
    """Take what is chosen among the options."""
    before = rig.form.plan
    rig.app.screen.query_one("#submit", Button).press()
    await rig.until(lambda: rig.screen_name == "HomeScreen", "they are taken")
    await rig.until(lambda: rig.form.plan is None or rig.form.plan is not before, "the list is planned anew")
    await rig.planned()


async def test_another_column_can_be_chosen(start: Start) -> None:
    async with start(size=(80, 24)) as rig:
        await rig.pilot.press("n")
        rig.form.start(str(written(start, TWO_COLUMNS)))
        await rig.planned()
        await options(rig)
        column = rig.app.screen.query_one("#column", Select)
        labels = [str(label) for label, _ in column._options]  # noqa: SLF001 - there is no public list
        assert labels[0] == "as detected"
        assert sorted(labels[1:3]) == ["mobile  100% valid", "office  100% valid"]
        assert labels[3] == "name"
        assert "Also column none" in rig.text(), "no label touches its field"
        column.value = "2"
        await use(rig)
        assert rig.form.plan is not None
        assert rig.form.plan.list.numbers[0] == 12127360001
        await rig.until(lambda: "column office (given)" in " ".join(rig.text().split()), "it is said")


async def test_a_sample_is_named_in_the_question_and_then_offers_the_rest(start: Start, world: World) -> None:
    async with start() as rig:
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are read")
        rig.form.start(str(written(start, TWO_COLUMNS)))
        await rig.planned()
        await options(rig)
        sample = rig.app.screen.query_one("#sample", Input)
        sample.value = "none"
        rig.app.screen.query_one("#submit", Button).press()
        await rig.until(lambda: "The sample must be a number above zero" in rig.text(), "it is no number")
        sample.value = "10"
        await use(rig)
        await rig.submitted()
        assert "A random sample: 30 other numbers will not be sent for now." in rig.text()
        await rig.pilot.press("y")
        await rig.finished()
        await rig.until(lambda: rig.app.snapshot.jobs[0].state is JobState.COMPLETED, "the screen knows")
        await rig.pilot.press("S")
        await rig.until(lambda: rig.screen_name == "SampleDialog", "the rates are shown")
        assert "of the 30 left out" in rig.text()
        await rig.pilot.press("tab", "enter")
        button = rig.app.screen.query_one("#rest", Button)
        # Textual lets a button rest a moment after it was pressed.
        await rig.until(lambda: button.has_focus and not button.has_class("-active"), "the rest is planned")
        assert "Send the rest…" in rig.text()
        assert "30 to pay" in rig.text()
        await rig.pilot.press("enter")
        await rig.until(lambda: "Spend 30 credits on 30 numbers" in rig.text(), "it is asked")
        await rig.pilot.press("y")
        await rig.until(lambda: [job.name for job in rig.store.jobs.all()] == ["crm rest", "crm"], "sent")
        await rig.until(lambda: sum(charge.amount for charge in world.ledger) == 40, "nothing is paid twice")
        await rig.until(lambda: len(rig.app.snapshot.jobs) == 2, "the screen knows both")
        await rig.pilot.press("end", "S")
        await rig.until(lambda: "continues with this list" in rig.text(), "it is not offered again")


async def test_what_is_no_sample_says_so(start: Start) -> None:
    async with start() as rig:
        rig.form.start(str(written(start, TWO_COLUMNS)))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()
        await rig.until(lambda: bool(rig.app.snapshot.jobs), "the screen knows it")
        await rig.pilot.press("S")
        assert "crm left nothing out, so there is no rest to send." in rig.notices


async def test_answers_are_reused_unless_it_is_switched_off(start: Start) -> None:
    path = written(start, TWO_COLUMNS)
    async with start() as rig:
        rig.form.start(str(path))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()
        await rig.until(lambda: not rig.form.query_one(PathLine).value, "the form is empty")
        rig.form.start(str(path))
        await rig.planned()
        assert "40 reused from earlier jobs" in " ".join(rig.text().split())
        await options(rig)
        assert "40 numbers, saves 40 credits" in rig.text()
        rig.app.screen.query_one("#reuse", Checkbox).value = False
        await use(rig)
        assert rig.form.plan is not None
        assert rig.form.plan.to_pay == 40


async def test_the_region_is_chosen_among_those_that_fit(start: Start) -> None:
    path = written(start, "phone\n" + "".join(f"(212) 736-{n:04}\n" for n in range(50)))
    async with start(region=None, size=(80, 24)) as rig:
        await rig.pilot.press("n")
        rig.form.start(str(path))
        await rig.until(lambda: "with region US, 100%" in " ".join(rig.text().split()), "offered")
        assert "--region" not in rig.text()
        assert rig.form.query_one("#submit", Button).disabled
        await rig.pilot.press("ctrl+g")
        await rig.until(lambda: "US  United States: 100% valid" in rig.text(), "the regions are listed")
        assert "Cancel" in rig.text()
        await rig.pilot.press("down", "enter")
        await rig.planned()
        assert rig.form.query_one("#region", Input).value == "US"
        assert "(212) 736-0000 → +1 212 736 0000 (US)" in rig.text()
        assert rig.form.plan is not None
        assert rig.form.plan.to_pay == 50
        await rig.pilot.press("ctrl+g")
        assert any("No region to suggest" in notice for notice in rig.notices)


async def test_a_choice_that_cannot_be_is_chosen_again(start: Start) -> None:
    async with start(size=(80, 24)) as rig:
        await rig.pilot.press("n")
        rig.form.start(str(written(start, TWO_COLUMNS)))
        await rig.planned()
        await options(rig)
        rig.app.screen.query_one("#encoding", Input).value = "utf-99"
        rig.app.screen.query_one("#submit", Button).press()
        await rig.until(lambda: "is not an encoding" in " ".join(rig.text().split()), "it is said")
        await options(rig)
        rig.app.screen.query_one("#encoding", Input).value = ""
        await use(rig)


async def test_lists_used_before_are_offered_in_the_empty_field(start: Start) -> None:
    path = written(start, TWO_COLUMNS)
    async with start() as rig:
        rig.form.start(str(path))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()
        await rig.until(lambda: bool(rig.app.snapshot.jobs), "the screen knows it")
        await rig.pilot.press("n")
        field = rig.form.query_one(PathLine)
        await rig.until(lambda: bool(field.recent), "they are looked up")
        await rig.pilot.press("down", "enter")
        assert field.value == str(path)
        await rig.planned()
        jobs = rig.store.jobs.all()
    assert recent_lists([*jobs, *jobs]) == [str(path)]
    path.unlink()
    assert recent_lists(jobs) == []
    assert at_home(Path.home() / "a.csv") == "~/a.csv"


async def test_a_form_without_a_list_says_why_nothing_can_be_done(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n", "ctrl+t", "ctrl+r", "ctrl+s")
        assert rig.notices.count("No list has been read yet: enter one first.") == 3
        assert rig.screen_name == "HomeScreen"
