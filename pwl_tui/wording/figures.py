"""Figures as people read them: grouped numbers, shares, ages, times and durations."""

from datetime import datetime

_MILLION = 1_000_000
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


# -- numbers


def grouped(number: int) -> str:
    """Return a number with its thousands grouped: ``24,002``."""
    return f"{number:,}"


def rounded(number: int, cells: int) -> str:
    """Return a number as `grouped`, or rounded down if that has no room in `cells`: ``612.4k``, ``1.00M``."""
    whole = grouped(number)
    if len(whole) <= cells:
        return whole
    return f"{number // 100 / 10:.1f}k" if number < _MILLION else f"{number // 10_000 / 100:.2f}M"


def short(number: int) -> str:
    """Return a number in four cells at most, rounded down: ``697k``, ``1.2M``."""
    if number < 1_000:
        return str(number)
    size, unit = (1_000, "k") if number < _MILLION else (_MILLION, "M")
    tenths = number * 10 // size
    return f"{tenths // 10}{unit}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10:.1f}{unit}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: ``1 batch``, ``25 batches``; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def phone(number: int) -> str:
    """Return an E.164 number as people write it: ``+14155552671``."""
    return f"+{number}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 in per cent, rounded down: only what is complete is ``100%``."""
    return f"{int(share * 100)}%"


def change(credits_: int) -> str:
    """Return by how much a balance changed, with its sign: ``-900``, ``+50``, ``same``."""
    return f"{credits_:+,}" if credits_ else "same"


def pace(per_second: float) -> str:
    """Return a rate as people read it, by the minute if it is slow: ``41 numbers/s``."""
    return f"{per_second:,.0f} numbers/s" if per_second >= 2 else f"{per_second * 60:,.0f} numbers/min"


# -- times


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
    """Return when something happened: ``2 min ago``."""
    return age(seconds) if seconds < _MINUTE else f"{age(seconds)} ago"


def moment(at: float, now: float, *, seconds: bool = False) -> str:
    """Return a time by this machine's clock: ``10:02``, with its date if that is not today's.

    Args:
        at: UTC epoch seconds.
        now: UTC epoch seconds.
        seconds: whether to add the seconds: ``10:02:31``.
    """
    when, today = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(now).astimezone()
    day = "" if when.date() == today.date() else f"{when:%d %b} "
    return f"{day}{when:%H:%M:%S}" if seconds else f"{day}{when:%H:%M}"


def duration(seconds: float) -> str:
    """Return how long something still takes, rounded up, in two units at most: ``40 s``, ``2 h 10 m``."""
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
    """Return a `duration` in five cells: without spaces (``1h 5m``), or only its first unit (``12 h``)."""
    words = duration(seconds)
    close = words if len(words) <= 5 else words.replace(" d", "d").replace(" h", "h").replace(" m", "m")
    return close if len(close) <= 5 else " ".join(words.split()[:2])


def about(seconds: float) -> str:
    """Return a duration as precisely as an estimate deserves: ``about 2 hours``."""
    for unit, units in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"about {round(seconds / unit):,} {units}"
    return "about a minute" if seconds >= _MINUTE else "less than a minute"
