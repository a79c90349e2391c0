"""A whole state directory is put back from a backup: what was sent since is not paid for again."""

import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.crash.books import Books
from tests.crash.counts import Tally
from tests.crash.machine import Machine
from tests.crash.reconcile import read_batches, unclaimed
from tests.e2e.harness import Place, Ran, charged_twice, messy_csv, place, spent, until

NUMBERS = 5_000
OLDER = "This state directory was restored or re-created"


@pytest.fixture
def half_sent(tmp_path: Path) -> Iterator[Place]:
    """A list whose sender was killed after two of its batches, with a backup of the state directory."""
    with place(tmp_path) as machine:
        machine.simulator.add_fault(Rule(call="submit", delay=0.2))
        (tmp_path / "many.csv").write_text(messy_csv(NUMBERS, seed=1)[0])
        process = machine.start("submit", "many.csv", "--yes", "--wait")
        until(lambda: len(machine.journal_ids()) >= 2, "two batches")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        machine.simulator.clear_faults()
        settle(machine)
        back_up(machine)
        yield machine


@pytest.fixture
def sure(tmp_path: Path) -> Iterator[Place]:
    """A machine whose numbers are all answered, with three lists."""
    with place(tmp_path, failing=0.0) as machine:
        for seed, name in enumerate(["first.csv", "second.csv", "third.csv"]):
            (tmp_path / name).write_text(messy_csv(3_000, seed=seed)[0])
        yield machine


def back_up(machine: Place) -> None:
    shutil.copytree(machine.state, machine.directory / "backup", symlinks=True)


def remove_and_copy(machine: Place) -> None:
    """Put the backup back as with ``rm -rf`` and ``cp -a``."""
    shutil.rmtree(machine.state)
    shutil.copytree(machine.directory / "backup", machine.state, symlinks=True)


def copy_over(machine: Place) -> None:
    """Put the backup back as ``rsync -a`` does: over what is there, which stays if the backup lacks it."""
    for file in (machine.directory / "backup").iterdir():
        beside = machine.state / f".{file.name}.new"
        shutil.copy2(file, beside)
        beside.replace(machine.state / file.name)


def truncate_and_copy(machine: Place) -> None:
    """Put the backup back as `copy_over`, and lose the journal altogether."""
    copy_over(machine)
    (machine.state / "journal.log").write_bytes(b"")


def settle(machine: Place) -> None:
    """Settle what a killed sender has left, knowing from the provider what was charged."""
    Machine(machine, Tally(), hurried=False).quiet()
    batches = read_batches(Books((machine.state,)))
    charged = unclaimed(machine.world, batches)
    for batch in batches:
        if batch.state in {"sending", "unknown"}:
            found = charged.get(batch.digest)
            decision = ("adopted", "--batch-id", str(found[0].batch_id)) if found else ("free",)
            machine.run("settle", batch.label, "--as", *decision)
    assert not {"sending", "unknown"} & {batch.state for batch in read_batches(Books((machine.state,)))}


def ids(machine: Place) -> list[str]:
    """Return the IDs of the batches in the state file."""
    jobs = machine.run("jobs", "--json").json
    shown = [machine.run("show", job["job"], "--json").json for job in jobs]
    return [batch["batch_id"] for job in shown for batch in job["batches"]]


@pytest.mark.slow
@pytest.mark.parametrize("put_back", [remove_and_copy, copy_over, truncate_and_copy])
@pytest.mark.parametrize("go_on", [("watch",), ("worker", "run"), ("submit", "many.csv", "--yes", "--wait")])
def test_what_was_sent_since_is_not_sent_again(
    half_sent: Place, put_back: Callable[[Place], None], go_on: tuple[str, ...]
) -> None:
    machine = half_sent
    before = len(machine.world.batches)
    assert machine.run("watch").code == 0
    paid, sent = spent(machine), set(machine.world.batches)
    assert len(sent) > before

    put_back(machine)
    ran = machine.run(*go_on)
    assert ran.code == 0, ran
    assert OLDER in ran.err
    assert "pwl-tui adopt --journal" in ran.err
    assert (charged_twice(machine.world), spent(machine)) == ([], paid)
    again = machine.run("watch")
    assert (again.code, OLDER in again.err) == (0, False)
    assert (charged_twice(machine.world), spent(machine)) == ([], paid)
    assert set(ids(machine)) == sent
    assert set(machine.journal_ids()) == sent


@pytest.mark.slow
def test_several_processes_at_once_send_nothing_again(half_sent: Place) -> None:
    machine = half_sent
    assert machine.run("watch").code == 0
    paid, sent = spent(machine), set(machine.world.batches)
    remove_and_copy(machine)
    go_on = [("watch",), ("worker", "run"), ("watch",), ("jobs",)]
    started = [machine.start(*words) for words in go_on]
    said = []
    for process in started:
        _, err = process.communicate()
        assert process.returncode == 0, err
        said.append(OLDER in err.decode())
    assert sum(said) == 1
    assert (charged_twice(machine.world), spent(machine)) == ([], paid)
    assert set(ids(machine)) == sent


