"""The list comes back with its answers, whatever it was and wherever it has gone."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from python_calamine import load_workbook

from tests.e2e.harness import Place, Run

SAMPLES = Path(__file__).parents[1] / "lists" / "samples"
LISTS = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".json")


@pytest.mark.slow
@pytest.mark.parametrize("sample", LISTS, ids=lambda path: path.name)
def test_a_list_that_is_gone_comes_back_row_by_row(
    machine: Place, run: Run, tmp_path: Path, sample: Path
) -> None:
    expected = json.loads(sample.with_name(f"{sample.name}.json").read_text())
    theirs = Path(shutil.copy(sample, tmp_path))
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace('region = "US"', ""))
    options = [f"--{name}={value}" for name, value in expected["options"].items() if value is not False]
    options += ["--no-header"] if expected["options"].get("header") is False else []
    code, _, err = run("submit", theirs.name, "--yes", "--wait", "--name=it", "--reuse-days=0", *options)
    if not [row for row in expected["rows"] if row.startswith("+")]:
        assert (code, machine.world.ledger) == (2, [])
        return
    assert code == 0, err
    theirs.unlink()

    assert run("export", "it", "-o", "it.jsonl")[0] == 0
    answers = [json.loads(line) for line in (tmp_path / "it.jsonl").read_text().splitlines()]
    came = [answer["wa_number"] or answer["wa_note"] for answer in answers]
    # Of several numbers in a row, the one with the best answer.
    pairs = zip(came, expected["rows"], strict=True)
    assert all(one == row or (row[0] == "+" and one in row.split()) for one, row in pairs)
    assert {answer["wa_outcome"] for answer in answers} <= {"completed", "failed", "rejected"}

    assert run("export", "it", "-o", "it.xlsx")[0] == 0
    sheet = load_workbook(str(tmp_path / "it.xlsx")).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert len(sheet) - expected["preamble"] - len(answers) in {0, 1}
    assert [row[-7] for row in sheet[-len(answers) :]] == [answer["wa_number"] or "" for answer in answers]


@pytest.mark.usefixtures("machine")
def test_a_file_for_each_outcome(run: Run, tmp_path: Path) -> None:
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    code, out, _ = run("export", "1", "-o", "answers.csv", "--split")
    assert code == 0
    files = {path.name: path for path in tmp_path.glob("answers-*.csv")}
    assert all(name in out for name in files)
    outcomes = {name: {row["wa_outcome"] for row in rows_of(path)} for name, path in files.items()}
    assert outcomes.pop("answers-rejected.csv") == {"rejected"}
    assert set().union(*outcomes.values()) <= {"completed", "failed"}
    assert sum(len(rows_of(path)) for path in files.values()) == 5
    code, _, err = run("export", "1", "-o", "answers.csv", "--split", "--only", "failed")
    assert (code, "not allowed with" in err) == (2, True)


@pytest.mark.usefixtures("machine")
def test_a_name_that_is_not_in_utf_8_is_as_good_as_any(run: Run, tmp_path: Path) -> None:
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    name = os.fsdecode(b"\xff.csv")
    assert run("export", "1", "-o", name)[0] == 0
    assert len(rows_of(tmp_path / name)) == 5


@pytest.mark.parametrize("name", ["state.db", "journal.log", "database", "new.csv"])
def test_no_export_gets_into_the_state_directory(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    (machine.directory / "alias").symlink_to(machine.state)
    before = sorted(machine.state.iterdir())
    for path in (machine.state / name, Path("alias", name)):
        for command in (("export", "1", "-o"), ("plan", "list.csv", "--save-rejected")):
            more = ("--format", "csv") if command[0] == "export" else ()
            code, _, err = run(*command, str(path), "--force", *more)
            assert (code, "is the state directory of pwl-tui" in err) == (2, True), err
    assert (
        run("submit", "list.csv", "--yes", "--reuse-days=0", "--export", str(machine.state / "a.csv"))[0] == 2
    )
    monkeypatch.chdir(machine.state)
    assert run("export", "1", "-o", name, "--force", "--format", "csv")[0] == 2
    assert sorted(machine.state.iterdir()) == before
    assert run("jobs")[0] == 0


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))
