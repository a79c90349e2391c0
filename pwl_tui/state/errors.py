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


def locked() -> StateError:
    """Return the error for a lock that another process did not release."""
    return StateError(
        "Another process has locked the state file.", "Wait for the other pwl-tui to finish, then try again."
    )
