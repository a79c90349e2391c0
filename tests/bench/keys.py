"""Times keys while the service is busy: ``python -m tests.bench.keys``.

The program runs on a real pseudo-terminal of 120 by 40; a terminal in memory says when the screen has
changed as the key wants it. Its state holds a finished job of a million results, and a thousand batches that
a simulator in a process of its own answers meanwhile: they are polled at the usual pace of two requests a
second, and their results are stored. The floor is an empty Textual app that draws one line for a key.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import pyte

from pwl_tui.config import Settings
from pwl_tui.secret import Secret
from pwl_tui.simulator.demo import DEMO_KEY, demo_world
from pwl_tui.simulator.server import Simulator
from tests.bench.busy_state import sent
from tests.bench.results import fill
from tests.bench.terminal import OURS, PATIENCE_SECONDS, Program, environ
from tests.ui.sample_state import Scene

KEYS, BATCHES = 300, 1_000
_BATCH = 1_000
_NUMBERS_A_SECOND = 1_600.0
"""So that about every poll brings a batch's results."""
_PAUSE_SECONDS = 0.08
"""Between two keys: nobody presses them faster than about 12 in a second."""
_SETTLE_SECONDS = 2.0
_COLUMNS, _LINES = 120, 40
_TABLE = slice(14, 34)
"""Lines on which there are only rows of the table."""
_ECHO = """
from textual.app import App
from textual.widgets import Static
class Echo(App):
    count = 0
    def compose(self):
        yield Static("key 0")
    def on_key(self):
        self.count += 1
        self.query_one(Static).update(f"key {self.count}")
Echo().run()
"""


class Sight:
    """What a program's terminal shows."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._screen = pyte.Screen(_COLUMNS, _LINES)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return list(self._screen.display)

    @property
    def cursor(self) -> int:
        """The line of the row that the person is on, which alone is bold; -1: there is none."""
        rows = (y for y in range(_LINES - 1) if self._screen.buffer[y][_COLUMNS // 2].bold)
        return next(rows, -1)

    def is_at(self, line: int) -> bool:
        """Whether the person is on this line."""
        return self.cursor == line

    def holds(self, words: str) -> bool:
        """Whether words stand anywhere."""
        return any(words in line for line in self.lines)

    def type(self, keys: str) -> None:
        """Press keys, without waiting."""
        self._program.type(keys)

    def look(self, seconds: float) -> None:
        """Take in what is shown for so long."""
        self._stream.feed(self._program.watch(seconds))

    def until(self, sees: Callable[[], bool], what: str) -> float:
        """Wait until something is seen; return when what showed it had arrived."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not sees():
            more = self._program.read(deadline - time.monotonic())
            if not more:
                raise TimeoutError(f"never seen: {what}\n" + "\n".join(self.lines))
            self._stream.feed(more)
        return self._program.arrived

    def press(self, keys: str, sees: Callable[[], bool]) -> float:
        """Press keys, and return the seconds until something is seen."""
        began = time.perf_counter()
        self._program.type(keys)
        return self.until(sees, f"the effect of {keys!r}") - began


def moving(sight: Sight, keys: int) -> list[float]:
    """Go up and down, row by row; return the seconds that each key took."""
    took = []
    for step in range(keys):
        key, wanted = ("j", sight.cursor + 1) if step // 10 % 2 == 0 else ("k", sight.cursor - 1)
        took.append(sight.press(key, partial(sight.is_at, wanted)))
        sight.look(_PAUSE_SECONDS)
    return took


def changing(sight: Sight, prepared: str, keys: str) -> float:
    """Type what prepares a change, let it settle, and return the seconds from the last keys to other rows."""
    sight.type(prepared)
    sight.look(_SETTLE_SECONDS)
    before = sight.lines[_TABLE]

    def changed() -> bool:
        rows = sight.lines[_TABLE]
        return rows != before and not any(row.startswith("…") for row in rows)

    return sight.press(keys, changed)


