"""Plans a list in the process that `plan_subprocess` starts: ``python -m pwl_tui.lists.plan_worker``.

Standard input holds a `Task`. Standard output gets frames, each its length in four bytes and then a `News`:
`Progress` now and then, and at the end `Rows` or `Refused`.
"""

import os
import sys
from array import array

import msgspec

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.plan import Found, find
from pwl_tui.lists.read.findings import Offer
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Problem

LENGTH_BYTES = 4
"""Of a frame, the highest first: the rows of the longest list take less than a tenth of what that can say."""
_NICE = 5
"""By how much the one who waits comes first, where there is one processor for both."""


class Task(msgspec.Struct, frozen=True):
    """What is to be planned: `reading` where it was read before, else `options`."""

    source: Source
    options: Options | None
    reading: Reading | None


class Progress(msgspec.Struct, tag=True, frozen=True):
    """How many bytes of the list are read."""

    done: int


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The list cannot be read."""

    problem: Problem


class Rows(msgspec.Struct, tag=True, frozen=True):
    """What was found; the arrays as their bytes in this machine's order."""

    reading: Reading
    numbers: bytes
    row_number: bytes
    row_reason: bytes
    fates: dict[int, int]
    offers: tuple[Offer, ...]

    def found(self) -> Found:
        """Return it as the plan wants it."""
        numbers, row_number, row_reason = array("q"), array("i"), array("b")
        numbers.frombytes(self.numbers)
        row_number.frombytes(self.row_number)
        row_reason.frombytes(self.row_reason)
        return Found(self.reading, numbers, row_number, row_reason, self.fates, self.offers)


News = Progress | Refused | Rows


def main() -> None:
    """Plan what standard input says."""
    os.nice(_NICE)
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    how = task.reading or task.options or Options()
    try:
        found = find(task.source, how, lambda done, _: _tell(Progress(done)))
    except ListError as error:
        _tell(Refused(error.problem))
    else:
        arrays = (found.numbers.tobytes(), found.row_number.tobytes(), found.row_reason.tobytes())
        _tell(Rows(found.reading, *arrays, dict(found.fates), found.offers))


def _tell(news: News) -> None:
    frame = msgspec.msgpack.encode(news)
    out = sys.stdout.buffer
    out.write(len(frame).to_bytes(LENGTH_BYTES, "big"))
    out.write(frame)
    out.flush()


if __name__ == "__main__":
    main()
