"""A plan as people see it, and the rows that it rejects."""

import csv
import io
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pwl_tui.cli.output import ASCII, BLOCKS, Marks
from pwl_tui.cli.render.plan_funnel import plan_text
from pwl_tui.engine.jobs.exporting import save_rejected
from pwl_tui.engine.jobs.planning import NOT_CHOSEN, JobPlan
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.e2e.harness import LIST, Place, Run, place

PICTURE = """\
          5  rows                     ████████████████████████████████████████
          1  empty                    ████████████████████████████████░░░░░░░░
          1  rejected                 ████████████████████████░░░░░░░░
          1    not a number
          1  duplicates               ████████████████░░░░░░░░
          2  to pay                   ████████████████
          1  batch
    100,000  credits now
     99,998  credits after
"""


@pytest.mark.usefixtures("machine")
def test_the_rows_narrow_down_to_what_is_paid(run: Run) -> None:
    code, out, _ = run("plan", "list.csv")
    assert code == 0
    assert f"\n\n{PICTURE}" in out


@pytest.mark.slow
def test_reuse_says_what_it_saves_and_past_jobs_how_long_it_takes(tmp_path: Path) -> None:
    with place(tmp_path, rate=1_000.0) as machine:
        (tmp_path / "list.csv").write_text(LIST)
        assert "recent jobs" not in machine.run("plan", "list.csv").out
        assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
        planned = machine.run("plan", "list.csv")
        assert "2  reused    " in planned.out
        assert planned.out.endswith(
            "\n\n2 reused from earlier jobs, which saves 2 credits."
            "\nWith --reuse-days 0, they are sent and paid for again.\n"
        )
        assert machine.run("plan", "list.csv", "--json").json["seconds"] is None
        again = machine.run("plan", "list.csv", "--reuse-days", "0")
        assert "saves" not in again.out
        assert "1  batch, less than a minute (based on recent jobs)\n" in again.out
        shape = machine.run("plan", "list.csv", "--reuse-days", "0", "--json").json
        assert 0 <= shape["seconds"] < 60


@pytest.mark.parametrize(("name", "setting"), [("TERM", "dumb"), ("PYTHONIOENCODING", "ascii")])
def test_a_picture_is_ascii_where_blocks_cannot_be_written(
    machine: Place, monkeypatch: pytest.MonkeyPatch, name: str, setting: str
) -> None:
    monkeypatch.setenv(name, setting)
    ran = machine.run("plan", "list.csv")
    assert ran.code == 0
    assert PICTURE.translate(str.maketrans("█░", "#.")) in ran.out


MILLION = 1_000_000


@given(
    blank=st.integers(0, MILLION),
    rejected=st.integers(0, MILLION),
    duplicates=st.integers(0, MILLION),
    dispositions=st.binary(min_size=1, max_size=20).map(lambda drawn: bytearray(byte % 3 for byte in drawn)),
    marks=st.sampled_from([ASCII, BLOCKS]),
)
def test_a_picture_fits_and_shows_all_that_falls_out(
    blank: int, rejected: int, duplicates: int, dispositions: bytearray, marks: Marks
) -> None:
    listed = plan(Source.from_text("+14155552671", "list"), Options())
    rows = blank + rejected + duplicates + len(dispositions)
    numbers = array("q", range(len(dispositions)))
    listed = replace(
        listed, rows=rows, blank=blank, rejected=rejected, duplicates=duplicates, numbers=numbers
    )
    planned = JobPlan(listed, dispositions, {}, balance=MILLION, left_out_because=NOT_CHOSEN)
    text = plan_text(planned, seconds=9e9, marks=marks)
    assert max(map(len, text.splitlines())) <= 80
    lines = [(line[13:37].strip(), line[37:].strip()) for line in text.splitlines()]
    bars = {name: bar for name, bar in lines if bar and set(bar) <= set(marks)}
    counts = {
        "empty": blank,
        "rejected": rejected,
        "duplicates": duplicates,
        "reused": planned.reused,
        "left out": planned.left_out,
    }
    assert {name: marks.lost in bar for name, bar in bars.items() if name in counts} == {
        name: True for name, count in counts.items() if count
    }
    lengths = [bar.count(marks.full) for bar in bars.values()]
    assert lengths == sorted(lengths, reverse=True)
    assert (marks.full in text.split("to pay")[1]) == (planned.to_pay > 0)


