"""The command line: shapes, exit codes, and one sentence for every kind of bad input."""

import gzip
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.cli import main
from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, Place, messy_csv, place

LIST = "name,phone\nAda,(415) 555-2671\nBob,+442079460958\nEve,n/a\nAda again,+14155552671\n,\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with place(tmp_path) as one:
        for name, value in one.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "list.csv").write_text(LIST)
        yield one


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as error:  # argparse's own way out
            code = int(error.code or 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert KEY not in captured.out + captured.err
        return code, captured.out, captured.err

    return call


Run = Callable[..., tuple[int, str, str]]


def test_a_plan_has_its_shape_and_spends_nothing(machine: Place, run: Run) -> None:
    code, out, _ = run("plan", "list.csv", "--json")
    assert code == 0
    assert json.loads(out) == {
        "rows": 5,
        "blank": 1,
        "rejected": 1,
        "duplicates": 1,
        "reused": 0,
        "to_pay": 2,
        "batches": 1,
        "balance": 100_000,
        "balance_after": 99_998,
        "column": "phone",
        "encoding": "utf-8",
        "delimiter": ",",
        "header": True,
        "region": "US",
        "reasons": {"not a number": 1},
    }
    assert machine.world.ledger == []


def test_a_plan_needs_no_key(machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, out, _ = run("plan", "list.csv", "--json")
    assert code == 0
    assert json.loads(out)["balance"] is None
    assert machine.simulator.requests == []


JOB_FIELDS = [
    *("job", "name", "source", "state", "created", "numbers", "on_whatsapp", "business", "not_on_whatsapp"),
    *("failed", "pending", "reused", "rejected", "duplicates", "charged", "error"),
]
BATCH_FIELDS = [
    *("batch", "batch_id", "state", "size", "submitted", "completed", "last_poll", "next_poll", "error"),
]


@pytest.mark.usefixtures("machine")
def test_a_job_has_its_shape_wherever_it_is_printed(run: Run) -> None:
    _, out, _ = run("submit", "list.csv", "--yes", "--wait", "--json", "--name", "two")
    submitted = json.loads(out)
    assert list(submitted) == [*JOB_FIELDS, "batches"]
    assert [list(batch) for batch in submitted["batches"]] == [BATCH_FIELDS]
    assert (submitted["name"], submitted["state"], submitted["charged"]) == ("two", "completed", 2)
    assert submitted["created"].endswith("Z")
    assert json.loads(run("show", "two", "--json")[1]) == submitted
    assert json.loads(run("show", submitted["job"], "--json")[1]) == submitted
    (listed,) = json.loads(run("jobs", "--json")[1])
    assert listed == {name: submitted[name] for name in JOB_FIELDS}


@pytest.mark.usefixtures("machine")
def test_credits_of_one_service_or_of_all(run: Run) -> None:
    one = json.loads(run("balance", "--json")[1])
    assert (one["service"], one["balance"]) == ("wavalidation", 100_000)
    assert list(one) == ["service", "balance", "at"]
    assert [each["balance"] for each in json.loads(run("balance", "--all", "--json")[1])] == [
        50,
        100_000,
        0,
        0,
    ]


def test_single_numbers_cost_a_credit_each(machine: Place, run: Run) -> None:
    code, out, _ = run("lookup", "+14155552671", "+442079460958", "--json")
    assert code == 0
    answers = json.loads(out)
    assert list(answers[0]) == [
        "number",
        "on_whatsapp",
        "business",
        "carrier",
        "country",
        "line_type",
        "error",
    ]
    for answer in answers:
        assert answer["on_whatsapp"] == machine.world.truth(answer["number"]).on_whatsapp
    assert sum(charge.amount for charge in machine.world.ledger) == 2


def test_without_a_terminal_nothing_is_spent_unasked(machine: Place, run: Run) -> None:
    code, _, err = run("submit", "list.csv")
    assert code == 2
    assert "--yes" in err
    assert machine.world.ledger == []


def test_a_list_comes_from_standard_input_and_compressed(machine: Place, tmp_path: Path) -> None:
    ran = machine.run("plan", "-", "--json", stdin=LIST.encode())
    assert ran.json["to_pay"] == 2
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(LIST.encode()))
    assert machine.run("plan", "list.csv.gz", "--json").json["to_pay"] == 2


def test_pause_keeps_from_sending_and_resume_goes_on(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="submit", status=401, times=1))
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 3
    assert json.loads(run("show", "1", "--json")[1])["state"] == "attention"
    assert run("pause", "1")[0] == 0
    assert run("resume", "1")[0] == 0
    assert run("watch", "1")[0] == 0
    assert sum(charge.amount for charge in machine.world.ledger) == 2


@pytest.mark.parametrize(
    ("name", "arguments", "first"),
    [
        (
            "csv",
            (),
            "name,phone,wa_number,wa_outcome,wa_on_whatsapp,wa_business,wa_carrier,wa_country,wa_note",
        ),
        ("jsonl", (), None),
        ("txt", (), "+14155552671"),
        ("txt", ("--digits",), "14155552671"),
    ],
)
@pytest.mark.usefixtures("machine")
def test_export_in_every_format(
    run: Run, tmp_path: Path, name: str, arguments: tuple[str, ...], first: str | None
) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    target = tmp_path / f"answers.{name}"
    assert run("export", "1", "-o", str(target), *arguments)[0] == 0
    lines = target.read_text().splitlines()
    assert len(lines) == {"csv": 6, "jsonl": 5, "txt": 2}[name]
    if first is None:
        assert json.loads(lines[3])["wa_note"] == "duplicate of row 2"
    else:
        assert lines[0] == first
    code, _, err = run("export", "1", "-o", str(target))
    assert code == 2
    assert "--force" in err
    assert run("export", "1", "-o", str(target), "--force", *arguments)[0] == 0


