"""The key and the numbers of a canary are nowhere that they must not be.

This tries a few commands; `python -m tests.security` tries every command and screen with every fault.
"""

import pytest

from pwl_tui.cli.parser import SUMMARIES, build_parser
from tests.notations import NOTATIONS
from tests.security.canary import FAULTS, KEY, Cell, command_lines, every_cell, run, secrets_in

QUICK = (
    Cell("answers", ("submit", "other.txt", "--yes", "--wait")),
    Cell("crash in the client", ("balance",)),
)
"""A few that together see every kind of place: the terminal, the state, the hook, and the file of errors."""


@pytest.mark.parametrize("notation", NOTATIONS)
def test_the_search_finds_the_key_in_every_notation(notation: str) -> None:
    assert list(secrets_in(b"before " + NOTATIONS[notation](KEY).encode() + b" after", numbers=False))


def test_the_search_finds_numbers_however_they_are_grouped() -> None:
    for written in ("+14155552671", "(415) 555-2671", "1 415 555 2671"):
        assert list(secrets_in(written.encode(), numbers=True)) == ["a number"]
    assert list(secrets_in(b"+14155552671", numbers=False)) == []


def test_every_command_is_tried_with_every_fault() -> None:
    cells = every_cell()
    assert {cell.words[0] for cell in cells if cell.words} == set(SUMMARIES)
    assert {(cell.fault, cell.words[:1]) for cell in cells} >= {
        (fault, words) for fault in FAULTS for words in [(), *((name,) for name in SUMMARIES)]
    }
    for words, option in command_lines(build_parser()):
        if option is None:
            build_parser().parse_args(words)


@pytest.mark.slow
def test_a_few_commands_leave_no_secret_anywhere() -> None:
    report = run(QUICK)
    assert report.found == []
    assert (report.cells, report.files > 20, report.processes >= 2) == (len(QUICK), True, True)
