"""Drawing in ASCII, for terminals and fonts that have nothing else."""

from collections.abc import Mapping
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_DRAWN: Final[Mapping[str, str]] = {
    "-": "─━╴╶╸╺░▔",
    "|": "│┃╵╷╹╻▏▕",
    "+": "╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬",
    "=": "═▓▆▇",
    "#": "█▊▉▌▋▐",
    "x": "▚",
    "_": "▁",
    ".": "·…▂▃▎",
    ":": "▄▅▍",
    ">": "→▶",
    "<": "←◀",
    "v": "↓▼",
    "^": "↑▲",
    "*": "✓•●",
    "o": "○",
    '"': "“”",
}
_ASCII: Final = str.maketrans({sign: letter for letter, signs in _DRAWN.items() for sign in signs})


def in_ascii(text: str) -> str:
    """Return a text with the program's own signs in ASCII, one cell each; letters in names are kept."""
    return text if text.isascii() else text.translate(_ASCII)


class AsciiFilter(LineFilter):
    """Changes each line as it is drawn, so that no widget needs to know."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        del background
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]
