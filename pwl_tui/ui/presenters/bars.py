"""Bars and traces of block characters."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"


def bar(share: float, width: int) -> tuple[str, str]:
    """Return the filled and the empty part of a progress bar of `width` cells for a share of 0 to 1."""
    eighths = int(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[rest] if rest else "")
    return filled, "·" * (width - len(filled))


def trace(values: Sequence[int]) -> str:
    """Return a line with a cell for each value, as high as its share of the highest; empty if all equal."""
    if len(set(values)) < 2:
        return ""
    top = max(*values, 1)
    return "".join(_STEPS[min(max(value, 0) * len(_STEPS) // top, len(_STEPS) - 1)] for value in values)