@pytest.mark.slow
def test_what_was_being_sent_since_is_in_doubt(half_sent: Place) -> None:
    machine = half_sent
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    assert machine.run("watch").code == 5
    paid = spent(machine)
    remove_and_copy(machine)
    ran = machine.run("watch")
    assert (ran.code, spent(machine)) == (5, paid), ran
    assert OLDER in ran.err
    settle(machine)
    assert machine.run("watch").code == 0
    assert charged_twice(machine.world) == []
    assert set(ids(machine)) == set(machine.world.batches)


@pytest.mark.slow
@pytest.mark.parametrize("names", [["state.db"], ["state.db", "journal.log"]])
def test_a_backup_beside_what_a_crash_left_is_not_mixed_with_it(sure: Place, names: list[str]) -> None:
    """SQLite itself would read the newer log into the older file, and damage it without a word."""
    machine = sure
    assert machine.run("submit", "first.csv", "--yes", "--wait").code == 0
    back_up(machine)
    assert machine.run("submit", "second.csv", "--yes", "--wait").code == 0
    paid_before = len(machine.journal_ids())
    machine.simulator.add_fault(Rule(call="submit", delay=0.2))
    process = machine.start("submit", "third.csv", "--yes", "--wait")
    until(lambda: len(machine.journal_ids()) >= paid_before + 2, "two batches")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    machine.simulator.clear_faults()
    Machine(machine, Tally(), hurried=False).quiet()
    paid = spent(machine)
    logs = [machine.state / "state.db-wal", machine.state / "state.db-shm"]
    left = logs[0].read_bytes()
    assert left

    for name in names:  # as `cp` does it: the file stays the same one for the system
        shutil.copy2(machine.directory / "backup" / name, machine.state / name)
    again = ("submit", "second.csv", "--yes", "--wait")
    for command in (("adopt", "--journal"), again, ("watch",), ("jobs",)):
        refused = machine.run(*command)
        assert (refused.code, spent(machine)) == (1, paid), refused
        assert "state.db was replaced by another copy" in refused.err
        assert "move state.db-wal and state.db-shm away" in refused.err
    assert logs[0].read_bytes() == left

    for log in logs:
        log.rename(machine.directory / log.name)
    assert machine.run("adopt", "--journal").code in {0, 5}
    ran = machine.run(*again)
    assert (ran.code, spent(machine)) == (0, paid), ran
    # A batch that was being sent is in doubt.
    assert machine.run("submit", "third.csv", "--yes", "--wait").code in {0, 5}
    settle(machine)
    assert machine.run("watch").code == 0
    assert charged_twice(machine.world) == []
    assert set(ids(machine)) == set(machine.world.batches)


@pytest.mark.slow
def test_a_backup_that_is_said_to_have_moved_knows_what_was_sent_from_its_old_place(half_sent: Place) -> None:
    machine = half_sent
    assert machine.run("watch").code == 0
    paid = spent(machine)
    shutil.rmtree(machine.state)
    run = partial(machine.run, PWL_TUI_STATE_DIR=str(machine.directory / "backup"))
    assert run("state", "settle", "--as", "moved").code == 0
    ran = run("watch")
    assert ran.code == 0, ran
    assert (charged_twice(machine.world), spent(machine)) == ([], paid)


def moved(machine: Place) -> Callable[..., Ran]:
    """Move the state directory, say so, and return what runs the program there."""
    new = machine.directory / "moved"
    machine.state.rename(new)
    run = partial(machine.run, PWL_TUI_STATE_DIR=str(new))
    assert run("state", "settle", "--as", "moved").code == 0
    return run


@pytest.mark.slow
@pytest.mark.parametrize("again", [("submit", "second.csv", "--yes", "--wait"), ("adopt", "--journal")])
def test_a_backup_that_comes_back_to_its_old_place_knows_what_was_sent_from_the_new_one(
    sure: Place, again: tuple[str, ...]
) -> None:
    machine = sure
    assert machine.run("submit", "first.csv", "--yes", "--wait").code == 0
    back_up(machine)
    run = moved(machine)
    assert run("submit", "second.csv", "--yes", "--wait").code == 0
    paid = spent(machine)
    shutil.rmtree(machine.directory / "moved")
    shutil.copytree(machine.directory / "backup", machine.state)
    ran = machine.run(*again)
    assert (ran.code, OLDER in ran.err, spent(machine)) == (0, True, paid), ran
    assert set(ids(machine)) == set(machine.world.batches)


