"""A program on a pseudo-terminal of its own, measured as the person before it meets it."""

import fcntl
import os
import pty
import queue
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

PATIENCE_SECONDS = 30.0
OURS = (str(Path(sys.executable).with_name("pwl-tui")),)
"""The program as it is installed beside this Python."""
NOBODY = "http://127.0.0.1:9"
"""The discard port: refused at once."""


def environ(directory: Path, key: str, base_url: str) -> dict[str, str]:
    """Return the environment in which our program finds its state in a directory."""
    (directory / "config.toml").write_text("[worker]\non_leave = 'stop'\n")
    ours = {
        "TERM": "xterm-256color",
        "PROWEBLOOK_API_KEY": key,
        "PROWEBLOOK_BASE_URL": base_url,
        "PWL_TUI_STATE_DIR": str(directory / "state"),
        "XDG_CACHE_HOME": str(directory / "cache"),
        "PWL_TUI_CONFIG": str(directory / "config.toml"),
    }
    return os.environ | ours


def memory(session: int) -> float:
    """Return the resident memory of all processes of a session in MB; what they share counts for each."""
    listed = subprocess.check_output(["ps", "-A", "-o", "sess=,rss="], text=True)  # noqa: S607 - as POSIX
    processes = (map(int, line.split()) for line in listed.splitlines())
    return sum(resident for leader, resident in processes if leader == session) / 1024


def proportional_memory(session: int) -> list[float]:
    """Return the memory of each process of a session in MB, its share of what it shares (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it ended meanwhile, or is about to
            if os.getsid(int(process.name)) == session:
                shares = (process / "smaps_rollup").read_text().partition("\nPss:")[2]
                found.append(int(shares.split()[0]) / 1024)
    return found


class Program:
    """A running program; killed at the end.

    Args:
        command: what to start.
        environ: its environment.
        columns: cells of a line of its terminal.
        lines: of its terminal.

    Attributes:
        began: when it was started.
        arrived: when what was read last had been written; both by ``time.perf_counter``.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], *, columns: int = 120, lines: int = 40
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.began = self.arrived = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True
        )
        os.close(slave)
        self._written: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._taking = threading.Thread(target=self._take_down, daemon=True)
        self._taking.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._taking.join()
        os.close(self._master)

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self._master, keys.encode())

    def read(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """Return what is written next; nothing, if nothing is for so long."""
        try:
            self.arrived, written = self._written.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return b""
        return written

    def _take_down(self) -> None:
        """Note when each piece arrives, whatever its reader is busy with."""
        with suppress(OSError):  # it has ended
            while written := os.read(self._master, 65536):
                self._written.put((time.perf_counter(), written))

    def watch(self, seconds: float) -> bytes:
        """Return all that is written for so long."""
        until, seen = time.monotonic() + seconds, b""
        while (left := until - time.monotonic()) > 0:
            seen += self.read(left)
        return seen

    @property
    def session(self) -> int:
        """Its session, which its children belong to."""
        return self._process.pid

    @property
    def memory(self) -> float:
        """See `memory`."""
        return memory(self._process.pid)

    @property
    def processor_seconds(self) -> float:
        """Processor time that its processes have used so far (Linux)."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it ended meanwhile
                fields = stat.read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == self._process.pid else 0
        return ticks / os.sysconf("SC_CLK_TCK")
