"""Commands about what was paid, what may have been, and what is asked for again."""

import io
import json
import sqlite3
import time
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import CONFIG, KEY, LIST, OTHER_KEY, Place, Run, messy_csv, place, spent, value

DAY = 86_400.0


class Terminal(io.StringIO):
    """Standard input as a person types it."""

    def isatty(self) -> bool:
        return True


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
    run("lookup", "+12125550123")
    before = value(run, "balance")["balance"]
    assert "ledger" not in run("jobs")[2]
    machine.world.add_credits(KEY, "wavalidation", -50)
    assert "50 credits" in run("balance")[2]
    assert "pwl-tui ledger" in run("jobs")[2]

    found = value(run, "ledger")
    assert list(found) == ["spent", "charges", "unexplained", "lookups_in_doubt"]
    lookup, batch = found["charges"]
    assert list(batch) == ["at", "credits", "job", "batch", "batch_id", "before", "after", "by"]
    assert (batch["credits"], batch["job"], batch["batch"], batch["before"]) == (2, "1", "1.1", 100_000)
    assert batch["batch_id"] in machine.world.batches
    assert (lookup["credits"], lookup["job"], lookup["batch"], lookup["after"]) == (1, None, None, before)
    (movement,) = found["unexplained"]
    assert list(movement) == ["since", "until", "fell", "known", "unexplained"]
    assert movement["unexplained"] == 50
    assert found["spent"] == spent(machine) == 3
    text = run("ledger")[1]
    assert "!" in text
    assert "3 credits spent in 2 charges" in text


@pytest.mark.usefixtures("machine")
def test_an_empty_ledger(run: Run) -> None:
    assert run("ledger")[1] == "0 credits spent in 0 charges.\n"
    assert value(run, "ledger") == {
        "spent": 0,
        "charges": [],
        "unexplained": [],
        "lookups_in_doubt": [],
    }


# -- retry


def test_failed_numbers_are_asked_for_again_as_a_new_job(machine: Place, run: Run, in_doubt: str) -> None:
    run("settle", in_doubt, "--as", "lost")
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
    assert "0 of 1 batches sent" in run("watch")[2]
    again = value(run, "retry", "1", "--rejected", "--yes", "--wait")
    assert (again["job"], again["retry_of"], again["state"]) == ("1", None, "completed")
    assert spent(machine) == 2


def test_a_retry_asks_on_a_terminal(
    machine: Place, run: Run, in_doubt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("settle", in_doubt, "--as", "lost")
    monkeypatch.setattr("sys.stdin", Terminal("n\ny\n"))
    assert run("retry", "1")[0] == 2
    assert spent(machine) == 2
    assert run("retry", "1")[0] == 0
    assert spent(machine) == 4


def test_a_retry_with_too_few_credits_sends_nothing(machine: Place, run: Run, in_doubt: str) -> None:
    run("settle", in_doubt, "--as", "lost")
    machine.world.add_credits(KEY, "wavalidation", 1 - 99_998)
    code, out, _ = run("retry", "1", "--yes", "--json")
    error = json.loads(out)["error"]
    assert (code, error["required"], error["available"]) == (4, 2, 1)
    assert len(value(run, "jobs")) == 1


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
    assert (code, "Deleted job 1 list" in out) == (0, True)
    assert [job["job"] for job in value(run, "jobs")] == ["2"]
    assert "nothing was deleted" in run("purge", "--older-than", "30", "--yes")[1]


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


@pytest.mark.parametrize(
    ("days", "left", "warning"),
    [(3, "11 d", ""), (11, "3 d", "in about 3 days"), (20, "now", "within hours")],
)
def test_answers_that_the_service_will_delete(
    machine: Place, run: Run, days: int, left: str, warning: str
) -> None:
    run("submit", "list.csv", "--yes")
    assert value(run, "jobs")[0]["expires"] > time.strftime("%Y-%m-%d")
    age(machine, "UPDATE batches SET submitted=submitted-?", days)
    for command in (("jobs",), ("show", "1")):
        _, out, err = run(*command)
        assert f" {left}\n" in out
        assert (warning in err) if warning else (err == "")
    assert run("watch")[0] == 0
    assert value(run, "jobs")[0]["expires"] is None
    assert run("jobs")[2] == ""


def test_a_plan_is_made_without_a_key_or_leave_to_spend(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "list.csv").write_text(LIST)
        assert machine.run("--no-spend", "plan", "list.csv", "--json").json["to_pay"] == 2
