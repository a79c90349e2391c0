"""A batch in doubt: what is unknown about it, and what that stops."""

from typing import Final

from pwl_tui.state.models import Batch
from pwl_tui.wording.figures import counted

FROZEN: Final = "Nothing else is sent with this key until this is settled."


def unknown(batch: Batch) -> str:
    """Return what is unknown."""
    numbers = counted(batch.size, "number was", "numbers were")
    return f"It is unknown whether its {numbers} accepted and charged."
