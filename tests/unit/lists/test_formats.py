import gzip
import io
from pathlib import Path

import pytest

from pwl_tui.cli.main import main
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import (
    KINDS,
    ListKind,
    is_list_name,
    kind_named,
    kind_of,
    labels,
    markdown_table,
    suffixes,
    supported,
)
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.ui.presenters.plan import hint_lines

SAMPLES = Path(__file__).parents[2] / "lists" / "samples"
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def samples(kind: ListKind) -> list[Path]:
    return [path for path in SAMPLES.iterdir() if path.suffix in kind.suffixes]


@each_kind
def test_each_kind_has_a_sample_that_is_read_as_that_kind(kind: ListKind) -> None:
    assert samples(kind)
    assert {Source.from_path(path).kind for path in samples(kind)} == {kind.name}


@each_kind
def test_a_list_of_any_kind_may_be_compressed(kind: ListKind, tmp_path: Path) -> None:
    sample = samples(kind)[0]
    compressed = tmp_path / f"{sample.name}.gz"
    compressed.write_bytes(gzip.compress(sample.read_bytes()))
    plain, again = Source.from_path(sample), Source.from_path(compressed)
    assert (again.kind, again.sha256) == (plain.kind, plain.sha256)


@each_kind
def test_help_errors_hint_and_readme_table_name_each_kind(
    kind: ListKind, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    told = [capsys.readouterr().out, supported(), markdown_table()]
    assert all(suffix in text and kind.label in text for text in told for suffix in kind.suffixes)
    assert kind.label in hint_lines("/", []).plain


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"phone", "crm.csv", "csv"),
        (b"phone", "crm.TSV", "tsv"),
        (b"phone", "crm.tab.gz", "tsv"),
        (b"phone", "crm.2024.txt", "txt"),
        (b"phone", "crm", "csv"),
        (b"phone", "really text.xlsx", "csv"),
        (b"PK\x03\x04", "crm.xlsx", "xlsx"),
        (b"PK\x03\x04", "crm.xlsb.gz", "xlsx"),
        (b"PK\x03\x04", "crm.ods", "ods"),
        (b"PK\x03\x04", "really a workbook.csv", "xlsx"),
        (b"\xd0\xcf\x11\xe0", "crm.xls", "xls"),
        (b"\xd0\xcf\x11\xe0", "really an old workbook.xlsx", "xls"),
        (b"", "", "csv"),
    ],
)
def test_the_contents_decide_the_kind_and_the_name_only_where_they_leave_a_choice(
    head: bytes, name: str, kind: str
) -> None:
    assert kind_of(head, name).name == kind


def test_a_kind_stored_by_a_newer_version_is_read_as_csv() -> None:
    assert kind_named("abacus") == kind_named("csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crm.csv", True),
        ("crm.XLSM", True),
        ("crm.ods", True),
        ("crm.txt.gz", True),
        ("numbers.gz", True),
        ("holiday.tar.gz", False),
        ("photo.png", False),
        ("csv", False),
    ],
)
def test_the_form_and_the_browser_offer_files_that_may_be_lists(name: str, expected: bool) -> None:
    assert is_list_name(name) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 rest",
        b"\xd0\xcf\x11\xe0 rest",
    ],
    ids=["zip", "OLE"],
)
def test_an_unsupported_list_is_refused_with_the_supported_kinds(data: bytes) -> None:
    with pytest.raises(ListError) as caught:
        Source.from_stream(io.BytesIO(data), "list")
    remedy = caught.value.problem.remedy
    assert labels() in remedy
    assert suffixes() in remedy


@pytest.mark.parametrize("name", ["excel_97.xls", "excel_binary.xlsb", "libreoffice_titles.ods"])
def test_a_workbook_is_planned_the_same_from_its_stored_copy(name: str) -> None:
    source = Source.from_path(SAMPLES / name)
    stored = Source.from_chunks(
        name=source.name,
        path="",
        kind=source.kind,
        size=source.size,
        sha256=source.sha256,
        chunks=source.chunks,
    )
    assert plan(stored, Options()).numbers == plan(source, Options()).numbers
