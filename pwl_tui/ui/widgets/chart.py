"""Charts of block characters: how a whole divides, and what is most frequent.

They are lines of text in a few tones, drawn line by line. Each part has its own sign, so that nothing depends
on color. Figures are aligned, so that lines that did not change are not written again.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, TypeAlias

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from pwl_tui.text import clean
from pwl_tui.ui.widgets.cells import Span, Tone, aligned
from pwl_tui.wording.figures import grouped

TextLine: TypeAlias = tuple[Span, ...]
_LABEL, _WIDEST_LABEL = 0.28, 28
"""The share of the width, and the most cells, that the names of a ranking get."""
_LEAST_BAR = 8
_SHARE = 5
"""Cells of a share: ``70.1%``."""


class Part(NamedTuple):
    """A part of a whole.

    Attributes:
        label: its name; foreign text is made safe here.
        size: how many there are.
        sign: the character that its part of the bar consists of, such as ``█ ▓ ░ ▚ ·``.
        tone: what it means.
    """

    label: str
    size: int
    sign: str
    tone: Tone = "plain"


class Rank(NamedTuple):
    """One line of a ranking.

    Attributes:
        label: its name; foreign text is made safe here.
        size: how many there are, and how long the bar is.
        part: how many of them are on WhatsApp, or whatever else the ranking shows the share of.
    """

    label: str
    size: int
    part: int


class Chart(Widget):
    """A few lines of text; a line that looks the same as before is not written again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--muted",
        "chart--accent",
        "chart--good",
        "chart--warning",
        "chart--bad",
    }

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: Sequence[TextLine] = ()

    def show(self, lines: Sequence[TextLine]) -> None:
        """Show other lines."""
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.refresh(layout=True)
            return
        for row, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.refresh(Region(0, row, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        del container, viewport, width
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        spans = self._lines[y] if y < len(self._lines) else ()
        styles = {"plain": self.rich_style}
        for tone in {span.tone for span in spans} - {"plain"}:
            styles[tone] = self.rich_style + self.get_component_rich_style(f"chart--{tone}", partial=True)
        segments = [Segment(span.text, styles[span.tone]) for span in spans]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style).simplify()


def shares(parts: Sequence[Part], width: int) -> list[TextLine]:
    """Return a bar that is divided into the parts, and a line for each part with its figure and share.

    Args:
        parts: of the whole; each that is not empty gets at least one cell.
        width: cells.
    """
    total = sum(part.size for part in parts)
    cells = divided([part.size for part in parts], width)
    bar = tuple(Span(part.sign * n, part.tone) for part, n in zip(parts, cells, strict=True) if n)
    names = [clean(part.label, _WIDEST_LABEL) for part in parts]
    label = max(map(len, names), default=0)
    figure = max((len(grouped(part.size)) for part in parts), default=0)
    return [
        bar or (Span("nothing yet", "muted"),),
        *(
            (
                Span(part.sign * 2, part.tone),
                Span(f" {aligned(name, label, False)}  {grouped(part.size):>{figure}}  "),
                Span(_per_cent(part.size, total), "muted"),
            )
            for name, part in zip(names, parts, strict=True)
        ),
    ]


def ranking(title: str, ranks: Sequence[Rank], part: str, width: int, *, total: int) -> list[TextLine]:
    """Return a heading, and a line for each rank: name, bar, figure, its share, and the share of its part.

    Args:
        title: the heading.
        ranks: the longest bar first.
        part: the heading of the last column.
        width: cells.
        total: of all ranks, including those that are not shown; the first share is of this.
    """
    label = min(int(width * _LABEL), _WIDEST_LABEL)
    figure = max([len(grouped(rank.size)) for rank in ranks], default=1)
    last = max(len(part), _SHARE)
    room = max(width - label - figure - _SHARE - last - 4, _LEAST_BAR)
    longest = max((rank.size for rank in ranks), default=0)
    columns = f" {'share':>{_SHARE}} {part:>{last}}"
    heading = aligned(title, max(width - len(columns), 0), False) + columns
    lines: list[TextLine] = [(Span(heading, "muted"),)]
    for rank in ranks:
        length = max(round(rank.size / longest * room), 1) if rank.size else 0
        filled = round(rank.part / rank.size * length) if rank.size else 0
        lines.append(
            (
                Span(aligned(clean(rank.label, label) or "unknown", label, False) + " "),
                Span("█" * filled, "accent"),
                Span("░" * (length - filled) + " " * (room - length), "muted"),
                Span(f" {grouped(rank.size):>{figure}} "),
                Span(_per_cent(rank.size, total), "muted"),
                Span(f" {_per_cent(rank.part, rank.size):>{last}}", "accent"),
            )
        )
    return lines


def divided(counts: Sequence[int], width: int) -> list[int]:
    """Return how many of `width` cells each count gets: its share, and at least one unless it is 0."""
    total = sum(counts)
    if not total:
        return [0 for _ in counts]
    exact = [count / total * width for count in counts]
    cells = [max(int(share), 1) if share else 0 for share in exact]
    # Cells that rounding left over go to those it took most from; if there are too few, the largest give.
    for place in sorted(range(len(cells)), key=lambda place: cells[place] - exact[place]):
        if sum(cells) < width and exact[place]:
            cells[place] += 1
    while sum(cells) > width:
        cells[max(range(len(cells)), key=cells.__getitem__)] -= 1
    return cells


def _per_cent(count: int, total: int) -> str:
    """Return a share in five cells: ``70.1%``; one that is not zero is never shown as zero."""
    share = count / total * 100 if total else 0.0
    if 0 < share < 0.1:
        return "<0.1%"
    return f"{share:>4.0f}%" if share == 100 else f"{share:>4.1f}%"
