"""Errors about a list: ``raise ListError("The list is empty.", "Choose another file.")``."""

from pwl_tui.problem import ProblemError


class ListError(ProblemError):
    """A list cannot be read, has nothing to send, or cannot be exported. Nothing was spent."""


class PlanCancelledError(Exception):
    """The person no longer wants the plan that was being made."""
