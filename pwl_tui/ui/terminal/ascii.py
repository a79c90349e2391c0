"""Drawing in ASCII, for terminals and fonts that have nothing else."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from pwl_tui.text import in_ascii, in_encoding


class AsciiFilter(LineFilter):
    """Changes each line as it is drawn, so that no widget needs to know.

    Args:
        enabled: whether to change anything.
        encoding: of the terminal; letters that it does not have become question marks.
    """

    def __init__(self, enabled: bool, encoding: str) -> None:
        super().__init__(enabled)
        self._encoding = encoding

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        del background
        return [
            Segment(in_encoding(in_ascii(text), self._encoding), style, control)
            for text, style, control in segments
        ]
