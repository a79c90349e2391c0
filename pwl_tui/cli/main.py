"""The command line: commands, options, exit codes, and nothing of what they do."""

import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING

from pwl_tui.cli.launcher import Launcher, fork_behind, on_terminal

if TYPE_CHECKING:
    from pwl_tui.cli.session import Session

_COLLECT_AFTER = 10_000
"""New objects after which Python looks for cycles: by its own 700 a seventh of a start goes into looking."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the arguments; none: those of the process.
    """
    gc.set_threshold(_COLLECT_AFTER)
    argv = sys.argv[1:] if argv is None else argv
    # The usual start: before anything is loaded, since all that is there at a fork is copied when it is used.
    front = None if argv else _front()
    from pwl_tui.cli.output import Output

    arguments = parsed(argv)
    output = Output(json=getattr(arguments, "json", False))
    if front is None and arguments.command is None:
        front = _front()
    # What follows loads most of the program, and neither --version nor --help should wait for it.
    from pwl_tui.cli.exit_codes import Exit, exit_of
    from pwl_tui.cli.follow import Interrupted
    from pwl_tui.cli.session import Session, environment
    from pwl_tui.problem import ProblemError

    try:
        with Session(arguments, output, environment(), front) as session:
            return _command(arguments.command)(session)
    except ProblemError as error:
        output.problem(error.problem)
        return exit_of(error)
    except (Interrupted, KeyboardInterrupt):
        output.note("Interrupted. Everything is kept, and `pwl-tui watch` goes on with it.")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; closing it here keeps Python from complaining at exit.
        sys.stderr.close()
        return Exit.FAILED


_COMMANDS = {
    None: "screen.open_screen",
    "plan": "lists.plan",
    "submit": "lists.submit",
    "watch": "jobs.watch",
    "jobs": "jobs.jobs",
    "show": "jobs.show",
    "export": "jobs.export",
    "pause": "jobs.pause",
    "resume": "jobs.resume",
    "balance": "credits.balance",
    "lookup": "credits.lookup",
    "ledger": "credits.ledger",
    "adopt": "adopt.adopt",
    "settle": "settle.settle",
    "retry": "retry.retry",
    "forget": "remove.forget",
    "purge": "remove.purge",
    "doctor": "doctor.doctor",
    "config": "setup.config",
    "simulator": "setup.simulator",
}
"""Where each command is done, as module and function: only what is asked for is loaded."""


def parsed(argv: Sequence[str]) -> SimpleNamespace:
    """Return what the arguments ask for.

    Raises:
        SystemExit: they are wrong, or ask for a text that is then printed.
    """
    if not argv:  # the usual start need not load the parser to be told what it makes of nothing
        return SimpleNamespace(**_NO_ARGUMENTS)
    from pwl_tui.cli.arguments import build_parser

    return build_parser().parse_args(argv, SimpleNamespace())


_NO_ARGUMENTS = {
    "command": None,
    "config": None,
    "profile": None,
    "state_dir": None,
    "demo": False,
    "no_spend": False,
    "no_mouse": False,
    "low_bandwidth": False,
}
"""What the parser makes of nothing."""


def _front() -> Launcher | None:
    """Prepare for the screen, if there is a terminal to open it on."""
    if not on_terminal():
        return None
    gc.disable()  # nothing is garbage before the first frame; the screen looks for it from then on
    return fork_behind()


def _command(name: str | None) -> "Callable[[Session], int]":
    """Return what does a command."""
    module, _, function = _COMMANDS[name].partition(".")
    done_by: Callable[[Session], int] = getattr(import_module(f"pwl_tui.cli.commands.{module}"), function)
    return done_by
