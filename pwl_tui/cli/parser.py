"""The command line as argparse sees it: the global options and the commands.

A command's arguments are declared beside its handler, in `pwl_tui.cli.commands`. This module has only what
the list of commands shows, so that ``--version`` and ``--help`` load nothing that the commands need.
"""

import argparse
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from pwl_tui import __version__
from pwl_tui.cli.arguments import Command
from pwl_tui.cli.exit_codes import Exit

SUMMARIES = {
    "plan": "Show what would be sent and what it costs",
    "submit": "Send a list, after asking you to confirm the cost",
    "watch": "Poll until jobs are finished",
    "worker": "Keep sending and polling in the background",
    "jobs": "List the jobs",
    "show": "Show a job and its batches",
    "export": "Export the list with results",
    "pause": "Stop sending a job; polling continues",
    "resume": "Resume a stopped job",
    "forget": "Delete a finished job and its numbers for good",
    "purge": "Delete old jobs, lookups and their numbers for good",
    "retry": "Retry what failed in a job",
    "recheck": "Check a job's numbers again if their answers are old",
    "changes": "Show what a recheck found: who joined WhatsApp, and who left",
    "adopt": "Adopt batches that were sent elsewhere",
    "settle": "Settle a batch whose outcome is unknown",
    "lookup": "Look up single numbers, one credit each unless known",
    "known": "Show what is known of single numbers, for free",
    "balance": "Show your credits",
    "ledger": "Show what was spent, when, and on which batch",
    "state": "Move the jobs to a shared database, or decide about a copied state",
    "doctor": "Check everything that pwl-tui needs to work",
    "config": "Create, find, or show the configuration",
    "completion": "Print a completion script for your shell",
    "simulator": "Run the simulated service by itself",
}
"""What each command does, in the order of the help."""


class Parser(argparse.ArgumentParser):
    """Reports what is wrong in one sentence, as the commands do, and can be asked what was declared.

    Attributes:
        commands: the parsers of the commands by name; of a command's own parser, empty.
    """

    def __init__(self, **settings: Any) -> None:
        if sys.version_info >= (3, 14):
            settings["color"] = False  # it follows standard output, also in what is written to standard error
        super().__init__(add_help=False, **settings)
        self.commands: dict[str, Parser] = {}
        self.add_argument("-h", "--help", action="help", help="Show this help")

    @property
    def actions(self) -> list[argparse.Action]:
        """Everything that was declared, in order; argparse itself keeps it private."""
        return self._actions

    def error(self, message: str) -> NoReturn:
        """Exit without printing the usage, which is ten lines long for some commands."""
        from pwl_tui.text import clean  # only who made a mistake waits for it

        self.exit(Exit.USAGE, f"{self.prog}: error: {clean(message)}\nRun `{self.prog} --help` for usage.\n")


def build_parser(words: Collection[str] | None = None) -> Parser:
    """Return the parser; a command's handler is in ``run``, its name in ``command``.

    Args:
        words: the command line. Only commands that are among its words get their arguments, since declaring
            them loads the command's module. None means all commands.
    """
    parser = Parser(
        prog="pwl-tui",
        description="Validate lists of phone numbers with ProWebLook's batch WhatsApp service.\n"
        "Without a command, pwl-tui opens its screen.",
        epilog=_exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"pwl-tui {__version__}", help="Show the version"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="Use this configuration file")
    parser.add_argument("--profile", metavar="NAME", help="Use this profile of the configuration file")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="Keep jobs in this directory")
    parser.add_argument(
        "--demo", action="store_true", help="Use the simulated service and temporary jobs; costs nothing"
    )
    parser.add_argument(
        "--no-spend", action="store_true", help="Send nothing that costs credits; polling continues"
    )
    parser.add_argument("--no-mouse", action="store_true", help="Leave the mouse to the terminal")
    parser.add_argument("--low-bandwidth", action="store_true", help="Minimize screen updates")
    parser.set_defaults(command=None, run=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in SUMMARIES.items():
        subparser = parser.commands[name] = commands.add_parser(name, help=summary)
        if words is None or name in words:
            command = load(name)
            subparser.description = f"{summary}. {command.details}".rstrip()
            subparser.set_defaults(run=command.run)
            command.add_arguments(subparser)
    return parser


def load(name: str) -> Command:
    """Load a command, and with it what its work needs.

    Raises:
        KeyError: there is no such command.
    """
    match name:
        case "plan" | "submit" | "recheck" | "changes" | "retry":
            from pwl_tui.cli.commands.lists import COMMANDS
        case "watch" | "jobs" | "show" | "export" | "pause" | "resume" | "forget" | "purge":
            from pwl_tui.cli.commands.jobs import COMMANDS
        case "adopt" | "settle":
            from pwl_tui.cli.commands.batches import COMMANDS
        case "lookup" | "known" | "balance" | "ledger":
            from pwl_tui.cli.commands.credits import COMMANDS
        case "worker":
            from pwl_tui.cli.commands.worker import COMMANDS
        case "state":
            from pwl_tui.cli.commands.state import COMMANDS
        case "doctor":
            from pwl_tui.cli.commands.doctor import COMMANDS
        case _:
            from pwl_tui.cli.commands.setup import COMMANDS
    return COMMANDS[name]


def _exit_codes() -> str:
    lines = "\n".join(f"  {code.value:<4} {code.meaning}" for code in Exit)
    return f"exit codes:\n{lines}\n"
