"""A machine on which the program is killed: how its processes are started, watched, ended and waited for."""

import multiprocessing
import shutil
import signal
import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from multiprocessing.connection import wait
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pwl_tui.cli.exit_codes import Exit
from tests.crash import child_process
from tests.crash.books import Books
from tests.crash.counts import Tally
from tests.e2e.harness import Place

PATIENCE_SECONDS = 120.0
"""How long one process may take that nobody kills."""
_LOOK_SECONDS = 0.002
_NEVER_SAID = ("Traceback", "Internal error in pwl-tui", "Warning:")
"""What no crash and no fault of the service may make the program say."""
_LEARNING = threading.Lock()
"""How a process ended can be read once, and to start one reads of all others: a thread that comes too late is
told 255, whatever it was."""
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["__main__", "tests.crash.preload"])


@dataclass(frozen=True)
class Kill:
    """When a process is killed.

    Attributes:
        kind: ``moment``: so many seconds after its start; ``request``: when the service has seen so many more
            requests; ``step``: at its own step of that number.
        at: seconds, requests, or the step.
    """

    kind: Literal["moment", "request", "step"]
    at: float


@dataclass(frozen=True)
class Ran:
    """How a process ended."""

    code: int
    out: str
    err: str
    arguments: tuple[str, ...]
    """Of the program."""

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def step(self) -> str:
        """The step at which it killed itself; empty: it did not."""
        _, killed, name = self.err.rpartition(f"\n{child_process.KILLED_AT}")
        return name.strip() if killed else ""

    @property
    def planned(self) -> list[float]:
        """When it made plans, if it tells so, UTC epoch seconds."""
        said = child_process.PLANNED_AT
        return [float(line.removeprefix(said)) for line in self.err.splitlines() if line.startswith(said)]


class Process:
    """The program at work in a process of its own, with its output in files that stay for a post-mortem.

    It is forked from a server that has loaded the program and done nothing: loading is most of what a short
    command takes.
    """

    def __init__(
        self, arguments: tuple[str, ...], place: Place, log: Path, kill_at: int, *, hurried: bool
    ) -> None:
        self._arguments = arguments
        self._log = log
        self._process = _FORKS.Process(
            target=child_process.run,
            args=(arguments, place.environ(), place.directory, log, kill_at, hurried),
        )
        with _LEARNING:
            self._process.start()

    def ended_within(self, seconds: float) -> bool:
        """Wait for the end; return whether it came."""
        wait([self._process.sentinel], seconds)
        with _LEARNING:
            return self._process.exitcode is not None

    def has_planned(self) -> bool:
        """Wait until it has made a plan, if it tells so, see `Ran.planned`; return whether it has."""
        log = self._log.with_suffix(".err")
        for _ in range(round(PATIENCE_SECONDS / _LOOK_SECONDS)):
            if log.exists() and child_process.PLANNED_AT in log.read_text():
                return True
            if self.ended_within(_LOOK_SECONDS):
                break
        return False

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> Ran:
        """Wait for the end.

        Raises:
            TimeoutError: it does not come.
        """
        if not self.ended_within(PATIENCE_SECONDS):
            self.kill()
            raise TimeoutError(f"{self._arguments} did not end; see {self._log}")
        files = (self._log.with_suffix(end) for end in (".out", ".err"))
        out, err = (file.read_text() if file.exists() else "" for file in files)
        return Ran(self._process.exitcode or 0, out, err, self._arguments)


class Machine:
    """A machine with the program on it, and a service that can be watched.

    Args:
        place: the state directory and the simulator.
        tally: where everything that happens is counted.
        hurried: whether time-outs and back-off are shortened, for a service with faults.
        books: what it keeps. None means in a state file.
    """

    def __init__(self, place: Place, tally: Tally, *, hurried: bool, books: Books | None = None) -> None:
        self.place = place
        self.books = books or Books((place.state,))
        self.tally = tally
        self.complaints: list[str] = []
        self.hurried = hurried
        self._logs = count(1)

    def start(self, *arguments: str, kill_at: int = 0) -> Process:
        """Start a command; with `kill_at` it dies at that step."""
        self.tally.add("processes", arguments[0])
        log = self.place.directory / f"run-{next(self._logs):04}"
        return Process(arguments, self.place, log, kill_at, hurried=self.hurried)

    def run(self, *arguments: str) -> Ran:
        """Run a command to its end."""
        return self.end(self.start(*arguments))

    def end(self, process: Process) -> Ran:
        """Wait for a process, and note what none may say, however it ends, and an end that none may have."""
        ran = process.end()
        if any(words in ran.err for words in _NEVER_SAID) or not (ran.killed or ran.code in list(Exit)):
            self.complaints.append(f"{ran.arguments} ended with {ran.code}: {ran.err}")
        return ran

    def back_up(self) -> Path:
        """Copy the whole state directory, with no process at work, and return the copy."""
        backup = self.place.directory / f"backup-{next(self._logs)}"
        shutil.copytree(self.place.state, backup)
        return backup

    def put_back(self, backup: Path) -> None:
        """Replace the whole state directory by a copy that was made earlier."""
        self.tally.add("state directories", "put back")
        shutil.rmtree(self.place.state)
        shutil.copytree(backup, self.place.state)

    def start_to_die(self, kill: Kill, *arguments: str) -> Process:
        """Start a command that is going to be killed; see `kill`."""
        return self.start(*arguments, kill_at=int(kill.at) if kill.kind == "step" else 0)

    def kill(self, process: Process, kill: Kill) -> Ran:
        """Kill a process when it is time, unless it ends before; return how it ended."""
        if kill.kind == "moment":
            process.ended_within(kill.at)
        if kill.kind == "request":
            wanted = len(self.place.simulator.requests) + kill.at
            while len(self.place.simulator.requests) < wanted and not process.ended_within(0.001):
                pass
        if kill.kind != "step":  # that it does itself
            process.kill()
        ran = self.end(process)
        self.tally.add("kills" if ran.killed else "too late to kill", kill.kind)
        if ran.killed:
            self.tally.add("killed", ran.arguments[0])
        if ran.step:
            self.tally.add("steps", ran.step)
        return ran

    def quiet(self) -> None:
        """Wait until the service has nothing left to do for processes that are gone.

        What they sent may still lie in its queue. Connections are accepted in order, so once one of ours is
        answered, all theirs are known to the server.
        """
        simulator = self.place.simulator
        ours = HTTPConnection(urlsplit(simulator.base_url).netloc, timeout=PATIENCE_SECONDS)
        ours.request("GET", "/")
        ours.getresponse().read()
        ours.close()
        server = simulator._server  # noqa: SLF001 - nobody but this needs to know who is still connected
        with server._open_changed:  # noqa: SLF001 - as above
            if not server._open_changed.wait_for(lambda: not server._open, PATIENCE_SECONDS):  # noqa: SLF001 - as above
                raise TimeoutError("the service does not come to rest")
