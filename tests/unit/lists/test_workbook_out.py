"""What workbooks hold, what is in the way of writing one, and what is left then."""

import errno
import gc
import io
import re
import resource
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from python_calamine import load_workbook

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.write.workbook import workbook
from pwl_tui.state.files.scratch import scratch
from pwl_tui.state.store import ROOM_BYTES
from tests.unit.export_sample import lend

ROWS = [[f"+1415{number}", "x" * 50] for number in range(2_000_000, 2_001_000)]
_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MARKUP = ["<r>", "</r>", "<t>", "_x0041_", "_x0041", "x0042_", "_x00e9_", "\x01", "\r", "\ud800", "\uffff"]
_TEXTS = st.lists(st.sampled_from(_MARKUP) | st.characters(), max_size=6).map("".join)


def book(rows: Sequence[Sequence[str]], top: Sequence[Sequence[str]] = ()) -> io.BytesIO:
    stream = io.BytesIO()
    with workbook(stream, lend, top, max(map(len, [*top, *rows]))) as add:
        add(rows)
    stream.seek(0)
    return stream


def sheet_xml(stream: BinaryIO) -> ElementTree.Element:
    with ZipFile(stream) as archive, archive.open("xl/worksheets/sheet1.xml") as sheet:
        return ElementTree.parse(sheet).getroot()  # noqa: S314 - ours


def sheets_of(stream: BinaryIO) -> dict[str, list[list[object]]]:
    found = load_workbook(stream)
    return {
        name: [list(row) for row in found.get_sheet_by_name(name).to_python()] for name in found.sheet_names
    }


# -- what a workbook holds


@given(st.lists(st.lists(_TEXTS, min_size=1, max_size=4), min_size=1, max_size=6))
@example([["<r><t>bold</t></r>", "_x0041_x0042_", "_x0041\x01"], ["\ud83d", "\udd25\ud83d", " a ", "\n"]])
def test_any_text_survives(rows: list[list[str]]) -> None:
    # Escapes are read from left to right, each once, as Excel reads them.
    back = {
        cell.get("r"): re.sub(
            "_x([0-9A-Fa-f]{4})_", lambda escape: chr(int(escape[1], 16)), "".join(cell.itertext())
        )
        for cell in sheet_xml(book(rows)).iter(f"{_SPACE}c")
    }
    assert back == {
        f"{'ABCD'[column]}{row}": cell
        for row, cells in enumerate(rows, 1)
        for column, cell in enumerate(cells)
        if cell
    }


@pytest.mark.slow
def test_nothing_becomes_a_number_a_formula_or_a_link() -> None:
    # A sheet holds no more than 65,530 links.
    rows = [["=1+1", f"http://example.com/{row}", "0123456789012345678", "TRUE"] for row in range(66_000)]
    written = book(rows)
    assert sheets_of(written) == {"Answers": rows}
    with ZipFile(written) as archive:
        assert not [name for name in archive.namelist() if "sheet1.xml.rels" in name]
    assert {cell.get("t") for cell in sheet_xml(written).iter(f"{_SPACE}c")} == {"inlineStr"}


def test_a_cell_of_the_greatest_length_is_kept_whole() -> None:
    rows = [["x" * 32_767, "\U0001f525" * 16_383]]
    assert sheets_of(book(rows)) == {"Answers": rows}


@pytest.mark.parametrize("cell", ["x" * 32_768, "\U0001f525" * 16_384])
def test_a_longer_cell_is_explained(cell: str) -> None:
    with pytest.raises(ListError, match="32,767 characters"):
        book([[cell]])


def test_a_sheet_of_too_many_bytes_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwl_tui.lists.write.workbook._MAX_SHEET_BYTES", 100_000)
    rows = [[f"{row:04}", "x" * 100] for row in range(1500)]
    first, *others = sheets_of(book(rows, top=[["number", "text"]])).values()
    assert others
    assert {len(sheet) > 1 and tuple(sheet[0]) for sheet in [first, *others]} == {("number", "text")}
    assert [row for sheet in [first, *others] for row in sheet[1:]] == rows


# -- temporary files


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """Return a state directory in which nothing may be left but the lock."""
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    yield directory
    assert [path.name for path in directory.rglob("*")] == ["scratch.lock"]
    gc.collect()  # anything that complains when it is collected fails the test now


class Watched(io.BytesIO):
    """Where a workbook goes.

    Args:
        watch: called whenever something is written.
    """

    def __init__(self, watch: Callable[[], None]) -> None:
        super().__init__()
        self._watch = watch

    def write(self, data: Any) -> int:
        self._watch()
        return super().write(data)


def export(
    state: Path,
    stream: BinaryIO,
    *,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Write a workbook; `before` and `after` are called around the writing of its rows."""
    with workbook(stream, partial(scratch, state), [], 2) as add:
        before()
        add(ROWS)
        after()


def test_temporary_files_can_be_read_by_their_owner_alone(state: Path) -> None:
    seen: list[set[tuple[bool, int]]] = []

    def look() -> None:
        seen.append({(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in state.rglob("*")})

    export(state, Watched(look), after=look)
    assert len(seen) > 1
    assert all(modes == {(True, 0o700), (False, 0o600)} for modes in seen)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_temporary_file_that_cannot_be_written_is_explained(state: Path, when: str) -> None:
    with ExitStack() as limits:
        limit: dict[str, Any] = {when: lambda: limits.enter_context(file_size_limit(50_000))}
        with pytest.raises(ListError, match=r"temporary files in .*/state: file too large\.$"):
            export(state, io.BytesIO(), **limit)


@pytest.mark.parametrize(("more", "complete"), [(-1, False), (1_000, True)])
def test_the_room_that_sending_needs_is_left_alone(
    state: Path, monkeypatch: pytest.MonkeyPatch, more: int, complete: bool
) -> None:
    written = []
    usage = SimpleNamespace(free=ROOM_BYTES * 2 + more)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ListError, match=r"temporary files in .*/state: only 67 MB are free\.$"):
        export(state, io.BytesIO(), after=lambda: written.append(ROWS))
    assert bool(written) == complete


def test_a_target_that_cannot_be_written_is_the_callers_to_explain(state: Path) -> None:
    def fail() -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(OSError, match="no space left"):
        export(state, Watched(fail))


def test_an_export_that_is_stopped_leaves_nothing(state: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(state, io.BytesIO(), after=stop)
