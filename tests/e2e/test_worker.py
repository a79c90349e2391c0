"""The background worker: what it does, what keeps it from working, and that it loses and decides nothing."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.cli.follow import Ending, follow
from pwl_tui.config import Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import ProblemError
from pwl_tui.secret import Secret
from pwl_tui.simulator.faults import Rule
from pwl_tui.state.files.worker import WorkerFiles, new_record
from pwl_tui.state.models import BatchState, JobState
from pwl_tui.state.store import Store
from tests.e2e.harness import CONFIG, KEY, Place, Run, charged_twice, spent, until, value

FIRST, NUMBERS = 14_152_000_000, 2_100
ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes standard input the controlling terminal, so that whoever closes it hangs up."""


class Accepted:
    """A state directory with a job of so many numbers that was agreed to, and of which nothing is sent."""

    def __init__(self, machine: Place, numbers: int) -> None:
        self.store = Store.open(machine.state)
        settings = Settings(key_source=Secret(KEY), base_url=machine.simulator.base_url)
        self.engine = Engine(self.store, settings)
        self.job = self.add(FIRST, numbers)

    def add(self, first: int, numbers: int) -> int:
        """Accept a list of so many numbers, and return its job."""
        source = Source.from_text("\n".join(f"+{first + n}" for n in range(numbers)), "leads")
        plan = self.engine.plans.for_list(source, Options(numbers="possible"))
        return self.engine.jobs.create(plan, name="leads").id

    @property
    def files(self) -> WorkerFiles:
        assert self.engine.binding is not None
        return self.store.worker(self.engine.binding)

    @property
    def state(self) -> JobState:
        return self.store.jobs.get(self.job).state

    def close(self) -> None:
        self.engine.close()
        self.store.close()


@pytest.fixture
def accepted(machine: Place) -> Iterator[Accepted]:
    one = Accepted(machine, NUMBERS)
    yield one
    with suppress(AssertionError):
        if one.files.terminate():
            until(lambda: not one.files.alive(), "the worker to end")
    one.close()


def everything_is_paid_for_once(machine: Place, accepted: Accepted) -> bool:
    assert charged_twice(machine.world) == []
    assert spent(machine) == NUMBERS
    return accepted.state is JobState.COMPLETED


def test_it_sends_the_rest_polls_to_the_end_and_says_so(machine: Place, accepted: Accepted, run: Run) -> None:
    code, _, err = run("worker", "run")
    assert code == 0, err
    assert everything_is_paid_for_once(machine, accepted)
    status = value(run, "worker", "status")
    assert (status["running"], status["state"], status["exit"], status["problem"]) == (
        False,
        "ended",
        0,
        None,
    )
    assert (status["unfinished"], status["said"]) == (0, "Ended. Nothing is left to do.")
    log = Path(status["log"])
    assert "Job 1 is finished." in log.read_text()
    first, second, *_ = (line.partition("  ")[2] for line in log.read_text().splitlines())
    assert first == f"Working as PID {os.getpid()}.", "apart from figures that would make it a phone number"
    assert second == f"{NUMBERS:,} numbers are not sent yet."
    assert KEY not in log.read_text()
    assert str(FIRST)[:9] not in log.read_text()
    assert {file.stat().st_mode & 0o777 for file in machine.state.glob("worker-*")} == {0o600}


def test_there_is_one_and_whoever_finds_it_leaves_the_work_to_it(
    machine: Place, accepted: Accepted, run: Run
) -> None:
    with accepted.files.hold() as ours:
        assert ours
        code, out, _ = run("worker", "run")
        assert code == 0
        assert "already working" in out
        assert value(run, "worker", "status")["running"]
    assert machine.world.ledger == []


