"""Plans a list in the process that `plan_subprocess` starts: ``python -m pwl_tui.lists.plan_worker``.

Standard input is a `Task`. Standard output is a sequence of frames, each a length in four bytes and a
`Message`: `Progress` now and then, and at the end `Rows` or `Refused`. It reads the list and puts together
what its rows have; where there are more processors, helpers find the numbers.
"""

import os
import signal
import sys
from array import array

import msgspec

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.outcomes import InOrder, in_turn
from pwl_tui.lists.plan import Found, find
from pwl_tui.lists.read.findings import Example, RegionGuess
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Problem

LENGTH_BYTES = 4
"""Big-endian. The rows of the longest list take less than a tenth of the largest length."""
_NICE = 5
"""How much lower its priority is, so that the screen comes first on a single processor."""


class Task(msgspec.Struct, frozen=True):
    """What to plan: with `reading` if the list was read before, otherwise with `options`.

    With `helpers`, so many processes find the numbers.
    """

    source: Source
    options: Options | None
    reading: Reading | None
    helpers: int = 0


class Progress(msgspec.Struct, tag=True, frozen=True):
    """How many bytes of the list have been read."""

    done: int


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The list cannot be read."""

    problem: Problem


class Rows(msgspec.Struct, tag=True, frozen=True):
    """What was found; arrays as bytes in native order."""

    reading: Reading
    numbers: bytes
    row_number: bytes
    row_reason: bytes
    reason_counts: dict[int, int]
    region_guesses: tuple[RegionGuess, ...]
    examples: tuple[Example, ...]
    more_rows: bytes
    more_numbers: bytes
    duplicates: int
    ninth_digits: int
    beside_counts: dict[int, int]

    def found(self) -> Found:
        """Return it as `plan.summed_up` needs it."""
        return Found(
            self.reading,
            array("q", self.numbers),
            array("i", self.row_number),
            array("b", self.row_reason),
            self.reason_counts,
            self.region_guesses,
            self.examples,
            array("i", self.more_rows),
            array("i", self.more_numbers),
            self.duplicates,
            self.ninth_digits,
            self.beside_counts,
        )


Message = Progress | Refused | Rows


def main() -> None:
    """Plan the list on standard input."""
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it was interrupted, too, and ends it
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    how = task.reading or task.options or Options()
    in_order: InOrder = in_turn
    if task.helpers:
        from pwl_tui.lists.helpers import (
            with_helpers,
        )  # multiprocessing loads as slowly as short lists are read

        in_order = with_helpers(task.helpers)
    try:
        found = find(task.source, how, lambda done, _: _send(Progress(done)), in_order=in_order)
    except ListError as error:
        _send(Refused(error.problem))
    else:
        arrays = (found.numbers.tobytes(), found.row_number.tobytes(), found.row_reason.tobytes())
        more = (found.more_rows.tobytes(), found.more_numbers.tobytes())
        counts = (found.duplicates, found.ninth_digits)
        told = (dict(found.reason_counts), found.region_guesses, found.examples)
        _send(Rows(found.reading, *arrays, *told, *more, *counts, dict(found.beside_counts)))


def _send(message: Message) -> None:
    frame = msgspec.msgpack.encode(message)
    out = sys.stdout.buffer
    out.write(len(frame).to_bytes(LENGTH_BYTES, "big"))
    out.write(frame)
    out.flush()


if __name__ == "__main__":
    main()
