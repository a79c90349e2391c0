"""Times letters in the form while a list is planned behind it: ``python -m tests.bench.form_typing``.

The program runs on a real pseudo-terminal of 80 by 24. A name is typed while the plan of a CSV of a
million messy rows is made, key after key, and each waits until its letter has reached the terminal. The
same is measured with no list first: what is above that is what the planning costs.
"""

import itertools
import random
import re
import string
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from tests.bench.plan_throughput import messy_list
from tests.bench.terminal import NOBODY, OURS, PATIENCE_SECONDS, Program, environ

_PAUSE_SECONDS = 0.06
"""Between two keys: nobody types faster than about 16 in a second."""
_IDLE_KEYS = 100
_LETTERS_IN_A_NAME = 20
_ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[a-zA-Z]|[()][A-Z0-9]|[=>]|\][^\x07\x1b]*(\x07|\x1b\\))")


class Reader:
    """What a program shows, as text without its controls."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._seen = ""
        self._since = 0

    def type(self, keys: str) -> None:
        """Send keys; `wait` then looks at what is shown from now on."""
        self._since = len(self._seen)
        self._program.type(keys)

    def wait(self, word: str) -> None:
        """Read what is shown until a word is."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while word not in self._seen[self._since :]:
            if not (more := self._program.read(deadline - time.monotonic())):
                raise TimeoutError(f"{word!r} was never shown: {self._seen[-2000:]!r}")
            self._seen += _text(more)

    def shows(self, word: str) -> bool:
        """Say whether a word was ever shown."""
        return word in self._seen

    def idle(self, seconds: float) -> None:
        """Read what is shown for so long."""
        self._seen += _text(self._program.watch(seconds))


def _text(written: bytes) -> str:
    return _ESCAPES.sub("", written.decode(errors="replace"))


def typing(terminal: Reader, keys: int | None) -> list[float]:
    """Type a name over and over; return the seconds from each key to its letter on the screen.

    Args:
        terminal: with the cursor in the field.
        keys: how many; none: until the plan is shown.
    """
    took: list[float] = []
    name = ""
    for letter in itertools.cycle(string.ascii_lowercase):
        if len(name) == _LETTERS_IN_A_NAME:
            terminal.type("\x15")  # empties the field
            terminal.idle(_PAUSE_SECONDS)
            name = ""
        name += letter
        began = time.perf_counter()
        terminal.type(letter)
        terminal.wait(name)
        took.append(time.perf_counter() - began)
        terminal.idle(_PAUSE_SECONDS)
        if len(took) == keys or (keys is None and terminal.shows("to pay")):
            return took
    raise AssertionError("letters never end")


def report(what: str, took: list[float]) -> None:
    """Print the median and the 99th per cent in milliseconds."""
    ms = [seconds * 1000 for seconds in took]
    last = quantiles(ms, n=100)[98]
    spread = f"median {median(ms):5.1f} ms  99 % {last:5.1f} ms  worst {max(ms):5.1f} ms"
    print(f"{what:<28} {len(ms):>4} keys  {spread}")


def main() -> None:
    """Measure both and print them."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "long.csv"
        path.write_text(messy_list(rows, random.Random(1)))
        around = environ(Path(directory), "bench-key", NOBODY)
        with Program(OURS, around, columns=80, lines=24) as program:
            terminal = Reader(program)
            terminal.wait("No lists yet")
            terminal.idle(1.0)
            for key in ("n", "\t", "\t"):
                terminal.type(key)
                terminal.idle(0.7)
            report("no list", typing(terminal, _IDLE_KEYS))
            for _ in range(2):
                terminal.type("\x1b[Z")
                terminal.idle(0.5)
            terminal.type(str(path))
            terminal.wait("Reading")
            for key in ("\t", "\t"):
                terminal.type(key)
                terminal.idle(0.3)
            began = time.perf_counter()
            report(f"{rows:,} rows planned", typing(terminal, None))
            print(f"the plan took {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
