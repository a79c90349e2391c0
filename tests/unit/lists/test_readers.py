import codecs
import csv
import gzip
import hashlib
import io
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from encodings.aliases import aliases
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read import source as source_module
from pwl_tui.lists.read.columns import name_columns
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.records import MAX_CELL, records
from pwl_tui.lists.read.rows import header, rows
from pwl_tui.lists.read.source import Source

PHONES = ["+14155552671", "+4915112345678", "+919876543210"]


def stream(data: bytes | str) -> Source:
    return Source.from_stream(io.BytesIO(data if isinstance(data, bytes) else data.encode()), "list")


def read(data: bytes | str, options: Options | None = None) -> tuple[Reading, list[list[str]]]:
    source = stream(data)
    reading = detect(source, options or Options())
    return reading, list(rows(source, reading))


def refusal(data: bytes | str, options: Options | None = None) -> str:
    with pytest.raises(ListError) as caught:
        read(data, options)
    assert caught.value.problem.kind == "invalid_request"
    assert caught.value.problem.remedy
    return caught.value.problem.message


CELLS = st.text(
    st.sampled_from('"\r\n\t ,;|')
    | st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufeff"),
    max_size=12,
)
"""Cells of text: with control characters it might be no text at all."""


@given(
    table=st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    always=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]),
)
def test_any_table_in_any_dialect_is_read_as_written(
    table: list[list[str]], delimiter: str, always: bool, line_end: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
    # The writer quotes only the line end it is given: CRLF has it quote both.
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(table)
    if line_end != "\r\n" and not any(set(cell) & {"\r", "\n"} for row in table for cell in row):
        text = io.StringIO(text.getvalue().replace("\r\n", line_end))
    source = stream(text.getvalue().encode(encoding))
    assert list(records(source, encoding, delimiter)) == table


@given(st.lists(CELLS.filter(lambda cell: not set(cell) & {"\r", "\n"}), min_size=1))
def test_without_a_delimiter_each_line_is_a_cell(lines: list[str]) -> None:
    source = stream("\n".join(lines) + "\n")
    assert list(records(source, "utf-8", "")) == [[line] for line in lines]


@given(st.binary(min_size=1, max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        reading, _ = read(data)
    except ListError:
        return
    assert reading.column < len(reading.columns)


CODECS = sorted({*aliases, *aliases.values(), "undefined", "x\0y", "\ud800", ".."})


@pytest.mark.parametrize("written_in", ["utf-8", "utf-16-le", "utf-16-be", "iso2022_jp", "utf-7"])
def test_whatever_encoding_is_named_a_list_is_read_or_refused(written_in: str) -> None:
    data = ("\n".join(["電話", *PHONES])).encode(written_in)
    outcomes = {name: outcome(data, name) for name in CODECS}
    assert set(outcomes.values()) == {"read", "refused"}
    assert {outcomes[name] for name in ("utf16", "undefined", "rot13", "base64")} == {"refused"}


def outcome(data: bytes, encoding: str) -> str:
    try:
        read(data, Options(encoding=encoding))
    except ListError:
        return "refused"
    return "read"


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])]
)
def test_a_list_is_kept_byte_for_byte(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    data = "\n".join(PHONES * 50_000).encode()
    path = tmp_path / "crm.txt.gz"
    path.write_bytes(pack(data))
    source = Source.from_path(path)
    path.unlink()
    with source.open() as unpacked:
        assert unpacked.read() == data
    assert (source.name, source.kind, source.size) == ("crm.txt.gz", "txt", len(data))
    again = Source.from_chunks(
        name="crm", path="", kind="txt", size=source.size, sha256=source.sha256, chunks=source.chunks
    )
    with again.open() as unpacked:
        assert hashlib.sha256(unpacked.read()).hexdigest() == source.sha256


def test_a_reading_is_the_same_once_stored() -> None:
    reading = detect(stream("name;phone\nAda;+14155552671\n"), Options(region="de"))
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Zoë,+14155552671\n".encode(), "utf-8"),
        (b"name,phone\n" * 30_000 + "Zoë,+14155552671\n".encode(), "utf-8"),
        ("Zoë,+14155552671\n".encode("utf-8-sig"), "utf-8-sig"),
        ("Zoë,+14155552671\n".encode("utf-16"), "utf-16"),
        ("Zoë,+14155552671\n".encode("utf-16-le"), "utf-16-le"),
        ("Zoë,+14155552671\n".encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_BE + "Zoë,+14155552671\n".encode("utf-32-be"), "utf-32"),
        ("Илья Шмидт,Юрьев,+79161234567\nЖилин Юрий,Пермь,+79161234568\n".encode("cp1251"), "cp1251"),
        ("Müller;Köln;+4915112345678\nWeiß;Nürnberg;+4915112345679\n".encode("cp1252"), "cp1252"),
        ("Łukasz Żółw,Gdańsk,+48512345678\n".encode("cp1250"), "cp1250"),
        ("山田太郎,東京都,+819012345678\n鈴木花子,大阪府,+819012345679\n".encode("cp932"), "cp932"),
    ],
)
def test_encoding_is_detected(data: bytes, encoding: str) -> None:
    assert detect(stream(data), Options()).encoding == encoding


