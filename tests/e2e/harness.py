"""Runs the real program against the simulator, and compares what both remember."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World

KEY = "e2e-key-51c0ffee"
OTHER_KEY = "other-key-0ddba11"
RUN_SECONDS = 120
LIST = "name,phone\nAda,(415) 555-2671\nBob,+442079460958\nEve,n/a\nAda again,+14155552671\n,\n"
"""Two numbers to pay for, one of them twice, a word and an empty row."""

Run = Callable[..., tuple[int, str, str]]
"""Runs a command; returns its exit code, standard output and standard error."""

CONFIG = """
[profiles.default]
region = "US"
[polling]
minimum = 0.05
small = [0.05, 0.1]
large = [0.1, 0.3]
requests_per_second = 100.0
[worker]
on_leave = "stop"
"""
"""Whoever wants a background worker to outlive a terminal says so."""


@dataclass
class Place:
    """One person's machine: a state directory, a configuration, and the service."""

    directory: Path
    simulator: Simulator
    world: World
    key: str = KEY
    variables: dict[str, str] = field(default_factory=dict)
    """What else is in its environment."""
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    """Those that were started; what is left of them at the end is killed."""

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def second_copy(self) -> Path:
        """The journal's second copy."""
        (path,) = (self.directory / "cache").glob("pwl-tui/journals/*.log")
        return path

    def environ(self, **extra: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PROWEBLOOK", "PWL_TUI"))
        }
        return kept | {
            "PROWEBLOOK_API_KEY": self.key,
            "PROWEBLOOK_BASE_URL": self.simulator.base_url,
            "PWL_TUI_CONFIG": str(self.directory / "config.toml"),
            "PWL_TUI_STATE_DIR": str(self.state),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
            **self.variables,
            **extra,
        }

    def neighbor(self, name: str, **variables: str) -> "Place":
        """Return another machine, in a directory below this one, with the same service and key."""
        directory = self.directory / name
        directory.mkdir()
        (directory / "config.toml").write_text(CONFIG)
        return Place(directory, self.simulator, self.world, self.key, variables)

    def start(self, *arguments: str, stdin: bytes | None = None, **environ: str) -> "subprocess.Popen[bytes]":
        """Start the program as a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "pwl_tui", *arguments],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environ(**environ),
            cwd=self.directory,
        )
        self.processes.append(process)
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
            process.stdin = None
        return process

    def run(self, *arguments: str, stdin: bytes | None = None, **environ: str) -> "Ran":
        """Run the program to its end."""
        process = self.start(*arguments, stdin=stdin, **environ)
        out, err = process.communicate(timeout=RUN_SECONDS)
        return Ran(process.returncode, out.decode(), err.decode())

    def journal_ids(self) -> list[str]:
        journal = self.state / "journal.log"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return [entry["batch_id"] for line in lines if "batch_id" in (entry := json.loads(line))]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@contextmanager
def place(
    directory: Path, *, rate: float = 20_000.0, credit: int = 100_000, failing: float = 0.01
) -> Iterator[Place]:
    """Yield a machine with a key that has `credit` WhatsApp credits, and a service that is fast.

    A share `failing` of the numbers gets no answer. Whoever submits them again pays for them again.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.toml").write_text(CONFIG)
    world = World(rate=rate, failure_share=failing)
    world.add_key(KEY, wavalidation=credit, phonevalidation=50)
    with Simulator(world) as simulator:
        machine = Place(directory, simulator, world)
        try:
            yield machine
        finally:
            for process in machine.processes:
                if process.returncode is None:  # whoever waited for it gave up
                    with process:
                        process.kill()


def charged_twice(world: World) -> Sequence[str]:
    """Return the numbers that the service was paid for more than once."""
    counts = Counter(number for charge in world.ledger for number in charge.numbers)
    return [number for number, count in counts.items() if count > 1]


def messy_csv(rows: int, seed: int) -> tuple[str, list[str | None]]:
    """Return a CSV as people bring them, and for each row the E.164 it means (none: junk or empty)."""
    chance = random.Random(seed)
    lines, wanted = ["id,name,phone,note"], list[str | None]()
    known: list[str] = []
    for row in range(rows):
        kind = chance.random()
        if kind < 0.04:
            cell, number = chance.choice(["", "n/a", "call me", "12", "+1 000"]), None
        elif kind < 0.10 and known:
            number = chance.choice(known)
            cell = number
        else:
            area, line = chance.choice(["212", "415", "312", "617"]), chance.randrange(2_000_000, 9_999_999)
            number = f"+1{area}{line}"
            exchange, rest = divmod(line, 10_000)
            cell = chance.choice(
                [
                    f"({area}) {exchange:03}-{rest:04}",
                    f"{area}.{exchange:03}.{rest:04}",
                    number,
                    f"1{area}{line}",
                ]
            )
            known.append(number)
        lines.append(f'{row},"Person, {row}",{cell},"said ""hi"""')
        wanted.append(number)
    return "\n".join(lines) + "\n", wanted


def until(wanted: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    pause, end = threading.Event(), time.monotonic() + RUN_SECONDS
    while not wanted():
        assert time.monotonic() < end, f"waited in vain for {what}"
        pause.wait(0.005)


def value(run: Run, *arguments: str) -> Any:
    """Return what a command prints with ``--json``."""
    return json.loads(run(*arguments, "--json")[1])


def spent(machine: Place) -> int:
    """Return the credits that the service took."""
    return sum(charge.amount for charge in machine.world.ledger)
