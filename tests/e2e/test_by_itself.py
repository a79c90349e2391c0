"""Answers in a file by themselves, lists that are asked again, and numbers that are known: as commands."""

import contextlib
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pwl_tui.engine.jobs.wishes import new_wish, target_for
from pwl_tui.state.store import Store
from tests.e2e.harness import Place, Run


def test_a_list_is_exported_when_it_is_finished_whoever_finishes_it(
    machine: Place, run: Run, tmp_path: Path
) -> None:
    code, _, err = run(
        "submit", "list.csv", "--yes", "--export", "on.txt", "--only", "on-whatsapp", "--digits"
    )
    assert (code, "It will be exported to" in err) == (0, True)
    asked = err[: err.index("Created job")]
    export = f"Once the job is finished, the list will be exported to {tmp_path / 'on.txt'}."
    assert export in asked, "before it is paid for"
    job = json.loads(run("show", "1", "--json")[1])
    assert job["export"] == {"path": str(tmp_path / "on.txt"), "written": None, "files": [], "error": None}
    assert run("watch")[0] == 0
    job = json.loads(run("show", "1", "--json")[1])
    assert job["export"]["files"] == [{"path": str(tmp_path / "on.txt"), "rows": job["on_whatsapp"]}]
    assert [line for line in (tmp_path / "on.txt").read_text().splitlines() if not line.isdecimal()] == []
    assert f"Exported to {tmp_path / 'on.txt'}" in run("jobs")[1]
    (tmp_path / "on.txt").unlink()
    assert run("watch")[:2] == (0, "Nothing to watch: every job is finished.\n")
    assert not (tmp_path / "on.txt").exists()
    assert len(machine.world.ledger) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--export", "list.csv"], "already exists"),
        (["--export", "no/a.csv"], "does not exist"),
        (["--export", "a.pdf"], "unknown"),
        (["--split"], "Add --export FILE"),
        (["--export", "a.csv", "--no-export"], "not allowed with"),
        (["--export", "a.csv", "--only", "failed", "--split"], "not allowed with"),
    ],
)
def test_an_export_that_cannot_be_is_refused_before_anything_is_paid(
    machine: Place, run: Run, options: Sequence[str], said: str
) -> None:
    code, out, err = run("submit", "list.csv", "--yes", "--wait", *options)
    assert (code, out, said in err) == (2, "", True)
    assert (machine.world.ledger, json.loads(run("jobs", "--json")[1])) == ([], [])


def test_an_export_that_fails_later_is_said_and_ends_with_a_code(
    machine: Place, run: Run, tmp_path: Path
) -> None:
    assert run("submit", "list.csv", "--yes", "--export", "a.csv")[0] == 0
    (tmp_path / "a.csv").write_text("theirs")
    code, out, err = run("watch", "--json")
    assert (code, "already exists" in err) == (1, True)
    assert json.loads(out)[0]["export"]["error"]["message"] == "a.csv already exists."
    assert (tmp_path / "a.csv").read_text() == "theirs"
    assert len(machine.world.ledger) == 1
    assert "a.csv already exists. Move that file away" in run("worker", "status")[1]


def test_the_configured_export_is_for_every_list_but_retries(
    machine: Place, run: Run, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'{config.read_text()}[export]\nwhen_done = "{{dir}}/{{name}}-{{date}}.jsonl"\n')
    assert run("submit", "list.csv", "--yes", "--wait", "--name", "a/b")[0] == 0
    [file] = tmp_path.glob("a-b-*.jsonl")
    assert len(file.read_text().splitlines()) == 5
    assert run("submit", "list.csv", "--yes", "--wait", "--no-export")[0] == 0
    assert run("submit", "list.csv", "--yes", "--wait", "--name", "a/b")[0] == 2
    assert len(machine.world.ledger) == 1


