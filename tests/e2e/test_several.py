"""Several processes on one state file: one sends, each batch is polled by one, all see all."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pyte
import pytest

from pwl_tui.secret import Secret
from pwl_tui.simulator.faults import Rule
from pwl_tui.state.models import Binding
from pwl_tui.state.store import Store
from tests.e2e.harness import RUN_SECONDS, Place, charged_twice, messy_csv, place, until

SLOW = 0.1
"""Seconds that the service takes for an answer."""
PACE = """
[profiles.default]
region = "US"
[polling]
minimum = 0.4
small = [0.4, 0.5]
large = [0.4, 0.5]
requests_per_second = 100.0
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Place]:
    """A machine whose service takes its time, so that calls would overlap if anything let them."""
    with place(tmp_path, rate=2_500.0) as one:
        (tmp_path / "config.toml").write_text(PACE)
        for call in ("submit", "poll"):
            one.simulator.add_fault(Rule(call=call, delay=SLOW))
        yield one


def bring(machine: Place, name: str, rows: int, seed: int) -> tuple[str, ...]:
    """Put a list on the machine; return the command that submits it."""
    (machine.directory / f"{name}.csv").write_text(messy_csv(rows, seed)[0])
    return ("submit", f"{name}.csv", "--yes")


def ended(*processes: "subprocess.Popen[bytes]") -> None:
    for process in processes:
        _, err = process.communicate(timeout=RUN_SECONDS)
        assert process.returncode == 0, err.decode()


@pytest.mark.parametrize(
    "command", [("submit", "list.csv", "--yes", "--wait"), ("lookup", "+14155552671")], ids=lambda c: c[0]
)
def test_who_waits_for_another_sender_says_so_and_can_be_interrupted_once(
    machine: Place, command: tuple[str, ...]
) -> None:
    bring(machine, "list", 30, seed=5)
    binding = Binding(machine.simulator.base_url, Secret(machine.key).fingerprint)
    with closing(Store.open(machine.state)) as store, store.sender(binding) as ours:
        assert ours
        process = machine.start(*command)
        assert process.stderr is not None
        until_said = iter(process.stderr.readline, b"")
        assert any(b"Another pwl-tui is sending with this key" in line for line in until_said)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=RUN_SECONDS)
        assert process.returncode == 130, err.decode()
    assert machine.world.ledger == []


def calls(machine: Place, call: str) -> list[float]:
    return [request.at for request in machine.simulator.requests if request.call == call]


def check_books(machine: Place, jobs: int) -> None:
    """Compare what the machine remembers with what the service did, and how it was asked."""
    listed = machine.run("jobs", "--json").json
    assert [job["state"] for job in listed] == ["completed"] * jobs
    assert sum(job["charged"] for job in listed) == sum(charge.amount for charge in machine.world.ledger)
    assert sorted(machine.journal_ids()) == sorted(machine.world.batches)
    # What stands in several lists, too.
    assert charged_twice(machine.world) == []
    # An answer took that long: nothing was submitted before the submission before it was answered.
    sent = calls(machine, "submit")
    assert min((after - before for before, after in pairwise(sent)), default=SLOW) >= SLOW
    polled = defaultdict(list)
    for request in machine.simulator.requests:
        if request.call == "poll":
            polled[request.batch_id].append(request.at)
    assert set(polled) == set(machine.world.batches)
    gaps = [after - before for times in polled.values() for before, after in pairwise(times)]
    assert min(gaps, default=0.4) >= 0.39, "polled oftener than the etiquette allows, or by two at once"


@pytest.mark.slow
def test_processes_share_the_work_and_the_etiquette(machine: Place) -> None:
    submits = [
        machine.start(*bring(machine, name, 3_000, seed), "--wait") for name, seed in (("one", 1), ("two", 2))
    ]
    until(lambda: machine.world.ledger, "a batch")
    watches = [machine.start("watch", "--json") for _ in range(3)]
    # What cron would start beside all that.
    cron = machine.start(*bring(machine, "nightly", 2_500, 3))
    ended(*submits, *watches, cron)
    assert machine.run("watch").code == 0
    check_books(machine, jobs=3)


@pytest.mark.slow
def test_a_screen_and_a_watch_show_the_same(machine: Place) -> None:
    ended(machine.start(*bring(machine, "spring", 3_000, seed=4)))
    with screen(machine) as terminal:
        terminal.until(lambda: "spring" in terminal.text, "the job")
        watch = machine.start("watch", "--json")
        cron = machine.start(*bring(machine, "nightly", 1_500, 5))
        terminal.until(lambda: "nightly" in terminal.text, "the job that another process brought")
        ended(watch, cron)
        terminal.until(lambda: terminal.text.count("completed") >= 2, "both jobs, completed")
        terminal.press("q")
        terminal.until(lambda: terminal.process.poll() is not None, "its end")
    assert terminal.process.returncode == 0
    check_books(machine, jobs=2)


@pytest.mark.slow
def test_what_a_killed_sender_was_about_to_send_is_sent_by_another(machine: Place) -> None:
    # The first look at the credits is the plan's. The second is made by whoever sends, just before it does.
    machine.simulator.add_fault(Rule(call="balance", after=1, times=1, silent=True))
    sender = machine.start(*bring(machine, "list", 3_000, seed=6), "--wait")
    until(lambda: len(calls(machine, "balance")) == 2, "the look at the credits")
    watch = machine.start("watch")
    assert machine.world.ledger == []
    sender.send_signal(signal.SIGKILL)
    sender.communicate()
    ended(watch)
    check_books(machine, jobs=1)


@pytest.mark.slow
def test_what_a_killed_process_polled_is_polled_by_another_at_once(machine: Place) -> None:
    ended(machine.start(*bring(machine, "list", 900, seed=7)))
    machine.simulator.clear_faults()
    machine.simulator.add_fault(Rule(call="poll", times=1, silent=True))
    poller = machine.start("watch")
    until(lambda: calls(machine, "poll"), "the poll")
    # Its lease is good for two minutes; whoever waited for that would run out of time.
    other = machine.start("watch", "--timeout", "60")
    poller.send_signal(signal.SIGKILL)
    poller.communicate()
    ended(other)
    check_books(machine, jobs=1)


class Screen:
    """The program's screen on a pseudo-terminal, read as a person would: by what stands on it."""

    def __init__(self, machine: Place, columns: int = 120, lines: int = 40) -> None:
        self._display = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._display)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "pwl_tui"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=machine.environ(TERM="xterm-256color"),
            cwd=machine.directory,
            start_new_session=True,
        )
        os.close(slave)

    @property
    def text(self) -> str:
        return "\n".join(self._display.display)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, wanted: Callable[[], object], what: str) -> None:
        """Read until something is so."""
        end = time.monotonic() + RUN_SECONDS
        while not wanted():
            assert time.monotonic() < end, f"waited in vain for {what}:\n{self.text}"
            if select.select([self._master], [], [], 0.05)[0]:
                try:
                    self._stream.feed(os.read(self._master, 65_536))
                except OSError:  # the program has closed its side
                    self.process.wait(RUN_SECONDS)
                    assert wanted(), f"it ended before {what}:\n{self.text}"

    def close(self) -> None:
        os.close(self._master)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@contextmanager
def screen(machine: Place) -> Iterator[Screen]:
    opened = Screen(machine)
    try:
        yield opened
    finally:
        opened.close()
