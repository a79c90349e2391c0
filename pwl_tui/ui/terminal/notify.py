"""Desktop notifications and titles, as escape sequences. They never hold a phone number or a key."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pwl_tui.state.models import Job, JobState
from pwl_tui.text import clean, without_numbers
from pwl_tui.wording.figures import grouped, percent
from pwl_tui.wording.jobs import followers, progress

DesktopChoice = Literal["auto", "osc9", "osc777", "never"]
_NAME = "pwl-tui"
_NEEDY = (JobState.ATTENTION, JobState.WAITING)
_LONGEST = 120
_PAUSE_SECONDS = 10.0
"""Between two notices: longer than one is shown, so that they never pile up."""


class Completions:
    """Announces finished jobs: the first one at once, those that follow soon after together."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._next = 0.0

    def due(self, jobs: Sequence[Job], now: float) -> str:
        """Return what to announce now; empty if nothing.

        Args:
            jobs: the jobs that have finished since the last call.
            now: UTC epoch seconds.
        """
        self._jobs += jobs
        if not self._jobs or now < self._next:
            return ""
        self._next = now + _PAUSE_SECONDS
        done, self._jobs = self._jobs, []
        return finished(done)


def finished(jobs: Sequence[Job]) -> str:
    """Return a sentence about finished jobs, at least one."""
    who = f"{jobs[0].name} is" if len(jobs) == 1 else f"{grouped(len(jobs))} jobs are"
    found, numbers = sum(job.counts.on_whatsapp for job in jobs), sum(job.numbers for job in jobs)
    return f"{who} complete: {grouped(found)} of {grouped(numbers)} on WhatsApp."


def desktop(sentence: str, setting: DesktopChoice, environ: Mapping[str, str]) -> str:
    """Return what makes the terminal show a notification; empty if the person wants none.

    There are two codes: OSC 9 (iTerm2, kitty, WezTerm, Ghostty) and OSC 777 (rxvt, foot, VTE, mintty).
    Terminals that know both would notify twice, so only one is sent.

    Args:
        sentence: what to show; numbers in it are masked.
        setting: the configured code.
        environ: identifies the terminal, and whether tmux is in use.
    """
    if setting == "never":
        return ""
    text = without_numbers(clean(sentence, _LONGEST))
    if setting == "osc777" or (setting == "auto" and _knows_777(environ)):
        return through(f"\x1b]777;notify;{_NAME};{text}\x07", environ)
    return through(f"\x1b]9;{text}\x07", environ)


def title(under_way: Sequence[Job]) -> str:
    """Return the title of the terminal: how far the unfinished jobs of the key in use are."""
    answered, total = progress(under_way, followers(under_way))
    sign = "! " if any(job.state in _NEEDY for job in under_way) else ""
    if not total:
        return f"{sign}{_NAME}"
    return f"{sign}{percent(answered / total)} {_NAME}"


def through(sequence: str, environ: Mapping[str, str]) -> str:
    """Return an escape sequence so that it passes through tmux, if tmux is in use.

    tmux passes it on with ``set -g allow-passthrough on``. Each escape character in it is doubled.
    """
    if not environ.get("TMUX"):
        return sequence
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def _knows_777(environ: Mapping[str, str]) -> bool:
    return (
        environ.get("TERM", "").startswith(("rxvt", "foot"))
        or environ.get("TERM_PROGRAM") == "mintty"
        or bool(environ.get("VTE_VERSION"))
    )
