"""First paint of the screen beside an empty Textual app: ``python -m tests.bench.first_paint``.

Both start on a real pseudo-terminal, in turn. Ours has 200 jobs in its state file, 50 of them live, and a
service that cannot be reached. What counts is the time until the newest job has reached the terminal.
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

from pwl_tui.config import Settings
from tests.ui.scene import KEY, Scene, crowded

RUNS = 7
_PATIENCE_SECONDS = 30.0
_NOBODY = "http://127.0.0.1:9"
"""The discard port: refused at once."""
_EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("painted")
Empty().run()
"""


def first_paint(command: Sequence[str], marker: bytes, environ: dict[str, str]) -> tuple[float, int]:
    """Start a program on a pseudo-terminal of 120 by 40.

    Returns:
        Seconds and bytes until `marker` is written.
    """
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
        return time.perf_counter() - began, len(seen)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def main() -> None:
    """Measure both in turn and print the medians and their ratio."""
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory), Settings(key_source=KEY, base_url=_NOBODY, region="US"))
        crowded(scene)
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
            empty.append(first_paint([sys.executable, "-c", _EMPTY], b"painted", environ))
            ours.append(first_paint([sys.executable, "-m", "pwl_tui"], b"list-199", environ))
    empty_seconds, our_seconds = median(s for s, _ in empty), median(s for s, _ in ours)
    print(f"empty Textual app      {empty_seconds:6.3f} s  {median(b for _, b in empty):8,.0f} bytes")
    print(f"pwl-tui with 200 jobs  {our_seconds:6.3f} s  {median(b for _, b in ours):8,.0f} bytes")
    print(f"ratio                  {our_seconds / empty_seconds:6.2f}")


if __name__ == "__main__":
    main()
