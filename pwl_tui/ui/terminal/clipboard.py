"""Copying through the terminal (OSC 52), which works over SSH; and masking the numbers in a text."""

import base64
import re
from collections.abc import Mapping

from pwl_tui.ui.terminal import mask
from pwl_tui.ui.terminal.notify import through
from pwl_tui.wording.figures import grouped

MOST_BYTES = 74_994
"""The longest text that is copied: some terminals take 100,000 bytes of OSC 52 and drop what is longer."""

SENT = "Sent to the terminal. Some terminals ignore this silently: paste to check, or save to a file instead."
SENT_IN_TMUX = (
    "Sent to the terminal. tmux needs `set -g set-clipboard on` for this; or save to a file instead."
)
TOO_LONG = (
    f"Too long to copy through a terminal (the limit is {grouped(MOST_BYTES)} bytes). Save to a file instead."
)
_NUMBER = re.compile(r"\+(\d{4})\d+(\d{4})\b")


def fits(text: str) -> bool:
    """Return whether a text is short enough to be copied through a terminal."""
    return len(text.encode()) <= MOST_BYTES


def past_tmux(text: str, environ: Mapping[str, str]) -> str:
    """Return what copies a text to the clipboard of the terminal that tmux runs in; empty without tmux.

    tmux either takes part in OSC 52 or only passes it on, depending on its settings. So it gets the sequence
    as it is, and once more wrapped.

    Args:
        text: anything that can be encoded as UTF-8; it may have several lines.
        environ: says whether tmux is in use.
    """
    if not environ.get("TMUX"):
        return ""
    return through(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07", environ)


def outcome(text: str, environ: Mapping[str, str]) -> str:
    """Return what to tell the person who copied a text: no terminal says whether it took it."""
    if not fits(text):
        return TOO_LONG
    return SENT_IN_TMUX if environ.get("TMUX") else SENT


def masked(text: str) -> str:
    """Return a text with the middle of every E.164 number hidden, ``+1415•••2671``; of others, more is."""
    between, parts = 0, list[str]()
    for found in _NUMBER.finditer(text):
        parts += [mask.masked(text[between : found.start()]), f"+{found[1]}•••{found[2]}"]
        between = found.end()
    return "".join([*parts, mask.masked(text[between:])])
