"""Errors in the configuration. Their messages name the place and never repeat a value.

A value may be a key, or an address that contains one.
"""

from pwl_tui.problem import ProblemError


class ConfigError(ProblemError):
    """The configuration is invalid. Its kind is ``invalid_request``: nothing was sent.

    Args:
        message: one sentence that says what is wrong and where.
        remedy: one sentence that says what to do.
    """

    def __init__(self, message: str, remedy: str = "Correct it, or remove it to use the default.") -> None:
        super().__init__(message, remedy)
