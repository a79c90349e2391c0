"""What can go wrong with the machine, played with real processes: disks, files, clocks, descriptors, streams.

After each fault it is gone, and the work goes on: then nothing may be lost, and nothing paid for twice.
"""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, RUN_SECONDS, Place, Ran, charged_twice, messy_csv, place, spent, until

_ROWS = 2_300
_JOBS = 10_000
_SLOW = 800.0
"""Numbers a second: all that a clock does falls into the work."""
_SMALL_DISK, _LARGE_DISK = "size=900k", "size=64m"
"""The one is too small for the state of `_ROWS` numbers with their answers."""


class MachineFault(NamedTuple):
    """One thing that goes wrong.

    Attributes:
        name: unique.
        play: plays it on a machine, and returns a sentence for everything that is not as it should be.
    """

    name: str
    play: Callable[[Place], list[str]]
    rate: float = 20_000.0
    """Numbers a second that the service answers."""


def play(fault: MachineFault, directory: Path) -> list[str]:
    """Play a fault on a machine of its own; return a sentence for everything that is wrong."""
    with place(directory, rate=fault.rate) as machine:
        (directory / "list.csv").write_text(messy_csv(_ROWS, seed=3)[0])
        (directory / "short.csv").write_text("name,phone\nAda,+14155552671\nBob,+442079460958\n")
        found = fault.play(machine)
        found += [f"{number} was paid for twice" for number in charged_twice(machine.world)]
        return found


def said(ran: Ran, *codes: int) -> list[str]:
    """Return what is wrong with how a command ended: it must be a sentence, and one of the exit codes."""
    found = []
    if ran.code not in codes:
        found.append(f"exit code {ran.code}, not one of {codes}: {ran.err[-600:]}")
    if ran.code and not ran.err.strip():
        found.append("it failed without a word")
    text = ran.out + ran.err
    found += [f"{words!r} is said: {text[-900:]}" for words in _NEVER if words in text]
    return found


_NEVER = ("Traceback", "Internal error", KEY, "Warning:")


def goes_on(machine: Place, list_name: str = "list.csv") -> list[str]:
    """Go on with the work once the fault is gone; return what is wrong in the end."""
    found = []
    jobs = machine.run("jobs", "--json")
    found += said(jobs, 0)
    if jobs.code:
        return found
    if not jobs.json:
        found += said(machine.run("submit", list_name, "--yes"), 0)
    for _ in range(3):
        in_doubt = [
            batch
            for job in machine.run("jobs", "--json").json
            for batch in machine.run("show", job["job"], "--json").json["batches"]
            if batch["state"] == "unknown"
        ]
        for batch in in_doubt:
            known = {one["batch_id"] for one in _rows(machine, "SELECT batch_id FROM batches")}
            lost = [batch_id for batch_id in machine.world.batches if batch_id not in known]
            how = ("adopted", "--batch-id", lost[0]) if lost else ("free",)
            found += said(machine.run("settle", batch["batch"], "--as", *how), 0)
        ran = machine.run("watch")
        if ran.code == 0:
            break
        for job in machine.run("jobs", "--json").json:
            machine.run("resume", job["job"])
    else:
        found.append(f"the work does not come to its end: {ran.code} {ran.err[-600:]}")
    unfinished = [job["job"] for job in machine.run("jobs", "--json").json if job["state"] != "completed"]
    if unfinished:
        found.append(f"jobs {unfinished} are not completed")
    ledger = machine.run("ledger", "--json").json
    if ledger["spent"] != spent(machine):
        found.append(f"{spent(machine)} credits were paid, and {ledger['spent']} are booked")
    return found


