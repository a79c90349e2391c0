"""A state directory, or a database, that was moved or copied."""

from pwl_tui.wording.figures import counted


def place_words(*, moved: bool, withdrawn: int) -> str:
    """Return what came of the decision about the state: moved, or a copy in which batches were planned."""
    if moved:
        return "The state belongs here now; work continues."
    planned = (
        f" {counted(withdrawn, 'planned batch is', 'planned batches are')} not sent." if withdrawn else ""
    )
    return f"This copy belongs here now.{planned} New lists can be submitted."
