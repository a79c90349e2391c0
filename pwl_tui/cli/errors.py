"""Errors of the command line, and the exit code of every error."""

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.config import ConfigError
from pwl_tui.engine.jobs.adopting import AdoptError
from pwl_tui.engine.money.settling import SettleError
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.errors import ListError
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.errors import NoSuchJobError


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
