import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pwl_tui.filters import Choice
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import FIELDS, RowAnswer
from tests.unit.export_sample import (
    AGAIN,
    ANSWERS,
    BUSINESS,
    FAILED,
    NAMES,
    NO,
    NOT_SENT,
    PENDING,
    REJECTED,
    YES,
    cells,
    export,
    source_of,
    table,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out"


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


def test_jsonl_has_one_object_per_row(target: Path) -> None:
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


@pytest.mark.parametrize("start", [*"=+-@\t\r\uff1d\uff0b\uff0d\uff20"])
def test_formulas_from_the_service_are_neutralized(target: Path, start: str) -> None:
    answer = (YES[0], 0, replace(YES[2], carrier=f"{start}1", country=f"{start}2", note=f"{start}3"))
    export(target, source_of("name,phone\n=1,+14155552671\n"), [answer])
    row = cells(target)[1]
    assert row[-3:] == [f"'{start}1", f"'{start}2", f"'{start}3"]
    assert row[:3] == ["=1", "+14155552671", "+14155552671"]