def test_a_list_is_asked_again_and_its_changes_are_told(machine: Place, run: Run, tmp_path: Path) -> None:
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    code, _, err = run("recheck", "1", "--yes")
    assert (code, "nothing to recheck" in err) == (2, True)
    plan = json.loads(run("recheck", "1", "--older-than", "0", "--plan", "--json")[1])
    left = plan["blank"] + plan["rejected"] + plan["duplicates"] + plan["held"]
    assert (plan["to_pay"], plan["rows"] - left) == (2, 2)
    assert run("recheck", "1", "--older-than", "0")[0] == 2  # nobody to ask
    assert run("changes", "1")[0] == 2
    assert len(machine.world.ledger) == 1
    code, out, err = run(
        "recheck", "1", "--older-than", "0", "--yes", "--wait", "--json", "--export", "again.csv"
    )
    assert (code, json.loads(out)["recheck_of"]) == (0, "1"), err
    assert (tmp_path / "again.csv").read_text().splitlines()[0].endswith("wa_note,wa_before,wa_changed")
    changes = json.loads(run("changes", "1", "--json")[1])
    assert (changes["job"], changes["of"], changes["unchanged"], changes["changes"]) == ("2", "1", 2, [])
    assert "2  unchanged" in run("changes", "list recheck")[1]
    assert [charge.amount for charge in machine.world.ledger] == [2, 2]


def test_what_is_known_of_a_number_costs_nothing(machine: Place, run: Run) -> None:
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    machine.simulator.stop()
    code, out, _ = run("known", "(415) 555-2671", "+447400123456", "--json")
    one, other = json.loads(out)
    assert (code, one["number"], one["lists"][0]["name"], one["at"]) == (
        0,
        "+14155552671",
        "list",
        one["lists"][0]["at"],
    )
    assert (other["on_whatsapp"], other["at"], other["lists"]) == (None, None, [])
    assert "job 1 list:" in run("known", "+14155552671")[1]
    code, _, err = run("known", "n/a")
    assert (code, "'n/a' is not a phone number." in err) == (2, True)


def wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


_EXPORTING = """
import sys
from pathlib import Path
from pwl_tui.config import Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.state.store import Store
engine = Engine(Store.open(Path(sys.argv[1])), Settings())
while engine.wishes.left():
    engine.wishes.carry_out()
"""


@pytest.mark.slow
def test_an_export_is_whole_and_there_once_however_often_its_processes_are_killed(
    machine: Place, run: Run, tmp_path: Path
) -> None:
    rows = 40_000
    (tmp_path / "long.txt").write_text("".join(f"+1415{2_000_000 + n}\n" for n in range(rows)))
    target = tmp_path / "answers" / "long.csv"
    target.parent.mkdir()
    code, _, err = run("submit", "long.txt", "--yes", "--wait", "--numbers", "possible")
    assert code == 0, err
    store = Store.open(machine.state)
    with store._database.transaction() as c:  # noqa: SLF001 - so that nobody has exported it yet
        c.execute("INSERT INTO wishes (job, path, target) VALUES (1, ?, ?)", new_wish(target_for(target)))
    store.close()
    chance, left = random.Random(7), set[Path]()
    cut = 0
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", _EXPORTING, str(machine.state)])
        while process.poll() is None and set(target.parent.glob(".*.part")) <= left:
            wait(process, 0.002)
        wait(process, chance.uniform(0.0, 0.05))
        process.kill()
        process.wait()
        left = set(target.parent.glob(".*.part"))
        cut += bool(left)
    assert cut > 1, "no process was killed while it was writing"
    subprocess.run([sys.executable, "-c", _EXPORTING, str(machine.state)], check=True, timeout=60)
    assert [path.name for path in target.parent.iterdir()] == ["long.csv"]
    assert len(target.read_text().splitlines()) == rows + 1
    written = json.loads(run("show", "1", "--json")[1])["export"]
    assert written["files"] == [{"path": str(target), "rows": rows}]
