import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from pwl_tui.lists import workbook_out
from pwl_tui.lists.answers import FIELDS, Answer, Choice, RowAnswer
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.export import Format, Target, export_files
from pwl_tui.lists.readers import detect, rows
from pwl_tui.lists.reading import Options
from pwl_tui.lists.records import records
from pwl_tui.lists.source import Source
from pwl_tui.lists.workbook_out import workbook

YES = (14155552671, 0, Answer("completed", True, False, "T-Mobile", "US", ""))
BUSINESS = (4915112345678, 0, Answer("completed", True, True, "", "DE", "reused from 2026-01-02"))
NO = (919876543210, 0, Answer("completed", False, None, "=cmd|'/c calc'!A1", "IN", ""))
FAILED = (5511987654321, 0, Answer("failed", None, None, "", "", ""))
PENDING = (33612345678, 0, Answer("pending", None, None, "", "", ""))
REJECTED = (0, 0, Answer("rejected", None, None, "", "", "not a number"))
NOT_SENT = (447911123456, 0, Answer("not_sent", None, None, "", "", ""))
ANSWERS: list[RowAnswer] = [YES, BUSINESS, NO, FAILED, PENDING, REJECTED, NOT_SENT]
AGAIN = (YES[0], 2, YES[2])
NAMES = ["Ada", "Bo", "=Cy", "Di, Ed", 'F "G"', "", "two\nlines"]


def source_of(data: str | bytes, kind: str = "csv") -> Source:
    raw = data.encode() if isinstance(data, str) else data
    return Source.from_text(raw.decode()) if kind == "txt" else Source.from_stream(io.BytesIO(raw), "crm")


def table(delimiter: str = ",", line_end: str = "\n", *, heading: bool = True) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    if heading:
        writer.writerow(["name", "phone"])
    writer.writerows([name, f"+{number}"] for name, (number, _, _) in zip(NAMES, ANSWERS, strict=True))
    return text.getvalue()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out"


def export(
    path: Path,
    source: Source,
    answers: list[RowAnswer] | None = None,
    *,
    format: Format = "csv",  # noqa: A002 - the word of the function under test
    only: Choice | None = None,
    split: bool = False,
    digits: bool = False,
    force: bool = False,
    options: Options | None = None,
) -> int:
    """Return how many rows were written."""
    reading = detect(source, options or Options())
    found = ANSWERS if answers is None else answers
    target = Target(path, format, only=only, split=split, digits=digits, force=force)
    return sum(rows for _, rows in export_files(target, source, reading, lambda: iter(found)))


