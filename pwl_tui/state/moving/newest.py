"""Whether a state file is from before its jobs were moved: other machines may have sent them since."""

from collections.abc import Sequence
from pathlib import Path

from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Moving
from pwl_tui.state.money import MOVED, Activities


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