# -- rejected rows


def test_rejected_rows_are_saved_with_their_own_cells(machine: Place, run: Run) -> None:
    text = (
        'name,phone,note\nAda,(415) 555-2671,\n"B, ""b""",call me,"two\nlines"\n,,\nCy,12\n'
        ",+44 20 7946 0958,x\n"
    )
    (machine.directory / "list.csv").write_text(text)
    code, _, err = run("plan", "list.csv", "--save-rejected", "bad.csv")
    assert (code, "2 rejected rows saved to bad.csv." in err) == (0, True)
    with (machine.directory / "bad.csv").open(newline="") as saved:
        assert list(csv.reader(saved)) == [
            ["wa_row", "wa_note", "name", "phone", "note"],
            ["3", "not a number", 'B, "b"', "call me", "two\nlines"],
            ["5", "too short", "Cy", "12"],
        ]


def test_rejected_rows_keep_the_lists_delimiter_and_mark(machine: Place, run: Run) -> None:
    (machine.directory / "list.csv").write_text("né;phone\n+14155552671;n/a\n;+14155552671\n", "utf-16")
    assert run("plan", "list.csv", "--column", "phone", "--save-rejected", "bad.csv")[0] == 0
    saved = (machine.directory / "bad.csv").read_bytes()
    assert saved.decode("utf-8-sig") == "wa_row;wa_note;né;phone\r\n2;not a number;+14155552671;n/a\r\n"
    assert saved.startswith(b"\xef\xbb\xbf")


@pytest.mark.usefixtures("machine")
def test_saving_overwrites_nothing_unasked_and_never_the_list(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "bad.csv"
    target.write_text("mine")
    for command in (("plan",), ("submit", "--yes")):
        code, _, err = run(*command, "list.csv", "--save-rejected", "bad.csv")
        assert (code, "--force" in err, target.read_text()) == (2, True, "mine")
        code, _, err = run(*command, "list.csv", "--save-rejected", "list.csv", "--force")
        assert (code, "the list itself" in err, (tmp_path / "list.csv").read_text()) == (2, True, LIST)
    assert run("jobs")[1].startswith("No jobs yet")
    assert run("plan", "list.csv", "--save-rejected", "bad.csv", "--force")[0] == 0
    assert target.read_text().startswith("wa_row")


@pytest.mark.usefixtures("machine")
def test_without_a_rejected_row_no_file_is_made(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("+14155552671\n")
    code, _, err = run("plan", "good.txt", "--save-rejected", "bad.csv")
    assert (code, "bad.csv was not written" in err) == (0, True)
    assert not (tmp_path / "bad.csv").exists()


@given(cells=st.lists(st.sampled_from(["+14155552671", "call me", "", "12"])))
def test_every_rejected_row_is_saved_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    cells = [*cells, "+442079460958"]  # a list needs a number
    path = tmp_path_factory.mktemp("saved") / "bad.csv"
    written = io.StringIO()
    csv.writer(written).writerows(enumerate(cells))
    listed = plan(Source.from_text(written.getvalue(), "list"), Options(header=False, column="2"))
    assert save_rejected(listed, path, path.parent / "state", force=False) == listed.rejected
    with path.open(newline="") as saved:
        back = [(int(row), int(index), cell) for row, _, index, cell in csv.reader(saved)]
    assert back == [(i + 1, i, cell) for i, cell in enumerate(cells) if cell in {"call me", "12"}]
