"""Makes foreign text safe to show: server strings, file contents and file names.

A terminal obeys escape sequences wherever they come from, and bidirectional controls can make a line read
as something else. Everything foreign passes `clean` at the boundary, before it is stored or shown.
"""

import unicodedata

_ELLIPSIS = "…"


def clean(text: str, limit: int = 500) -> str:
    """Return one line of plain text: no control, escape, bidirectional or surrogate characters.

    Args:
        text: anything at all.
        limit: the most characters to return; what is longer ends in an ellipsis.

    Returns:
        `text` with every run of white space and control characters as one space, and format characters
        (Unicode categories Cc, Cf, Cs, Co, Cn, Zl, Zp) removed.
    """
    # A server may send megabytes; what lies far past the limit is not worth looking at.
    line = " ".join(text[: limit * 4].split())
    if not line.isprintable():
        line = " ".join("".join(c if c.isprintable() else _replacement(c) for c in line).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS


def _replacement(character: str) -> str:
    return " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Zs"} else ""
