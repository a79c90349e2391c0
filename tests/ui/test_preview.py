import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.ui.data.row_reader import RowReader
from pwl_tui.ui.screens.browse import entries_of, nearest_directory, size_words
from pwl_tui.ui.screens.preview import PreviewScreen
from pwl_tui.ui.widgets.table import Table
from tests.ui.conftest import Rig, Start

LIST = "name,phone,town\n" + "".join(
    f'"Ada {n}",{"n/a" if n % 10 == 3 else "" if n % 10 == 4 else f"+1415555{n:04}"},Springfield\n'
    for n in range(2_000)
)


@pytest.mark.parametrize("indices", [[0, 1, 2], [5, 1_999], [1_999], [3, 4, 13], []])
def test_any_rows_are_read_forth_and_back(indices: Sequence[int]) -> None:
    reader = RowReader(plan(Source.from_text(LIST), Options()))
    for _ in range(2):
        assert [(row.label, row.others[0]) for row in reader.read(indices)] == [
            (index + 2, f"Ada {index}") for index in indices
        ]


def test_a_row_says_what_its_cell_becomes() -> None:
    text = "phone,name\n+1 415 555 2671,Ada\nn/a,\x1b]52;c;aGk=\x07Bo\n,\n(415) 555-2671\n"
    rows = RowReader(plan(Source.from_text(text), Options(delimiter=","))).read(range(4))
    assert [(row.label, row.cell, row.number, row.reason, row.others) for row in rows] == [
        (2, "+1 415 555 2671", "+14155552671", "", ("Ada",)),
        (3, "n/a", "", "not a number", ("]52;c;aGk= Bo",)),
        (4, "", "", "empty", ("",)),
        (5, "(415) 555-2671", "", "no country code", ()),
    ]


