"""What can go wrong with a list, each as one sentence about it and one about what to do."""

from pwl_tui.problem import ProblemError


class ListError(ProblemError):
    """A list cannot be read, holds nothing to send, or cannot be given back; nothing was spent."""


class PlanCancelledError(Exception):
    """The person no longer wants the plan that was being made."""


def unusable(message: str, remedy: str) -> ListError:
    """Return the error for a list that is at fault.

    Args:
        message: one sentence that says what is wrong.
        remedy: one sentence that says what to do.
    """
    return ListError(message, remedy)
