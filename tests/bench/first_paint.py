"""First paint of the screen beside an empty Textual app: ``python -m tests.bench.first_paint``.

Both start on a real pseudo-terminal, in turn. Ours has 1,000 jobs of 1,000 results in its state file, 50 of
them live, and a service that cannot be reached. What counts is the time until the newest job has reached the
terminal, and the memory that the process holds once it has been quiet for a while.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pwl_tui.config import Settings
from tests.bench.office import office
from tests.ui.scene import KEY, Scene

RUNS = 7
JOBS, LIVE = 1_000, 50
_PATIENCE_SECONDS = 30.0
_QUIET_SECONDS = 2.0
_NOBODY = "http://127.0.0.1:9"
"""The discard port: refused at once."""
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("painted")
Empty().run()
"""


class Start(NamedTuple):
    """One start of a program: seconds and bytes until it has painted, its memory in MB a while later."""

    seconds: float
    written: int
    memory: float


def start(command: Sequence[str], marker: bytes, environ: dict[str, str]) -> Start:
    """Start a program on a terminal of 120 by 40; it has painted when `marker` is written."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True
    )
    os.close(slave)
    seen = b""
    try:
        while marker not in seen:
            if not select.select([master], [], [], _PATIENCE_SECONDS)[0]:
                raise TimeoutError(f"{command} never painted")
            seen += os.read(master, 65536)
        seconds, written = time.perf_counter() - began, len(seen)
        while time.perf_counter() < began + seconds + _QUIET_SECONDS:
            if select.select([master], [], [], 0.1)[0]:
                os.read(master, 65536)
        return Start(seconds, written, memory(process.pid))
    finally:
        process.kill()
        process.wait()
        os.close(master)


def memory(session: int) -> float:
    """Return the resident memory of all processes of a session in MB; what they share counts for each."""
    listed = subprocess.check_output(["ps", "-A", "-o", "sess=,rss="], text=True)  # noqa: S607 - as POSIX
    processes = (map(int, line.split()) for line in listed.splitlines())
    return sum(resident for leader, resident in processes if leader == session) / 1024


def main() -> None:
    """Measure both in turn and print the medians, their ratio and their difference."""
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory), Settings(key_source=KEY, base_url=_NOBODY, region="US"))
        office(scene, jobs=JOBS, live=LIVE)
        scene.store.close()
        environ = os.environ | {
            "TERM": "xterm-256color",
            "PROWEBLOOK_API_KEY": KEY.reveal(),
            "PROWEBLOOK_BASE_URL": _NOBODY,
            "PWL_TUI_STATE_DIR": str(scene.store.directory),
            "PWL_TUI_CONFIG": str(Path(directory) / "config.toml"),
        }
        ours, empty = [], []
        for _ in range(RUNS):
            empty.append(start([sys.executable, "-c", EMPTY], b"painted", environ))
            ours.append(start([sys.executable, "-m", "pwl_tui"], f"list-{JOBS - 1:04}".encode(), environ))
    floor, figure = (Start(*map(median, zip(*starts, strict=True))) for starts in (empty, ours))
    print(f"                     {'first paint':>12} {'written':>12} {'memory':>12}")
    for name, of in (("empty Textual app", floor), (f"{JOBS:,} jobs", figure)):
        print(f"{name:20} {of.seconds:10.3f} s {of.written:6,.0f} bytes {of.memory:9.1f} MB")
    print(f"{figure.seconds / floor.seconds:.2f} times the time, {figure.memory - floor.memory:.1f} MB more")


if __name__ == "__main__":
    main()