def test_text_that_stops_being_utf_8_far_from_the_start_is_still_read() -> None:
    data = b"name,phone\n" + b"Ada,+14155552671\n" * 30_000 + "Zoë,+14155552671\n".encode("cp1252")
    assert read(data)[1][-1] == ["Zoë", "+14155552671"]


def test_a_byte_order_mark_is_not_part_of_the_first_cell_even_if_the_encoding_is_given() -> None:
    source = stream("phone\n+14155552671\n".encode("utf-8-sig"))
    assert header(source, detect(source, Options(encoding="UTF8"))) == ["phone"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,phone\nAda,+14155552671\n", ","),
        ("name;amount;phone\nAda;1,50;+14155552671\nBo;2,50;+14155552672\n", ";"),
        ("Ada;1,50;+14155552671\nBo;2,50;+14155552672\n", ";"),
        ("name\tphone\nLovelace, Ada\t+14155552671\nByron, Lord\t+14155552672\n", "\t"),
        ("name|phone\nAda|+14155552671\n", "|"),
        ('name,phone\n"Lovelace; Ada",+14155552671\n"a; b; c",+14155552672\n', ","),
        ('name;phone\n"two\nlines, and a comma";+14155552671\nBo;+14155552672\n', ";"),
        ("name,phone,notes\nAda,+14155552671\nBo,+14155552672,x,y\nCy,+14155552673,z\n", ","),
        ("+14155552671\n+14155552672\n", ","),
        ("phone\n+1 (415) 555-2671\n+1-415-555-2672\n", ","),
    ],
)
def test_delimiter_is_detected(text: str, delimiter: str) -> None:
    assert detect(stream(text), Options()).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("+14155552671\n+14155552672\n", ""),
        ("Ada, +14155552671\nBo, +14155552672\n", ","),
        ("Ada\t+14155552671\n", "\t"),
        ("call Ada, then Bo\n+14155552671\n", ""),
        ('"+14155552671"\n', ""),
    ],
)
def test_text_is_a_table_only_if_every_line_agrees(text: str, delimiter: str) -> None:
    assert detect(Source.from_text(text), Options()).delimiter == delimiter


def test_tsv_is_split_at_tabs() -> None:
    source = Source("a", "", "tsv", 0, "", stream("a,b\t+14155552671\nc,d\t+14155552672\n").chunks)
    assert detect(source, Options()).delimiter == "\t"


TABLE = "id,zip,since,phone,amount,mobile\n" + "".join(
    f"{4155550000 + row},9410{row},2024-0{row}-11,+1415555267{row},{row}2.50,\n" for row in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "options", "column", "has_header"),
    [
        (TABLE, Options(), 3, True),
        (TABLE.partition("\n")[2], Options(), 3, False),
        (TABLE.replace("+1415", "415"), Options(region="US"), 3, True),
        (TABLE.replace("+1415", "415"), Options(), 3, True),
        (TABLE, Options(column="PHONE "), 3, True),
        (TABLE, Options(column="1"), 0, True),
        (TABLE, Options(column="6", header=False), 5, False),
        ("Phone\n+14155552671\n", Options(), 0, True),
        ("mobile\n+14155552671\n", Options(), 0, True),
        ("Telefon\n0151 12345678\n", Options(region="DE"), 0, True),
        ("número\n+5215512345678\n", Options(), 0, True),
        ("+14155552671\n+14155552672\n", Options(), 0, False),
        ("12345\n+14155552672\n", Options(), 0, False),
        ("n/a\n+14155552672\n", Options(), 0, False),
        ("fax,tel\n+14155552671,+14155552672\n", Options(), 1, True),
        ("phone,mobile\n+14155552671,+14155552672\n", Options(), 1, True),
        ("phone,mobile\n+14155552671,+14155552672\n+14155552673,\n+14155552674,\n", Options(), 0, True),
        ("when,who\n20240501,20123456\n20240502,20123457\n", Options(column="who", region="DK"), 1, True),
        ("2024-05-01,20123456\n2024-05-02,20123457\n", Options(region="DK"), 1, False),
        ("01.05.2024;0151 12345678\n", Options(region="DE"), 1, False),
        ("3,phone\n1,+14155552671\n", Options(column="3"), 0, True),
        (("7654321," * 5_000 + "+14155552671\n") * 3, Options(), 5_000, False),
    ],
)
def test_column_and_header_are_found(text: str, options: Options, column: int, has_header: bool) -> None:
    reading = detect(stream(text), options)
    assert (reading.column, reading.header) == (column, has_header)


def test_columns_have_different_names() -> None:
    reading = detect(stream("a,,a,phone\n1,2,3,+14155552671,5\n"), Options())
    assert reading.columns == ("a", "column 2", "a_2", "phone", "column 5")


def test_thousands_of_columns_with_the_same_name_get_different_names() -> None:
    names = name_columns(["phone"] * 16_384, 16_384)
    assert names[:2] == ("phone", "phone_2")
    assert len(set(names)) == 16_384


