"""What the screen writes to the terminal, at rest and live: ``python -m tests.bench.wire``.

Real programs on a pseudo-terminal of 120 by 40, one after the other: an empty Textual app; ours at rest, with
200 finished jobs; and ours with 100 live batches at an embedded simulator, on a good line and with
``--low-bandwidth``. What is counted is every byte after the first paint has settled.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pwl_tui.config import Settings
from pwl_tui.secret import Secret
from pwl_tui.simulator.demo import DEMO_KEY, demo_world
from pwl_tui.simulator.server import Simulator
from tests.bench.first_paint import EMPTY
from tests.bench.terminal import NOBODY, OURS, Program, environ
from tests.ui.sample_state import KEY, Scene, crowded

SECONDS = 60.0
"""So long it takes to ask about a hundred batches at the usual pace."""
_SETTLE_SECONDS = 12.0
"""To paint, and to send what is to be live."""
_LIVE_BATCHES = 100
_NUMBERS = 200


class Written(NamedTuple):
    """What a program did in a second, on average: bytes written, and the share of a processor it used."""

    bytes: float
    processor: float


def measured(command: Sequence[str], environ: Mapping[str, str]) -> Written:
    """Start a program, let it settle, and count for `SECONDS` what it writes."""
    with Program(command, environ) as program:
        program.watch(_SETTLE_SECONDS)
        program.type("G")  # the jobs that were sent first are answered first
        program.watch(1.0)
        before = program.processor_seconds
        written = len(program.watch(SECONDS))
        return Written(written / SECONDS, (program.processor_seconds - before) / SECONDS)


@contextmanager
def _at_rest() -> Iterator[dict[str, str]]:
    """Nothing live."""
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory), Settings(key_source=KEY, base_url=NOBODY, region="US"))
        crowded(scene, live_jobs=0)
        scene.store.close()
        yield environ(Path(directory), KEY.reveal(), NOBODY)


@contextmanager
def _live() -> Iterator[dict[str, str]]:
    """A hundred jobs of one batch, which the service answers for longer than is measured."""
    with tempfile.TemporaryDirectory() as directory, Simulator(demo_world(rate=100.0)) as service:
        settings = Settings(key_source=Secret(DEMO_KEY), base_url=service.base_url, region="US")
        scene = Scene(Path(directory), settings)
        for job in range(_LIVE_BATCHES):
            scene.job(f"live-{job:03}", _NUMBERS)
        scene.store.close()
        yield environ(Path(directory), DEMO_KEY, service.base_url)


def main() -> None:
    """Measure each in turn and print bytes a second and processor time."""
    print(f"{'':28} {'written':>12} {'processor':>10}")
    empty = os.environ | {"TERM": "xterm-256color"}
    _say("empty Textual app", measured([sys.executable, "-c", EMPTY], empty))
    with _at_rest() as around:
        _say("at rest, 200 jobs", measured(OURS, around))
    with _live() as around:
        _say(f"{_LIVE_BATCHES} live batches", measured(OURS, around))
        _say("the same, --low-bandwidth", measured([*OURS, "--low-bandwidth"], around))


def _say(name: str, written: Written) -> None:
    print(f"{name:28} {written.bytes:8,.0f} B/s {written.processor:8.1%}")


if __name__ == "__main__":
    main()
