"""What a state says of itself: whether it has anything, where it is, and whether it is the newest."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pwl_tui.paths import remove
from pwl_tui.state.database import Database
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Moving
from pwl_tui.state.money import MOVED, Activities
from pwl_tui.state.patience import Patience
from pwl_tui.state.place import Place
from pwl_tui.state.schema import Stage


def require_newest(directory: Path, moves: Sequence[Moving], activities: Activities) -> None:
    """Check that a state file knows of the last move in its journal.

    Args:
        directory: where they are.
        moves: those in the journal, in order.
        activities: those in the state file.

    Raises:
        StateError: it does not, because an older copy of the directory was restored.
    """
    if moves and not activities.has(MOVED, moves[-1].moving):
        raise StateError(
            f"The jobs of {directory} were moved to {moves[-1].to} after this state file was made.",
            "Nothing is sent from an older copy. Set [state] url if they are in a database, or put the newer"
            " state file back.",
        )


def place_in(database: Database) -> Place | None:
    """Return the place that a state names: its own, or the one that its jobs come from or went to."""
    row = database.first("SELECT host, name, path FROM places")
    return None if row is None else Place(*row)


def has_anything(database: Database) -> bool:
    """Whether a state knows of anything that was paid for, or is to be."""
    known = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in ("jobs", "lookups", "charges"))
    return database.first(f"SELECT 1 WHERE {known}") is not None


def is_same_database(database: Database, recorded: Place | None) -> bool:
    """Whether a database is the one that jobs were moved to; one that was restored since is.

    Args:
        database: one on a server.
        recorded: what the place that gave up its jobs says.
    """
    if recorded is None or (location := database.location()) is None:
        return False
    own, _, path = location
    inside = place_in(database)
    known = {own} if inside is None else {own, inside.host}
    return recorded.path == path and recorded.host in known


def remove_moved_file(directory: Path, patience: Patience) -> None:
    """Remove the state file of a directory, if its jobs were moved into a database.

    Raises:
        StateError: it cannot be read.
        PathError: it cannot be removed.
    """
    file = directory / "state.db"
    if not file.exists():
        return
    with closing(SQLiteFile(file, patience=patience, at_any_stage=True)) as left:
        moved = left.stage() is Stage.MOVED
    for end in ("", "-wal", "-shm") if moved else ():
        remove(file.with_name(f"{file.name}{end}"))
