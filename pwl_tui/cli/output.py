"""What a command prints: one JSON value, or text for people; never both on standard output."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, TextIO

import msgspec
from msgspec import Struct, field

from pwl_tui.os_errors import os_sentences
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.text import encoding_of, has_signs, in_encoding, in_utf8, without_controls
from pwl_tui.wording.figures import percent

_BAR_CELLS = 24


class Marks(NamedTuple):
    """The characters of a bar: one for the part that is left, one for the part that is not."""

    full: str
    lost: str


class OutputError(ProblemError):
    """Standard output cannot be written."""


BLOCKS, ASCII = Marks("█", "░"), Marks("#", ".")


class Output(Struct, dict=True):
    """Where a command writes.

    Attributes:
        json: whether standard output is one JSON value.
        out: takes the result.
        err: takes progress, questions, and errors.
        clock: seconds, for how often progress is printed.
        line_seconds: how often progress is printed where there is no terminal.
    """

    json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    line_seconds: float = 30.0
    _bar_drawn: bool = False
    _last_line: float = float("-inf")

    @cached_property
    def marks(self) -> Marks:
        """The characters of bars: ASCII where blocks cannot be encoded or the terminal is dumb."""
        dumb = os.environ.get("TERM") == "dumb"
        drawable = all(has_signs(encoding_of(stream)) for stream in (self.out, self.err))
        return BLOCKS if drawable and not dumb else ASCII

    def value(self, value: object, text: str) -> None:
        """Print the result: `value` as JSON, else `text`.

        Raises:
            OutputError: Standard output cannot be written.
        """
        self._clear()
        if self.json:
            self._print(self._json(value))
        elif text:
            self._print(text)

    def say(self, text: str) -> None:
        """Print a line for people; on standard error if standard output is JSON.

        Raises:
            OutputError: Standard output cannot be written.
        """
        if self.json:
            self.note(text)
        else:
            self._clear()
            self._print(text)

    def note(self, text: str) -> None:
        """Print a line beside the result, on standard error."""
        self._clear()
        self.write_beside(text + "\n")

    def write_beside(self, text: str) -> None:
        """Write a text on standard error at once, with what its encoding has and no terminal obeys."""
        self.err.write(in_encoding(without_controls(text), encoding_of(self.err)))
        self.err.flush()

    def problem(self, problem: Problem) -> None:
        """Print what made the command fail: as the JSON value, or for people."""
        if self.json:
            self.value({"error": problem}, "")
        else:
            self.explain(problem)

    def explain(self, problem: Problem) -> None:
        """Print a problem for people, beside the result."""
        self.note(f"{problem.message}\n{problem.remedy}")

    def progress(self, share: float, text: str) -> None:
        """Show the progress of long work: a bar on a terminal, elsewhere a line now and then.

        Args:
            share: how much is done, 0 to 1.
            text: figures to show beside the bar.
        """
        if self.err.isatty():
            full = int(share * _BAR_CELLS)
            bar = self.marks.full * full + self.marks.lost * (_BAR_CELLS - full)
            self.err.write("\r\x1b[2K")
            self.write_beside(f"{bar} {percent(share):>4}  {text}")
            self._bar_drawn = True
        elif self.clock() - self._last_line >= self.line_seconds:
            self._last_line = self.clock()
            self.write_beside(f"{percent(share):>4}  {text}\n")

    def _json(self, value: object) -> str:
        """Return a value as JSON that a terminal cannot obey; in ASCII where the stream has no Unicode."""
        try:
            text = msgspec.json.encode(value).decode()
        except UnicodeEncodeError:  # a path that is not in UTF-8
            text = msgspec.json.encode(_in_utf8(msgspec.to_builtins(value))).decode()
        if not text.isprintable():  # a cell as it was found, such as one with a C1 control
            text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
        if has_signs(self.out.encoding or "utf-8"):
            return text
        return "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)

    def _print(self, text: str) -> None:
        try:
            self.out.write(in_encoding(without_controls(text), encoding_of(self.out)) + "\n")
            self.out.flush()
        except BrokenPipeError:  # nobody reads any more, which is no error of ours
            raise
        except OSError as error:
            discard_stdout()
            raise OutputError(*os_sentences(error, "standard output")) from error

    def _clear(self) -> None:
        if self._bar_drawn:
            self.err.write("\r\x1b[2K")
            self._bar_drawn = False


def _in_utf8(value: object) -> object:
    """Return a value of JSON's types with all its texts in UTF-8."""
    match value:
        case str():
            return in_utf8(value)
        case dict():
            return {name: _in_utf8(one) for name, one in value.items()}
        case list() | tuple():
            return [_in_utf8(one) for one in value]
    return value


def discard_stdout() -> None:
    """Send what is left for standard output to nowhere: at exit Python would fail to write it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int]) -> str:
    """Return rows as aligned text; the columns in `left` are aligned left, the others right."""
    widths = [max(len(line[i]) for line in (heads, *rows)) for i in range(len(heads))]
    lines = []
    for line in (heads, *rows):
        cells = [
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
