"""Exports by themselves, rechecks, and what is known of a number, on the screen."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.widgets import Input

from pwl_tui.config import Export
from pwl_tui.simulator.demo import DEMO_KEY
from pwl_tui.simulator.world import World
from pwl_tui.state.models import JobState, Wish, WrittenFile
from pwl_tui.ui.presenters.columns import JobRow
from pwl_tui.ui.presenters.job_detail import detail_lines
from pwl_tui.ui.widgets.text_block import TextBlock
from tests.ui import sample_state as scenes
from tests.ui.conftest import NUMBERS, Rig, Start
from tests.ui.snapshot_helpers import as_text, staged
from tests.ui.snapshot_helpers import typed as filled


def answers(start: Start) -> Path:
    (start.directory / "list.txt").write_text(NUMBERS)
    return start.directory / "list-answers.csv"


async def ask_to_send(rig: Rig) -> None:
    rig.form.start(str(rig.directory / "list.txt"))
    await rig.planned()


async def test_a_list_is_exported_to_the_file_that_the_form_names(start: Start) -> None:
    file = answers(start)
    async with start() as rig:
        await ask_to_send(rig)
        await rig.pilot.press("ctrl+y")
        await rig.until(lambda: rig.screen_name == "WhenDoneDialog", "it asks where to")
        assert rig.app.screen.query_one("#export-path", Input).value == str(file)
        await rig.pilot.press("enter")
        await rig.until(lambda: f"export: {file.name}" in rig.text(), "the form shows it")
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "Ask", "it asks")
        await rig.pilot.press("y")
        await rig.until(file.exists, "the export is written")
        await rig.until(lambda: any(f"Exported to {file}" in one for one in rig.notices), "it is said")
        await rig.pilot.press("enter")
        await rig.until(lambda: "Exported to" in rig.text(), "the job says it")
    assert len(file.read_text().splitlines()) == 4


async def test_a_file_that_exists_is_refused_where_it_is_entered(start: Start, world: World) -> None:
    file = answers(start)
    file.write_text("theirs")
    async with start() as rig:
        await ask_to_send(rig)
        await rig.pilot.press("ctrl+y")
        await rig.until(lambda: rig.screen_name == "WhenDoneDialog", "it asks where to")
        await rig.pilot.press("enter")
        await rig.until(lambda: "already exists" in rig.text(), "it is refused")
    assert (file.read_text(), world.ledger) == ("theirs", [])


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{dir}/answers-{name}.csv", "export: answers-list.csv"),
        ("{dir}/done/{name}.csv", "export: list.csv in {}/done"),
        ("{dir}/{name}.odt", "no export: The format of 'list.odt' is unknown."),
    ],
)
async def test_the_form_shows_where_the_configured_export_goes(
    start: Start, template: str, shown: str
) -> None:
    answers(start)
    async with start(size=(200, 40), export=Export(when_done=template)) as rig:
        await ask_to_send(rig)
        line = rig.app.screen.query_one("#export-to", TextBlock)
        wanted = shown.format(rig.directory)
        await rig.until(lambda: str(line.content) == wanted, "the form shows it")
        assert shown[:20] in rig.text()
        rig.app.screen.query_one("#name", Input).value = "other"
        await rig.until(lambda: str(line.content) == wanted.replace("list.", "other."), "it follows the name")
        rig.form.start(str(rig.directory / "none.txt"))
        await rig.until(lambda: not line.display, "there is no list to export")


@pytest.mark.parametrize("balance", [100, 2, 0])
async def test_the_question_names_the_file_of_the_export(start: Start, world: World, balance: int) -> None:
    file = answers(start)
    world.add_credits(
        DEMO_KEY, "wavalidation", balance - world.balance(DEMO_KEY, "wavalidation")[1]["balance"]
    )
    async with start(size=(200, 40), export=Export(when_done="{dir}/{name}-answers.csv")) as rig:
        await ask_to_send(rig)
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "Ask", "it asks")
        words = " ".join(rig.text().replace("│", " ").split())
        assert "Once the job is finished, the list will be exported to" in words
        assert file.name in words


async def test_the_configured_file_is_checked_before_the_person_is_asked_to_pay(
    start: Start, world: World
) -> None:
    file = answers(start)
    file.write_text("theirs")
    async with start(export=Export(when_done="{dir}/{name}-answers.csv")) as rig:
        await ask_to_send(rig)
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: any("already exists" in one for one in rig.notices), "it is refused")
        assert rig.screen_name == "HomeScreen"
    assert world.ledger == []


async def test_a_recheck_pays_for_old_answers_and_shows_what_changed(start: Start, world: World) -> None:
    answers(start)
    async with start() as rig:
        await ask_to_send(rig)
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.finished()
        with rig.store._database.transaction() as c:  # noqa: SLF001 - no part of the program changes an answer
            c.execute("UPDATE numbers SET on_whatsapp=1-on_whatsapp, business=0")
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("C")
        await rig.until(lambda: rig.screen_name == "RecheckDialog", "it asks how old")
        await rig.pilot.press("enter")
        await rig.until(lambda: "older than 30 days" in rig.text(), "nothing is that old")
        await rig.pilot.press("backspace", "backspace", "0", "enter")
        await rig.until(lambda: rig.screen_name == "Ask", "it asks")
        assert "Spend 3 credits" in rig.text()
        await rig.pilot.press("y")
        await rig.until(
            lambda: [job.state for job in rig.store.jobs.all()] == [JobState.COMPLETED] * 2, "it is done"
        )
        await rig.until(lambda: "list recheck" in rig.text(), "it is shown")
        await rig.pilot.press("home", "enter")
        await rig.until(lambda: "recheck of job 1" in rig.text(), "it says of what")
        await rig.pilot.press("right")
        await rig.until(lambda: "joined WhatsApp" in rig.text(), "and what changed")
    assert [charge.amount for charge in world.ledger] == [3, 3]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("+1 (415) 200-0002", ["+14152000002  on WhatsApp", "job 1 crm-export-nov", "✓ crm-export-nov"]),
        ("14152000002", ["+14152000002  on WhatsApp", "job 1 crm-export-nov", "✓ crm-export-nov"]),
        ("0 44 7400 123456", []),
        ("+447400123456", ["not known", "In none of your lists."]),
    ],
)
async def test_a_number_that_is_typed_as_a_filter_tells_what_is_known(
    tmp_path: Path, typed: str, said: list[str]
) -> None:
    text = await as_text(staged(tmp_path, scenes.live), ["120x40"], "slash", filled("#find", typed))
    assert [words for words in said if words not in text] == []
    assert ("as of" in text) is ("on WhatsApp" in "".join(said))


@pytest.mark.parametrize("name", ["crm", "winter campaign 2027, customers of the north", "名前" * 9])
def test_the_details_of_a_job_show_a_name_that_the_table_cuts(scene: scenes.Scene, name: str) -> None:
    shown = detail_lines(JobRow(scene.job(name, 3), scenes.NOW, foreign=False), 24)
    lines = ["".join(span.text for span in line) for line in shown]
    heads = lines[: lines.index(next(line for line in lines if "planned" in line))]
    assert "".join("".join(heads).split()) == "".join(name.split())
    assert all(cell_len(line) == 24 for line in heads)


def test_the_details_of_a_job_say_how_many_files_an_export_has(scene: scenes.Scene) -> None:
    files = tuple(WrittenFile(f"/lists/a-{outcome}.csv", 1) for outcome in ("failed", "on-whatsapp"))
    job = replace(scene.job("some", 3), wish=Wish("/lists/a.csv", scenes.NOW, files))
    shown = detail_lines(JobRow(job, scenes.NOW, foreign=False), 60)
    lines = ["".join(span.text for span in line) for line in shown]
    assert "Exported   2 files beside /lists/a.csv" in [line.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("size", "below"),
    [("120x40", True), ("100x40", True), ("120x29", False), ("80x24", False), ("200x50", False)],
)
async def test_the_selected_job_is_shown_below_the_others_where_there_is_room(
    tmp_path: Path, size: str, below: bool
) -> None:
    lines = (await as_text(staged(tmp_path, scenes.live), [size], "down")).splitlines()
    headings = [number for number, line in enumerate(lines) if "Selected job" in line]
    assert len(headings) == (size == "200x50" or below)
    if below:
        assert headings[0] > len(lines) / 2
        assert "partners-eu" in lines[headings[0] + 1]
