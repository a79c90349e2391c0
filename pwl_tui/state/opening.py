"""How a database is opened for a state directory; its driver is loaded only for that."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pwl_tui.os_errors import os_sentences
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.host import Host, this_host
from pwl_tui.state.files.newest import Newest
from pwl_tui.state.patience import Patience

if TYPE_CHECKING:
    from pwl_tui.state.engines.postgres import Postgres


def open_postgres(
    directory: Path, url: str, patience: Patience, host: Host, *, at_any_stage: bool = False
) -> "Postgres":
    """Open a database.

    Args:
        directory: the state directory.
        url: of the database.
        patience: how long to wait for other processes.
        host: the machine of the directory.
        at_any_stage: whether to open it though it is not in force.

    Raises:
        StateError: it cannot be used, or its driver is missing.
    """
    try:
        from pwl_tui.state.engines.postgres import Postgres  # loaded only where it is used
    except ImportError as error:
        raise StateError(
            "The driver for PostgreSQL is not installed, or its library is missing.",
            "Install pwl-tui with the extra [postgres].",
        ) from error
    own = f"{host.id} {directory.resolve()}"
    site = hashlib.sha256(own.encode()).hexdigest()[:32]
    newest = Newest(directory)
    return Postgres(url, patience=patience, site=site, at_any_stage=at_any_stage, newest=newest)


def host_of(directory: Path) -> Host:
    """Return the machine that this process runs on, and so that of a state directory.

    Raises:
        StateError: it cannot be told now.
    """
    try:
        return this_host()
    except OSError as error:
        raise StateError(*os_sentences(error, directory)) from error
