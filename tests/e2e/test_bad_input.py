"""One sentence and an exit code for every kind of bad input, and nothing is spent."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import Place, Run

BAD_LISTS: list[tuple[str, bytes | None, tuple[str, ...], str]] = [
    ("missing.csv", None, (), "missing.csv"),
    ("empty.csv", b"", (), "empty"),
    ("binary.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), (), "binary"),
    ("words.csv", b"name,city\nAda,London\nBob,Paris\n", (), "number"),
    ("list.csv", None, ("--column", "mobile"), "mobile"),
    ("list.csv", None, ("--column", "9"), "9"),
    ("list.csv", None, ("--region", "XX"), "XX"),
    ("list.csv", None, ("--encoding", "klingon"), "klingon"),
    ("list.csv", None, ("--encoding", "utf-16"), "not valid utf-16"),
    ("list.csv", None, ("--encoding", "rot13"), "not an encoding"),
    ("list.csv", None, ("--sheet", "one"), "--sheet"),
    ("book.xlsx", b"PK\x03\x04rest", (), "xlsx"),
    (".", None, (), "directory"),
]


@pytest.mark.parametrize(("name", "content", "arguments", "word"), BAD_LISTS)
@pytest.mark.parametrize("command", ["plan", "submit"])
def test_an_unusable_list_gets_one_sentence(
    machine: Place,
    run: Run,
    command: str,
    name: str,
    content: bytes | None,
    arguments: tuple[str, ...],
    word: str,
) -> None:
    if content is not None:
        (machine.directory / name).write_bytes(content)
    code, out, err = run(command, name, *arguments)
    assert code == 2
    assert out == ""
    assert word.lower() in err.lower()
    code, out, _ = run(command, name, "--json", *arguments)
    assert code == 2
    error: dict[str, Any] = json.loads(out)["error"]
    assert (error["kind"], error["charged"]) == ("invalid_request", "no")
    assert error["message"]
    assert error["remedy"]
    assert machine.world.ledger == []


BAD_SETTINGS = [
    ("profile = = 1", {}, "line 1"),
    ("[lists]\nreuse_dys = 3", {}, "reuse_dys"),
    ("[lists]\nreuse_days = 'x'", {}, "reuse_days"),
    ("profile = 'other'", {}, "other"),
    ("", {"PROWEBLOOK_BASE_URL": "http://lookup.example.com"}, "https"),
    ("", {"PROWEBLOOK_BASE_URL": "https://user:word@lookup.example.com"}, "user"),
]


@pytest.mark.parametrize(("text", "environ", "word"), BAD_SETTINGS)
def test_a_bad_setting_gets_one_sentence(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch, text: str, environ: dict[str, str], word: str
) -> None:
    (machine.directory / "config.toml").write_text(text)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    code, _, err = run("balance")
    assert code == 2
    assert word in err
    assert machine.simulator.requests == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule(status=401), 3),
        (Rule(dialect="digichat", code="ip_not_allowed"), 3),
        (Rule(status=402, call="submit"), 4),
        (Rule(cut="before"), 6),
        (Rule(status=503, body="<html>maintenance</html>"), 6),
        (Rule(foreign="html"), 6),
        (Rule(dialect="connexease", code="RATE_001", call="balance"), 6),
    ],
)
def test_what_the_service_says_decides_the_exit_code(machine: Place, run: Run, rule: Rule, code: int) -> None:
    machine.simulator.add_fault(rule)
    assert run("submit", "list.csv", "--yes")[0] == code
    assert machine.world.ledger == []


USES_OF_A_PATH: list[tuple[str, ...]] = [
    ("--config", "PATH", "config", "init"),
    ("--config", "PATH", "balance"),
    ("--state-dir", "PATH", "jobs"),
    ("--state-dir", "PATH/below", "jobs"),
    ("plan", "PATH"),
    ("submit", "PATH", "--yes"),
    ("plan", "list.csv", "--save-rejected", "PATH"),
    ("export", "1", "-o", "PATH"),
    ("export", "1", "-o", "PATH", "--force"),
    ("export", "1", "-o", "PATH", "--split"),
    ("settle", "1.1", "--report", "PATH"),
    ("adopt", "--from", "PATH"),
    ("adopt", "--journal", "PATH"),
]


@pytest.mark.parametrize("arguments", USES_OF_A_PATH)
@pytest.mark.parametrize("path", ["loop", "n" * 300], ids=["links in a loop", "a name too long"])
@pytest.mark.usefixtures("in_doubt")
def test_a_path_that_no_system_can_follow_gets_one_sentence(
    machine: Place, run: Run, path: str, arguments: tuple[str, ...]
) -> None:
    loop, charged = machine.directory / "loop", list(machine.world.ledger)
    loop.symlink_to("loop")
    before = sorted(machine.directory.iterdir())
    code, _, err = run(*(argument.replace("PATH", path) for argument in arguments))
    assert code in {1, 2}, "unavailable, or wrong usage"
    assert path in err
    assert not {"usage:", "internal"} & set(err.split())
    assert loop.is_symlink()
    assert sorted(machine.directory.iterdir()) == before
    assert machine.world.ledger == charged


def test_no_network(machine: Place, run: Run) -> None:
    machine.simulator.stop()
    code, _, err = run("balance")
    assert code == 6
    assert "reach" in err or "refused" in err


@pytest.mark.usefixtures("machine")
def test_no_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, _, err = run("submit", "list.csv", "--yes")
    assert code == 2
    assert "PROWEBLOOK_API_KEY" in err


def test_a_state_file_from_a_newer_version(machine: Place, run: Run) -> None:
    run("jobs")
    with sqlite3.connect(machine.state / "state.db") as file:
        file.execute("PRAGMA user_version=999")
    file.close()
    code, _, err = run("jobs")
    assert code == 1
    assert "newer" in err


def test_a_damaged_state_file(machine: Place, run: Run) -> None:
    run("jobs")
    for file in machine.state.glob("state.db-*"):
        file.unlink()
    (machine.state / "state.db").write_bytes(os.urandom(8192))
    code, _, err = run("jobs")
    assert code == 1
    assert "adopt --journal" in err


def test_a_full_disk_costs_nothing(machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwl_tui.state.store.ROOM_BYTES", 2**62)
    code, _, err = run("submit", "list.csv", "--yes")
    assert code == 1
    assert "kB left" in err
    assert machine.world.ledger == []


@pytest.mark.parametrize("job", ["99", "nobody", "1.5"])
@pytest.mark.usefixtures("machine")
def test_a_job_that_is_not_there(run: Run, job: str) -> None:
    for command in ("show", "pause", "resume", "retry", "forget"):
        code, _, err = run(command, job)
        assert code == 2
        assert job in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("purge",),
        ("purge", "--older-than", "-1"),
        ("purge", "--older-than", "soon"),
        ("settle", "1.1", "--as", "free", "--report"),
        ("settle", "1.1", "--as", "maybe"),
        ("adopt", "--journal", "--from", "ids.txt"),
        ("watch", "--timeout", "-1"),
        ("ledger", "1"),
        ("nonsense",),
    ],
)
def test_wrong_usage(machine: Place, run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "error: " in err
    assert machine.simulator.requests == []


@pytest.mark.parametrize("arguments", [("--help",), ("plan", "--help"), ("nonsense",), ("plan",)])
@pytest.mark.usefixtures("machine")
def test_help_and_usage_are_plain_on_every_python(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, out, err = run(*arguments)
    assert "pwl-tui" in out + err
    assert "\x1b" not in out + err


@pytest.mark.parametrize("batch", ["1", "one", "1.x", ".1", "9.1", ""])
@pytest.mark.usefixtures("machine")
def test_a_batch_that_is_not_there(run: Run, batch: str) -> None:
    for arguments in ((), ("--report",), ("--as", "free"), ("--batch-id", "x")):
        code, out, err = run("settle", batch, *arguments)
        assert (code, out) == (2, "")
        assert err


@pytest.mark.parametrize(
    "command", [("ledger",), ("retry", "1"), ("adopt", "id"), ("lookup", "+14155552671")]
)
@pytest.mark.usefixtures("machine")
def test_what_needs_a_key(run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, _, err = run(*command)
    assert code == 2
    assert "PROWEBLOOK_API_KEY" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", [("jobs",), ("jobs", "--json"), ("config", "show")])
def test_output_that_does_not_fit_is_a_sentence(machine: Place, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pwl_tui", *arguments],
            env=machine.environ(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "The disk is full: could not write standard output."
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_harm_nothing(machine: Place, closed: str) -> None:
    command = f'"{sys.executable}" -m pwl_tui submit list.csv --yes {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=machine.environ(), cwd=machine.directory, check=False
    )
    assert done.returncode == 0
    assert len(machine.journal_ids()) == 1
    assert sum(charge.amount for charge in machine.world.ledger) == 2


def test_the_screen_is_refused_where_there_is_no_input(machine: Place) -> None:
    shell = ["/bin/sh", "-c", f'"{sys.executable}" -m pwl_tui <&-']
    done = subprocess.run(shell, env=machine.environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr
