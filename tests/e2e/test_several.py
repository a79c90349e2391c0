"""Several processes on one state file: one sends, each batch is polled by one, all see all."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from tests.e2e.harness import charged_twice, messy_csv, place

PACE = """
[profiles.default]
region = "US"
[polling]
minimum = 0.4
small = [0.4, 0.5]
large = [0.4, 0.5]
requests_per_second = 100.0
"""


def test_processes_share_the_work_and_the_etiquette(tmp_path: Path) -> None:
    with place(tmp_path, rate=2_500.0) as machine:
        (tmp_path / "config.toml").write_text(PACE)
        for name, seed in (("one", 1), ("two", 2)):
            (tmp_path / f"{name}.csv").write_text(messy_csv(3_000, seed)[0])
        processes = [
            machine.start("submit", f"{name}.csv", "--yes", "--wait", "--reuse-days", "0")
            for name in ("one", "two")
        ]
        for process in processes:
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, err.decode()
        assert machine.run("watch").code == 0

        jobs = machine.run("jobs", "--json").json
        assert [job["state"] for job in jobs] == ["completed", "completed"]
        assert sum(job["charged"] for job in jobs) == sum(charge.amount for charge in machine.world.ledger)
        shared = charged_twice(machine.world)
        numbers = [set(charge.numbers) for charge in machine.world.ledger]
        assert len(machine.journal_ids()) == len(set(machine.journal_ids())) == len(numbers)
        # The lists were brought independently of each other: only what stands in both is paid for twice.
        assert len(shared) <= sum(job["numbers"] for job in jobs) - len(set().union(*numbers))

        polled = defaultdict(list)
        for request in machine.simulator.requests:
            if request.call == "poll":
                polled[request.batch_id].append(request.at)
        gaps = [after - before for times in polled.values() for before, after in pairwise(times)]
        assert gaps
        assert min(gaps) >= 0.39