def test_what_keeps_it_from_working_is_said_where_it_is_started(
    machine: Place, accepted: Accepted, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted.store.jobs.pause(accepted.job, paused=True)
    assert "nothing to do" in run("worker", "run")[1]
    accepted.store.jobs.pause(accepted.job, paused=False)
    machine.state.rename(machine.directory / "moved")
    code, out, _ = run("--state-dir", "moved", "worker", "run", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (2, "consent_required")
    monkeypatch.delenv("PROWEBLOOK_API_KEY")
    code, _, err = run("--state-dir", "moved", "worker", "run")
    assert (code, "No API key is set" in err) == (2, True)
    assert run("--demo", "worker", "start")[0] == 2
    assert machine.world.ledger == []


def test_one_that_was_killed_is_told_from_one_that_ended(accepted: Accepted, run: Run) -> None:
    accepted.files.write(new_record())
    status = value(run, "worker", "status")
    assert (status["running"], status["state"], status["unsent"]) == (False, "killed", NUMBERS)
    assert "pwl-tui worker start" in run("worker", "status")[1]


def test_an_error_that_ends_it_is_said_in_its_status(
    accepted: Accepted, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ProblemError("The disk is full.", "Free some space.")

    monkeypatch.setattr("pwl_tui.cli.worker.work.follow", broken)
    assert run("worker", "run")[0] == 1
    record = accepted.files.read()
    assert record is not None
    assert record.problem is not None
    assert (record.exit, record.problem.message) == (1, "The disk is full.")


@pytest.mark.usefixtures("accepted")
def test_it_decides_nothing_about_a_batch_in_doubt(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    code, _, err = run("worker", "run")
    assert (code, "pwl-tui settle 1.1" in err) == (5, True)
    status = value(run, "worker", "status")
    assert (status["state"], status["exit"], status["unsent"]) == ("ended", 5, NUMBERS - 1_000)
    assert status["problem"]["charged"] == "unknown"
    assert run("worker", "run")[0] == 5, "started once more, it sends nothing either"
    assert spent(machine) == 1_000


@pytest.mark.usefixtures("accepted")
def test_a_refused_key_ends_it(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="balance", status=401))
    assert run("worker", "run")[0] == 3
    assert value(run, "worker", "status")["problem"]["kind"] == "auth"
    assert machine.world.ledger == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (None, 0),
        (Rule(call="submit", status=422, times=1), 1),  # the first job decides how both turns end
        (Rule(call="submit", cut="after", times=1), 5),
    ],
    ids=["done", "refused", "in doubt"],
)
def test_a_job_that_is_stored_when_the_work_ends_is_not_left_to_nobody(
    machine: Place,
    accepted: Accepted,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    fault: Rule | None,
    code: int,
) -> None:
    if fault is not None:
        machine.simulator.add_fault(fault)
    endings = list[int]()

    def followed(*values: Any, **named: Any) -> Ending:
        ending = follow(*values, **named)
        if not endings:  # its lock is still held: whoever stores a job now starts no worker
            accepted.add(FIRST + NUMBERS, 20)
        endings.append(ending.exit)
        return ending

    monkeypatch.setattr("pwl_tui.cli.worker.work.follow", followed)
    assert run("worker", "run")[0] == code
    in_doubt = code == 5
    assert endings == [code] * (1 if in_doubt else 2)
    state = accepted.store.jobs.get(2).state
    assert state is (JobState.PLANNED if in_doubt else JobState.COMPLETED), "nothing is sent while in doubt"


def test_a_refusal_that_names_a_number_is_told_without_it(
    machine: Place, accepted: Accepted, run: Run
) -> None:
    refused = {"error": "phone_numbers[3]: +14155552671 is not valid"}
    machine.simulator.add_fault(Rule(call="submit", status=422, body=refused))
    code, out, err = run("worker", "run")
    assert code not in {0, 130}
    assert "phone_numbers[3]: •••" in out + err
    assert run("worker", "run")[0] == code  # there is nothing to do now, for the same reason
    told = [out, err, *run("worker", "run", "--json")[1:]]
    files = [path.read_text() for path in machine.state.glob("worker-*")]
    assert [text for text in (*told, *files) if "4155552671" in text] == []
    assert accepted.files.read() is not None


@pytest.mark.usefixtures("accepted")
def test_without_spending_it_only_polls(machine: Place, run: Run) -> None:
    code, _, err = run("--no-spend", "worker", "run")
    assert (code, machine.world.ledger) == (1, [])
    assert "--no-spend" in err


@pytest.mark.usefixtures("accepted")
def test_watch_in_the_background_takes_no_jobs(run: Run) -> None:
    assert run("watch", "1", "--background")[0] == 2
    assert run("watch", "--background", "--timeout", "3")[0] == 2


@pytest.mark.slow
def test_started_it_needs_nobody_and_stopped_it_has_the_answer_it_paid_for(
    machine: Place, accepted: Accepted, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def batch_id() -> str:
        asked.set()
        may_answer.wait(60)
        return "the-id"

    monkeypatch.setattr(machine.world, "_batch_ids", batch_id)
    started = machine.run("watch", "--background", "--json")
    assert started.json["running"], started.err
    pid = started.json["pid"]
    if sys.platform == "linux":
        proc = Path(f"/proc/{pid}")
        assert {str((proc / "fd" / str(stream)).readlink()) for stream in range(3)} == {os.devnull}
        assert str((proc / "cwd").readlink()) == "/"
        assert os.getsid(pid) == pid
        assert "Umask:\t0077" in (proc / "status").read_text()
        assert KEY not in (proc / "cmdline").read_text()
    assert machine.run("worker", "start", "--json").json["pid"] == pid
    assert asked.wait(60)
    os.kill(pid, signal.SIGTERM)
    stop = machine.start("worker", "stop", "--json")  # which terminates it once more
    assert stop.stderr is not None
    assert b"Waiting for the answer" in stop.stderr.readline()
    may_answer.set()
    stopped = json.loads(stop.communicate(timeout=60)[0])
    assert (stopped["running"], stopped["exit"]) == (False, 130)
    states = [batch.state for batch in accepted.store.batches.of(accepted.job)]
    assert states == [BatchState.PROCESSING, BatchState.PLANNED, BatchState.PLANNED]
    assert spent(machine) == 1_000


@pytest.mark.slow
def test_a_terminal_that_is_cut_leaves_the_rest_to_the_worker(machine: Place, accepted: Accepted) -> None:
    (machine.directory / "config.toml").write_text(CONFIG.replace("stop", "ask"))
    machine.simulator.add_fault(Rule(call="submit", delay=0.3))
    master, slave = pty.openpty()
    screen = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, sys.executable, "-m", "pwl_tui"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=machine.environ(TERM="xterm-256color"),
        start_new_session=True,
    )
    os.close(slave)
    try:
        until(lambda: machine.world.ledger or not _read(master), "the first batch to be sent")
        assert len(machine.world.ledger) < 3
    finally:
        os.close(master)
    assert screen.wait(60) in {130, -signal.SIGHUP}
    until(lambda: accepted.state is JobState.COMPLETED, "the job to be finished")
    until(lambda: not accepted.files.alive(), "the worker to end")
    record = accepted.files.read()
    assert record is not None, "there was no worker"
    assert (record.exit, record.problem) == (0, None)
    assert everything_is_paid_for_once(machine, accepted)


@pytest.mark.slow
def test_a_terminal_that_is_cut_leaves_nothing_to_nobody_where_that_is_configured(
    machine: Place, accepted: Accepted
) -> None:
    machine.simulator.add_fault(Rule(call="submit", delay=0.3))
    master, slave = pty.openpty()
    screen = subprocess.Popen(
        [sys.executable, "-m", "pwl_tui"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=machine.environ(TERM="xterm-256color"),
        start_new_session=True,
    )
    os.close(slave)
    try:
        until(lambda: machine.world.ledger or not _read(master), "the first batch to be sent")
    finally:
        os.close(master)
    assert screen.wait(60) == 130
    assert accepted.files.read() is None
    assert accepted.state is not JobState.COMPLETED


def _read(terminal: int) -> bytes:
    os.set_blocking(terminal, False)
    with suppress(BlockingIOError):
        return os.read(terminal, 65_536)
    return b"nothing new"
