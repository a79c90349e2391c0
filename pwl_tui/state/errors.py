"""Errors of the state, each a sentence and a remedy."""

from typing import ClassVar

from pwl_tui.problem import Kind, ProblemError


class StateError(ProblemError):
    """The state file cannot do what was asked: it is full, damaged, too new, or has no such entry."""

    DEFAULT_KIND: ClassVar[Kind] = Kind.UNAVAILABLE


class AwayError(StateError):
    """The database cannot be reached now. What is in it is safe, and it may be back at any time."""


class NoSuchJobError(StateError):
    """There is no job or batch with that name."""

    DEFAULT_KIND: ClassVar[Kind] = Kind.NOT_FOUND

    def __init__(self, message: str, remedy: str = "Run `pwl-tui jobs` to list them.") -> None:
        super().__init__(message, remedy)


def being_filled(origin: str) -> StateError:
    """Return the error for a state that an interrupted copy has begun to fill.

    Args:
        origin: where its jobs still are.
    """
    return StateError(
        f"The jobs of {origin} are being copied into this database; they are not all there yet.",
        "Wait for `pwl-tui state copy` to finish there; if it was interrupted, run it again.",
    )


def being_moved() -> StateError:
    """Return the error for a state that `state copy` keeps all others from."""
    return StateError(
        "The jobs in this database are being moved right now.",
        "Wait for `pwl-tui state copy` to finish, then try again.",
    )


def moved_away(what: str, where: str, remedy: str) -> StateError:
    """Return the error for a state whose jobs are in another place now.

    Args:
        what: the state, as people call it.
        where: the other place.
        remedy: how to work on there.
    """
    return StateError(
        f"The jobs of {what} were moved to {where}.",
        f"{remedy} If the move was interrupted, run the same `pwl-tui state copy` again.",
    )


def locked() -> StateError:
    """Return the error for a lock that another process did not release."""
    return StateError(
        "Another process has locked the state file.", "Wait for the other pwl-tui to finish, then try again."
    )
