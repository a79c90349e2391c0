"""Figures as people read them: grouped numbers, coarse ages and times, bars. Pure text, no widgets."""

from collections.abc import Sequence
from datetime import datetime

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"
_MILLION = 1_000_000
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def grouped(number: int) -> str:
    """Return a number with its thousands grouped: ``24,002``."""
    return f"{number:,}"


def rounded(number: int, cells: int) -> str:
    """Return a number as `grouped`; where that is wider than `cells`, rounded down: ``612.4k``, ``1.00M``."""
    whole = grouped(number)
    if len(whole) <= cells:
        return whole
    return f"{number // 100 / 10:.1f}k" if number < _MILLION else f"{number // 10_000 / 100:.2f}M"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: ``1 batch``, ``25 batches``; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def phone(number: int) -> str:
    """Return an E.164 number as people write it: ``+14155552671``."""
    return f"+{number}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 as per cent, rounded down: 100 is said of what is complete, only then."""
    return f"{int(share * 100)} %"


def pace(per_second: float) -> str:
    """Return a rate as people read it, by the minute where it is slow: ``41 numbers/s``."""
    return f"{per_second:,.0f} numbers/s" if per_second >= 2 else f"{per_second * 60:,.0f} numbers/min"


def bar(share: float, width: int) -> tuple[str, str]:
    """Return the filled and the empty part of a progress bar of `width` cells for a share of 0 to 1."""
    eighths = int(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[rest] if rest else "")
    return filled, "·" * (width - len(filled))


def trace(values: Sequence[int]) -> str:
    """Return a line of one cell a value, as high as its share of the highest; empty when nothing changed."""
    if len(set(values)) < 2:
        return ""
    top = max(*values, 1)
    return "".join(_STEPS[min(max(value, 0) * len(_STEPS) // top, len(_STEPS) - 1)] for value in values)


def age(seconds: float) -> str:
    """Return how old something is, in steps so coarse that a screen at rest hardly changes: ``2 min``."""
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _DAY)} days"


def ago(seconds: float) -> str:
    """Return when something was: ``2 min ago``."""
    return age(seconds) if seconds < _MINUTE else f"{age(seconds)} ago"


def moment(at: float, now: float, *, seconds: bool = False) -> str:
    """Return a moment (UTC epoch seconds) by this machine's clock: ``10:02``, with its day if not today's."""
    when, today = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(now).astimezone()
    day = "" if when.date() == today.date() else f"{when:%d %b} "
    return f"{day}{when:%H:%M:%S}" if seconds else f"{day}{when:%H:%M}"


def change(credits_: int) -> str:
    """Return by how much a balance changed, with its sign: ``-900``, ``+50``, ``same``."""
    return f"{credits_:+,}" if credits_ else "same"


def duration(seconds: float) -> str:
    """Return how long something still takes, rounded up, two units at most: ``40 s``, ``2 h 10 m``."""
    if seconds < _MINUTE:
        return f"{max(-(-int(seconds) // 5) * 5, 5)} s"
    minutes = -(-int(seconds) // _MINUTE)
    if minutes < 60:
        return f"{minutes} m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def brief(seconds: float) -> str:
    """Return a duration in five cells: as `duration`, closer (``1h 5m``), or its first unit (``12 h``)."""
    words = duration(seconds)
    close = words if len(words) <= 5 else words.replace(" d", "d").replace(" h", "h").replace(" m", "m")
    return close if len(close) <= 5 else " ".join(words.split()[:2])
