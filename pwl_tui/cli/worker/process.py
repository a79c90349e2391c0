"""Starts the worker as a process that outlives the terminal, and asks it to end."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from msgspec import Struct

from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import PATIENCE_SECONDS
from pwl_tui.cli.session import Session
from pwl_tui.cli.signals import Interrupted, leave_signals
from pwl_tui.cli.worker.status import WorkerStatus, print_status, worker_files
from pwl_tui.config.tables import STATE_URL_VARIABLE
from pwl_tui.os_errors import os_sentences
from pwl_tui.problem import Kind, Problem, ProblemError

_LOOK_SECONDS = 0.1
_SILENT_SECONDS = 2.0
"""How long it may take the worker to end before it is said what it waits for."""
_PRIVATE = 0o077

_MUTE = Problem(
    kind=Kind.SERVER_ERROR,
    message="The background worker could not be started: it ended without a message.",
    remedy="Run `pwl-tui worker run` to see why.",
)


class _Word(Struct):
    """The first message of a worker that cannot work."""

    error: Problem


def start(session: Session, profile: str | None = None) -> WorkerStatus | tuple[Problem, int]:
    """Start a worker, unless there is one, and wait for its first message.

    It has its own session, no terminal, none of our open files, and makes files that only their owner reads.

    Args:
        session: settings and places that the worker is to share with this process.
        profile: in use now. None means that of the session; the screen may have switched to another.

    Returns:
        What it does, or why there is none, with the exit code for that.

    Raises:
        UsageError: this is a demo, whose state directory does not outlive it.
        ConfigError: the settings are invalid.
        ProblemError: the system cannot start a process.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; what runs is this program
            command(session, profile),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            umask=_PRIVATE,
            start_new_session=True,
            env=os.environ | surroundings(session),
        )
    except OSError as error:  # no memory, or no more processes
        raise ProblemError(*os_sentences(error, sys.executable)) from error
    if process.stdout is None:
        raise AssertionError("it was started with a pipe")
    with process.stdout:
        word = process.stdout.read()  # until it closes the pipe: it works, or has ended
    with suppress(msgspec.DecodeError):
        status = msgspec.json.decode(word, type=WorkerStatus)
        process.returncode = 0  # nobody waits for it, which is intended
        return status
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(word, type=_Word).error, process.wait()
    return _MUTE, process.wait() or Exit.FAILED


def command(session: Session, profile: str | None = None) -> list[str]:
    """Return the command line of the worker, which has no secret in it; `profile` is as for `start`.

    Raises:
        UsageError: this is a demo.
    """
    if session.demo:
        raise UsageError("The demo has no background worker.", "Run the command without --demo.")
    spend = ["--no-spend"] if session.arguments.no_spend else []
    chosen = ["--profile", profile or session.settings.profile]
    return [sys.executable, "-P", "-m", "pwl_tui", *chosen, *spend, "worker", "run", "--json"]


def surroundings(session: Session) -> Mapping[str, str]:
    """Return the environment variables that make the worker find what this process found."""
    found = {
        "PWL_TUI_CONFIG": str(session.config_file.absolute()),
        "PWL_TUI_STATE_DIR": str(session.state_directory),
    }
    url = session.settings.state.url
    return {**found, STATE_URL_VARIABLE: url} if url else found


def start_command(session: Session) -> int:
    """Start a worker, and say what it does."""
    started = start(session)
    if isinstance(started, WorkerStatus):
        if started.running:
            print_status(session, "Working in the background.")
        else:
            print_status(session, "There is nothing to do.")
        return Exit.DONE
    problem, code = started
    session.output.problem(problem)
    return code


def stop_command(session: Session) -> int:
    """Ask the worker to end, and wait until it has.

    Raises:
        ProblemError: it cannot be reached from here, or did not stop.
        Interrupted: the person did not want to wait; it still ends.
    """
    files, output = worker_files(session), session.output
    if not files.alive():
        print_status(session, "")
        return Exit.DONE
    if not files.terminate() and files.alive():
        record = files.read()
        where = "another machine or container" if record is None else record.machine
        raise UsageError(
            f"The background worker runs on {where} and cannot be reached from here.", "Stop it there."
        )
    begun, interrupted, said = time.monotonic(), threading.Event(), False
    with leave_signals(interrupted.set):
        while files.alive():
            waited = time.monotonic() - begun
            if waited > _SILENT_SECONDS and not said:
                said = True
                output.note("Waiting for the answer to the batch that is being sent.")
            if waited > PATIENCE_SECONDS + _SILENT_SECONDS:
                raise ProblemError("The background worker has not stopped.", "See `pwl-tui worker log`.")
            if interrupted.wait(_LOOK_SECONDS):
                raise Interrupted
    print_status(session, "")
    return Exit.DONE
