"""The one table of the program: it draws a window of rows line by line and repaints only lines that changed.

The table holds no data of its own. Its owner shows it a `Window`; when the person moves past the edge of that
window the table asks for another with `Table.Wanted`. So a million rows scroll in constant memory, wherever
they come from and however long they take to arrive.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pwl_tui.ui.commands import bindings
from pwl_tui.ui.widgets.cells import Cell, Column, Tone, Window, aligned, fit

T = TypeVar("T")
_SCROLLBAR = 1
"""Cells on the right that no text is put into: the scrollbar lies over them while there is one."""


class Table(ScrollView, Generic[T], can_focus=True, inherit_bindings=False):
    """A table of one kind of row.

    Args:
        columns: left to right.
        key: what stays the same of a row while it changes or moves; the cursor follows it.
        id: of the widget.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--muted",
        "table--accent",
        "table--good",
        "table--warning",
        "table--bad",
    }

    BINDINGS: ClassVar = bindings("table")

    cursor = reactive(0, repaint=False)
    """Which row the person is on."""

    class Wanted(Message):
        """Rows outside the window came into sight; the owner answers with `Table.show`."""

        def __init__(self, table: "Table[T]", offset: int, limit: int) -> None:
            super().__init__()
            self.table, self.offset, self.limit = table, offset, limit

        def can_replace(self, message: Message) -> bool:
            """Only where the person is now matters, not where they passed."""
            return isinstance(message, Table.Wanted) and message.table is self.table

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """The row under the cursor was clicked again."""

    def __init__(self, columns: Sequence[Column[T]], key: Callable[[T], Hashable], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._columns = columns
        self._key = key
        self._window: Window[T] = Window()
        self._fitted: dict[int, list[tuple[Column[T], int]]] = {}
        self._painted: dict[int, Strip] = {}
        self._tones: dict[Tone, Style] = {}
        self._wanted: tuple[int, int] | None = None
        self._scrolled: tuple[Size, Size] | None = None

    @property
    def selected(self) -> T | None:
        """The row under the cursor; none when there is none or it has not arrived yet."""
        return self._window.at(self.cursor)

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._window.total

    def show(self, window: Window[T], *, restart: bool = False) -> None:
        """Draw another window; lines that look the same as before are not written to the terminal again.

        Args:
            window: the rows.
            restart: they are other rows than before: the cursor goes to the top instead of following its row.
        """
        same_count = window.total == self._window.total
        selected = None if restart else self.selected
        if restart:
            self.cursor = 0
            self.scroll_to(y=0, animate=False)
        self._window = window
        self._wanted = None
        if selected is not None:
            self._follow(self._key(selected))
        self.cursor = min(self.cursor, window.total)
        if same_count:
            for index in self._visible():
                if self._painted.get(index) != self._row_strip(index):
                    self.refresh_line(index + 1)
        else:
            self.virtual_size = Size(0, window.total + 1)
            self.refresh()
        self._want()
        self.post_message(self.Moved())

    def show_columns(self, columns: Sequence[Column[T]]) -> None:
        """Show other columns, with nothing in them until the next `show`; the cursor goes to the top."""
        self._columns = columns
        self._fitted = {}
        self._window = Window()
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def action_up(self) -> None:
        """Go up one row."""
        self.cursor -= 1

    def action_down(self) -> None:
        """Go down one row."""
        self.cursor += 1

    def action_page_up(self) -> None:
        """Go up one screen."""
        self.cursor -= self._page

    def action_page_down(self) -> None:
        """Go down one screen."""
        self.cursor += self._page

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def go_to(self, text: str) -> None:
        """Go to the row that a person names, 1 the first, or to so many per cent of them; else stay."""
        figure = text.strip().replace(",", "").replace(".", "").removeprefix("#")
        share, is_share = figure.removesuffix("%").strip(), figure.endswith("%")
        if share.isascii() and share.isdecimal():
            number = int(share[:12])
            self.cursor = self._window.total * number // 100 if is_share else number - 1

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = self._window.total

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row, as far as there are any."""
        return max(min(cursor, self._window.total - 1), 0)

    def watch_cursor(self, before: int, after: int) -> None:
        """Keep the cursor in sight and repaint the two lines that changed."""
        top, height = int(self.scroll_offset.y), max(self.size.height - 1, 1)
        if after < top:
            self.scroll_to(y=after, animate=False)
        elif after >= top + height:
            self.scroll_to(y=after - height + 1, animate=False)
        self.refresh_line(before + 1)
        self.refresh_line(after + 1)
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for rows that came into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def on_resize(self) -> None:
        """Ask for rows that came into sight."""
        self._want()

    def _scroll_update(self, virtual_size: Size) -> None:
        """Draw the scrollbar again when it changes; Textual does at every layout of the screen."""
        scrolled = (virtual_size, self.container_size)
        if scrolled != self._scrolled:
            self._scrolled = scrolled
            super()._scroll_update(virtual_size)

    def notify_style_update(self) -> None:
        """Forget what was painted in other colours."""
        super().notify_style_update()
        self._tones.clear()
        self._painted.clear()

    def on_click(self, event: events.Click) -> None:
        """Select the clicked row; open it when it was selected already."""
        row = event.y - 1 + int(self.scroll_offset.y)
        if event.y < 1 or row >= self._window.total:
            return
        if row == self.cursor:
            self.post_message(self.Opened())
        self.cursor = row

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part; line 0 is the header."""
        if y == 0:
            return self._header_strip()
        index = y - 1 + int(self.scroll_offset.y)
        if index >= self._window.total:
            return Strip.blank(self.size.width, self._style("plain"))
        strip = self._row_strip(index)
        self._painted[index] = strip
        return strip

    @property
    def _page(self) -> int:
        """Rows to move by a page: one stays in sight."""
        return max(self.size.height - 2, 1)

    def _follow(self, key: Hashable) -> None:
        for position, row in enumerate(self._window.rows):
            if self._key(row) == key:
                self.cursor = self._window.offset + position
                return

    def _visible(self) -> range:
        top = int(self.scroll_offset.y)
        return range(top, min(top + max(self.size.height - 1, 0), self._window.total))

    def _want(self) -> None:
        visible = self._visible()
        held = range(self._window.offset, self._window.offset + len(self._window.rows))
        if not visible or (visible[0] in held and visible[-1] in held):
            return
        # A screen full on either side, so that scrolling a little does not ask again.
        offset = max(visible[0] - len(visible), 0)
        wanted = (offset, 3 * len(visible))
        if wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.Wanted(self, *wanted))

    @property
    def _layout(self) -> list[tuple[Column[T], int]]:
        """The columns that there is room for, with their widths; for this width of the table only."""
        width = self.size.width
        if width not in self._fitted:
            self._fitted = {width: fit(self._columns, width - _SCROLLBAR)}
        return self._fitted[width]

    def _header_strip(self) -> Strip:
        style = self.get_component_rich_style("table--header")
        titles = [aligned(column.title, width, column.right) for column, width in self._layout]
        text = set_cell_size(" ".join(titles), self.size.width)
        return Strip([Segment(text, style)], self.size.width)

    def _row_strip(self, index: int) -> Strip:
        base = self._style("plain")
        row = self._window.at(index)
        segments: list[Segment] = []
        if row is None:
            segments.append(Segment("…", self._style("muted")))
        else:
            left = self.size.width - _SCROLLBAR
            for column, width in self._layout:
                cell = column.cell(row, width)
                span = left if cell.rest else min(width, left)
                segments += self._cell_segments(cell, span, column.right and not cell.rest)
                left -= span
                if left <= 0:
                    break
                segments.append(Segment(" ", base))
                left -= 1
        strip = Strip(segments).adjust_cell_length(self.size.width, base)
        if index == self.cursor:
            # Laid over the styles of the cells: `Strip.apply_style` would lay it under them.
            cursor = self.get_component_rich_style("table--cursor", partial=True)
            strip = Strip([Segment(text, (style or base) + cursor) for text, style, _ in strip])
        return strip.simplify()

    def _cell_segments(self, cell: Cell, width: int, right: bool) -> list[Segment]:
        text_width = sum(cell_len(span.text) for span in cell.spans)
        if text_width > width:
            return [
                Segment(
                    aligned("".join(s.text for s in cell.spans), width, False),
                    self._style(cell.spans[0].tone),
                )
            ]
        segments = [Segment(span.text, self._style(span.tone)) for span in cell.spans]
        padding = Segment(" " * (width - text_width), self._style("plain"))
        return [padding, *segments] if right else [*segments, padding]

    def _style(self, tone: Tone) -> Style:
        """The style of a tone; kept, because Textual works it out from all ancestors each time."""
        style = self._tones.get(tone)
        if style is None:
            style = self.rich_style
            if tone != "plain":
                style += self.get_component_rich_style(f"table--{tone}", partial=True)
            self._tones[tone] = style
        return style
