"""A state directory, or a database, that was moved or copied."""

from typing import TYPE_CHECKING, Final

from pwl_tui.wording.figures import counted

if TYPE_CHECKING:
    from pwl_tui.state.moving.move import Moved

MOVING_INTERRUPTED: Final = "Interrupted; nothing is lost. Run the same command to continue."


def place_words(*, moved: bool, withdrawn: int) -> str:
    """Return what came of the decision about the state: moved, or a copy in which batches were planned."""
    if moved:
        return "The state belongs here now; work continues."
    planned = (
        f" {counted(withdrawn, 'planned batch is', 'planned batches are')} not sent." if withdrawn else ""
    )
    return f"This copy belongs here now.{planned} New lists can be submitted."


def moved_words(moved: "Moved", *, shared: bool) -> str:
    """Return what came of a move, and what to do next.

    Args:
        moved: what it came to.
        shared: whether the jobs are in a database now.
    """
    jobs, numbers = counted(moved.jobs, "job", "jobs"), counted(moved.numbers, "number", "numbers")
    what = f"{jobs} with {numbers}"
    if moved.already:
        words = [f"The jobs are already in {moved.place}: {what}."]
    else:
        words = [f"Moved {what} to {moved.place}."]
    if shared:
        words += [
            "Set [state] url or PWL_TUI_STATE_URL to that database, here and on other machines.",
            "The old state file is no longer used; delete it once the database has a backup.",
        ]
    else:
        words += [
            "Remove [state] url and PWL_TUI_STATE_URL, here and on other machines.",
            "The schema in the database is no longer used; drop it once this machine has a backup.",
        ]
    if moved.wishes:
        words.append(
            f"{counted(moved.wishes, 'automatic export', 'automatic exports')} for other machines will not be"
            " written: use `pwl-tui export`."
        )
    return "\n".join(words)
