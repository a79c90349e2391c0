"""``doctor``: each check says its own, whatever the others say."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, Place, Run

CHECKS = [
    *("config", "proxy", "name", "service", "clock", "key", "state", "place", "permissions"),
    *("journal", "copy", "terminal", "versions"),
]


def examined(run: Run) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the findings by their check."""
    code, out, _ = run("doctor", "--json")
    lines = json.loads(out)
    assert all(list(line) == ["check", "result", "message", "remedy"] for line in lines)
    assert all(bool(line["remedy"]) == (line["result"] != "ok") for line in lines)
    return code, {line["check"]: line for line in lines}


def results(found: dict[str, Any], result: str) -> list[str]:
    return [check for check, line in found.items() if line["result"] == result]


def test_all_is_well(machine: Place, run: Run) -> None:
    code, found = examined(run)
    assert (code, list(found), results(found, "ok")) == (0, CHECKS, CHECKS)
    assert "100,000 WhatsApp credits" in found["key"]["message"]
    assert machine.world.ledger == []
    text = run("doctor")[1]
    assert [line.split()[:2] for line in text.splitlines()] == [["ok", check] for check in CHECKS]


@pytest.mark.parametrize(
    ("rule", "code", "failed"),
    [
        (Rule(call="balance", status=401), 3, ["key"]),
        (Rule(call="balance", status=503), 6, ["key"]),
        (Rule(cut="before"), 6, ["service", "key"]),
    ],
)
def test_what_fails_is_named_and_the_first_decides_the_code(
    machine: Place, run: Run, rule: Rule, code: int, failed: list[str]
) -> None:
    machine.simulator.add_fault(rule)
    exit_code, found = examined(run)
    assert (exit_code, results(found, "fail")) == (code, failed)
    assert found["state"]["result"] == "ok"


def test_no_network(machine: Place, run: Run) -> None:
    machine.simulator.stop()
    code, found = examined(run)
    assert (code, results(found, "fail")) == (6, ["service", "key"])


@pytest.mark.usefixtures("machine")
def test_no_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, found = examined(run)
    assert (code, results(found, "fail")) == (2, ["key"])


def test_a_bad_setting_keeps_nothing_else_from_being_checked(machine: Place, run: Run) -> None:
    (machine.directory / "config.toml").write_text("[lists]\nreuse_dys = 3")
    code, found = examined(run)
    assert (code, results(found, "fail")) == (2, ["config"])
    assert "reuse_dys" in found["config"]["message"]
    assert found["state"]["result"] == "ok"


def test_a_key_that_others_can_read(machine: Place, run: Run) -> None:
    file = machine.directory / "config.toml"
    file.write_text(f'[profiles.default]\napi_key = "{KEY}"\n')
    file.chmod(0o644)
    code, found = examined(run)
    assert (code, results(found, "warn")) == (0, ["config"])
    assert "chmod 600" in found["config"]["remedy"]


def test_a_damaged_state_file(machine: Place, run: Run) -> None:
    run("jobs")
    for file in machine.state.glob("state.db-*"):
        file.unlink()
    database = machine.state / "state.db"
    sound = database.read_bytes()
    # The first page stays: only reading the whole file finds it.
    database.write_bytes(sound[:4096] + os.urandom(len(sound) - 4096))
    code, found = examined(run)
    assert code == 1
    assert found["state"]["result"] == "fail"
    assert found["key"]["result"] == "ok"


def test_files_that_others_can_read(machine: Place, run: Run) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    copied = machine.state / "state.db.backup"  # what the program writes itself it makes private again
    copied.touch()
    copied.chmod(0o644)
    (machine.state / "journal.log").chmod(0o644)
    code, found = examined(run)
    assert (code, results(found, "warn")) == (0, ["permissions"])
    assert "state.db.backup" in found["permissions"]["message"]
    assert (machine.state / "journal.log").stat().st_mode & 0o777 == 0o600


def test_batches_that_only_the_journal_knows(machine: Place, run: Run) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    for file in machine.state.glob("state.db*"):
        file.unlink()
    code, found = examined(run)
    assert (code, results(found, "warn")) == (0, ["journal"])
    assert "adopt --journal" in found["journal"]["remedy"]


@pytest.mark.usefixtures("machine")
def test_a_proxy_is_shown_without_its_password(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine.directory / "config.toml").write_text("")
    monkeypatch.setenv("PROWEBLOOK_BASE_URL", "https://lookup.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:hunter2@127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    code, out, err = run("doctor")
    assert code == 6
    assert "http://127.0.0.1:9" in out
    assert "hunter2" not in out + err


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}, []),
        ({"TERM": "dumb", "COLUMNS": "100", "LINES": "30"}, ["TERM"]),
        ({"TERM": "", "COLUMNS": "40", "LINES": "10"}, ["TERM", "80 by 24"]),
    ],
)
@pytest.mark.usefixtures("machine")
def test_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], words: list[str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.isatty", lambda: True)
    terminal = examined(run)[1]["terminal"]
    assert terminal["result"] == ("warn" if words else "ok")
    assert all(word in terminal["remedy"] for word in words)


def test_it_runs_as_a_process_of_its_own(machine: Place, tmp_path: Path) -> None:
    ran = machine.run("--state-dir", str(tmp_path / "elsewhere"), "doctor")
    assert (ran.code, ran.err) == (0, "")
    assert KEY not in ran.out
    assert str(tmp_path / "elsewhere") in ran.out