def _rows(machine: Place, statement: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(f"file:{machine.state / 'state.db'}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


# -- disks


def mountable() -> bool:
    """Whether this process may mount a file system: as root, outside most containers."""
    with suppress(OSError):
        return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    return False


@contextmanager
def small_disk(machine: Place) -> Iterator[None]:
    """Put the state directory on a small file system of its own."""
    machine.state.mkdir(mode=0o700)
    size = f"{_SMALL_DISK},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", machine.state], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", machine.state], check=True)


def _remount(machine: Place, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", machine.state], check=True)


def full_disk(machine: Place) -> list[str]:
    with small_disk(machine):
        found = said(machine.run("submit", "list.csv", "--yes", "--wait"), 1)
        _remount(machine, _LARGE_DISK)
        return found + goes_on(machine)


def disk_that_fills_up(machine: Place) -> list[str]:
    """Fill the disk to its last byte while batches are being paid for."""
    with small_disk(machine):
        _remount(machine, _LARGE_DISK)
        machine.simulator.add_fault(Rule(call="submit", delay=0.3))
        process = machine.start("submit", "list.csv", "--yes", "--wait")
        until(lambda: machine.world.ledger or process.poll() is not None, "the first batch to be paid for")
        filler = _fill(machine)
        found = said(_ended(process), 0, 1, 5)
        filler.unlink()
        machine.simulator.clear_faults()
        return found + goes_on(machine)


def disk_without_a_byte_left(machine: Place) -> list[str]:
    """Fill the disk while nothing runs: not even the shared memory beside the state file can be made."""
    with small_disk(machine):
        _remount(machine, _LARGE_DISK)
        found = said(machine.run("submit", "short.csv", "--yes"), 0)
        filler = _fill(machine)
        for command in (("jobs",), ("submit", "list.csv", "--yes"), ("lookup", "+14155552673"), ("ledger",)):
            ran = machine.run(*command)
            found += said(ran, 1)
            if "The disk is full" not in ran.err:
                found.append(f"{command[0]} does not say that the disk is full: {ran.err[-600:]}")
        filler.unlink()
        return found + goes_on(machine)


def disk_that_fills_up_under_a_lookup(machine: Place) -> list[str]:
    """Fill the disk while the answer to a lookup is awaited: it is shown, and what it cost is said."""
    with small_disk(machine):
        _remount(machine, _LARGE_DISK)
        machine.simulator.add_fault(Rule(call="check", delay=1.0))
        found = said(machine.run("jobs"), 0)
        process = machine.start("lookup", "+14155552671")
        until(lambda: _rows(machine, "SELECT id FROM lookups"), "the intent to be stored")
        filler = _fill(machine)
        ran = _ended(process)
        found += said(Ran(ran.code, ran.out, ran.err or ran.out), 1)
        filler.unlink()
        again = machine.run("lookup", "+14155552671")
        for words, text in (("1 credit was charged", ran.out), ("could not store the answer", again.out)):
            if words not in text:
                found.append(f"{words!r} is not said: {text[-900:]}")
        if spent(machine) != 1:
            found.append(f"{spent(machine)} credits were paid")
        return found


def _fill(machine: Place) -> Path:
    """Fill the disk of the state directory to its last byte; return the file to remove."""
    filler = machine.state / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return filler


def read_only_disk(machine: Place) -> list[str]:
    with small_disk(machine):
        _remount(machine, _LARGE_DISK)
        found = said(machine.run("submit", "short.csv", "--yes"), 0)
        _remount(machine, "ro")
        found += said(machine.run("submit", "list.csv", "--yes"), 1)
        found += said(machine.run("watch"), 1)
        found += said(machine.run("jobs"), 0, 1)
        _remount(machine, "rw")
        return found + goes_on(machine)


def file_size_limit(machine: Place) -> list[str]:
    found = []
    for limit in (0, 60_000, 300_000):
        ran = _limited(machine, resource.RLIMIT_FSIZE, limit, "submit", "list.csv", "--yes", "--wait")
        found += said(ran, 0, 1, 5)
    return found + goes_on(machine)


# -- the state file


def locked_state(machine: Place) -> list[str]:
    """Let another program hold the state file while a command waits, which says so and can be interrupted."""
    found = said(machine.run("submit", "short.csv", "--yes"), 0)
    with closing(sqlite3.connect(machine.state / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        process = machine.start("submit", "list.csv", "--yes")
        if process.stderr is None:
            raise TypeError("standard error is a pipe")
        told = process.stderr.readline()
        while told and b"ctrl+c" not in told:
            told = process.stderr.readline()
        if not told:
            found.append("nobody said what is waited for")
        process.send_signal(signal.SIGINT)
        found += said(_ended(process, b"Interrupted"), 130)
        other.execute("ROLLBACK")
    return found + goes_on(machine)


def damaged_state(machine: Place) -> list[str]:
    """Overwrite the state file; with the journal everything that was paid for is had again."""
    found = said(machine.run("submit", "list.csv", "--yes"), 0)
    for damage in (b"no database at all" * 300, b"SQLite format 3\0" + b"\xff" * 8_192):
        for file in machine.state.glob("state.db-*"):
            file.unlink()
        (machine.state / "state.db").write_bytes(damage)
        for command in (("jobs",), ("submit", "list.csv", "--yes")):
            found += said(machine.run(*command), 1, 2)
    (machine.state / "state.db").unlink()
    found += said(machine.run("adopt", "--journal"), 0)
    return found + goes_on(machine)


def removed_state(machine: Place) -> list[str]:
    """Remove the whole state directory under a command that is waiting for answers."""
    machine.simulator.add_fault(Rule(call="poll", status=503))
    process = machine.start("submit", "list.csv", "--yes", "--wait")
    until(lambda: len(machine.journal_ids()) == 3 or process.poll() is not None, "all batches")
    kept = (machine.state / "journal.log").read_bytes()
    for file in sorted(machine.state.rglob("*"), reverse=True):
        file.unlink()
    machine.simulator.clear_faults()
    until(lambda: machine.simulator.requests[-1].status == 200 or process.poll() is not None, "an answer")
    process.send_signal(signal.SIGINT)
    found = said(_ended(process), 0, 1, 130)
    (machine.state / "journal.log").write_bytes(kept)
    (machine.state / "journal.log").chmod(0o600)
    for file in machine.state.glob("state.db*"):
        file.unlink()
    found += said(machine.run("adopt", "--journal"), 0)
    return found + goes_on(machine)


# -- time


def stopped_for_an_hour(machine: Place) -> list[str]:
    """Stop a process with SIGSTOP, let an hour of its clock pass, and let it go on: see `_CLOCK`."""
    return _under_clocks(machine, [3_600.0], stopped=True)


def clock_jumps(machine: Place) -> list[str]:
    return _under_clocks(machine, [86_400.0, -86_400.0, 3_600.0 * 24 * 400, -3_600.0 * 24 * 400])


_CLOCK = """
import sys, time
from pathlib import Path
true, file = time.time, Path(sys.argv.pop(1))
time.time = lambda: true() + float(file.read_text() or 0)
from pwl_tui.cli.main import main
sys.exit(main())
"""
"""The program with a clock of ours: what `time.time` says is off by what a file says."""


def _under_clocks(machine: Place, jumps: list[float], *, stopped: bool = False) -> list[str]:
    offset = machine.directory / "clock"
    offset.write_text("0")
    command = [sys.executable, "-c", _CLOCK, str(offset), "submit", "list.csv", "--yes", "--wait"]
    process = _started(machine, command)
    found, off = [], 0.0
    for jump in jumps:
        seen = len(machine.simulator.requests)
        until(
            lambda seen=seen: len(machine.simulator.requests) > seen + 2 or process.poll() is not None,  # type: ignore[misc]
            "some requests",
        )
        if stopped:
            process.send_signal(signal.SIGSTOP)
        off += jump
        _replace(offset, str(off))
        if stopped:
            process.send_signal(signal.SIGCONT)
    found += said(_ended(process), 0)
    return found + goes_on(machine)


def _replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


# -- many jobs


def ten_thousand_jobs(machine: Place) -> list[str]:
    """Copy a finished job ten thousand times, as years of use do, and go on working."""
    found = said(machine.run("submit", "short.csv", "--yes", "--wait"), 0)
    with closing(sqlite3.connect(machine.state / "state.db")) as connection, connection:
        for table, key in (("jobs", "id"), ("batches", "job"), ("numbers", "job"), ("rows", "job")):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            copied = ", ".join(f"{key}+copy" if name == key else name for name in names)
            connection.execute(
                f"WITH RECURSIVE n(copy) AS (SELECT 1 UNION ALL SELECT copy+1 FROM n WHERE copy<{_JOBS})"
                f" INSERT INTO {table} SELECT {copied} FROM {table}, n WHERE {key}=1"
            )
        connection.execute("UPDATE batches SET batch_id=batch_id || '-' || job WHERE job>1")
    jobs = machine.run("jobs", "--json")
    found += said(jobs, 0)
    if not jobs.code and len(jobs.json) != _JOBS + 1:
        found.append(f"{len(jobs.json)} jobs are listed")
    found += said(machine.run("submit", "list.csv", "--yes", "--wait"), 0)
    found += said(machine.run("show", str(_JOBS)), 0)
    return found


# -- descriptors and streams


def few_descriptors(machine: Place) -> list[str]:
    found = said(machine.run("submit", "short.csv", "--yes"), 0)
    for limit, command in (
        (8, ("submit", "list.csv", "--yes")),
        (12, ("watch", "--timeout", "1")),
        (16, ("watch", "--timeout", "1")),
        (16, ("lookup", "+493012345678")),
        (20, ("submit", "list.csv", "--yes")),
    ):
        found += said(_limited(machine, resource.RLIMIT_NOFILE, limit, *command), 0, 1, 6, 7)
    return found + goes_on(machine)


def closed_streams(machine: Place) -> list[str]:
    found = []
    commands = (("submit", "short.csv", "--yes"), ("show", "1", "--json"))
    for command in commands:
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            ran = _limited(machine, None, 0, *command, closed=closed)
            if ran.code:
                found.append(f"{command} with {closed} closed: {ran.code}")
            found += [f"{words} is said" for words in _NEVER if words in ran.out + ran.err]
    for file in machine.state.iterdir():
        if file.suffix == ".log" and not _is_journal(file.read_bytes()):
            found.append(f"something else was written to {file}")
    return found + goes_on(machine)


def _is_journal(data: bytes) -> bool:
    with suppress(ValueError):
        return all(isinstance(json.loads(line), dict) for line in data.splitlines())
    return False


def _limited(
    machine: Place, what: int | None, limit: int, *arguments: str, closed: tuple[int, ...] = ()
) -> Ran:
    """Run a command with a limit of the system, or with some standard streams closed."""

    def prepare() -> None:
        if what is not None:
            resource.setrlimit(what, (limit, limit))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python has it itself
        for number in closed:
            os.close(number)

    process = _started(machine, [sys.executable, "-m", "pwl_tui", *arguments], prepare)
    return _ended(process)


def _started(
    machine: Place, command: list[str], prepare: Callable[[], None] | None = None
) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=machine.environ(),
        cwd=machine.directory,
        preexec_fn=prepare,
    )
    machine.processes.append(process)
    return process


def _ended(process: "subprocess.Popen[bytes]", before: bytes = b"") -> Ran:
    out, err = process.communicate(timeout=RUN_SECONDS)
    return Ran(process.returncode, out.decode(errors="replace"), (before + err).decode(errors="replace"))


MOUNTED: Mapping[str, MachineFault] = {
    one.name: one
    for one in (
        MachineFault("a full disk", full_disk),
        MachineFault("a disk that fills up", disk_that_fills_up),
        MachineFault("a disk without a byte left", disk_without_a_byte_left),
        MachineFault("a disk that fills up under a lookup", disk_that_fills_up_under_a_lookup),
        MachineFault("a disk that becomes read-only", read_only_disk),
    )
}
"""Need a file system of their own, which not everybody may mount."""

EVERYWHERE: Mapping[str, MachineFault] = {
    one.name: one
    for one in (
        MachineFault("a limit for files", file_size_limit),
        MachineFault("a locked state file", locked_state),
        MachineFault("a damaged state file", damaged_state),
        MachineFault("a state directory that is removed", removed_state),
        MachineFault("a process that stood still for an hour", stopped_for_an_hour, _SLOW),
        MachineFault("a clock that jumps", clock_jumps, _SLOW),
        MachineFault("ten thousand jobs", ten_thousand_jobs),
        MachineFault("few descriptors", few_descriptors),
        MachineFault("closed standard streams", closed_streams),
    )
}