def report(what: str, took: list[float], floor: float) -> None:
    """Print the median and the 99th per cent in milliseconds, and the median as a ratio to the floor."""
    ms = [seconds * 1000 for seconds in took]
    last = quantiles(ms, n=100)[98] if len(ms) > 10 else max(ms)
    middle = median(ms)
    print(
        f"{what:<44} {len(ms):>4}  median {middle:6.1f} ms  99 % {last:6.1f} ms  worst {max(ms):6.1f} ms"
        f"  {middle / floor / 1000:5.1f} x"
    )


@contextmanager
def _busy(numbers: int) -> Iterator[dict[str, str]]:
    """A finished job of so many numbers, and a thousand batches under way."""
    ours, theirs = Pipe()
    # A process of its own: what measures must not wait for it.
    service = get_context("fork").Process(target=_serve, args=(theirs,), daemon=True)
    service.start()
    base_url, batch_ids = ours.recv()
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(key_source=Secret(DEMO_KEY), base_url=base_url, region="US")
        scene = Scene(Path(directory), settings)
        fill(scene.store, scene.binding, numbers, 0)
        for index, batch_id in enumerate(batch_ids):
            sent(scene, f"live-{index:04}", _numbers(index), batch_id, time.time())
        scene.store.close()
        yield environ(Path(directory), DEMO_KEY, base_url)
    service.terminate()
    service.join()


def _serve(line: Connection) -> None:
    """Run the service: tell its address and the ids of its batches, and answer from then on."""
    world = demo_world(whatsapp_credits=10_000_000, rate=_NUMBERS_A_SECOND)
    answers = [world.submit(DEMO_KEY, [f"+{number}" for number in _numbers(i)]) for i in range(BATCHES)]
    with Simulator(world) as service:
        line.send((service.base_url, [answer["batch_id"] for _, answer in answers]))
        threading.Event().wait()


def _numbers(batch: int) -> range:
    return range(14_152_000_000 + batch * _BATCH, 14_152_000_000 + (batch + 1) * _BATCH)


def main() -> None:
    """Measure and print."""
    numbers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    sys.setswitchinterval(0.0005)  # what notes the arrivals must not wait for what reads them
    with Program([sys.executable, "-c", _ECHO], {"TERM": "xterm-256color"}) as program:
        sight = Sight(program)
        sight.until(partial(sight.holds, "key 0"), "the empty app")
        echoes = []
        for key in range(1, 101):
            echoes.append(sight.press("j", partial(sight.holds, f"key {key} ")))
            sight.look(_PAUSE_SECONDS)
    floor = median(echoes)
    report("floor: an empty app", echoes, floor)
    with _busy(numbers) as around, Program(OURS, around) as program:
        sight = Sight(program)
        sight.until(lambda: sight.cursor >= 0, "the jobs")
        sight.look(5.0)
        report("home, busy: up and down", moving(sight, KEYS), floor)
        sight.press("G", partial(sight.holds, "million"))
        sight.look(_SETTLE_SECONDS)
        sight.press("\r", partial(sight.holds, f"1 of {numbers:,}"))
        sight.look(_SETTLE_SECONDS)
        report("results, busy: up and down", moving(sight, KEYS), floor)
        far = [f"{numbers * share // 10}" for share in (9, 3, 9, 1, 9, 5, 9)]
        report("results, busy: jump", [changing(sight, f":{row}", "\r") for row in far], floor)
        report("results, busy: filter", [changing(sight, "", "]") for _ in range(4)], floor)
        sight.type("[[[[")
        sight.look(_SETTLE_SECONDS)
        for find in ("9198", "+1009", "wa:yes country:IN", "wa:yes country:IN carrier:airtel 9198"):
            took = [changing(sight, f"/{find[:-1]}", find[-1])]
            sight.type("\x1b")
            sight.look(_SETTLE_SECONDS)
            report(f"results, busy: find {find}", took, floor)


if __name__ == "__main__":
    main()
