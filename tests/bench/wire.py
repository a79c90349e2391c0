"""What the screen writes to the terminal, at rest and live: ``python -m tests.bench.wire``.

Real programs on a pseudo-terminal of 120 by 40, one after the other: an empty Textual app; ours at rest, with
200 finished jobs; and ours with 100 live batches at an embedded simulator, on a good line and with
``--low-bandwidth``. What is counted is every byte after the first paint has settled.
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pwl_tui.config import Settings
from pwl_tui.secret import Secret
from pwl_tui.simulator.demo import DEMO_KEY, demo_world
from pwl_tui.simulator.server import Simulator
from tests.bench.first_paint import EMPTY
from tests.ui.scene import KEY, Scene, crowded

SECONDS = 60.0
"""So long it takes to ask about a hundred batches at the usual pace."""
_SETTLE_SECONDS = 12.0
"""To paint, and to send what is to be live."""
_LIVE_BATCHES = 100
_NUMBERS = 200
_NOBODY = "http://127.0.0.1:9"
"""The discard port: refused at once."""


class Written(NamedTuple):
    """What a program did in a second, on average: bytes written, and the share of a processor it used."""

    bytes: float
    processor: float


def measured(command: Sequence[str], environ: Mapping[str, str]) -> Written:
    """Start a program, let it settle, and count for `SECONDS` what it writes."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True
    )
    os.close(slave)
    try:
        _drain(master, _SETTLE_SECONDS)
        os.write(master, b"G")  # the jobs that were sent first are answered first
        _drain(master, 1.0)
        before = _processor_seconds(process.pid)
        written = _drain(master, SECONDS)
        return Written(written / SECONDS, (_processor_seconds(process.pid) - before) / SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _drain(terminal: int, seconds: float) -> int:
    """Read for so long; return how many bytes came."""
    until, written = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            written += len(os.read(terminal, 65536))
    return written


def _processor_seconds(session: int) -> float:
    """Seconds of processor time that the processes of a session have used so far (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _at_rest() -> Iterator[dict[str, str]]:
    """Nothing live."""
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory), Settings(key_source=KEY, base_url=_NOBODY, region="US"))
        crowded(scene, live_jobs=0)
        scene.store.close()
        yield _environ(directory, KEY.reveal(), _NOBODY)


@contextmanager
def _live() -> Iterator[dict[str, str]]:
    """A hundred jobs of one batch, which the service answers for longer than is measured."""
    with tempfile.TemporaryDirectory() as directory, Simulator(demo_world(rate=100.0)) as service:
        settings = Settings(key_source=Secret(DEMO_KEY), base_url=service.base_url, region="US")
        scene = Scene(Path(directory), settings)
        for job in range(_LIVE_BATCHES):
            scene.job(f"live-{job:03}", _NUMBERS)
        scene.store.close()
        yield _environ(directory, DEMO_KEY, service.base_url)


def _environ(directory: str, key: str, base_url: str) -> dict[str, str]:
    return os.environ | {
        "TERM": "xterm-256color",
        "PROWEBLOOK_API_KEY": key,
        "PROWEBLOOK_BASE_URL": base_url,
        "PWL_TUI_STATE_DIR": str(Path(directory) / "state"),
        "PWL_TUI_CONFIG": str(Path(directory) / "config.toml"),
    }


def main() -> None:
    """Measure each in turn and print bytes a second and processor time."""
    ours = [sys.executable, "-m", "pwl_tui"]
    print(f"{'':28} {'written':>12} {'processor':>10}")
    empty = os.environ | {"TERM": "xterm-256color"}
    _say("empty Textual app", measured([sys.executable, "-c", EMPTY], empty))
    with _at_rest() as environ:
        _say("at rest, 200 jobs", measured(ours, environ))
    with _live() as environ:
        _say(f"{_LIVE_BATCHES} live batches", measured(ours, environ))
        _say("the same, --low-bandwidth", measured([*ours, "--low-bandwidth"], environ))


def _say(name: str, written: Written) -> None:
    print(f"{name:28} {written.bytes:8,.0f} B/s {written.processor:8.1%}")


if __name__ == "__main__":
    main()
