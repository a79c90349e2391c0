"""The mark in a state directory whose jobs are in a database that several machines share."""

from pathlib import Path

from pwl_tui.paths import remove, sync_directory, write_private
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

    def write(self, host: str, place: str) -> None:
        """Mark the directory, so that the mark outlives a power cut, or check that it is marked so already.

        Args:
            host: the server, as people call it. It may change.
            place: the database and the schema there.

        Raises:
            StateError: its jobs are in another database or schema.
            PathError: the file cannot be written.
        """
        if not self.is_there():
            write_private(self._path, f"{host} {place}\n".encode(), follow=False)
        self.require(place)

    def require(self, place: str) -> None:
        """Check that the directory is not marked with another place.

        Raises:
            StateError: it is.
        """
        if self.is_there() and not (marked := self._read()).endswith(f" {place}"):
            raise StateError(
                f"The jobs of {self._path.parent} are in another database ({marked}), not in {place}.",
                "Correct [state] url or PWL_TUI_STATE_URL, or choose another directory with --state-dir.",
            )

    def remove(self) -> None:
        """Take the mark away, so that it stays away after a power cut.

        Raises:
            PathError: the file cannot be removed.
        """
        remove(self._path)
        sync_directory(self._path.parent)

    def _read(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return "which one cannot be read"
