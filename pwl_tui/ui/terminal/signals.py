"""Leaving in good order when the terminal goes away or the process is asked to end."""

import asyncio
import signal
import sys
import termios
from collections.abc import Callable

INTERRUPTED = 130
"""Exit code if something other than the person ended the program."""
_USUAL_SIZE = (24, 80)
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def leave_on_signals(
    loop: asyncio.AbstractEventLoop, leave: Callable[[], None], lost: Callable[[], None]
) -> None:
    """Call `leave` when the process is to end (SIGTERM), and `lost` when its terminal is closed (SIGHUP)."""
    loop.add_signal_handler(signal.SIGTERM, leave)
    loop.add_signal_handler(signal.SIGHUP, lost)


def forget_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Undo `leave_on_signals`."""
    for number in _SIGNALS:
        loop.remove_signal_handler(number)


def give_size() -> None:
    """Set the usual size for a terminal that does not report one (0 by 0, as with some `docker exec`).

    Otherwise Textual and Rich assume different sizes, and lay the screen out again and again.
    """
    output = sys.__stdout__
    if output is not None and output.isatty() and 0 in termios.tcgetwinsize(output):
        termios.tcsetwinsize(output, _USUAL_SIZE)
