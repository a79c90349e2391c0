"""``kill -9`` in the middle of a job: nothing is forgotten and nothing is paid for twice."""

import random
import signal
import threading
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import Place, charged_twice, messy_csv, place


def _settle_by_truth(machine: Place) -> None:
    """Decide every batch in doubt as the service's books say, as a person with the provider's help would."""
    for job in machine.run("jobs", "--json").json:
        shown = machine.run("show", job["job"], "--json").json
        for batch in shown["batches"]:
            if batch["state"] != "unknown":
                continue
            known = set(machine.journal_ids())
            lost = [one for one in machine.world.batches if one not in known]
            words = ("adopted", "--batch-id", lost[0]) if lost else ("free",)
            settled = machine.run("settle", batch["batch"], "--as", *words)
            assert settled.code == 0, settled.err


@pytest.mark.parametrize("seed", range(6))
def test_a_job_survives_being_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with place(tmp_path) as machine:
        # A service that takes its time over a submission: kills fall into the paid call, too.
        machine.simulator.add_fault(Rule(call="submit", delay=0.05))
        (tmp_path / "list.csv").write_text(messy_csv(5_000, seed)[0])
        command: tuple[str, ...] = ("submit", "list.csv", "--yes", "--wait", "--json")
        requests = len(machine.simulator.requests)
        for _ in range(4):
            process = machine.start(*command)
            wanted = requests + chance.randrange(1, 14)
            pause = threading.Event()
            while process.poll() is None and len(machine.simulator.requests) < wanted:
                pause.wait(0.002)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            requests = len(machine.simulator.requests)
            _settle_by_truth(machine)
            command = ("watch", "--json") if machine.run("jobs", "--json").json else command
        final = machine.run(*command)
        while final.code == 5:
            _settle_by_truth(machine)
            final = machine.run("watch", "--json")
        assert final.code == 0, final.err

        (job,) = machine.run("jobs", "--json").json
        shown = machine.run("show", job["job"], "--json").json
        assert shown["state"] == "completed"
        known = {batch["batch_id"] for batch in shown["batches"] if batch["batch_id"]}
        assert known == set(machine.world.batches), "a batch that was paid for is not known"
        assert set(machine.journal_ids()) == known
        assert charged_twice(machine.world) == []
        assert shown["charged"] == sum(charge.amount for charge in machine.world.ledger)


def test_a_batch_in_doubt_stops_the_queue_and_says_so(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        machine.simulator.add_fault(Rule(call="submit", cut="after", after=1, times=1))
        (tmp_path / "list.csv").write_text(messy_csv(4_000, seed=9)[0])
        ran = machine.run("submit", "list.csv", "--yes", "--wait", "--json")
        assert ran.code == 5
        job = ran.json
        assert job["state"] == "attention"
        assert [batch["state"] for batch in job["batches"]][:3] == ["completed", "unknown", "planned"]
        assert job["batches"][1]["error"]["charged"] == "unknown"
        assert len(machine.world.batches) == 2

        refused = machine.run(
            "settle", job["batches"][1]["batch"], "--as", "adopted", "--batch-id", "no-such-id"
        )
        assert refused.code != 0
        _settle_by_truth(machine)
        assert machine.run("watch").code == 0
        assert charged_twice(machine.world) == []


def test_an_interrupted_submission_waits_for_the_answer_it_paid_for(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        machine.simulator.add_fault(Rule(call="submit", delay=0.6))
        (tmp_path / "list.csv").write_text(messy_csv(4_000, seed=4)[0])
        process = machine.start("submit", "list.csv", "--yes", "--wait")
        pause = threading.Event()
        while not machine.world.ledger:
            pause.wait(0.005)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        shown = machine.run("show", "1", "--json").json
        assert "unknown" not in {batch["state"] for batch in shown["batches"]}
        assert machine.run("watch").code == 0
        assert charged_twice(machine.world) == []
