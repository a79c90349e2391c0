"""What the terminal is told when work goes on or ends: a notification, a title. Never a number, never a key.

Escape sequences as text; the application writes them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pwl_tui.state.models import Job, JobState
from pwl_tui.text import clean
from pwl_tui.ui.figures import grouped, percent

DesktopChoice = Literal["auto", "osc9", "osc777", "never"]
_NAME = "pwl-tui"
_NUMBER = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){6,}")
"""Seven digits or more, however they are grouped: a person may name a list by a number in it."""
_NEEDY = (JobState.ATTENTION, JobState.WAITING)
_LONGEST = 120


def finished(job: Job) -> str:
    """Return in a sentence what came of a job."""
    counts = job.counts
    return f"{job.name} is complete: {grouped(counts.on_whatsapp)} of {grouped(job.numbers)} on WhatsApp."


def desktop(sentence: str, setting: DesktopChoice, environ: Mapping[str, str]) -> str:
    """Return what makes the terminal notify its person; empty: nothing shall.

    There are two codes: OSC 9 (iTerm2, kitty, WezTerm, Ghostty) and OSC 777 (rxvt, foot, VTE, mintty).
    Terminals that know both would notify twice, so one of them is sent.

    Args:
        sentence: what to say; numbers in it are masked.
        setting: which code, as configured.
        environ: tells the terminal, and whether tmux is between.
    """
    if setting == "never":
        return ""
    text = without_numbers(clean(sentence, _LONGEST))
    if setting == "osc777" or (setting == "auto" and _knows_777(environ)):
        return through(f"\x1b]777;notify;{_NAME};{text}\x07", environ)
    return through(f"\x1b]9;{text}\x07", environ)


def title(jobs: Sequence[Job]) -> str:
    """Return the terminal's title for the jobs that are under way, with the per cent of all of them together.

    Args:
        jobs: all that this key works on.
    """
    under_way = [job for job in jobs if job.unfinished]
    total = sum(job.numbers - job.held for job in under_way)
    sign = "! " if any(job.state in _NEEDY for job in under_way) else ""
    if not total:
        return f"{sign}{_NAME}"
    return f"{sign}{percent(sum(job.counts.answered for job in under_way) / total)} {_NAME}"


def through(sequence: str, environ: Mapping[str, str]) -> str:
    """Return a sequence so that it reaches the terminal through tmux, where that is between.

    tmux lets it pass with ``set -g allow-passthrough on``; every escape character in it is doubled.
    """
    if not environ.get("TMUX"):
        return sequence
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def without_numbers(text: str) -> str:
    """Return a text with everything masked that could be a phone number."""
    return _NUMBER.sub("•••", text)


def _knows_777(environ: Mapping[str, str]) -> bool:
    return (
        environ.get("TERM", "").startswith(("rxvt", "foot"))
        or environ.get("TERM_PROGRAM") == "mintty"
        or bool(environ.get("VTE_VERSION"))
    )
