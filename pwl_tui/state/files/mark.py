"""The mark in a state directory whose jobs are in a database that several machines share."""

import os
from pathlib import Path

from pwl_tui.os_errors import os_sentences
from pwl_tui.paths import open_private
from pwl_tui.state.errors import StateError


class Mark:
    """The file ``database``: it says where the jobs are.

    Args:
        directory: the state directory.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "database"

    def is_there(self) -> bool:
        """Whether the directory is marked."""
        return self._path.exists()

    def require_none(self) -> None:
        """Check that the directory works without a database.

        Raises:
            StateError: its jobs are in one.
        """
        if self.is_there():
            raise StateError(
                f"The jobs of {self._path.parent} are in a database ({self._read()}).",
                "Set [state] url or PWL_TUI_STATE_URL, or choose another directory with --state-dir.",
            )

    def write(self, place: str) -> None:
        """Mark the directory; `place` is the database, as people call it.

        Raises:
            StateError: the file cannot be written.
        """
        if self.is_there():
            return
        try:
            descriptor = open_private(self._path, os.O_RDWR)
            try:
                os.write(descriptor, f"{place}\n".encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StateError(*os_sentences(error, self._path)) from error

    def _read(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return "which one cannot be read"
