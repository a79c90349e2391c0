"""Commands about what was paid, what may have been, and what is asked for again."""

import io
import json
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import CONFIG, KEY, LIST, Place, Run, messy_csv, place

DAY = 86_400.0
OTHER_KEY = "other-key-0ddba11"
SUBMITTED_ELSEWHERE = ["+14155552671", "+442079460958"]


class Terminal(io.StringIO):
    """Standard input as a person types it."""

    def isatty(self) -> bool:
        return True


def value(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json")[1])


def spent(machine: Place) -> int:
    return sum(charge.amount for charge in machine.world.ledger)


@pytest.fixture
def doubtful(machine: Place, run: Run) -> str:
    """A batch of two numbers that was accepted, and the answer lost."""
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    assert run("submit", "list.csv", "--yes")[0] == 5
    return "1.1"


# -- spending, or not


@pytest.mark.parametrize(
    "command", [("submit", "list.csv", "--yes"), ("lookup", "+14155552671"), ("retry", "1")]
)
def test_a_session_that_may_not_spend_sends_nothing(
    machine: Place, run: Run, command: tuple[str, ...]
) -> None:
    code, out, err = run("--no-spend", *command)
    assert (code, out) == (2, "")
    assert "--no-spend" in err
    assert machine.world.ledger == []


def test_a_session_that_may_not_spend_still_polls(tmp_path: Path) -> None:
    with place(tmp_path, credit=1_500) as machine:
        (tmp_path / "many.csv").write_text(messy_csv(3_000, seed=1)[0])
        assert machine.run("submit", "many.csv", "--yes", "--when-short", "wait").code == 4
        machine.world.add_credits(KEY, "wavalidation", 10_000)
        machine.run("resume", "1")
        watched = machine.run("--no-spend", "watch", "--json")
        assert watched.code == 1, watched.err
        assert "--no-spend" in watched.err
        answered = sum(watched.json[0][name] for name in ("on_whatsapp", "not_on_whatsapp", "failed"))
        assert (answered, spent(machine)) == (1_500, 1_500)
        assert machine.run("watch").code == 0


@pytest.mark.parametrize(
    ("limit", "typed", "sent"),
    [
        (1_199, "1200", True),
        (1_199, "1,200", True),
        (1_199, " 1.200 ", True),
        (1_199, "1 200", True),
        (1_199, "y", False),
        (1_199, "120", False),
        (1_199, "", False),
        (1_200, "y", True),
        (0, "yes", True),
        (0, "n", False),
        (0, "", False),
    ],
)
def test_a_large_amount_is_typed_to_confirm_it(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch, limit: int, typed: str, sent: bool
) -> None:
    config = CONFIG.replace("[polling]", f"confirm_above = {limit}\n[polling]")
    (machine.directory / "config.toml").write_text(config)
    (machine.directory / "list.txt").write_text("".join(f"+1212{2_000_000 + i}\n" for i in range(1_200)))
    monkeypatch.setattr("sys.stdin", Terminal(f"{typed}\n"))
    code, _, err = run("submit", "list.txt")
    assert ("Type 1200 to spend 1,200 credits" in err) == (0 < limit < 1_200)
    assert (code, spent(machine)) == ((0, 1_200) if sent else (2, 0))


def test_an_amount_is_not_typed_where_nobody_is_asked(machine: Place, run: Run) -> None:
    (machine.directory / "config.toml").write_text(
        CONFIG.replace("[polling]", "confirm_above = 1\n[polling]")
    )
    assert run("submit", "list.csv")[0] == 2
    assert run("submit", "list.csv", "--yes")[0] == 0
    assert spent(machine) == 2


# -- the ledger


def test_the_ledger_has_every_charge_and_what_nobody_explains(machine: Place, run: Run) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    run("lookup", "+14155552671")
    before = value(run, "balance")["balance"]
    assert "ledger" not in run("jobs")[2]
    machine.world.add_credits(KEY, "wavalidation", -50)
    assert "50 credits" in run("balance")[2]
    assert "pwl-tui ledger" in run("jobs")[2]

    found = value(run, "ledger")
    assert list(found) == ["spent", "charges", "unexplained"]
    lookup, batch = found["charges"]
    assert list(batch) == ["at", "credits", "job", "batch", "batch_id", "before", "after"]
    assert (batch["credits"], batch["job"], batch["batch"], batch["before"]) == (2, "1", "1.1", 100_000)
    assert batch["batch_id"] in machine.world.batches
    assert (lookup["credits"], lookup["job"], lookup["batch"], lookup["after"]) == (1, None, None, before)
    (movement,) = found["unexplained"]
    assert list(movement) == ["since", "until", "fell", "known", "unexplained"]
    assert movement["unexplained"] == 50
    assert found["spent"] == spent(machine) == 3
    text = run("ledger")[1]
    assert "!" in text
    assert "3 credits in 2 charges" in text


@pytest.mark.usefixtures("machine")
def test_an_empty_ledger(run: Run) -> None:
    assert run("ledger")[1] == "0 credits in 0 charges.\n"
    assert value(run, "ledger") == {"spent": 0, "charges": [], "unexplained": []}


# -- retry


def test_failed_numbers_are_asked_for_again_as_a_new_job(machine: Place, run: Run, doubtful: str) -> None:
    run("settle", doubtful, "--as", "lost")
    code, _, err = run("retry", "1")
    assert code == 2
    assert "2 failed numbers" in err
    assert "--yes" in err
    assert spent(machine) == 2
    again = value(run, "retry", "1", "--yes", "--wait")
    assert (again["job"], again["retry_of"], again["state"], again["charged"]) == ("2", "1", "completed", 2)
    assert "job 1" in run("show", "2")[1]
    code, _, err = run("retry", "1", "--yes")
    assert code == 2
    assert "nothing to retry" in err
    assert spent(machine) == 4


def test_rejected_batches_are_sent_again_within_their_job(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="submit", status=401, times=1))
    assert run("submit", "list.csv", "--yes")[0] == 3
    assert run("retry", "1", "--failed", "--yes")[0] == 2
    again = value(run, "retry", "1", "--rejected", "--yes", "--wait")
    assert (again["job"], again["retry_of"], again["state"]) == ("1", None, "completed")
    assert spent(machine) == 2


