"""The lists that were used last, to offer in the path field."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from pwl_tui.state.models import Job

_MOST = 5


def recent_lists(jobs: Iterable[Job]) -> list[str]:
    """Return the paths of the newest lists that still exist, with ``~`` for the home directory.

    May be slow: it looks for the files.
    """
    newest = sorted(jobs, key=lambda job: -job.id)
    # Only files have an absolute path as their source.
    paths = dict.fromkeys(job.source for job in newest if job.source.startswith("/"))
    found: list[str] = []
    for path in paths:
        with contextlib.suppress(OSError):
            if Path(path).is_file():
                found.append(at_home(Path(path)))
        if len(found) == _MOST:
            break
    return found


def at_home(path: Path) -> str:
    """Return a path with ``~`` for the home directory."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) and path != home else str(path)
