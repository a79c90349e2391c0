import gzip
import io

import pytest

from pwl_tui.lists import plan as plan_module
from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import row_label
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.findings import Aspect, Candidate, Finding, Sureness
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.rows import header, preamble, rows
from pwl_tui.lists.read.source import MAX_LINE_BYTES, Source


def stream(data: bytes | str) -> Source:
    return Source.from_stream(io.BytesIO(data if isinstance(data, bytes) else data.encode()), "list")


def found(source: Source, aspect: Aspect, options: Options | None = None) -> Finding:
    findings = detect(source, options or Options()).findings
    return next(finding for finding in findings if finding.aspect == aspect)


RUSSIAN = "имя,город\nИлья Шмидт,Юрьев\nЖилин Юрий,Пермь\n"
PHONES = "name,phone\nAda,+14155552671\nBo,+14155552672\n"


@pytest.mark.parametrize(
    ("data", "options", "aspect", "value", "sure"),
    [
        (PHONES, Options(), "encoding", "utf-8", "sure"),
        (PHONES.encode("utf-8-sig"), Options(), "encoding", "utf-8-sig", "sure"),
        (PHONES.encode("utf-16-le"), Options(), "encoding", "utf-16-le", "sure"),
        (RUSSIAN.encode("cp1251"), Options(), "encoding", "cp1251", "likely"),
        ("Zoë,+14155552671\n".encode("cp1252"), Options(), "encoding", "cp1252", "guess"),
        (PHONES, Options(encoding="latin1"), "encoding", "iso8859-1", "given"),
        (PHONES, Options(), "delimiter", "comma", "sure"),
        (PHONES + "Cy\n" * 2, Options(), "delimiter", "comma", "guess"),
        ("sep=|\nname|phone\nAda|+14155552671\n", Options(), "delimiter", "pipe", "sure"),
        ("+14155552671\n", Options(), "delimiter", "none", "likely"),
        (PHONES, Options(delimiter="tab"), "delimiter", "tab", "given"),
        (PHONES, Options(), "header", "yes", "sure"),
        ("Ada,+14155552671\n", Options(), "header", "no", "sure"),
        ("Ada,?\nBo,+14155552671\n", Options(), "header", "no", "likely"),
        (PHONES, Options(header=True), "header", "yes", "given"),
        (PHONES, Options(), "column", "phone", "sure"),
        ("a,b\n+14155552671,+14155552672\n", Options(), "column", "a", "guess"),
        ("phone,mobile\n+14155552671,+14155552672\n", Options(), "column", "mobile", "guess"),
        (PHONES, Options(column="1"), "column", "name", "given"),
        (PHONES, Options(region="us"), "region", "US", "given"),
        ("country,phone\nUS,4155552671\n", Options(), "region", "per row", "likely"),
        ("where,phone\nUS,4155552671\n", Options(region_column="where"), "region", "per row", "given"),
    ],
)
def test_each_finding_says_how_sure_it_is(
    data: bytes | str, options: Options, aspect: Aspect, value: str, sure: Sureness
) -> None:
    finding = found(stream(data), aspect, options)
    assert (finding.value, finding.sure) == (value, sure)
    assert bool(finding.why) == (sure != "given" or value == "per row")


def test_all_phone_columns_are_candidates_the_likeliest_first() -> None:
    text = "fax,name,phone,mobile\n+14155552671,Ada,+14155552672,+14155552673\n+14155552674,Bo,n/a,\n"
    reading = detect(stream(text), Options())
    assert reading.column == 3
    assert reading.candidates == (Candidate(3, 1.0), Candidate(2, 0.5), Candidate(0, 1.0))


@pytest.mark.parametrize(
    ("text", "before", "names", "label"),
    [
        ("Report,\n,\nname,phone\nAda,+14155552671\n", [["Report", ""], ["", ""]], ["name", "phone"], 4),
        ("sep=;\nname;phone\nAda;+14155552671\n", [["sep=", ""]], ["name", "phone"], 3),
        ("\nname,phone\nAda,+14155552671\n", [[]], ["name", "phone"], 3),
        ("Ada,\nBo,+14155552671\n", [], [], 1),
        ("\n\n+14155552671\n", [], [], 1),
        ("phone\n+14155552671\n", [], ["phone"], 2),
    ],
)
def test_titles_above_the_header_are_not_rows(
    text: str, before: list[list[str]], names: list[str], label: int
) -> None:
    source = stream(text)
    reading = detect(source, Options())
    assert preamble(source, reading) == before
    assert header(source, reading) == names
    assert row_label(0, reading) == label
    assert label - 1 + sum(1 for _ in rows(source, reading)) == len(text.splitlines())


class Endless(io.RawIOBase):
    """A stream without an end, which remembers how much was taken from it."""

    def __init__(self, piece: bytes) -> None:
        self.piece, self.taken = piece, 0

    def read(self, _size: int = -1) -> bytes:
        self.taken += len(self.piece)
        return self.piece


def test_an_endless_line_is_not_read_whole() -> None:
    endless = Endless(b"0123456789" * 10_000)
    with pytest.raises(ListError, match="a line of more than"):
        Source.from_stream(endless, "list")  # type: ignore[arg-type] # a raw stream will do
    assert endless.taken < 2 * MAX_LINE_BYTES


def test_an_endless_compressed_line_is_not_read_whole() -> None:
    with pytest.raises(ListError, match="a line of more than"):
        stream(gzip.compress(b"0" * 10**7, mtime=0))


def test_a_list_with_too_many_rows_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "MAX_ROWS", 2)
    assert plan(stream("+14155552671\n" * 2), Options()).rows == 2
    with pytest.raises(ListError, match="more than 2 rows"):
        plan(stream("+14155552671\n" * 3), Options())


def test_reading_a_list_reports_progress_and_can_be_canceled() -> None:
    told: list[int] = []
    data = b"+14155552671\n" * 50_000
    Source.from_stream(io.BytesIO(data), "list", watch=told.append)
    assert told == sorted(told)
    assert told[-1] == len(data)

    def give_up(_: int) -> None:
        raise PlanCancelledError

    with pytest.raises(PlanCancelledError):
        Source.from_stream(io.BytesIO(data), "list", watch=give_up)
    with pytest.raises(PlanCancelledError):
        plan(stream(data), Options(), cancelled=lambda: True)
