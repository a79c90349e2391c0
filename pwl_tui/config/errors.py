"""What is wrong with the configuration, in sentences that name the place and never repeat a value.

A value may be a key, or an address that carries one.
"""

from pwl_tui.problem import ProblemError


class ConfigError(ProblemError):
    """The configuration cannot be used. `Problem.kind` is ``invalid_request``: nothing was sent."""


def config_error(
    message: str, remedy: str = "Correct it, or take it out to have the default."
) -> ConfigError:
    """Return the error of two sentences, both made safe to show."""
    return ConfigError(message, remedy)
