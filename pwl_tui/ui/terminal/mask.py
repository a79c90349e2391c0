"""Hiding phone numbers on the screen, from people who look over a shoulder or watch a shared screen."""

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from pwl_tui.plain import even
from pwl_tui.text import NUMBER_GAP

_KEPT, _KEPT_OF_SHORT, _SHORT = 4, 2, 8
"""Digits that are shown at the end of a number, and of one with fewer than eight."""
_WIDE = "＊"  # noqa: RUF001 - as wide as the digit it stands for
_PART_OF_ADDRESS = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_GAP = NUMBER_GAP.replace(" ", "[ ]")  # spaces do not count in the expression below
_GAP_WITH_PLUS = rf"(?:{_GAP}|,)"
"""Without a plus, commas group the thousands of a figure."""
_FIGURES = re.compile(
    rf"""
    (?P<other>
        (?<![\w-])[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}(?![\w-])   # an ID
      | (?<!\w)[0-9a-f]{{32,}}(?!\w)                                             # a digest
      | (?<![\w+.(/-])(?:19|20)\d\d([./-])[01]?\d\2[0-3]?\d(?:(?=T\d\d:)|(?![\w./-]))  # a date
      | (?<![\w+.(/-])[0-3]?\d([./])[01]?\d\3(?:19|20)\d\d(?![\w./-])          # a date
      | (?<![\w+.(-])(?:{_PART_OF_ADDRESS}\.){{3}}{_PART_OF_ADDRESS}(?![\w.-])  # an IP address
    )
  | (?P<number> \+{_GAP}?\d(?:{_GAP_WITH_PLUS}?\d)+ | \(?\d(?:{_GAP}?\d)+ ) (?P<cut>…)?
    """,
    re.VERBOSE | re.IGNORECASE,
)


def masked(line: str) -> str:
    """Return a line, as long as before, with all but the last digits of each phone number as dots.

    A number has seven digits or more, five with a plus, however grouped; where it is cut off, none is shown.
    Dates, IP addresses and the IDs of batches stay.
    """
    if not any(sign.isdecimal() for sign in line):
        return line
    signs = list(line)
    for found in _FIGURES.finditer(even(line)):
        for place in _places(found):
            signs[place] = "•" if cell_len(signs[place]) == 1 else _WIDE
    return "".join(signs)


def _places(found: re.Match[str]) -> list[int]:
    """Return the places of the digits to hide."""
    number = found["number"]
    if number is None:
        return []
    digits = [found.start() + place for place, sign in enumerate(number) if sign.isdecimal()]
    if found["cut"] is not None:
        return digits if len(digits) > 2 else []
    if len(digits) < (5 if number.startswith("+") else 7):
        return []
    return digits[: -(_KEPT_OF_SHORT if len(digits) < _SHORT else _KEPT)]


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
