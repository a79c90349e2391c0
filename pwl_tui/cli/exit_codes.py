"""Exit codes: what a script learns from the number alone."""

from enum import IntEnum

from pwl_tui.api.errors import ApiError
from pwl_tui.config import ConfigError
from pwl_tui.engine.jobs.adopting import AdoptError
from pwl_tui.engine.money.settling import SettleError
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.errors import ListError
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.errors import NoSuchJobError


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    """Wrong usage, an unreadable or unusable list, bad configuration."""
    REFUSED = 3
    """The key was refused."""
    CREDITS = 4
    """Credits are short."""
    UNKNOWN = 5
    """A batch's outcome is unknown and wants settling."""
    SERVICE = 6
    """The service cannot be reached, is down, limits us, or answers nonsense."""
    TIMEOUT = 7
    INTERRUPTED = 130


class UsageError(ProblemError):
    """The command cannot be carried out as it was given."""


def exit_of_problem(problem: Problem) -> Exit:
    """Return the code for what the service said."""
    match problem.kind:
        case kind if kind.refuses_key:
            return Exit.REFUSED
        case Kind.CREDITS:
            return Exit.CREDITS
        case Kind.CONSENT_REQUIRED | Kind.INVALID_REQUEST | Kind.NOT_FOUND:
            return Exit.FAILED
        case _:
            return Exit.SERVICE


def exit_of(error: ProblemError) -> Exit:
    """Return the code for an error."""
    match error:
        case ApiError():
            return exit_of_problem(error.problem)
        case EngineError():
            return Exit.CREDITS if error.problem.kind is Kind.CREDITS else Exit.USAGE
        case UsageError() | ListError() | ConfigError() | NoSuchJobError() | AdoptError() | SettleError():
            return Exit.USAGE
        case _:
            return Exit.FAILED
