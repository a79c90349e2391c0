"""A batch in doubt: what is unknown about it, and what that stops."""

from typing import Final

from pwl_tui.state.models import Batch, Candidate
from pwl_tui.text import clean
from pwl_tui.wording.figures import counted

FROZEN: Final = "Nothing else is sent with this key until this is settled."


def came(candidate: Candidate) -> str:
    """Return what is known of an ID that came with the answer."""
    said = candidate.refusal or "It is looked up next; if it holds exactly these numbers, it is used."
    return f"An ID came with the answer: {clean(candidate.batch_id, 80)}. {said}"


def unknown(batch: Batch) -> str:
    """Return what is unknown."""
    numbers = counted(batch.size, "number was", "numbers were")
    return f"It is unknown whether its {numbers} accepted and charged."
