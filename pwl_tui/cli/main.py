"""The entry point: parses the command line, and forks for the screen. It loads as little as it can."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from types import SimpleNamespace

from pwl_tui.cli.launcher import Launcher, fork_behind, on_terminal
from pwl_tui.umask import be_private

_COLLECT_AFTER = 10_000
"""New objects after which Python looks for cycles. At its default of 700 that is a seventh of a start."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the arguments. None means those of the process.
    """
    gc.set_threshold(_COLLECT_AFTER)
    be_private()
    _make_streams_usable()
    arguments = parsed(sys.argv[1:] if argv is None else argv)
    # Before anything else is loaded, since a fork copies what was loaded as soon as it is used.
    launcher = _launcher() if arguments.command is None else None
    from pwl_tui.cli.run import run  # loads most of the program, which --version and --help need not wait for

    return run(arguments, launcher)


def parsed(argv: Sequence[str]) -> SimpleNamespace:
    """Return the parsed arguments, with the command's handler in ``run`` (None: open the screen).

    Raises:
        SystemExit: They are wrong, or ask for text that has been printed.
    """
    if not argv:  # the usual start, which need not wait for the parser
        return SimpleNamespace(**_NO_ARGUMENTS)
    from pwl_tui.cli.parser import build_parser

    arguments = build_parser(argv).parse_args(argv, SimpleNamespace())
    if not all(map(str.isascii, argv)):
        from pwl_tui.text import in_utf8

        for name, value in vars(arguments).items():
            if isinstance(value, list):
                setattr(arguments, name, [in_utf8(one) for one in value])
            elif isinstance(value, str) and name not in _FILES:
                setattr(arguments, name, in_utf8(value))
    return arguments


_FILES = {"list", "from_file"}
"""Arguments that are texts, because ``-`` is one, and name files."""


_NO_ARGUMENTS = {
    "command": None,
    "run": None,
    "config": None,
    "profile": None,
    "state_dir": None,
    "demo": False,
    "no_spend": False,
    "no_mouse": False,
    "low_bandwidth": False,
}
"""What the parser returns for an empty command line."""


def _make_streams_usable() -> None:
    """Open closed standard streams on nothing, so that no file takes their numbers and is written to."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    # Python has None for a stream that was closed when it started.
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # rather than fail in the middle of a text


def _launcher() -> Launcher | None:
    """Fork for the screen, if there is a terminal to open it on."""
    if not on_terminal():
        return None
    gc.disable()  # there is no garbage before the first frame; the screen enables it afterwards
    return fork_behind()
