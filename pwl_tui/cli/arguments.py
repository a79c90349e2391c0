"""How a command is declared, and the arguments that several commands share."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, _ActionsContainer
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pwl_tui.cli.session import Session

LIST_OPTIONS = (
    *("column", "sheet", "no_header", "region", "region_column", "in_text", "encoding", "delimiter"),
    *("reuse_days", "numbers", "several"),
)
"""What `add_list_options` adds, as attributes of the parsed arguments."""


class Command(NamedTuple):
    """One command, declared beside the function that does its work.

    Attributes:
        run: does the work and returns the exit code.
        add_arguments: declares the arguments of its parser.
        details: sentences that follow the summary in the command's own help; may be empty.
    """

    run: "Callable[[Session], int]"
    add_arguments: Callable[[ArgumentParser], None]
    details: str = ""


def add_job(parser: ArgumentParser) -> None:
    """Add the job that a command is about."""
    parser.add_argument("job", metavar="JOB", help="Number or name of the job")


def add_json(parser: ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="Print one JSON value to standard output")


def add_yes(parser: ArgumentParser, does: str) -> None:
    """Add ``--yes``; `does` is its help."""
    parser.add_argument("--yes", action="store_true", help=does)


def add_list(parser: _ActionsContainer, *, optional: bool = False) -> None:
    """Add the list that a command is about."""
    from pwl_tui.lists.formats import (  # here, because --version and --help need not wait for it
        labels,
        suffixes,
    )

    parser.add_argument(
        "list",
        nargs="?" if optional else None,
        metavar="LIST",
        help=f"{labels()} file ({suffixes()}; also with .gz), or - for standard input",
    )


def add_list_options(parser: ArgumentParser) -> None:
    """Add how to read a list; None means that an option was not given."""
    parser.add_argument(
        "--column",
        metavar="NAME_OR_NUMBER",
        help="Column with the phone numbers; several with commas, such as 'Phone 1,Phone 2'",
    )
    parser.add_argument(
        "--several",
        choices=("first", "all"),
        help="Check the first number or all numbers of a row that has several; the export has the best answer"
        " (default: all in text, vCards, JSON and several columns; otherwise such rows are rejected)",
    )
    parser.add_argument(
        "--sheet", metavar="NAME", help="Sheet of a workbook (default: the one with the most numbers)"
    )
    parser.add_argument(
        "--no-header", action="store_const", const=True, help="Read the first row as data, not as a header"
    )
    parser.add_argument(
        "--region",
        metavar="CC",
        help="Two-letter country of national numbers; 'international' if all begin with their country code",
    )
    parser.add_argument(
        "--region-column",
        metavar="NAME_OR_NUMBER",
        help="Column with the country of each row: name, two letters, or calling code; '' for none",
    )
    parser.add_argument(
        "--in-text",
        action=BooleanOptionalAction,
        help="Find numbers within lines of text, any number of them per line",
    )
    parser.add_argument("--encoding", metavar="NAME", help="Encoding of the file, such as cp1252")
    parser.add_argument("--delimiter", metavar="C", help="Character between cells")
    parser.add_argument(
        "--reuse-days", type=days, metavar="N", help="Reuse results up to N days old; 0 reuses none"
    )
    parser.add_argument(
        "--numbers",
        choices=("valid", "possible"),
        help="Accept only valid numbers, or also ones that are merely possible",
    )


def add_pay_again(parser: ArgumentParser) -> None:
    """Add the decision to pay for numbers that are under way."""
    parser.add_argument(
        "--pay-again",
        type=positive,
        metavar="N",
        help="Pay a second time for the N numbers that other jobs already sent, instead of taking over their"
        " answers; N must be exactly how many they are",
    )


def add_export(parser: ArgumentParser) -> None:
    """Add where to export the list once its job is finished."""
    from pwl_tui.filters import FILTERS  # here, because --version and --help need not wait for it

    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="Export the list with results to FILE once the job is finished; the suffix sets the format"
        " (default: when_done under [export] in the configuration)",
    )
    where.add_argument("--no-export", action="store_true", help="Export nothing, whatever is configured")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--only", choices=tuple(FILTERS), help="Export only rows with this outcome")
    which.add_argument(
        "--split", action="store_true", help="Export one file per outcome: FILE-on-whatsapp, …"
    )
    parser.add_argument("--digits", action="store_true", help="Export numbers without the plus sign")


def add_rejected_rows(parser: ArgumentParser) -> None:
    """Add where to save the rejected rows."""
    parser.add_argument(
        "--save-rejected",
        type=Path,
        metavar="FILE",
        help="Save the rejected rows to a CSV file: row number, reason, and their own cells",
    )
    parser.add_argument("--force", action="store_true", help="Let --save-rejected overwrite an existing file")


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    value = _whole(text)
    if value < 1:
        raise ArgumentTypeError("must be at least 1")
    return value


def days(text: str) -> int:
    """Return a whole number of days, 0 or more."""
    value = _whole(text)
    if value < 0:
        raise ArgumentTypeError("must be 0 or more")
    return value


def seconds(text: str) -> float:
    """Return a number of seconds, 0 or more."""
    with suppress(ValueError):
        if 0 <= (value := float(text)) < float("inf"):
            return value
    raise ArgumentTypeError(f"must be a number of seconds, 0 or more, not {text!r}")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ArgumentTypeError(f"must be a whole number, not {text!r}") from error
