"""Copying by way of the terminal (OSC 52), over SSH too; and numbers in a form that shows little."""

import base64
import re
from collections.abc import Mapping

from pwl_tui.ui.presenters.format import grouped
from pwl_tui.ui.terminal.notify import through

MOST_BYTES = 74_994
"""What is sent at most: some terminals take 100,000 bytes of OSC 52 and drop what is longer."""

SENT = "Sent to the terminal. Some terminals ignore it without a word: paste it, or save it to a file."
SENT_IN_TMUX = "Sent to the terminal. tmux passes it on with `set -g set-clipboard on`; or save it to a file."
TOO_LONG = (
    f"That is more than the {grouped(MOST_BYTES)} bytes that go to a clipboard by way of a terminal: "
    "save it to a file."
)
_NUMBER = re.compile(r"\+(\d{4})\d+(\d{4})\b")


def sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return what puts a text on the clipboard; empty where it is too long.

    Args:
        text: anything; it may have several lines.
        environ: tells whether tmux is between: it takes one of two ways, and its settings say which.
    """
    data = text.encode(errors="replace")
    if len(data) > MOST_BYTES:
        return ""
    copy = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    return copy + through(copy, environ) if environ.get("TMUX") else copy


def told(text: str, environ: Mapping[str, str]) -> str:
    """Return what to tell the person who copied a text: no terminal says whether it took it."""
    if not sequence(text, environ):
        return TOO_LONG
    return SENT_IN_TMUX if environ.get("TMUX") else SENT


def masked(text: str) -> str:
    """Return a text with the middle of every E.164 number in it hidden: ``+1415•••2671``."""
    return _NUMBER.sub(r"+\1•••\2", text)
