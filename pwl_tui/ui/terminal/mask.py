"""Hiding phone numbers on the screen, from people who look over a shoulder or watch a shared screen."""

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from pwl_tui.text import NUMBER_GAP

_KEPT, _KEPT_OF_SHORT, _SHORT = 4, 2, 8
"""Digits that are shown at the end of a number, and of one with fewer than eight."""
_WIDE = "＊"  # noqa: RUF001 - as wide as the digit it stands for
_PART_OF_ADDRESS = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_FIGURES = re.compile(
    rf"""
    (?P<other>
        (?<![\w-])[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}(?![\w-])   # an ID
      | (?<!\w)[0-9a-f]{{32,}}(?!\w)                                             # a digest
      | (?<![\w+.(/-])(?:19|20)\d\d([./-])[01]?\d\2[0-3]?\d(?:(?=T\d\d:)|(?![\w./-]))  # a date
      | (?<![\w+.(/-])[0-3]?\d([./])[01]?\d\3(?:19|20)\d\d(?![\w./-])          # a date
      | (?<![\w+.(-])(?:{_PART_OF_ADDRESS}\.){{3}}{_PART_OF_ADDRESS}(?![\w.-])  # an IP address
    )
  | (?P<number> \+\s?\(?\d(?:{NUMBER_GAP}?\d)+ | \(?\d(?:{NUMBER_GAP}?\d)+ ) (?P<cut>…)?
    """,
    re.VERBOSE | re.IGNORECASE,
)


def masked(line: str) -> str:
    """Return a line, as long as before, with all but the last digits of each phone number as dots.

    A number has seven digits or more, five with a plus, however grouped; where it is cut off, none is shown.
    Dates, IP addresses and the IDs of batches stay.
    """
    return _FIGURES.sub(_hidden, line) if any(sign.isdecimal() for sign in line) else line


def _hidden(found: re.Match[str]) -> str:
    number = found["number"]
    if number is None:
        return found[0]
    digits, cut = sum(sign.isdecimal() for sign in number), found["cut"] is not None
    if digits < (3 if cut else 5 if number.startswith("+") else 7):
        return found[0]
    hidden = digits if cut else digits - (_KEPT_OF_SHORT if digits < _SHORT else _KEPT)
    signs = []
    for sign in number:
        if sign.isdecimal() and hidden:
            hidden -= 1
            sign = "•" if cell_len(sign) == 1 else _WIDE
        signs.append(sign)
    return "".join(signs) + (found["cut"] or "")


class MaskFilter(LineFilter):
    """Hides the numbers of each line as it is drawn, so that no widget can forget to."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments, each as long as before."""
        del background
        line = "".join(text for text, _, control in segments if not control)
        hidden = masked(line)
        if hidden == line:
            return segments
        drawn, at = list[Segment](), 0
        for segment in segments:
            text, style, control = segment
            if not control:
                segment = Segment(hidden[at : at + len(text)], style)
                at += len(text)
            drawn.append(segment)
        return drawn
