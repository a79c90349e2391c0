"""Leaving, with the real program on a real pseudo-terminal, while the service is silent.

What is charged for is finished all the same: by a process that the shell does not wait for.
"""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pwl_tui.config import Settings
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import BatchState
from tests.ui.sample_state import KEY, Scene

PATIENCE_SECONDS = 20.0
LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"


class Terminal:
    """The program on a pseudo-terminal that is not its controlling one: closing it sends no signal."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        self.seen = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pwl_tui"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
        )
        os.close(slave)

    def read_until(self, condition: Callable[[], bool], what: str) -> None:
        """Read what the program writes until something is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < end, f"never came to pass: {what}; seen {self.seen[-2000:]!r}"
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:  # the program has closed its side
                    self.process.wait(PATIENCE_SECONDS)
                    assert condition(), f"it ended before: {what}; seen {self.seen[-2000:]!r}"

    def close(self) -> None:
        """Take the terminal away, and the program if it is still there."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def environ(directory: Path, base_url: str) -> dict[str, str]:
    (directory / "config.toml").write_text("[worker]\non_leave = 'stop'\n")
    return os.environ | {
        "PROWEBLOOK_API_KEY": KEY.reveal(),
        "PROWEBLOOK_BASE_URL": base_url,
        "PWL_TUI_STATE_DIR": str(directory / "state"),
        "PWL_TUI_CONFIG": str(directory / "config.toml"),
        "TERM": "xterm-256color",
    }


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Terminal]:
    """The screen, open, while a service has taken its request and does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        terminal = Terminal(environ(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}"))
        try:
            terminal.read_until(lambda: b"No jobs yet" in terminal.seen, "the screen opens")
            terminal.read_until(lambda: bool(select.select([server], [], [], 0)[0]), "the service is asked")
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1)
                yield terminal
        finally:
            terminal.close()


def ended(terminal: Terminal) -> bool:
    return terminal.process.poll() is not None


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_a_key_leaves(silent: Terminal, key: bytes) -> None:
    os.write(silent.master, key)
    silent.read_until(lambda: ended(silent), "it leaves")
    assert silent.process.returncode == 0
    assert LEFT_ALTERNATE_SCREEN in silent.seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_with_the_terminal_restored(silent: Terminal, number: signal.Signals) -> None:
    silent.process.send_signal(number)
    silent.read_until(lambda: ended(silent), "it leaves")
    assert silent.process.returncode == 130
    assert LEFT_ALTERNATE_SCREEN in silent.seen


@pytest.mark.parametrize("term", ["dumb", "foo"])
def test_a_terminal_that_cannot_be_drawn_on_is_refused_in_a_sentence(tmp_path: Path, term: str) -> None:
    terminal = Terminal(environ(tmp_path, "http://127.0.0.1:9") | {"TERM": term})
    try:
        terminal.read_until(lambda: terminal.process.poll() is not None, "it ends")
        assert terminal.process.returncode == 2
        assert b"needs a terminal it can draw on" in terminal.seen
        assert b"\x1b[" not in terminal.seen
    finally:
        terminal.close()


@pytest.mark.parametrize("around", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1"}])
def test_a_terminal_without_the_signs_gets_ascii(tmp_path: Path, around: dict[str, str]) -> None:
    terminal = Terminal(environ(tmp_path, "http://127.0.0.1:9") | around)
    try:
        terminal.read_until(lambda: b"No jobs yet" in terminal.seen, "the first frame is there")
        assert terminal.seen.isascii()
    finally:
        terminal.close()


def test_the_end_of_input_leaves(silent: Terminal) -> None:
    os.close(silent.master)
    silent.master = -1
    assert silent.process.wait(PATIENCE_SECONDS) == 130


def test_the_shell_killed_leaves_nobody_on_the_terminal(silent: Terminal) -> None:
    silent.process.kill()
    silent.read_until(lambda: LEFT_ALTERNATE_SCREEN in silent.seen, "the program behind it leaves")


class Paying(NamedTuple):
    """The screen while a batch is being sent: the service has it, and answers once it may."""

    terminal: Terminal
    scene: Scene
    may_answer: threading.Event

    def state(self) -> BatchState:
        return self.scene.store.batches.get(1, 1).state

    def sent_by_nobody(self) -> bool:
        with self.scene.store.sender(self.scene.binding) as free:
            return free


@pytest.fixture
def paying(tmp_path: Path) -> Iterator[Paying]:
    asked, may_answer = threading.Event(), threading.Event()

    def batch_id() -> str:
        asked.set()
        may_answer.wait(PATIENCE_SECONDS)
        return "the-id"

    world = World(batch_ids=batch_id)
    world.add_key(KEY.reveal(), wavalidation=100)
    with Simulator(world) as simulator:
        scene = Scene(tmp_path, Settings(key_source=KEY, base_url=simulator.base_url, region="US"))
        scene.job("leads", 40)
        terminal = Terminal(environ(tmp_path, simulator.base_url))
        try:
            terminal.read_until(asked.is_set, "the batch is sent")
            yield Paying(terminal, scene, may_answer)
        finally:
            may_answer.set()
            terminal.close()
            scene.store.close()


def quit_key(terminal: Terminal) -> None:
    os.write(terminal.master, b"q")


def hang_up(terminal: Terminal) -> None:
    os.close(terminal.master)
    terminal.master = -1


def test_words_that_nobody_can_read_do_not_spoil_the_exit(paying: Paying) -> None:
    paying.may_answer.set()
    paying.terminal.read_until(lambda: paying.state() is BatchState.PROCESSING, "the batch is accepted")
    hang_up(paying.terminal)
    assert paying.terminal.process.wait(PATIENCE_SECONDS) == 130


def terminate(terminal: Terminal) -> None:
    terminal.process.terminate()


@pytest.mark.parametrize(("leave", "code"), [(quit_key, 0), (terminate, 130), (hang_up, 130)])
def test_a_paid_call_is_finished_without_the_person(
    paying: Paying, leave: Callable[[Terminal], None], code: int
) -> None:
    terminal = paying.terminal
    leave(terminal)
    if terminal.master >= 0:
        terminal.read_until(lambda: ended(terminal), "it leaves")
        assert b"in the background" in terminal.seen
    assert terminal.process.wait(PATIENCE_SECONDS) == code
    assert (paying.state(), paying.sent_by_nobody()) == (BatchState.SENDING, False)
    paying.may_answer.set()
    end = time.monotonic() + PATIENCE_SECONDS
    while not paying.sent_by_nobody():
        assert time.monotonic() < end
    assert paying.state() is BatchState.PROCESSING
