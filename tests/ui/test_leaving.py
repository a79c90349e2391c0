"""Leaving, with the real program on a real pseudo-terminal, while the service is silent."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Terminal]:
    """The screen, open, while a service has taken its request and does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        terminal = Terminal(
            os.environ
            | {
                "PROWEBLOOK_API_KEY": "a-key",
                "PROWEBLOOK_BASE_URL": f"http://127.0.0.1:{server.getsockname()[1]}",
                "PWL_TUI_STATE_DIR": str(tmp_path / "state"),
                "PWL_TUI_CONFIG": str(tmp_path / "config.toml"),
                "TERM": "xterm-256color",
            }
        )
        try:
            terminal.read_until(lambda: b"No lists yet" in terminal.seen, "the screen opens")
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


def test_the_end_of_input_leaves(silent: Terminal) -> None:
    os.close(silent.master)
    silent.master = -1
    assert silent.process.wait(PATIENCE_SECONDS) == 130
