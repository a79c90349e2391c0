"""The command line: shapes, and what each command does."""

import gzip
import json
from pathlib import Path

import pytest

from pwl_tui.cli.parser import SUMMARIES
from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, LIST, Place, Run, messy_csv, place


def test_a_plan_has_its_shape_and_spends_nothing(machine: Place, run: Run) -> None:
    code, out, _ = run("plan", "list.csv", "--json")
    assert code == 0
    fixed = {
        "rows": 5,
        "blank": 1,
        "rejected": 1,
        "duplicates": 1,
        "reused": 0,
        "under_way": 0,
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
    shape = json.loads(out)
    assert {name: shape[name] for name in fixed} == fixed
    assert list(shape)[: len(fixed)] == list(fixed), "what is added stands behind what scripts know"
    assert machine.world.ledger == []


def test_a_plan_needs_no_key(machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, out, _ = run("plan", "list.csv", "--json")
    assert code == 0
    assert json.loads(out)["balance"] is None
    assert machine.simulator.requests == []


JOB_FIELDS = [
    *("job", "name", "source", "state", "created", "numbers", "on_whatsapp", "business", "not_on_whatsapp"),
    *("failed", "pending", "reused", "rejected", "duplicates", "charged", "error", "expires", "retry_of"),
    *("held", "under_way", "recheck_of", "export", "by"),
]
BATCH_FIELDS = [
    *("batch", "batch_id", "state", "size", "submitted", "completed", "last_poll", "next_poll", "error"),
]


@pytest.mark.usefixtures("machine")
def test_a_job_has_its_shape_wherever_it_is_printed(run: Run) -> None:
    _, out, _ = run("submit", "list.csv", "--yes", "--wait", "--json", "--name", "two")
    submitted = json.loads(out)
    assert list(submitted) == [*JOB_FIELDS, "rates", "eta", "batches"]
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
        *("source", "at", "job"),
    ]
    for answer in answers:
        assert answer["on_whatsapp"] == machine.world.truth(answer["number"]).on_whatsapp
    assert sum(charge.amount for charge in machine.world.ledger) == 2


@pytest.mark.parametrize("command", SUMMARIES)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    assert f"    {command} " in run("--help")[1]
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"usage: pwl-tui {command}" in out
    assert ". " in out or ".\n" in out


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
    code, said, _ = run("pause", "1")
    assert (code, said) == (0, "Job 1 is finished; there is nothing to pause.\n")
    assert json.loads(run("show", "1", "--json")[1])["state"] == "completed"


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
        assert (ran.json["charged"], ran.json["error"]["kind"]) == (1_500, "credits")
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
