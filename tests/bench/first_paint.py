"""First paint of the screen beside an empty Textual app: ``python -m tests.bench.first_paint``.

Both start on a real pseudo-terminal, in turn. Ours has 1,000 jobs of 1,000 results in its state file, 50 of
them live, and a service that cannot be reached. What counts is the time until the newest job has reached the
terminal, and the memory that the processes hold once they have been quiet for a while.
"""

import compileall
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pwl_tui
from pwl_tui.config import Settings
from tests.bench.busy_state import office
from tests.bench.terminal import NOBODY, OURS, Program, environ
from tests.ui.sample_state import KEY, Scene

RUNS = 15
JOBS, LIVE = 1_000, 50
_QUIET_SECONDS = 2.0
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


def start(
    command: Sequence[str], marker: bytes, environ: Mapping[str, str], quiet: float = _QUIET_SECONDS
) -> Start:
    """Start a program on a terminal of 120 by 40; it has painted when `marker` is written.

    Its memory is that after so many `quiet` seconds.
    """
    with Program(command, environ) as program:
        seen = b""
        while marker not in seen:
            if not (more := program.read()):
                raise TimeoutError(f"{command} never painted")
            seen += more
        seconds = program.arrived - program.began
        program.watch(quiet)
        return Start(seconds, len(seen), program.memory)


def main() -> None:
    """Measure both in turn and print the medians, their ratio and their difference."""
    # As every installer does: what Python would have to compile at each start is not what is measured.
    compileall.compile_dir(Path(pwl_tui.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory), Settings(key_source=KEY, base_url=NOBODY, region="US"))
        office(scene, jobs=JOBS, live=LIVE)
        scene.store.close()
        around = environ(Path(directory), KEY.reveal(), NOBODY)
        ours, empty = [], []
        for _ in range(RUNS):
            empty.append(start([sys.executable, "-c", EMPTY], b"painted", around))
            ours.append(start(OURS, f"list-{JOBS - 1:04}".encode(), around))
    floor, figure = (Start(*map(median, zip(*starts, strict=True))) for starts in (empty, ours))
    print(f"                     {'first paint':>12} {'written':>12} {'memory':>12}")
    for name, of in (("empty Textual app", floor), (f"{JOBS:,} jobs", figure)):
        print(f"{name:20} {of.seconds:10.3f} s {of.written:6,.0f} bytes {of.memory:9.1f} MB")
    print(f"{figure.seconds / floor.seconds:.2f} times the time, {figure.memory - floor.memory:.1f} MB more")


if __name__ == "__main__":
    main()
