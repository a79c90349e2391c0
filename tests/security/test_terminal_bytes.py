"""What a server, a list and a file name say never reaches a terminal raw: the bytes of a pseudo-terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import LIST, RUN_SECONDS, Place, place
from tests.ui.test_leaving import Terminal

ESCAPES = (
    "]0;",
    "]52;c;",
    "[2J",
    "[6n",
    "P",
    "_G",
    "^",
    "X",
    "c",
    "[?1049l",
    "]8;;http://",
    "#8",
    "\x1b[31m",
)
CONTROLS = "\x00\x07\x08\x0c\x0e\x7f\x84\x85\x90\x9b\x9d\x9f"
TURNS = "\u200b\u202a\u202e\u2028\u2066\u2069\ufeff\U000e0041"
HOSTILE = tuple(f"{start}PWN\x07" for start in (*(f"\x1b{text}" for text in ESCAPES), *CONTROLS, *TURNS))
"""Titles, clipboards, queries, links, resets, in 7 and 8 bits; and what turns text around."""


def raw(seen: bytes) -> list[str]:
    """Return each hostile text whose beginning reached the terminal as it was."""
    return [text for text in HOSTILE if text[:-1].encode() in seen]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Place]:
    """A machine whose list and service say all of it."""
    with place(tmp_path) as one:
        hostile = "".join(HOSTILE).replace("\0", "")
        rows = "".join(f"{text},+1415555{2_000 + i}\n" for i, text in enumerate(HOSTILE) if "\0" not in text)
        (tmp_path / "list.csv").write_text(LIST + rows, newline="")
        (tmp_path / "evil\x1b]0;PWN\x07\u202e.csv").write_text(LIST)
        assert one.run("submit", "list.csv", "--yes", "--name", hostile).code == 0
        batch_id, batch = next(iter(one.world.batches.items()))
        results = [
            {"phone_number": number, "status": "completed", "numberstatus": True}
            | {"carrier": HOSTILE[i % len(HOSTILE)], "country": hostile, "error": hostile}
            for i, number in enumerate(batch.numbers)
        ]
        body = {"batch_id": batch_id, "status": "completed", "pending": 0, "results": results}
        one.simulator.add_fault(Rule(call="poll", status=200, body=body))
        one.simulator.add_fault(Rule(call="balance", after=4, every=2, status=500, body={"error": hostile}))
        one.simulator.add_fault(Rule(call="submit", status=400, body={"error": "x", "message": hostile}))
        one.simulator.add_fault(Rule(call="check", status=422, body={"error": hostile, "message": hostile}))
        yield one


@pytest.mark.slow
def test_no_command_sends_it_to_a_terminal_as_it_is(machine: Place) -> None:
    evil = next(path.name for path in machine.directory.iterdir() if path.name.startswith("evil"))
    commands = (
        ("plan", "list.csv"),
        ("plan", "list.csv", "--json"),
        ("show", "1", "--json"),
        ("plan", evil),
        ("plan", "no\x1b]0;PWN\x07such.csv"),
        ("watch",),
        ("jobs",),
        ("show", "1"),
        ("submit", evil, "--yes"),
        ("lookup", "+493012345678"),
        ("lookup", "\x1b]0;PWN\x07"),
        ("export", "1", "-o", "out\x1b]0;PWN\x07.csv"),
        ("balance",),
        ("ledger",),
        ("known", "\x9bPWN"),
        ("adopt", "\x1b]0;PWN\x07"),
        ("--profile", "\x1b]0;PWN\x07", "jobs"),
        ("\x1b]0;PWN\x07",),
        ("jobs", "--\x1b]0;PWN\x07"),
        ("plan", "list.csv", "--save-rejected", "rejected\x1b]0;PWN\x07.csv"),
        ("--config", "\x9bPWN.toml", "config", "path"),
        ("--state-dir", "state\x1b]0;PWN\x07\u202ePWN", "doctor"),
    )
    for command in commands:
        seen = in_terminal(machine, *command)
        assert b"Traceback" not in seen
        assert raw(seen) == [], command


@pytest.mark.slow
def test_no_screen_sends_it_to_a_terminal_as_it_is(machine: Place) -> None:
    assert machine.run("watch").code == 0
    terminal = Terminal(machine.environ(TERM="xterm-256color"))
    try:
        terminal.read_until(lambda: b"PWN" in terminal.seen, "the job is listed")
        os.write(terminal.master, b"\r")
        terminal.read_until(lambda: terminal.seen.count(b"PWN") > len(HOSTILE), "its results are shown")
        os.write(terminal.master, b"q")
        terminal.read_until(lambda: terminal.process.poll() is not None, "it leaves")
    finally:
        terminal.close()
    assert raw(terminal.seen) == []


def in_terminal(machine: Place, *arguments: str) -> bytes:
    """Run a command on a pseudo-terminal of its own, and return every byte that it was sent."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "pwl_tui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            env=machine.environ(TERM="xterm-256color"),
            cwd=machine.directory,
        )
        os.close(slave)
        seen = b""
        try:
            while piece := os.read(master, 65_536):
                seen += piece
        except OSError:  # the program has closed its side
            pass
        process.wait(RUN_SECONDS)
        return seen
    finally:
        os.close(master)