async def previewed(rig: Rig, name: str = "crm.csv", text: str = LIST) -> PreviewScreen:
    """Write a list, plan it, and look at its rows."""
    path = rig.directory / name
    path.write_text(text)
    rig.form.start(str(path))
    await rig.until(lambda: not rig.form.query_one("#see-rows", Button).disabled, "it is read")
    await rig.pilot.press("ctrl+r")
    await rig.until(lambda: rig.screen_name == "PreviewScreen", "the rows are shown")
    screen = rig.app.screen
    assert isinstance(screen, PreviewScreen)
    return screen


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_rows_and_rejected_rows_scroll_to_their_end(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as rig:
        screen = await previewed(rig)
        await rig.until(lambda: "+14155550000" in rig.text(), "the first rows are there")
        assert "2,001" not in rig.text()
        await rig.pilot.press("G")
        await rig.until(lambda: "2,001" in rig.text() and "+14155551999" in rig.text(), "the last ones")
        await rig.pilot.press("right")
        await rig.until(lambda: "! not a number" in rig.text(), "the rejected rows are there")
        assert "! empty" not in rig.text()
        assert screen.query_one(Table).total == 200
        await rig.pilot.press("G")
        await rig.until(lambda: "1,995" in rig.text(), "the last rejected one")
        await rig.pilot.press("left", "escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "back at the form")


async def test_rejected_rows_are_saved_to_a_file(start: Start) -> None:
    async with start() as rig:
        await previewed(rig)
        await rig.pilot.press("e")
        await rig.until(lambda: rig.screen_name == "SaveRejected", "it asks where to")
        saved = rig.directory / "crm-rejected.csv"
        assert rig.app.screen.query_one("#rejected-path", Input).value == str(saved)
        await rig.pilot.press("enter")
        await rig.until(saved.exists, "it is written")
        await rig.until(lambda: any("Saved 200 rejected rows" in notice for notice in rig.notices), "said")
        await rig.pilot.press("e")
        await rig.until(lambda: rig.screen_name == "SaveRejected", "it asks again")
        await rig.pilot.press("enter")
        await rig.until(lambda: "exists" in rig.text(), "what is there is not overwritten unasked")
    rows = list(csv.DictReader(saved.read_text().splitlines()))
    assert rows[0] == {"wa_row": "5", "wa_note": "not a number"} | {
        "name": "Ada 3",
        "phone": "n/a",
        "town": "Springfield",
    }
    assert len(rows) == 200


async def test_without_rejected_rows_there_is_nothing_to_save(start: Start) -> None:
    async with start() as rig:
        await previewed(rig, text="+14155552671\n+14155552672\n")
        await rig.pilot.press("e", "right")
        assert "There are no rejected rows to save." in rig.notices
        await rig.until(lambda: "No rejected rows." in rig.text(), "nor to see")


async def test_rows_without_a_number_can_be_looked_at(start: Start) -> None:
    async with start(region=None) as rig:
        await previewed(rig, text="phone\n(212) 736-5000\nn/a\n")
        await rig.until(lambda: "! no country code" in rig.text(), "the reason is shown")


HOSTILE = "[red]bad[@click=quit].csv"


async def test_hostile_names_and_cells_are_shown_as_text(start: Start) -> None:
    async with start(size=(80, 24)) as rig:
        text = 'phone,"[@click=app.quit]na[/]me"\n+14155552671,"[/red]\x1b]0;x\x07[bold]"\n'
        await previewed(rig, HOSTILE, text)
        await rig.until(lambda: "[/red]" in rig.text(), "the cell is shown")
        assert "\x1b" not in rig.text()
        await rig.pilot.press("escape", "ctrl+t")
        await rig.until(lambda: rig.screen_name == "ListOptions", "the options are shown")
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "and left")


async def test_a_list_is_found_in_the_directories(start: Start) -> None:
    within = start.directory / "lists" / "old"
    within.mkdir(parents=True)
    (within / "crm [1].csv").write_text("+14155552671\n")
    (within / "notes.pdf").write_text("no list")
    async with start(size=(80, 24)) as rig:
        rig.form.start(f"{start.directory}/lists/")
        await rig.pilot.press("ctrl+o")
        await rig.until(lambda: "old/" in rig.text(), "directories are shown")
        await rig.pilot.press("enter")
        await rig.until(lambda: "crm [1].csv" in rig.text(), "and lists")
        assert "notes.pdf" not in rig.text()
        await rig.pilot.press("left")
        await rig.until(lambda: "old/" in rig.text(), "up again")
        await rig.pilot.press("enter")
        await rig.until(lambda: "crm [1].csv" in rig.text(), "down again")
        await rig.pilot.press("enter")
        await rig.planned()
        assert rig.form.query_one("#path", Input).value == str(within / "crm [1].csv")


async def test_browsing_can_be_left_without_a_list(start: Start) -> None:
    async with start() as rig:
        rig.form.start(str(start.directory / "no such" / "list.csv"))
        await rig.pilot.press("ctrl+o")
        await rig.until(lambda: rig.screen_name == "BrowseScreen", "it is open")
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it is left")
        assert rig.form.query_one("#path", Input).value.endswith("list.csv")


def test_directories_come_first_and_what_is_no_list_is_left_out(tmp_path: Path) -> None:
    for name in ("b.csv", "A.xlsx", ".hidden.csv", "x.pdf", "new\nline.csv", "c.csv.gz"):
        (tmp_path / name).write_text("1234")
    (tmp_path / "zoo").mkdir()
    (tmp_path / "dead.csv").symlink_to(tmp_path / "gone")
    found = entries_of(tmp_path, 5.0)
    assert [(entry.path.name, entry.size) for entry in found] == [
        ("zoo", None),
        ("A.xlsx", 4),
        ("b.csv", 4),
        ("c.csv.gz", 4),
    ]
    assert nearest_directory(f"{tmp_path}/b.csv") == tmp_path
    assert nearest_directory("") == Path.cwd()
    assert nearest_directory(f"{tmp_path}/{'n' * 300}") == tmp_path, "a name that no system takes"


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (34_000, "34 kB"), (999_600, "1.0 MB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_words(size) == words
