"""The question about a state directory that belongs to another place."""

from pwl_tui.problem import Problem
from pwl_tui.ui.dialogs.questions import Ask, Choice


def place_question(misplaced: Problem) -> Ask:
    """Return the question whether a directory was moved or copied: ``moved``, ``copy``, or ``later``."""
    text = f"{misplaced.message} If both are used, the same numbers are paid for twice."
    return Ask(
        "State directory",
        text,
        [
            Choice("later", "Decide later", "Jobs are polled; nothing is sent.", key="n"),
            Choice("moved", "It was moved", "The other one is gone. Everything continues here.", key="m"),
            Choice(
                "copy", "It is a copy", "The other one stays in use. Nothing planned here is sent.", key="c"
            ),
        ],
    )