def test_rows_leave_the_header_out_and_keep_blank_and_ragged_ones() -> None:
    _, found = read("name,phone\nAda\n\nBo,+14155552671,x\n")
    assert found == [["Ada"], [], ["Bo", "+14155552671", "x"]]


@pytest.mark.parametrize(
    ("data", "options", "says"),
    [
        (b"", Options(), "empty"),
        ("\ufeff", Options(), "empty"),
        (gzip.compress(b"", mtime=0), Options(), "empty"),
        (gzip.compress(b"+14155552671\n" * 999, mtime=0)[:-20], Options(), "complete gzip"),
        (b"\x1f\x8b nonsense", Options(), "complete gzip"),
        (b"PK\x03\x04 workbook", Options(), "not a workbook"),
        (b"\xd0\xcf\x11\xe0 workbook", Options(), "not a workbook"),
        (gzip.compress(b"PK\x03\x04 workbook", mtime=0), Options(), "not a workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, Options(), "is an image"),
        (b"%PDF-1.7 and so on", Options(), "is a PDF document"),
        ("a,phone\n", Options(column="zip"), "no column 'zip'; the columns are: a, phone"),
        ("a,phone\n", Options(column="3"), "no column"),
        ("a,phone\n", Options(column="phone", header=False), "the columns are: column 1, column 2"),
        ("Zoë", Options(encoding="klingon"), "encoding"),
        ("Zoë", Options(encoding="base64"), "encoding"),
        ("Zoë", Options(encoding="a\0b"), "encoding"),
        ("Zoë", Options(encoding="ascii"), "not valid ascii"),
        ("a", Options(delimiter="ab"), "cannot be a delimiter"),
        ("a", Options(delimiter='"'), "cannot be a delimiter"),
        ("a", Options(delimiter=""), "cannot be a delimiter"),
        ("a", Options(region="ZZ"), "region"),
        ('a,b\n1,"2\n' + "3,4\n" * 400, Options(), "row 2 of list is never closed"),
        ('a,"' + "x\n" * MAX_CELL, Options(), "row 1"),
        ("x" * (MAX_CELL + 1), Options(delimiter=","), "a line of more"),
        ("," * 20_000, Options(), "cells"),
    ],
)
def test_bad_input_is_explained(data: bytes | str, options: Options, says: str) -> None:
    assert says in refusal(data, options)


def test_files_that_cannot_be_read_are_explained(tmp_path: Path) -> None:
    cases = {
        tmp_path / "none.csv": "none.csv does not exist",
        tmp_path: "directory",
        Path("a\0b"): "null (byte|character)",
    }
    for path, says in cases.items():
        with pytest.raises(ListError, match=says):
            Source.from_path(path)


def test_a_file_without_permission_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "crm.csv").touch()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, who may read anything
    with pytest.raises(ListError, match=r"Permission denied: crm\.csv"):
        Source.from_path(tmp_path / "crm.csv")


def test_a_gzip_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "MAX_BYTES", 1 << 20)
    assert "longer than" in refusal(gzip.compress(b"+14155552671\n" * 100_000, mtime=0))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_padding_is_as_long_as_a_list_at_most(
    monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(source_module, "MAX_BYTES", 1 << 20)
    assert "longer than" in refusal(compress(b"+14155552671\n" + bytes(1 << 20)))


def test_a_compressed_list_of_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "MAX_BYTES", 1 << 20)
    assert "longer than" in refusal(gzip.compress(b"+14155552671\n") + gzip.compress(b"") * 60_000)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has other devices")
@pytest.mark.parametrize("name", ["zero", "urandom", "full"])
def test_devices_are_not_opened(name: str) -> None:
    with pytest.raises(ListError, match=rf"^{name} is a device, not a file\."):
        Source.from_path(Path("/dev", name))


def test_a_socket_is_no_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("a.csv")
        with pytest.raises(ListError, match=r"a\.csv is a socket, not a file\."):
            Source.from_path(tmp_path / "a.csv")


def test_a_pipe_and_standard_input_are_lists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        pool.submit((tmp_path / "pipe").write_text, "+14155552671\n")
        assert Source.from_path(tmp_path / "pipe").size == 13
    null = Path(os.devnull).stat()
    monkeypatch.setattr(os, "fstat", lambda _: null)
    with pytest.raises(ListError, match="null is empty"):
        Source.from_path(Path(os.devnull))


def test_damaged_chunks_are_explained() -> None:
    whole = stream("+14155552671\n" * 100)
    damaged = Source("list", "", "txt", whole.size, whole.sha256, [whole.chunks[0][:-30]])
    with pytest.raises(ListError, match="damaged"):
        list(records(damaged, "utf-8", ""))


def test_hostile_names_are_made_safe(tmp_path: Path) -> None:
    path = tmp_path / "crm\x1b]52;c;x\x07\udcff.csv"
    path.write_text("+14155552671\n")
    source = Source.from_path(path)
    assert source.name.isprintable()
    assert source.path.isprintable()
    assert detect(stream("\x1b[2Jphone\n+14155552671\n"), Options()).columns == ("[2Jphone",)