def test_whoever_begins_anew_in_an_old_place_shares_no_copy_with_the_new_one(machine: Place) -> None:
    assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
    run = moved(machine)
    paid = spent(machine)
    # What was sent from here until now comes back.
    ran = machine.run("submit", "list.csv", "--yes", "--wait")
    assert (ran.code, OLDER in ran.err, spent(machine)) == (0, True, paid), ran
    (machine.directory / "other.csv").write_text("+14155550123\n")
    assert machine.run("submit", "other.csv", "--yes", "--wait").code == 0
    ran = run("jobs")
    assert (ran.code, ran.err) == (0, "")
    copies = list((machine.directory / "cache").glob("pwl-tui/journals/*.log"))
    assert {copy.stat().st_nlink for copy in copies} == {1}
    journals = [machine.directory / name / "journal.log" for name in ("state", "moved")]
    assert {copy.read_bytes() for copy in copies} == {journal.read_bytes() for journal in journals}


def test_whoever_begins_anew_gets_back_what_was_sent(machine: Place) -> None:
    assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
    paid, sent = spent(machine), set(machine.world.batches)
    shutil.rmtree(machine.state)

    # The same list costs nothing: its batch is known.
    ran = machine.run("submit", "list.csv", "--yes", "--wait", "--json")
    assert (ran.code, OLDER in ran.err) == (0, True), ran
    assert (spent(machine), {batch["batch_id"] for batch in ran.json["batches"]}) == (paid, sent)

    # What is in no job is said, and comes back or is let go.
    shutil.rmtree(machine.state)
    ran = machine.run("jobs")
    assert OLDER in ran.err
    assert "1 batch in the journal is paid for but not in the state file" in ran.err
    assert machine.run("adopt", "--journal").code == 0
    assert set(ids(machine)) == sent
    assert machine.run("watch").code == 0
    assert machine.run("forget", "1", "--yes").code == 0
    assert machine.run("jobs").err == "" or "paid for" not in machine.run("jobs").err
    assert spent(machine) == paid


def test_whoever_wants_nothing_back_removes_the_second_copy_too(machine: Place) -> None:
    assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
    shutil.rmtree(machine.state)
    machine.second_copy.unlink()
    ran = machine.run("jobs")
    assert (ran.code, OLDER in ran.err, "paid for" in ran.err) == (0, False, False)


def test_the_second_copy_has_what_the_journal_has_and_backups_leave_it_out(machine: Place) -> None:
    assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
    assert machine.second_copy.read_bytes() == (machine.state / "journal.log").read_bytes()
    tag = machine.second_copy.parents[1] / "CACHEDIR.TAG"
    assert tag.read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")


def test_two_processes_at_once_make_one_copy(machine: Place) -> None:
    lists = []
    for number in range(4):
        lists.append(f"list-{number}.csv")
        (machine.directory / lists[-1]).write_text(messy_csv(200, seed=number)[0])
    assert machine.run("submit", lists[0], "--yes", "--wait").code == 0
    machine.second_copy.unlink()
    started = [machine.start("submit", name, "--yes", "--wait") for name in lists[1:]]
    for process in started:
        _, err = process.communicate()
        assert process.returncode == 0, err
        assert OLDER not in err.decode()
    lines = [file.read_bytes().splitlines() for file in (machine.second_copy, machine.state / "journal.log")]
    assert sorted(lines[0]) == sorted(lines[1])
    assert charged_twice(machine.world) == []


def test_work_goes_on_without_a_second_copy(machine: Place) -> None:
    cache = machine.directory / "cache"
    cache.write_text("in the way")
    assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
    (finding,) = [line for line in machine.run("doctor", "--json").json if line["check"] == "copy"]
    assert finding["result"] == "warn"
    assert "A file is in the way" in finding["message"]
    cache.unlink()
    (finding,) = [line for line in machine.run("doctor", "--json").json if line["check"] == "copy"]
    assert (finding["result"], str(machine.second_copy) in finding["message"]) == ("ok", True)
    assert machine.second_copy.read_bytes() == (machine.state / "journal.log").read_bytes()


def test_doctor_says_that_a_backup_was_restored(machine: Place) -> None:
    assert machine.run("jobs").code == 0
    back_up(machine)
    assert machine.run("submit", "list.csv", "--yes", "--wait").code == 0
    remove_and_copy(machine)
    for _ in range(2):  # not only at the moment at which it is noticed
        found = {line["check"]: line for line in machine.run("doctor", "--json").json}
        assert (found["copy"]["result"], found["journal"]["result"]) == ("warn", "warn")
        assert OLDER in found["copy"]["message"]
        assert "adopt --journal" in found["copy"]["remedy"]


def test_a_demo_keeps_none(machine: Place) -> None:
    ran = machine.run("--demo")
    assert ran.code == 0, ran
    assert not list((machine.directory / "cache").rglob("*.log"))
