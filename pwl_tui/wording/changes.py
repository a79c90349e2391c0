"""What a recheck has found, in words."""

from collections.abc import Mapping
from typing import Final

from pwl_tui.changes import CHANGES, Change
from pwl_tui.state.queries.compared import Comparison
from pwl_tui.wording.figures import counted, grouped

SIGNS: Final[Mapping[Change, str]] = {
    "joined": "█",
    "left": "░",
    "became_business": "▓",
    "no_longer_business": "▚",
}
"""What bars of changes are made of."""


def compared(comparison: Comparison) -> str:
    """Return how many numbers changed, in a sentence: ``12 joined WhatsApp, 3 left WhatsApp``."""
    parts = [f"{grouped(n)} {CHANGES[key].title}" for key, n in comparison.changes.items() if n]
    if not comparison.compared:
        return "No number has both answers yet."
    return (
        f"{', '.join(parts)}." if parts else f"Nothing changed of {counted(comparison.compared, 'number')}."
    )
