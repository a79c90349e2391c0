"""Exports as several files, and as workbooks."""

from pathlib import Path

import pytest
from python_calamine import load_workbook

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.rows import rows
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import FIELDS
from pwl_tui.lists.write.export import Format, Target, export_files
from tests.unit.export_sample import ANSWERS, NAMES, YES, cells, export, lend, source_of, table


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out"


# -- files for each outcome


def test_a_split_has_each_row_in_one_file(target: Path) -> None:
    assert export(target.with_suffix(".csv"), source_of(table()), split=True) == len(ANSWERS)
    names = {path.name: [row[0] for row in cells(path)[1:]] for path in target.parent.iterdir()}
    assert names == {
        "out-on-whatsapp.csv": ["Ada", "Bo"],
        "out-not-on-whatsapp.csv": ["=Cy"],
        "out-failed.csv": ["Di, Ed"],
        "out-pending.csv": ['F "G"'],
        "out-rejected.csv": [""],
        "out-not-sent.csv": ["two\nlines"],
    }


def test_a_split_leaves_empty_files_out_but_not_stale_ones_in(target: Path) -> None:
    stale = target.parent / "out-failed"
    stale.write_text("an answer of last week")
    source = source_of("name,phone\nAda,+14155552671\n")
    with pytest.raises(ListError, match="out-failed already exists"):
        export(target, source, [YES], split=True)
    assert [*target.parent.iterdir()] == [stale]
    export(target, source, [YES], split=True, force=True)
    assert {path.name for path in target.parent.iterdir()} == {"out-on-whatsapp", "out-failed"}
    assert len(cells(stale)) == 1


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_split_that_ends_half_way_leaves_nothing(target: Path, form: Format) -> None:
    source = source_of("phone\n" + "+14155552671\n" * 3000)
    done = []

    def stop(rows: int) -> None:
        done.append(rows)
        raise KeyboardInterrupt

    answers = [YES] * 3000
    plan = Target(target, form, split=True)
    with pytest.raises(KeyboardInterrupt):
        export_files(plan, source, detect(source, Options()), lambda: iter(answers), lend, stop)
    assert done == [1000]
    assert not [*target.parent.iterdir()]


# -- workbooks


def sheet_of(path: Path, name: str = "Answers") -> list[list[object]]:
    sheet = load_workbook(str(path)).get_sheet_by_name(name)
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def test_a_workbook_has_every_cell_as_text(target: Path) -> None:
    assert export(target, source_of(table()), format="xlsx") == len(ANSWERS)
    heading, *written = sheet_of(target)
    assert heading == ["name", "phone", *FIELDS]
    assert [row[0] for row in written] == NAMES
    assert written[0][1:] == [
        "+14155552671", "+14155552671", "completed", "true", "false", "T-Mobile", "US", "",
    ]  # fmt: skip
    assert {type(cell) for row in written for cell in row} == {str}


def test_a_workbook_is_read_as_a_list_again(target: Path) -> None:
    export(target, source_of(table()), format="xlsx")
    source = Source.from_path(target.rename(target.with_suffix(".xlsx")))
    reading = detect(source, Options(column="phone"))
    assert [row[1] for row in rows(source, reading)] == [f"+{number}" for number, _, _ in ANSWERS]


def test_a_full_sheet_is_followed_by_another(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwl_tui.lists.write.workbook._MAX_ROWS", 4)
    export(target, source_of(table()), format="xlsx")
    first, second, third = (sheet_of(target, name) for name in ("Answers", "Answers 2", "Answers 3"))
    assert first[0] == second[0] == third[0]
    assert [row[0] for row in [*first[1:], *second[1:], *third[1:]]] == NAMES


@pytest.mark.parametrize(
    ("row", "says"), [("x" * 32_768, "32,767 characters"), ("," * 16_380, "more columns")]
)
def test_what_does_not_fit_into_a_workbook_is_explained(target: Path, row: str, says: str) -> None:
    with pytest.raises(ListError, match=says):
        export(target, source_of(f"+14155552671,{row}\n"), [YES], format="xlsx")
    assert not target.exists()


def test_a_row_wider_than_all_before_it_still_lines_up(target: Path) -> None:
    lines = ["phone,name", *["+14155552671,Ada"] * 2000, "+14155552671,Bo,and,more"]
    for form in ("csv", "xlsx", "jsonl"):
        assert export(target, source_of("\n".join(lines)), [YES] * 2001, format=form, force=True) == 2001
        if form == "csv":
            assert {row.index("completed") for row in cells(target)[1:]} == {5}
