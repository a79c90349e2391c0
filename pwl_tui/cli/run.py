"""Runs one command, and turns errors into sentences and exit codes."""

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from types import SimpleNamespace

from pwl_tui import crash_log
from pwl_tui.cli.commands.screen import open_screen
from pwl_tui.cli.errors import exit_of
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.launcher import Launcher
from pwl_tui.cli.output import Output, OutputError
from pwl_tui.cli.session import Session
from pwl_tui.cli.signals import Interrupted, leave_signals
from pwl_tui.engine.problems import internal
from pwl_tui.problem import ProblemError


def run(arguments: SimpleNamespace, launcher: Launcher | None) -> int:
    """Run a command and return its exit code; no error is raised.

    Args:
        arguments: as `pwl_tui.cli.main.parsed` returns them.
        launcher: see `Session`.
    """
    output = Output(json=getattr(arguments, "json", False))
    session = Session(arguments, output, os.environ, launcher)
    with crash_log.kept(lambda: session.crash_directory, arguments.command or "screen") as thread_errors:
        code = _run(session, output, arguments.run or open_screen)
        for error in thread_errors:
            with suppress(OSError):  # the terminal is gone; the exit code must not be lost as well
                output.explain(internal(error))
        return code


def _run(session: Session, output: Output, handler: Callable[[Session], int]) -> int:
    try:
        # The screen has its own way to leave.
        with leave_signals() if session.launcher is None else nullcontext(), session:
            return handler(session)
    except OutputError as error:
        output.explain(error.problem)
        return Exit.FAILED
    except ProblemError as error:
        output.problem(error.problem)
        return exit_of(error)
    except KeyboardInterrupt as error:
        more = " Run `pwl-tui watch` to continue." if isinstance(error, Interrupted) else ""
        output.note(f"Interrupted; nothing is lost.{more}")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Nobody reads our output any more; closing standard error keeps Python from complaining at exit.
        sys.stderr.close()
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - a traceback could quote the key or a number
        output.problem(internal(error))
        return Exit.FAILED
