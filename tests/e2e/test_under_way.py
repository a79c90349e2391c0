"""The same list again before its first job is finished: it is paid for once, and both get the answers."""

import csv
import signal
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import RUN_SECONDS, Place, Run, charged_twice, messy_csv, place, spent, until, value
from tests.e2e.test_money_commands import Terminal


def answers(machine: Place, job: str) -> list[tuple[str, str, str]]:
    path = machine.directory / f"answers-{job}.csv"
    assert machine.run("export", job, "-o", str(path)).code == 0
    with path.open(newline="") as file:
        return [(row["wa_number"], row["wa_outcome"], row["wa_on_whatsapp"]) for row in csv.DictReader(file)]


@pytest.mark.slow
def test_four_submissions_of_one_list_at_the_same_moment_pay_once(tmp_path: Path) -> None:
    with place(tmp_path, rate=5_000.0) as machine:
        machine.simulator.add_fault(Rule(call="submit", delay=0.3))
        # Whoever comes late may pay for numbers that have failed by then, so this list has none.
        numbers = (f"+1212{2_000_000 + index}" for index in range(1_500))
        lines = [number for number in numbers if not machine.world.truth(number).fails]
        (tmp_path / "list.csv").write_text("\n".join(["phone", *lines, ""]))
        submits = [machine.start("submit", "list.csv", "--yes", "--wait", "--json") for _ in range(4)]
        for process in submits:
            _, err = process.communicate(timeout=RUN_SECONDS)
            assert process.returncode == 0, err.decode()
        assert charged_twice(machine.world) == []
        jobs = machine.run("jobs", "--json").json
        assert [job["state"] for job in jobs] == ["completed"] * 4
        assert sorted(job["charged"] for job in jobs)[:3] == [0, 0, 0]
        assert spent(machine) == max(job["charged"] for job in jobs) == jobs[0]["numbers"]
        paying, *others = sorted(jobs, key=lambda job: -job["charged"])
        theirs = answers(machine, paying["job"])
        assert all(answers(machine, job["job"]) == theirs for job in others)
        assert len({(job["on_whatsapp"], job["not_on_whatsapp"], job["failed"]) for job in jobs}) == 1


def test_whoever_follows_a_killed_submission_sends_what_it_left(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        # The first look at the credits is the plan's. The second is made just before sending.
        machine.simulator.add_fault(Rule(call="balance", after=1, times=1, silent=True))
        (tmp_path / "list.csv").write_text(messy_csv(1_200, seed=12)[0])
        sender = machine.start("submit", "list.csv", "--yes", "--wait")
        until(lambda: sum(one.call == "balance" for one in machine.simulator.requests) == 2, "the sender")
        sender.send_signal(signal.SIGKILL)
        sender.communicate()
        ran = machine.run("submit", "list.csv", "--yes", "--wait", "--json")
        assert ran.code == 0, ran.err
        assert (ran.json["state"], ran.json["batches"], ran.json["charged"]) == ("completed", [], 0)
        assert "already under way in job 1" in ran.err
        assert charged_twice(machine.world) == []


@pytest.fixture
def waiting(machine: Place, run: Run) -> Place:
    """A machine on which the only job waits for its answers."""
    code, _, err = run("submit", "list.csv", "--yes")
    assert code == 0, err
    return machine


@pytest.mark.usefixtures("waiting")
def test_the_plan_counts_what_is_under_way_apart(run: Run) -> None:
    plan = value(run, "plan", "list.csv")
    assert (plan["reused"], plan["under_way"], plan["to_pay"], plan["batches"]) == (0, 2, 0, 0)
    assert list(plan)[4:7] == ["reused", "under_way", "to_pay"]
    _, out, _ = run("plan", "list.csv")
    assert "2 already under way in job 1" in out
    job = value(run, "submit", "list.csv", "--yes")
    assert (job["state"], job["pending"], job["under_way"], job["batches"]) == ("processing", 2, 2, [])
    assert "2 under way in job 1" in run("show", job["job"])[1]
    assert run("watch", job["job"])[0] == 0
    assert value(run, "show", job["job"])["state"] == "completed"


def test_to_pay_again_needs_the_sum(waiting: Place, run: Run) -> None:
    again = ("submit", "list.csv", "--yes", "--reuse-days", "0")
    for arguments in ((), ("--pay-again", "3"), ("--pay-again", "1")):
        code, out, err = run(*again, *arguments)
        assert (code, out) == (2, "")
        assert "--pay-again 2" in err
    assert spent(waiting) == 2
    assert run(*again, "--pay-again", "2")[0] == 0
    assert spent(waiting) == 4
    assert run("submit", "list.csv", "--yes", "--only-sample", "1", "--pay-again", "2")[0] == 2


def test_nobody_is_asked_when_nothing_is_under_way(machine: Place, run: Run) -> None:
    assert run("submit", "list.csv", "--yes", "--wait", "--reuse-days", "0")[0] == 0
    assert run("submit", "list.csv", "--yes", "--wait", "--reuse-days", "0")[0] == 0
    assert spent(machine) == 4
    assert run("submit", "list.csv", "--yes", "--pay-again", "1")[0] == 2


@pytest.mark.parametrize(("typed", "paid"), [("y\ny\n", 4), ("n\ny\n", 2), ("\ny\n", 2), ("y\nn\n", 2)])
def test_a_person_is_asked_with_the_sum(
    waiting: Place, run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, paid: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    _, _, err = run("submit", "list.csv", "--reuse-days", "0")
    assert "2 numbers are already under way in job 1. Pay 2 credits for them a second time? [y/N]" in err
    assert spent(waiting) == paid
    assert len(value(run, "jobs")) == 1 + typed.endswith("y\n")


def test_the_file_may_forbid_reuse_too(waiting: Place, run: Run) -> None:
    config = waiting.directory / "config.toml"
    config.write_text(f"{config.read_text()}\n[lists]\nreuse_days = 0\n")
    code, _, err = run("submit", "list.csv", "--yes")
    assert code == 2
    assert "--pay-again 2" in err


@pytest.mark.usefixtures("waiting")
def test_numbers_under_way_in_two_jobs_are_counted_once(run: Run) -> None:
    assert run("submit", "list.csv", "--yes")[0] == 0
    code, _, err = run("watch")
    assert code == 0
    assert "0 of 2 numbers checked" in err
