"""``kill -9`` at every step and at any moment: nothing is forgotten and nothing is paid for twice.

This is a small part of what ``python -m tests.crash`` does for as long as one likes.
"""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.crash.campaign import play, walk_all
from tests.crash.every_step import SCENES
from tests.e2e.harness import charged_twice, messy_csv, place, until

AT_ONCE = 2
"""Machines at the same time: as many as the smallest computer has cores."""


@pytest.mark.slow
def test_no_step_is_a_bad_one_to_die_at(tmp_path: Path) -> None:
    one_batch = replace(SCENES[0], rows=12)
    tally, violations = walk_all(tmp_path, AT_ONCE, (one_batch,))
    assert violations == []
    assert tally.count("steps", "POST body sent") == 1
    assert tally.killed > 25


@pytest.mark.slow
def test_no_step_of_a_lookup_is_a_bad_one_to_die_at(tmp_path: Path) -> None:
    lookup = next(scene for scene in SCENES if scene.name == "lookup")
    tally, violations = walk_all(tmp_path, AT_ONCE, (lookup,))
    assert violations == []
    assert tally.count("steps", "POST body sent") == 3
    assert tally.killed > 40


@pytest.mark.slow
def test_no_moment_is_a_bad_one_to_die_at(tmp_path: Path) -> None:
    tally, violations = play(tmp_path, kills=15, seed=5, jobs=AT_ONCE, tell=print)
    assert violations == []
    assert tally.killed >= 15


@pytest.mark.slow
def test_no_moment_is_a_bad_one_for_the_background_worker_to_die_at(tmp_path: Path) -> None:
    tally, violations = play(tmp_path, kills=20, seed=3, jobs=AT_ONCE, tell=print, worker=True)
    assert violations == []
    assert tally.count("killed", "worker") >= 20


@pytest.mark.slow
def test_a_batch_in_doubt_stops_the_queue_and_says_so(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        here.simulator.add_fault(Rule(call="submit", cut="after", after=1, times=1))
        (tmp_path / "list.csv").write_text(messy_csv(4_000, seed=9)[0])
        ran = here.run("submit", "list.csv", "--yes", "--wait", "--json")
        assert ran.code == 5
        job = ran.json
        assert job["state"] == "attention"
        assert [batch["state"] for batch in job["batches"]][:3] == ["completed", "unknown", "planned"]
        assert job["batches"][1]["error"]["charged"] == "unknown"
        assert len(here.world.batches) == 2

        settle = ("settle", job["batches"][1]["batch"], "--as", "adopted", "--batch-id")
        known, lost = here.world.batches
        assert here.run(*settle, "no-such-id").code != 0
        assert here.run(*settle, known).code != 0, "it was given the id of another batch"
        assert here.run(*settle, lost).code == 0
        assert here.run("watch").code == 0
        assert charged_twice(here.world) == []


def test_an_interrupted_submission_waits_for_the_answer_it_paid_for(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        here.simulator.add_fault(Rule(call="submit", delay=0.6))
        (tmp_path / "list.csv").write_text(messy_csv(4_000, seed=4)[0])
        process = here.start("submit", "list.csv", "--yes", "--wait")
        until(lambda: here.world.ledger, "the service to be paid")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        shown = here.run("show", "1", "--json").json
        assert "unknown" not in {batch["state"] for batch in shown["batches"]}
        assert here.run("watch").code == 0
        assert charged_twice(here.world) == []
