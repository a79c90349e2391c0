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
    """The command cannot be carried out as it was given.

    Args:
        message: what is wrong.
        remedy: what to do.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(Problem(kind="invalid_request", message=message, remedy=remedy))


_OF_KIND: dict[Kind, Exit] = {
    "auth": Exit.REFUSED,
    "forbidden": Exit.REFUSED,
    "credits": Exit.CREDITS,
    "rate_limited": Exit.SERVICE,
    "limit_reached": Exit.SERVICE,
    "unavailable": Exit.SERVICE,
    "server_error": Exit.SERVICE,
    "bad_answer": Exit.SERVICE,
    "network": Exit.SERVICE,
    "timeout": Exit.SERVICE,
}


def exit_of_problem(problem: Problem) -> Exit:
    """Return the code for what the service said."""
    return _OF_KIND.get(problem.kind, Exit.FAILED)


def exit_of(error: ProblemError) -> Exit:
    """Return the code for an error."""
    match error:
        case ApiError():
            return exit_of_problem(error.problem)
        case EngineError():
            return Exit.CREDITS if error.problem.kind == "credits" else Exit.USAGE
        case UsageError() | ListError() | ConfigError() | NoSuchJobError() | AdoptError() | SettleError():
            return Exit.USAGE
        case _:
            return Exit.FAILED
