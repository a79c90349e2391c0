"""Kills the program again and again, and compares what it remembers with the service's books.

``python -m tests.crash --kills 500 --seed 1`` first kills small commands at every one of their steps, and
then plays worlds drawn from the seed until so many more processes were killed. It ends with 1 where anything
was lost, paid for twice or wrong, and keeps the directories in which that happened.

With ``--hosts 4`` each world is of four machines on one PostgreSQL. Their lines to it are cut, and it is
killed, too.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.crash.campaign import Outcome, play, walk_all


def main() -> int:
    """Run the campaign that the command line asks for; return 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--kills", type=int, default=500, help="beside those at every step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=1, help="machines that share a database")
    parser.add_argument("--jobs", type=int, help="worlds at the same time")
    parser.add_argument("--no-walk", action="store_true", help="leave out the kills at every step")
    parser.add_argument("--worker", action="store_true", help="kill background workers, so many")
    given = parser.parse_args()

    directory = Path(tempfile.mkdtemp(prefix="pwl-tui-crash-"))
    jobs = given.jobs or (2 if given.hosts == 1 else 1)
    walks = given.hosts == 1 and not (given.no_walk or given.worker)
    violations = _sum_up("every step", walk_all(directory, jobs)) if walks else []
    violations += _sum_up(
        "worlds",
        play(directory, given.kills, given.seed, jobs, _tell, worker=given.worker, hosts=given.hosts),
    )
    if violations:
        _tell(f"seed {given.seed}: {len(violations):,} violations, see {directory}")
        return 1
    shutil.rmtree(directory)
    _tell(f"seed {given.seed}: nothing lost, nothing paid for twice")
    return 0


def _sum_up(what: str, outcome: Outcome) -> list[str]:
    tally, violations = outcome
    _tell("\n".join([f"== {what}: {tally.killed:,} kills", *tally.lines(), *violations]))
    return violations


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