def _many(tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text(messy_csv(3_000, seed=1)[0])


def test_short_credits_send_nothing_by_default(tmp_path: Path) -> None:
    with place(tmp_path, credit=1_500) as machine:
        _many(tmp_path)
        ran = machine.run("submit", "many.csv", "--yes", "--json")
        assert ran.code == 4
        error = ran.json["error"]
        assert (error["kind"], error["available"], error["charged"]) == ("credits", 1_500, "no")
        assert machine.world.ledger == []
        assert machine.run("jobs", "--json").json == []


def test_short_credits_send_what_fits(tmp_path: Path) -> None:
    with place(tmp_path, credit=1_500) as machine:
        _many(tmp_path)
        ran = machine.run("submit", "many.csv", "--yes", "--wait", "--when-short", "fit", "--json")
        assert ran.code == 0, ran.err
        assert (ran.json["charged"], ran.json["state"]) == (1_500, "completed")


def test_short_credits_send_what_fits_and_the_rest_after_a_top_up(tmp_path: Path) -> None:
    with place(tmp_path, credit=1_500) as machine:
        _many(tmp_path)
        ran = machine.run("submit", "many.csv", "--yes", "--when-short", "wait", "--json")
        assert ran.code == 4
        assert ran.json["state"] == "waiting"
        assert (ran.json["charged"], ran.json["error"]["kind"]) == (1_000, "credits")
        machine.world.add_credits(KEY, "wavalidation", 10_000)
        assert machine.run("resume", ran.json["job"]).code == 0
        assert machine.run("watch").code == 0
        done = machine.run("show", ran.json["job"], "--json").json
        assert (done["state"], done["charged"]) == ("completed", done["numbers"])


def test_a_time_out_keeps_everything(tmp_path: Path) -> None:
    with place(tmp_path, rate=1.0) as machine:
        (tmp_path / "list.csv").write_text(LIST)
        assert machine.run("submit", "list.csv", "--yes").code == 0
        machine.simulator.add_fault(Rule(call="poll", silent=True))
        ran = machine.run("watch", "--timeout", "0.3", "--json")
        assert ran.code == 7
        assert ran.json[0]["state"] == "processing"


def test_a_lost_state_file_is_rebuilt_from_the_journal(machine: Place, run: Run) -> None:
    (machine.directory / "many.csv").write_text(messy_csv(2_500, seed=5)[0])
    run("submit", "many.csv", "--yes", "--wait", "--name", "many")
    before = json.loads(run("show", "many", "--json")[1])
    for file in machine.state.glob("state.db*"):
        file.unlink()
    assert run("adopt", "--journal")[0] == 0
    after = json.loads(run("show", "many", "--json")[1])
    assert {b["batch_id"] for b in after["batches"]} == {b["batch_id"] for b in before["batches"]}
    for name in ("state", "numbers", "on_whatsapp", "business", "not_on_whatsapp", "failed"):
        assert after[name] == before[name]
    assert run("adopt", "--journal")[0] == 0
    assert len(json.loads(run("jobs", "--json")[1])) == 1


def test_a_batch_from_elsewhere_is_adopted_once(machine: Place, run: Run) -> None:
    _, answer = machine.world.submit(KEY, ["+14155552671", "+442079460958"])
    code, out, _ = run("adopt", answer["batch_id"], "--name", "theirs", "--json")
    assert code == 0
    assert (json.loads(out)["name"], json.loads(out)["numbers"]) == ("theirs", 2)
    assert run("watch")[0] == 0
    code, _, err = run("adopt", answer["batch_id"])
    assert code == 2
    assert "already" in err


BAD_LISTS: list[tuple[str, bytes | None, tuple[str, ...], str]] = [
    ("missing.csv", None, (), "missing.csv"),
    ("empty.csv", b"", (), "empty"),
    ("binary.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), (), "binary"),
    ("words.csv", b"name,city\nAda,London\nBob,Paris\n", (), "number"),
    ("list.csv", None, ("--column", "mobile"), "mobile"),
    ("list.csv", None, ("--column", "9"), "9"),
    ("list.csv", None, ("--region", "XX"), "XX"),
    ("list.csv", None, ("--encoding", "klingon"), "klingon"),
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
    assert "free" in err
    assert machine.world.ledger == []


@pytest.mark.parametrize("command", ["retry", "purge", "ledger", "doctor", "forget"])
def test_what_comes_later_says_so(run: Run, command: str) -> None:
    code, _, err = run(command, "1")
    assert code == 2
    assert "later version" in err


@pytest.mark.parametrize("job", ["99", "nobody", "1.5"])
@pytest.mark.usefixtures("machine")
def test_a_job_that_is_not_there(run: Run, job: str) -> None:
    for command in ("show", "pause", "resume"):
        code, _, err = run(command, job)
        assert code == 2
        assert job in err
