"""Options that several commands share, and what their values may be."""

import argparse
from pathlib import Path
from typing import TypeAlias

from pwl_tui.lists.formats import labels, suffixes

LIST_OPTIONS = (
    *("column", "sheet", "no_header", "region", "region_column", "in_text", "encoding", "delimiter"),
    *("reuse_days", "numbers"),
)
"""What `list_options` adds, as attributes of the arguments."""

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name
"""Where a parser's commands are added."""


def command(commands: Commands, name: str, does: str, more: str = "") -> argparse.ArgumentParser:
    """Add a command: `does` stands in the list of commands, and begins its own help with `more` behind it."""
    return commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}. {more}")


def job(parser: argparse.ArgumentParser) -> None:
    """Add the job that a command is about."""
    parser.add_argument("job", metavar="JOB", help="its number or its name")


def yes(parser: argparse.ArgumentParser, does: str) -> None:
    """Add ``--yes``: `does` says what is then done."""
    parser.add_argument("--yes", action="store_true", help=does)


def the_list(parser: argparse._ActionsContainer, *, optional: bool = False) -> None:
    """Add the list that a command is about."""
    parser.add_argument(
        "list",
        nargs="?" if optional else None,
        metavar="LIST",
        help=f"a {labels()} file ({suffixes()}; also with .gz), or - for standard input",
    )


def list_options(parser: argparse.ArgumentParser) -> None:
    """Add how a list is to be read; what is not given is none."""
    parser.add_argument("--column", metavar="NAME_OR_NUMBER", help="the phone column")
    parser.add_argument("--sheet", metavar="NAME", help="of a workbook; default: the one with most numbers")
    parser.add_argument("--no-header", action="store_const", const=True, help="the first row is data")
    parser.add_argument("--region", metavar="CC", help="two letters: where national numbers are from")
    parser.add_argument(
        "--region-column",
        metavar="NAME_OR_NUMBER",
        help="the column with each row's country (name, two letters or calling code); '': there is none",
    )
    parser.add_argument(
        "--in-text",
        action=argparse.BooleanOptionalAction,
        help="look for numbers within lines of text, any number a line",
    )
    parser.add_argument("--encoding", metavar="NAME", help="of the file, such as cp1252")
    parser.add_argument("--delimiter", metavar="C", help="the character between cells")
    parser.add_argument("--reuse-days", type=days, metavar="N", help="use answers so old again; 0: never")
    parser.add_argument("--numbers", choices=("valid", "possible"), help="which numbers to accept")


def rejected_rows(parser: argparse.ArgumentParser) -> None:
    """Add where the rejected rows go."""
    parser.add_argument(
        "--save-rejected",
        type=Path,
        metavar="FILE",
        help="write the rejected rows to a CSV file: row number, reason, and their own cells",
    )
    parser.add_argument(
        "--force", action="store_true", help="let --save-rejected overwrite a file that exists"
    )


def json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def days(text: str) -> int:
    """Return a whole number of days, 0 or more."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def seconds(text: str) -> float:
    """Return a number of seconds, 0 or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more seconds")
    return value
