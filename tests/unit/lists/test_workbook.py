import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped] # it has no types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import row_label
from pwl_tui.lists.read import workbook
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.number_formats import shown
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.rows import header, preamble, rows
from pwl_tui.lists.read.source import Source

Cell = str | float | bool | date | time | None
Sheets = dict[str, list[list[Cell]]]


def book(sheets: Sheets) -> bytes:
    """Return a workbook; a cell of none is left out."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as written:
        for name, cells in sheets.items():
            sheet = written.add_worksheet(name)
            for row, values in enumerate(cells):
                for column, value in enumerate(values):
                    if isinstance(value, str):
                        sheet.write_string(row, column, value)
                    elif value is not None:
                        sheet.write(row, column, value)
    return data.getvalue()


def source(data: bytes, sheet: str | None = None) -> Source:
    return Source.from_stream(io.BytesIO(data), "list.xlsx", sheet=sheet)


def refusal(data: bytes, sheet: str | None = None) -> str:
    with pytest.raises(ListError) as caught:
        source(data, sheet)
    assert caught.value.problem.remedy
    return caught.value.problem.message


LEADS: list[list[Cell]] = [
    ["Name", "Phone", "Since", "Score", "VIP", "At"],
    ["Ada", 14155552671, date(2024, 5, 1), 1.5, True, time(14, 22)],
    ["Bo", "+1 415 555 2672", datetime(2024, 5, 1, 9, 30), 3.0, False, None],
    [],
    ["Cy\nline two", "n/a", None, 0.1, None, None],
]


def test_cells_of_every_type_become_text() -> None:
    made = source(book({"Leads": LEADS}))
    reading = detect(made, Options())
    assert (made.kind, reading.sheet, header(made, reading)) == ("xlsx", "Leads", LEADS[0])
    assert list(rows(made, reading)) == [
        ["Ada", "14155552671", "2024-05-01", "1.5", "TRUE", "14:22:00"],
        ["Bo", "+1 415 555 2672", "2024-05-01 09:30:00", "3", "FALSE", ""],
        [""] * 6,
        ["Cy\nline two", "n/a", "", "0.1", "", ""],
    ]
    assert list(plan(made, Options(region="US")).numbers) == [14155552671, 14155552672]


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="_"),
    min_size=1,
    max_size=9,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(TEXTS | st.integers(0, 10**15 - 1), min_size=2, max_size=2), min_size=1, max_size=6))
def test_any_texts_and_whole_numbers_are_read_as_written(cells: list[list[Cell]]) -> None:
    made = source(book({"Sheet": cells}))
    assert list(rows(made, detect(made, Options(header=False)))) == [
        [str(cell) for cell in row] for row in cells
    ]


PHONES: list[list[Cell]] = [["phone"], [14155552671], [14155552672]]
NOTES: list[list[Cell]] = [["a"], ["b"], ["c"], ["d"]]


@pytest.mark.parametrize(
    ("sheets", "wanted", "chosen", "others", "sure"),
    [
        ({"Notes": NOTES, "Leads": PHONES, "Few": PHONES[:2]}, None, "Leads", ("Notes", "Few"), "likely"),
        ({"Notes": NOTES, "Leads": PHONES}, " notes ", "Notes", ("Leads",), "given"),
        ({"Notes": NOTES, "More": NOTES}, None, "Notes", ("More",), "guess"),
        ({"Leads": PHONES}, None, "Leads", (), "sure"),
    ],
)
def test_a_sheet_is_chosen(
    sheets: Sheets, wanted: str | None, chosen: str, others: tuple[str, ...], sure: str
) -> None:
    made = source(book(sheets), wanted)
    assert made.sheet is not None
    assert (made.sheet.value, made.other_sheets, made.sheet.sure) == (chosen, others, sure)


def test_titles_above_the_header_are_not_rows_and_rows_keep_their_numbers() -> None:
    made = source(book({"Mai": [["Customers 2024"], [], ["Name", "Phone"], ["Ada", 14155552671]]}))
    reading = detect(made, Options())
    assert preamble(made, reading) == [["Customers 2024", ""], ["", ""]]
    assert header(made, reading) == ["Name", "Phone"]
    assert list(rows(made, reading)) == [["Ada", "14155552671"]]
    assert row_label(0, reading) == 4


def test_a_workbook_is_recognized_by_its_contents(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(book({"Leads": PHONES}))
    assert Source.from_path(path).kind == "xlsx"


def zipped(parts: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def repacked(change: Callable[[str, bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book({"Leads": PHONES}))) as archive:
        return zipped({name: change(name, archive.read(name)) for name in archive.namelist()})


def with_macros(name: str, content: bytes) -> bytes:
    """Declare a workbook to be one with macros, as a .xlsm is."""
    if name != "[Content_Types].xml":
        return content
    plain = b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert plain in content
    return content.replace(plain, b"vnd.ms-excel.sheet.macroEnabled.main+xml")


def test_a_workbook_with_macros_is_read_without_them() -> None:
    made = source(repacked(with_macros))
    assert list(plan(made, Options(region="US")).numbers) == [14155552671, 14155552672]


def laughing(name: str, content: bytes) -> bytes:
    """Put entities that multiply into the texts of a workbook."""
    if name != "xl/sharedStrings.xml":
        return content
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY l0 "lol">{entities}]>'
    return head.encode() + content.partition(b"?>")[2].replace(b"phone", b"&l11;")


def far_apart(_name: str, content: bytes) -> bytes:
    """Put two cells at the ends of the sheet: the rectangle between them takes half a terabyte."""
    return content.replace(b'r="A3"', b'r="XFD1048576"').replace(b'r="3"', b'r="1048576"')


def too_deep(_name: str, content: bytes) -> bytes:
    return content.replace(b'r="A3"', b'r="A1048577"').replace(b'r="3"', b'r="1048577"')


def padded(name: str, content: bytes) -> bytes:
    return content + b" " * (1 << 24) if name.endswith("sheet1.xml") else content


def lying(data: bytes, size: int) -> bytes:
    """Return an archive whose directory says of every part that it unfolds to so many bytes."""
    changed, at = bytearray(data), 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<I", changed, at + 24, size)
        at += 4
    return bytes(changed)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04 workbook", "not a workbook"),
        (zipped({"holiday.txt": b"photos"}), "is a ZIP archive with holiday.txt in it"),
        (book({"Leads": PHONES})[:-300], "not a workbook"),
        (lying(book({"Leads": PHONES}), 1 << 30), "expands to more than"),
        (lying(repacked(padded), 1_000), "damaged sheet"),
        (repacked(laughing), "not a workbook"),
        (zipped({f"part{n}": b"" for n in range(10_001)}), "expands to more than"),
        (repacked(far_apart), "expands to more than"),
        (repacked(too_deep), "a sheet of more than"),
        (b"\xd0\xcf\x11\xe0 old", "not a workbook"),
        (b"phone\n+14155552671\n", ""),
    ],
)
def test_a_bad_workbook_is_explained(data: bytes, says: str) -> None:
    assert says in refusal(data, "Leads" if not says else None)


def test_a_missing_sheet_and_a_sheet_of_a_text_file_are_explained() -> None:
    assert "its sheets are: Leads, Notes" in refusal(book({"Leads": PHONES, "Notes": NOTES}), "Sales")
    assert "no sheets" in refusal(b"+14155552671\n", "Leads")


def test_a_workbook_that_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MAX_BYTES", 1_000)
    assert "longer than 1,000 bytes" in refusal(book({"Leads": PHONES}))


def test_reading_a_workbook_can_be_canceled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_PATIENCE_SECONDS", 0.0)  # no child is up so soon

    def give_up() -> None:
        raise PlanCancelledError

    with pytest.raises(PlanCancelledError):
        workbook.convert([book({"Leads": PHONES})], "list.xlsx", None, give_up)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ('"+1 "0', "+14155552671"),
        ("+1 (000) 000-0000", "+14155552671"),
        ('"(+1) "0', "+14155552671"),
        ('"+1 ("000") "0', "+14155552671"),
        ('"+1"General', "+14155552671"),
        ('"+1 general "0', "4155552671"),
        ('"Tel +1 "0', "+14155552671"),
        ('"Tel.: +1 ("000") "0', "+14155552671"),
        ('"001"0', "0014155552671"),
        ('"INV-00"0', "4155552671"),
        ('"No. 00"0', "4155552671"),
        ('"C++1"0', "4155552671"),
    ],
)
def test_what_a_number_format_adds_to_a_number(code: str, text: str) -> None:
    found = shown(code)
    assert (found.text("4155552671") if found else "4155552671") == text