def cells(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def test_csv_is_the_list_with_its_answers(target: Path) -> None:
    assert export(target, source_of(table())) == len(ANSWERS)
    heading, *written = cells(target)
    assert heading == ["name", "phone", *FIELDS]
    assert [row[0] for row in written] == NAMES
    assert written[0][2:] == ["+14155552671", "completed", "true", "false", "T-Mobile", "US", ""]
    assert written[1][2:] == [
        "+4915112345678",
        "completed",
        "true",
        "true",
        "",
        "DE",
        "reused from 2026-01-02",
    ]
    assert written[2][2:] == ["+919876543210", "completed", "false", "", "'=cmd|'/c calc'!A1", "IN", ""]
    assert written[5][2:] == ["", "rejected", "", "", "", "", "not a number"]


def test_digits_leave_the_plus_out(target: Path) -> None:
    export(target, source_of(table()), digits=True)
    assert cells(target)[1][2] == "14155552671"


CELL = st.text(
    st.sampled_from('"\r\n\t ,;|=+')
    | st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufeff"),
    max_size=8,
)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_export_read_back_is_the_list_and_the_answers(
    tmp_path_factory: pytest.TempPathFactory,
    given_rows: list[list[str]],
    delimiter: str,
    line_end: str,
    encoding: str,
    has_header: bool,
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=line_end).writerows(
        given_rows
    )
    source = source_of(text.getvalue().encode(encoding))
    options = Options(delimiter=delimiter, encoding=encoding, header=has_header)
    path = tmp_path_factory.mktemp("export") / "out"
    count = len(given_rows) - has_header
    assert export(path, source, [YES] * count, options=options) == count
    width = max(map(len, given_rows))
    padded = [row + [""] * (width - len(row)) for row in given_rows]
    ours = ["+14155552671", "completed", "true", "false", "T-Mobile", "US", ""]
    back = list(records(Source.from_path(path), encoding, delimiter))
    assert back[has_header:] == [[*row, *ours] for row in padded][has_header:]
    if has_header:
        assert back[0][:width] == padded[0]


@pytest.mark.parametrize(("delimiter", "line_end"), [(",", "\n"), (";", "\r\n"), ("\t", "\n")])
def test_delimiter_and_line_end_are_kept(target: Path, delimiter: str, line_end: str) -> None:
    original = table(delimiter, line_end)
    export(target, source_of(original))
    first = original.partition(line_end)[0]
    assert target.read_bytes().startswith((first + delimiter + delimiter.join(FIELDS) + line_end).encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_and_its_mark_are_those_of_the_original(target: Path, encoding: str) -> None:
    line = "Zoë,+14155552671"
    original = f"name,phone\n{line}\n".encode(encoding)
    export(target, source_of(original), [YES])
    ours = target.read_bytes()
    assert ours[:2] == original[:2]
    assert ours.decode(encoding).splitlines()[1].startswith(f"{line},+14155552671")


def test_without_a_header_none_is_added_to_a_table(target: Path) -> None:
    export(target, source_of("Ada,+14155552671\n"), [YES])
    assert cells(target) == [
        ["Ada", "+14155552671", "+14155552671", "completed", "true", "false", "T-Mobile", "US", ""]
    ]


@pytest.mark.parametrize(("text", "name"), [("+14155552671\n", "input"), ("phone\n+14155552671\n", "phone")])
def test_a_text_becomes_a_column(target: Path, text: str, name: str) -> None:
    export(target, source_of(text, "txt"), [YES])
    assert [row[:2] for row in cells(target)] == [[name, "wa_number"], ["+14155552671", "+14155552671"]]


def test_columns_of_an_earlier_export_are_not_clobbered(target: Path, tmp_path: Path) -> None:
    export(target, source_of(table()))
    again = tmp_path / "again"
    export(again, Source.from_path(target), options=Options(column="phone"))
    heading = cells(again)[0]
    assert heading == ["name", "phone", *FIELDS, *(f"{field}_2" for field in FIELDS)]


def test_jsonl_has_an_object_a_row(target: Path) -> None:
    export(
        target,
        source_of("name,phone\nAda,+14155552671,x\n\nBo,nothing\n"),
        [YES, REJECTED, REJECTED],
        format="jsonl",
    )
    first, blank, last = map(json.loads, target.read_text().splitlines())
    assert first == {
        "row": 2,
        "input": {"name": "Ada", "phone": "+14155552671", "column 3": "x"},
        "wa_number": "+14155552671",
        "wa_outcome": "completed",
        "wa_on_whatsapp": True,
        "wa_business": False,
        "wa_carrier": "T-Mobile",
        "wa_country": "US",
        "wa_note": None,
    }
    assert (blank["row"], blank["input"], last["wa_number"], last["wa_on_whatsapp"]) == (3, {}, None, None)


def test_jsonl_of_a_text_and_of_foreign_strings(target: Path) -> None:
    export(target, source_of("+919876543210\n", "txt"), [NO], format="jsonl")
    line = json.loads(target.read_text())
    assert line["input"] == {"input": "+919876543210"}
    assert line["wa_carrier"] == NO[2].carrier  # no spreadsheet reads it: nothing to neutralise


def test_txt_has_each_number_once(target: Path) -> None:
    source = source_of("name,phone\n" + "Ada,+14155552671\n" * 4)
    assert export(target, source, [YES, REJECTED, AGAIN, NO], format="txt") == 2
    assert target.read_text() == "+14155552671\n+919876543210\n"
    export(
        target, source, [YES, REJECTED, AGAIN, NO], format="txt", only="on-whatsapp", digits=True, force=True
    )
    assert target.read_text() == "14155552671\n"


@pytest.mark.parametrize(
    ("only", "kept"),
    [
        (None, ANSWERS),
        ("on-whatsapp", [YES, BUSINESS]),
        ("not-on-whatsapp", [NO]),
        ("business", [BUSINESS]),
        ("failed", [FAILED]),
        ("rejected", [REJECTED]),
        ("pending", [PENDING]),
        ("not-sent", [NOT_SENT]),
    ],
)
def test_only_some_rows(target: Path, only: Choice | None, kept: list[RowAnswer]) -> None:
    assert export(target, source_of(table()), only=only) == len(kept)
    written = [(row[0], row[3]) for row in cells(target)[1:]]
    assert written == [(NAMES[ANSWERS.index(answer)], answer[2].outcome) for answer in kept]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_of_the_service_are_neutralised(target: Path, start: str) -> None:
    answer = (YES[0], 0, YES[2]._replace(carrier=f"{start}1", country=f"{start}2", note=f"{start}3"))
    export(target, source_of("name,phone\n=1,+14155552671\n"), [answer])
    row = cells(target)[1]
    assert row[-3:] == [f"'{start}1", f"'{start}2", f"'{start}3"]
    assert row[:3] == ["=1", "+14155552671", "+14155552671"]


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
    with pytest.raises(ListError, match="out-failed exists already"):
        export(target, source, [YES], split=True)
    assert [*target.parent.iterdir()] == [stale]
    export(target, source, [YES], split=True, force=True)
    assert {path.name for path in target.parent.iterdir()} == {"out-on-whatsapp", "out-failed"}
    assert len(cells(stale)) == 1


def test_a_split_that_ends_half_way_leaves_nothing(target: Path) -> None:
    source = source_of("phone\n" + "+14155552671\n" * 3000)
    done = []

    def stop(rows: int) -> None:
        done.append(rows)
        raise KeyboardInterrupt

    answers = [YES] * 3000
    plan = Target(target, "csv", split=True)
    with pytest.raises(KeyboardInterrupt):
        export_files(plan, source, detect(source, Options()), lambda: iter(answers), stop)
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


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_text_survives_a_workbook(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("book") / "out.xlsx"
    width = max(map(len, given_rows))
    with path.open("wb") as stream, workbook(stream, [], width) as add:
        add(given_rows)
    with ZipFile(path) as archive:
        root = ElementTree.parse(archive.open("xl/worksheets/sheet1.xml")).getroot()  # noqa: S314 - ours
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    back = {
        str(cell.get("r")): re.sub(
            "_x([0-9A-F]{4})_", lambda escape: chr(int(escape[1], 16)), "".join(cell.itertext())
        )
        for cell in root.iter(f"{space}c")
    }
    assert back == {
        f"{'ABCD'[column]}{row}": cell
        for row, cells_ in enumerate(given_rows, 1)
        for column, cell in enumerate(cells_)
        if cell
    }


def test_a_full_sheet_is_followed_by_another(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_out, "_MAX_ROWS", 4)
    export(target, source_of(table()), format="xlsx")
    first, second, third = (sheet_of(target, name) for name in ("Answers", "Answers 2", "Answers 3"))
    assert first[0] == second[0] == third[0]
    assert [row[0] for row in [*first[1:], *second[1:], *third[1:]]] == NAMES


@pytest.mark.parametrize(
    ("row", "says"), [("x" * 32_768, "32,767 characters"), ("," * 16_380, "more columns")]
)
def test_what_no_workbook_can_hold_ends_in_a_sentence(target: Path, row: str, says: str) -> None:
    with pytest.raises(ListError, match=says):
        export(target, source_of(f"+14155552671,{row}\n"), [YES], format="xlsx")
    assert not target.exists()


def test_a_row_wider_than_all_before_it_still_lines_up(target: Path) -> None:
    lines = ["phone,name", *["+14155552671,Ada"] * 2000, "+14155552671,Bo,and,more"]
    for form in ("csv", "xlsx", "jsonl"):
        assert export(target, source_of("\n".join(lines)), [YES] * 2001, format=form, force=True) == 2001
        if form == "csv":
            assert {row.index("completed") for row in cells(target)[1:]} == {5}
