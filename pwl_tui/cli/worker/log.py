"""The worker's log: bounded, readable by its owner only, without phone numbers and without the key."""

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pwl_tui.paths import PathError, append_private
from pwl_tui.secret import Secret, redact
from pwl_tui.text import clean, without_numbers

_MOST_BYTES = 100_000
"""The size at which the log becomes ``….log.1`` and a new one begins."""
_LONGEST_LINE = 1_000


class WorkerLog(io.TextIOBase):
    """Takes the place of a terminal: each line goes to the log with its time.

    A line that cannot be written, because the disk is full, is dropped: the work matters more.

    Args:
        path: the log.
        key: is removed, in any notation.
        beside: gets the same lines while it can; for a worker in the foreground.
        clock: UTC epoch seconds.
    """

    def __init__(self, path: Path, key: Secret, beside: TextIO, clock: Callable[[], float]) -> None:
        super().__init__()
        self._path = path
        self._key = key
        self._beside = beside
        self._clock = clock

    def write(self, text: str) -> int:
        """Write lines."""
        # Masked before the time is added, whose digits look like a number's.
        lines = [without_numbers(self._line(line)) for line in text.splitlines()]
        at = f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%dT%H:%M:%SZ}"
        data = "".join(f"{at}  {line}\n" for line in lines if line)
        with suppress(OSError, PathError):
            append_private(self._path, data.encode(errors="replace"), _MOST_BYTES)
        with suppress(OSError, ValueError):  # the terminal is gone
            self._beside.write(data)
            self._beside.flush()
        return len(text)

    def _line(self, line: str) -> str:
        """Return a line as it may be kept: without the key first, of which a cut could leave a part."""
        return clean(redact(line[: 4 * _LONGEST_LINE], self._key), _LONGEST_LINE)


def log_lines(path: Path) -> list[str]:
    """Return what a log holds, oldest first; nothing if there is none.

    Raises:
        OSError: it exists but cannot be read.
    """
    lines: list[str] = []
    for part in (path.with_name(f"{path.name}.1"), path):
        with suppress(FileNotFoundError):
            lines += part.read_text("utf-8", errors="replace").splitlines()
    return lines
