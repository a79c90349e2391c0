"""How new a shared database was when this machine saw it last: one that was restored is older."""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pwl_tui.paths import open_private, open_regular

_WIDTH = 20
"""Digits of a count, so that a new one takes the place of the old one whole."""


class Known(NamedTuple):
    """How new a database was when it was seen last.

    Attributes:
        database: an ID that no other has; empty if nothing is known.
        changes: how many it had seen.
    """

    database: str
    changes: int


class Newest:
    """The file ``newest`` of a state directory.

    It is a memory, and no record: without it only those find out who see the database before and after.

    Args:
        directory: the state directory. None means that nothing is kept.
    """

    def __init__(self, directory: Path | None) -> None:
        self._path = None if directory is None else directory / "newest"

    def read(self) -> Known:
        """Return what is known."""
        if self._path is None:
            return Known("", 0)
        try:
            with open(self._path, encoding="ascii", opener=open_regular) as file:
                kept, count = file.read().split()
            return Known(kept, int(count))
        except (OSError, ValueError):  # not there yet, or of an interrupted write
            return Known("", 0)

    def write(self, database: str, changes: int) -> None:
        """Keep how many changes a database has seen, unless another process knows of more.

        Args:
            database: an ID that no other has.
            changes: how many.
        """
        kept, count = self.read()
        if self._path is None or (kept == database and count >= changes):
            return
        with suppress(OSError):  # what is paid for is in the journal, and that has to be written
            file = open_private(self._path, os.O_WRONLY)
            try:
                os.pwrite(file, f"{database} {changes:0{_WIDTH}}\n".encode("ascii"), 0)
            finally:
                os.close(file)
