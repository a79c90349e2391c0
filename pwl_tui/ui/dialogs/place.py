"""The question about a state that belongs to another place."""

from pwl_tui.problem import Problem
from pwl_tui.ui.dialogs.questions import Ask, Choice


def place_question(misplaced: Problem, *, shared: bool) -> Ask:
    """Return the question whether the state was moved or copied: ``moved``, ``copy``, or ``later``.

    Args:
        misplaced: what is wrong.
        shared: whether the state is a database, where each machine knows only what it has sent itself.
    """
    text = f"{misplaced.message} If both are used, the same numbers are paid for twice."
    if shared:
        text = (
            f"{misplaced.message} First run `pwl-tui adopt --journal` on every machine that uses it: only its"
            " journal knows what it sent. Otherwise the same numbers can be paid for twice."
        )
    moved = "It replaces the old one" if shared else "It was moved"
    return Ask(
        "Database" if shared else "State directory",
        text,
        [
            Choice("later", "Decide later", "Jobs are polled; nothing is sent.", key="n"),
            Choice("moved", moved, "The other one is gone. Everything continues here.", key="m"),
            Choice(
                "copy", "It is a copy", "The other one stays in use. Nothing planned here is sent.", key="c"
            ),
        ],
    )