def test_a_retry_asks_on_a_terminal(
    machine: Place, run: Run, doubtful: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("settle", doubtful, "--as", "lost")
    monkeypatch.setattr("sys.stdin", Terminal("n\ny\n"))
    assert run("retry", "1")[0] == 2
    assert spent(machine) == 2
    assert run("retry", "1")[0] == 0
    assert spent(machine) == 4


def test_a_retry_with_too_few_credits_sends_nothing(machine: Place, run: Run, doubtful: str) -> None:
    run("settle", doubtful, "--as", "lost")
    machine.world.add_credits(KEY, "wavalidation", 1 - 99_998)
    code, out, _ = run("retry", "1", "--yes", "--json")
    error = json.loads(out)["error"]
    assert (code, error["required"], error["available"]) == (4, 2, 1)
    assert len(value(run, "jobs")) == 1


# -- adopt


def elsewhere(machine: Place, key: str = KEY) -> str:
    batch_id: str = machine.world.submit(key, SUBMITTED_ELSEWHERE)[1]["batch_id"]
    return batch_id


@pytest.mark.parametrize("source", ["ids.txt", "-"])
def test_ids_from_a_file_become_one_job_and_a_wrong_one_is_named(
    machine: Place, source: str, run: Run
) -> None:
    ids = [elsewhere(machine), elsewhere(machine)]
    text = f"# from the dashboard\n{ids[0]}  # the first\n\nno-such-id\n{ids[1]}\n{ids[1]}\n"
    (machine.directory / "ids.txt").write_text(text)
    ran = machine.run("adopt", "--from", source, "--name", "theirs", "--json", stdin=text.encode())
    assert ran.code == 1
    assert "no-such-id: " in ran.err
    assert ids[0] not in ran.err
    assert (ran.json["name"], [batch["batch_id"] for batch in ran.json["batches"]]) == ("theirs", ids)
    assert len(value(run, "jobs")) == 1


def test_what_is_there_already_is_no_failure_beside_something_new(machine: Place, run: Run) -> None:
    known, new = elsewhere(machine), elsewhere(machine)
    run("adopt", known)
    code, _, err = run("adopt", known, new)
    assert code == 0
    assert f"{known} is batch 1.1 of job 1 already" in err
    code, _, err = run("adopt", known, new)
    assert code == 2
    assert "already" in err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "BATCH_ID"),
        (("id", "--journal"), "one of the three"),
        (("id", "--from", "list.csv"), "one of the three"),
        (("--from", "missing.txt"), "missing.txt"),
        (("--from", "empty.txt"), "no batch id"),
        (("--from", "binary.txt"), "not text"),
        (("--journal", "missing.log"), "missing.log"),
        (("--journal", "--name", "mine"), "--name"),
        (("a/b" * 100,), "not a batch id"),
    ],
)
def test_what_cannot_be_adopted(machine: Place, run: Run, arguments: tuple[str, ...], word: str) -> None:
    (machine.directory / "empty.txt").write_text("# nothing\n\n")
    (machine.directory / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    code, out, err = run("adopt", *arguments)
    assert (code, out) == (2, "")
    assert word in err
    assert machine.simulator.requests == []
    assert value(run, "jobs") == []


@pytest.mark.usefixtures("machine")
def test_ids_that_the_service_does_not_know(run: Run) -> None:
    code, out, err = run("adopt", "one", "two", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (1, "not_found")
    assert "one: " in err
    assert "two: " in err
    assert value(run, "jobs") == []


def test_a_lost_state_file_is_noticed_and_rebuilt_for_its_key_only(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.world.add_key(OTHER_KEY, wavalidation=10)
    run("submit", "list.csv", "--yes", "--wait")
    for file in machine.state.glob("state.db*"):
        file.unlink()
    for command in (("jobs",), ("watch",), ("submit", "list.csv")):
        assert "pwl-tui adopt --journal" in run(*command)[2]
    monkeypatch.setenv("PROWEBLOOK_API_KEY", OTHER_KEY)
    assert "adopt" not in run("jobs")[2]
    assert "1 belong to another key" in run("adopt", "--journal")[2]
    monkeypatch.setenv("PROWEBLOOK_API_KEY", KEY)
    assert "1 job was rebuilt" in run("adopt", "--journal")[2]
    assert run("jobs")[2] == ""
    assert spent(machine) == 2


# -- settle


def test_a_batch_in_doubt_is_shown_before_it_is_decided(machine: Place, run: Run, doubtful: str) -> None:
    code, out, _ = run("settle", doubtful, "--json")
    shown = json.loads(out)
    assert code == 5
    assert list(shown) == [
        *("batch", "job", "size", "sent", "before", "readings", "spent_otherwise", "verdict", "complete"),
        "explanation",
    ]
    assert (shown["batch"], shown["job"], shown["size"], shown["before"]) == ("1.1", "1", 2, 100_000)
    assert [reading["balance"] for reading in shown["readings"]] == [99_998]
    assert (shown["verdict"], shown["complete"]) == ("charged", False)
    code, out, _ = run("settle", doubtful)
    assert code == 5
    for words in ("--as free", "--as adopted --batch-id ID", "--as lost", "--report", shown["explanation"]):
        assert words in out
    assert shown["explanation"] in run("show", "1")[2]
    assert spent(machine) == 2


@pytest.mark.usefixtures("machine")
def test_the_balance_is_watched_to_the_end_where_that_is_wanted(
    run: Run, doubtful: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.engine.evidence.READING_OFFSETS", (0.0, 0.01, 0.02, 0.03))
    code, out, _ = run("settle", doubtful, "--wait", "--json")
    assert (code, json.loads(out)["complete"], len(json.loads(out)["readings"])) == (5, True, 4)


def test_a_balance_that_cannot_be_read_is_said(
    machine: Place, run: Run, doubtful: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(machine.state / "state.db") as state:
        state.execute("DELETE FROM readings WHERE job IS NOT NULL")
    state.close()
    machine.simulator.stop()
    monkeypatch.setattr("pwl_tui.cli.settling._READING_SECONDS", 0.2)
    code, out, err = run("settle", doubtful)
    assert code == 5
    assert "cannot be read now" in err
    assert "--as free" in out


def test_the_report_is_printed_or_saved_once(machine: Place, run: Run, doubtful: str) -> None:
    code, printed, _ = run("settle", doubtful, "--report")
    assert code == 0
    assert "SHA-256" in printed
    assert "4155552671" not in printed
    file = machine.directory / "report.txt"
    assert run("settle", doubtful, "--report", str(file))[0] == 0
    assert "SHA-256" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, _, err = run("settle", doubtful, "--report", str(file))
    assert code == 2
    assert "already" in err


@pytest.mark.parametrize("arguments", [(), ("--report",), ("--as", "free")])
@pytest.mark.usefixtures("machine")
def test_only_a_batch_in_doubt_is_settled(run: Run, arguments: tuple[str, ...]) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    code, out, err = run("settle", "1.1", *arguments)
    assert (code, out) == (2, "")
    assert "nothing to settle" in err


# -- forget and purge


def test_a_job_is_forgotten_once_nothing_is_left_to_do(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.simulator.add_fault(Rule(call="poll", status=503))
    run("submit", "list.csv", "--yes")
    assert run("forget", "1", "--yes")[0] == 2
    machine.simulator.clear_faults()
    run("watch")
    code, _, err = run("forget", "1")
    assert code == 2
    assert "--yes" in err
    monkeypatch.setattr("sys.stdin", Terminal("\ny\n"))
    assert run("forget", "1")[0] == 2
    assert value(run, "jobs") != []
    assert run("forget", "1")[0] == 0
    assert run("show", "1")[0] == 2
    assert value(run, "ledger")["spent"] == 2
    assert b"4155552671" not in (machine.state / "state.db").read_bytes()


def test_old_jobs_are_purged(machine: Place, run: Run) -> None:
    (machine.directory / "more.txt").write_text("+12122000001\n")
    run("submit", "list.csv", "--yes", "--wait")
    run("submit", "more.txt", "--yes", "--wait")
    age(machine, "UPDATE jobs SET created=created-? WHERE id=1", 40)
    assert run("purge", "--older-than", "30")[0] == 2
    assert len(value(run, "jobs")) == 2
    code, out, _ = run("purge", "--older-than", "30", "--yes")
    assert (code, "Job 1 list is removed" in out) == (0, True)
    assert [job["job"] for job in value(run, "jobs")] == ["2"]
    assert "nothing was removed" in run("purge", "--older-than", "30", "--yes")[1]


# -- other keys, and answers that will be gone


def age(machine: Place, statement: str, days: int) -> None:
    """Make something older than it is: `statement` takes the seconds."""
    state = sqlite3.connect(machine.state / "state.db")
    with state:
        state.execute(statement, (days * DAY,))
    state.close()


def test_a_job_of_another_key_says_so_and_is_not_waited_for(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.world.add_key(OTHER_KEY, wavalidation=10)
    run("submit", "list.csv", "--yes")
    monkeypatch.setenv("PROWEBLOOK_API_KEY", OTHER_KEY)
    (job,) = value(run, "jobs")
    assert (job["error"]["kind"], "another key" in job["error"]["message"]) == ("auth", True)
    assert value(run, "show", "1")["error"] == job["error"]
    assert "other key" in run("jobs")[1]
    requests = len(machine.simulator.requests)
    code, _, err = run("watch")
    assert code == 0
    assert "another key" in err
    assert run("watch", "1")[0] == 2
    assert len(machine.simulator.requests) == requests
    monkeypatch.setenv("PROWEBLOOK_API_KEY", KEY)
    assert run("watch", "1")[0] == 0


def test_nothing_is_watched_without_a_key(machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("submit", "list.csv", "--yes")
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, _, err = run("watch")
    assert code == 2
    assert "PROWEBLOOK_API_KEY" in err
    assert len(value(run, "jobs")) == 1
    assert spent(machine) == 2


@pytest.mark.parametrize(("days", "left", "warned"), [(3, 10, False), (11, 2, True), (20, 0, True)])
def test_answers_that_the_service_will_delete(
    machine: Place, run: Run, days: int, left: int, warned: bool
) -> None:
    run("submit", "list.csv", "--yes")
    assert value(run, "jobs")[0]["expires"] > time.strftime("%Y-%m-%d")
    age(machine, "UPDATE batches SET submitted=submitted-?", days)
    for command in (("jobs",), ("show", "1")):
        _, out, err = run(*command)
        assert f"{left} d" in out
        assert ("deletes its answers" in err) == warned
    assert run("watch")[0] == 0
    assert value(run, "jobs")[0]["expires"] is None
    assert "deletes" not in run("jobs")[2]


def test_a_plan_is_made_without_a_key_or_leave_to_spend(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "list.csv").write_text(LIST)
        assert machine.run("--no-spend", "plan", "list.csv", "--json").json["to_pay"] == 2
