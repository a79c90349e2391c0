"""The background worker, and what is left to do when a person leaves."""

from pwl_tui.engine.jobs.left import Left
from pwl_tui.wording.figures import counted

KEEPS_WORKING = "pwl-tui keeps working in the background; `pwl-tui worker status` shows its progress."


CONTINUE = "Run `pwl-tui` to continue, or `pwl-tui worker start` to do so in the background."


def left_words(left: Left) -> str:
    """Return what is left to do, in a sentence or two."""
    parts = []
    if left.unsent:
        parts.append(f"{counted(left.unsent, 'number is', 'numbers are')} not sent yet.")
    if left.checking:
        parts.append(f"{counted(left.checking, 'number is', 'numbers are')} still being checked.")
    if left.jobs and not parts:
        parts.append(f"{counted(left.jobs, 'job is', 'jobs are')} unfinished.")
    if left.exports:
        parts.append(f"{counted(left.exports, 'export is', 'exports are')} not written yet.")
    return " ".join(parts) or "Every job of this key is finished."
