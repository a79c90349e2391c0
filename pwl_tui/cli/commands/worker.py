"""``worker``: keeps working without a terminal, and says what it does."""

from argparse import ArgumentParser

from pwl_tui.cli.arguments import Command, add_json
from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.session import Session
from pwl_tui.cli.worker import process, units
from pwl_tui.cli.worker.log import log_lines
from pwl_tui.cli.worker.status import print_status, worker_files
from pwl_tui.cli.worker.work import work
from pwl_tui.os_errors import os_sentences


def _worker_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("start", "stop", "status", "log", "run", "install", "uninstall"),
        help="start: work in the background; stop: stop working, once a batch that is being sent has its"
        " answer; status: show what it is doing; log: print its log; run: work in the foreground, as systemd"
        " needs it; install: write systemd units for your user; uninstall: remove them",
    )
    parser.add_argument(
        "--print",
        action="store_true",
        help="With install, only print the units; with uninstall, only print what it would remove",
    )
    add_json(parser)


def worker(session: Session) -> int:
    """Do one thing with the background worker."""
    action = session.arguments.action
    if session.arguments.print and action not in {"install", "uninstall"}:
        raise UsageError(f"--print cannot be used with {action}.", "Leave it out.")
    match action:
        case "start":
            return process.start_command(session)
        case "stop":
            return process.stop_command(session)
        case "status":
            print_status(session)
        case "log":
            _print_log(session)
        case "run":
            process.command(session)  # refuses a demo
            return work(session)
        case "install":
            return units.install(session)
        case _:
            return units.uninstall(session)
    return Exit.DONE


def _print_log(session: Session) -> None:
    path = worker_files(session).log
    try:
        lines = log_lines(path)
    except OSError as error:
        raise UsageError(*os_sentences(error, path)) from error
    session.output.value(lines, "\n".join(lines) or "The log is empty.")


COMMANDS = {
    "worker": Command(
        worker,
        _worker_arguments,
        "It sends what you have confirmed and fetches the answers without a terminal, until nothing is left"
        " to do, and never decides anything that costs credits. There is one per state directory and key. You"
        " can use the screen and all commands while it works.",
    ),
}
