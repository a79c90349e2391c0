"""Many machines on which the program is killed, some at the same time, and what came of them all."""

import shutil
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path

from tests.crash import rivals, team
from tests.crash.counts import Tally
from tests.crash.every_step import SCENES, Scene, walk
from tests.crash.scenario import Plan, run

ATTEMPTS = 14
"""How often the program of one world is started to be killed."""
RIVALS_EVERY = 3
"""Of so many worlds, one is about several processes that decide at the same moment."""

Outcome = tuple[Tally, list[str]]
"""What was counted, and a sentence for everything that was not as it should be."""


def walk_all(directory: Path, jobs: int, scenes: tuple[Scene, ...] = SCENES) -> Outcome:
    """Kill the command of every scene at every one of its steps.

    Args:
        directory: where the machines are; those on which anything was wrong stay.
        jobs: how many machines at the same time.
        scenes: which.
    """
    total, violations = Tally(), list[str]()
    with ThreadPoolExecutor(jobs) as pool:
        walks = [
            pool.submit(walk, scene, directory, first=first, stride=jobs)
            for scene in scenes
            for first in range(1, jobs + 1)
        ]
        for done in walks:
            tally, found = done.result()
            total.merge(tally)
            violations += found
    return total, violations


def play(
    directory: Path,
    kills: int,
    seed: int,
    jobs: int,
    tell: Callable[[str], object],
    *,
    worker: bool = False,
    hosts: int = 1,
) -> Outcome:
    """Play worlds until so many processes were killed, or one world is not as it should be.

    Args:
        directory: as for `walk_all`.
        kills: how many at least; with several machines, cuts and restarts of the database count, too.
        seed: another one gives other worlds.
        jobs: how many worlds at the same time.
        tell: told how far it is.
        worker: whether it is the background worker that is killed, and only that counts.
        hosts: how many machines are in a world; several share a database.
    """

    def goes_on() -> bool:
        killed = total.count("killed", "worker") if worker else total.killed
        return killed < kills and not violations

    total, violations = Tally(), list[str]()
    worlds = (f"{seed}/{world}" for world in count())
    running: dict[Future[Outcome], str] = {}
    with ThreadPoolExecutor(jobs) as pool:
        while running or goes_on():
            while len(running) < jobs and goes_on():
                world = next(worlds)
                running[pool.submit(_play, world, directory, worker, hosts)] = world
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                world = running.pop(done)
                tally, found = done.result()
                total.merge(tally)
                violations += [f"world {world}: {sentence}" for sentence in found]
                tell(f"world {world}: {total.killed:,} kills, {len(violations):,} violations")
    return total, violations


def _play(world: str, directory: Path, worker: bool, hosts: int) -> Outcome:
    tally, here = Tally(), directory / world.replace("/", "-")
    if hosts > 1:
        found = team.run(world, hosts, here, tally)
    elif int(world.rpartition("/")[2]) % RIVALS_EVERY == RIVALS_EVERY - 1:
        found = rivals.run(rivals.Rivalry.draw(world), here, tally)
    else:
        found = run(Plan.draw(world, ATTEMPTS, worker=worker), here, tally)
    if not found:
        shutil.rmtree(here)
    return tally, found
