"""A state directory that was copied or moved: two copies could pay for the same numbers."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.harness import KEY, Place, charged_twice, messy_csv, place, spent


@pytest.fixture
def half_sent(tmp_path: Path) -> Iterator[Place]:
    """A job that is waiting for credits to send its rest, and the credits."""
    with place(tmp_path, credit=1_500) as machine:
        (tmp_path / "many.csv").write_text(messy_csv(3_000, seed=1)[0])
        assert machine.run("submit", "many.csv", "--yes", "--when-short", "wait").code == 4
        shutil.copytree(machine.state, tmp_path / "short")
        assert machine.run("resume", "1").code == 0
        machine.world.add_credits(KEY, "wavalidation", 10_000)
        yield machine


@pytest.mark.slow
def test_a_copy_sends_nothing_until_someone_says_what_it_is(half_sent: Place) -> None:
    machine = half_sent
    run_copy = partial(machine.run, PWL_TUI_STATE_DIR=str(machine.directory / "copy"))
    shutil.copytree(machine.state, machine.directory / "copy")
    numbers = machine.run("show", "1", "--json").json["numbers"]

    watched = run_copy("watch")
    assert (watched.code, spent(machine)) == (1, 1_500)
    assert "This state directory belongs to" in watched.err
    doctor = run_copy("doctor", "--json").json
    assert [line["result"] for line in doctor if line["check"] == "place"] == ["warn"]
    for command in (["submit", "many.csv", "--yes"], ["lookup", "+14155552671"], ["retry", "1", "--yes"]):
        refused = run_copy(*command)
        assert (refused.code, spent(machine)) == (2, 1_500), refused
        assert "state settle" in refused.err
    asked = run_copy("state", "settle")
    assert (asked.code, str(machine.state) in asked.err) == (1, True)

    settled = run_copy("state", "settle", "--as", "copy")
    assert (settled.code, "not sent" in settled.out) == (0, True)
    watched = run_copy("watch")
    assert "this state directory is a copy" in watched.err
    assert spent(machine) == 1_500
    assert run_copy("resume", "1").code == 0
    assert run_copy("watch").code == 1
    assert spent(machine) == 1_500

    assert machine.run("watch").code == 0
    assert spent(machine) == numbers
    assert not charged_twice(machine.world)
    assert run_copy("state", "settle", "--as", "moved").code == 2


def test_the_status_of_the_worker_says_why_none_starts_in_a_copy(tmp_path: Path) -> None:
    with place(tmp_path, credit=10) as machine:
        (tmp_path / "one.csv").write_text("phone\n+14155552671\n")
        assert machine.run("submit", "one.csv", "--yes").code == 0
        shutil.copytree(machine.state, tmp_path / "copy")
        status = machine.run("worker", "status", PWL_TUI_STATE_DIR=str(tmp_path / "copy"))
        assert "This state directory belongs to" in status.out


@pytest.mark.slow
def test_a_copy_that_waited_for_credits_says_that_they_do_not_help(half_sent: Place) -> None:
    watched = half_sent.run("watch", PWL_TUI_STATE_DIR=str(half_sent.directory / "short"))
    assert (watched.code, spent(half_sent)) == (1, 1_500)
    assert "This state directory belongs to" in watched.err


@pytest.mark.slow
def test_a_directory_that_was_moved_continues_once_someone_says_so(half_sent: Place) -> None:
    machine = half_sent
    run_moved = partial(machine.run, PWL_TUI_STATE_DIR=str(machine.directory / "moved"))
    machine.state.rename(machine.directory / "moved")
    numbers = run_moved("show", "1", "--json").json["numbers"]
    assert (run_moved("watch").code, spent(machine)) == (1, 1_500)
    assert run_moved("state", "settle", "--as", "moved").code == 0
    assert run_moved("watch").code == 0
    assert spent(machine) == numbers
