"""The table: it draws a window of rows line by line, and writes only lines that changed.

The table holds no data. Its owner gives it a `Window` of rows; when the person moves past the edge of it, the
table asks for another one with `Table.Wanted`. So a million rows scroll in constant memory, wherever they
come from and however long they take to arrive.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, Generic, Self, TypeAlias, TypeVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from pwl_tui.ui.commands import bindings
from pwl_tui.ui.textual_private import StillScrollView
from pwl_tui.ui.widgets.cells import Column, Span, Tone, Window, aligned, fit, line_of, place_named

T = TypeVar("T")
_Layout: TypeAlias = list[tuple[Column[T], int]]
_LATE_SECONDS = 0.15
"""How long rows may take to arrive before their absence is shown."""
_DRAWN = 500
"""How many drawn lines are kept: most jobs look the same at every update."""
_SCROLLBAR = 1
"""Cells on the right that are left empty, because the scrollbar covers them if there is one."""


class Table(StillScrollView, Generic[T], can_focus=True, inherit_bindings=False):
    """A table of one kind of row.

    Args:
        columns: left to right.
        key: returns what identifies a row while it changes or moves; the cursor follows it.
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
    """The index of the selected row."""

    class Wanted(Message):
        """Rows outside the window became visible; the owner answers with `Table.show`."""

        def __init__(self, table: "Table[T]", offset: int, limit: int) -> None:
            super().__init__()
            self.table, self.offset, self.limit = table, offset, limit

        def can_replace(self, message: Message) -> bool:
            """Only the latest position matters."""
            return isinstance(message, Table.Wanted) and message.table is self.table

    class Moved(Message):
        """Another row was selected."""

    class Opened(Message):
        """The selected row was clicked again."""

    def __init__(self, columns: Sequence[Column[T]], key: Callable[[T], Hashable], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._columns = columns
        self._key = key
        self._window: Window[T] = Window()
        self._fitted: dict[int, _Layout[T]] = {}
        self._strips: dict[int, Strip] = {}
        self._drawn: dict[tuple[bool, Hashable], Strip] = {}
        self._painted: dict[int, Strip] = {}
        self._tones: dict[Tone, Style] = {}
        self._wanted: tuple[int, int] | None = None
        self._waiting = False
        self._arrows: dict[str, str] = {}

    @property
    def selected(self) -> T | None:
        """The selected row; None if there is none, or if it has not arrived yet."""
        return self._window.at(self.cursor)

    @property
    def total(self) -> int:
        """How many rows there are, in the window and outside it."""
        return self._window.total

    def show(self, window: Window[T], *, restart: bool = False) -> None:
        """Show a window; lines that look the same as before are not written again.

        Args:
            window: the rows.
            restart: whether these are different rows: the cursor then goes to the top instead of following
                its row.
        """
        selected = None if restart else self.selected
        self._window, self._wanted, self._waiting = window, None, False
        self._strips.clear()
        if restart:
            self.cursor = 0
            self.scroll_to(y=0, animate=False)
        if selected is not None:
            self._follow(self._key(selected))
        self.cursor = min(self.cursor, window.total)
        if self.virtual_size.height != window.total + 1:
            self.virtual_size = Size(0, window.total + 1)
        self.refresh()
        self._want()
        self.post_message(self.Moved())

    def show_columns(self, columns: Sequence[Column[T]]) -> None:
        """Show other columns, empty until the next `show`; the cursor goes to the top."""
        self._columns = columns
        self._fitted = {}
        self._window = Window()
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def show_order(self, title: str, *, descending: bool) -> None:
        """Put an arrow beside the head of the column that the rows are ordered by."""
        self._arrows = {title: " ↓" if descending else " ↑"}
        self.refresh()

    def go_to(self, text: str) -> None:
        """Go to the row that a person typed, as ``900,000`` or ``90%``; stay if it is neither."""
        place = place_named(text, self.total)
        self.cursor = self.cursor if place is None else place

    def action_up(self) -> None:
        """Go up one row."""
        self.cursor -= 1

    def action_down(self) -> None:
        """Go down one row."""
        self.cursor += 1

    def action_page_up(self) -> None:
        """Go up one screen, minus a row."""
        self.cursor -= self._page

    def action_page_down(self) -> None:
        """Go down one screen, minus a row."""
        self.cursor += self._page

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = self.total

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row, if there are any."""
        return max(min(cursor, self.total - 1), 0)

    def watch_cursor(self, before: int, after: int) -> None:
        """Scroll to the cursor, and draw the two lines that changed."""
        self._reach_cursor()
        for index in (before, after):
            self._strips.pop(index, None)
            if not self._waiting:
                self.refresh_line(index + 1)
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for rows that became visible; what is drawn stays until they arrive, but not for long."""
        if self._at_hand:
            super().watch_scroll_y(old_value, new_value)
            return
        self.vertical_scrollbar.position = new_value
        self._waiting = True
        self._want()
        self.set_timer(_LATE_SECONDS, self._show_gaps)

    def on_resize(self) -> None:
        """Scroll to the cursor, and ask for rows that became visible."""
        self._reach_cursor()
        self._want()

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colors."""
        super().notify_style_update()
        self._tones.clear()
        self._strips.clear()
        self._drawn.clear()

    def on_click(self, event: events.Click) -> None:
        """Select the clicked row; open it if it was selected already."""
        row = event.y - 1 + int(self.scroll_offset.y)
        if event.y < 1 or row >= self._window.total:
            return
        if row == self.cursor:
            self.post_message(self.Opened())
        self.cursor = row

    def render_line(self, y: int) -> Strip:
        """Draw one visible line; line 0 is the header."""
        strip = self._painted[y] = self._line(y)
        return strip

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Draw again; without regions, only the lines that look different."""
        if regions or layout or recompose or not self._painted:
            return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        width, height = self.size
        lines = [y for y in range(height) if self._painted.get(y) != self._line(y)]
        return super().refresh(*(Region(0, y, width, 1) for y in lines)) if lines else self

    @property
    def _page(self) -> int:
        """How many rows a page moves: one stays visible, and the header takes a line."""
        return max(self.size.height - 2, 1)

    def _follow(self, key: Hashable) -> None:
        for position, row in enumerate(self._window.rows):
            if self._key(row) == key:
                self.cursor = self._window.offset + position
                return

    def _visible(self) -> range:
        top = int(self.scroll_offset.y)
        return range(top, min(top + max(self.size.height - 1, 0), self._window.total))

    @property
    def _at_hand(self) -> bool:
        """Whether all visible rows are in the window."""
        visible = self._visible()
        held = range(self._window.offset, self._window.offset + len(self._window.rows))
        return not visible or (visible[0] in held and visible[-1] in held)

    def _reach_cursor(self) -> None:
        top, height = int(self.scroll_offset.y), max(self.size.height - 1, 1)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def _show_gaps(self) -> None:
        self._waiting = False
        self.refresh()

    def _want(self) -> None:
        if self._at_hand:
            return
        visible = self._visible()
        # One screen more on either side, so that scrolling a little does not ask again.
        offset = max(visible[0] - len(visible), 0)
        wanted = (offset, 3 * len(visible))
        if wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.Wanted(self, *wanted))

    @property
    def _layout(self) -> _Layout[T]:
        """The columns that fit, with their widths. When the width changes, what was drawn is forgotten."""
        width = self.size.width
        if width not in self._fitted:
            self._fitted = {width: fit(self._columns, width - _SCROLLBAR)}
            for drawn in (self._strips, self._drawn, self._painted):
                drawn.clear()  # here, because Textual may draw before it reports a resize
        return self._fitted[width]

    def _line(self, y: int) -> Strip:
        """Return a visible line as it looks now."""
        layout = self._layout
        if y == 0:
            return self._header_strip(layout)
        index = y - 1 + int(self.scroll_offset.y)
        if index < self._window.total:
            waiting = self._waiting and self._window.at(index) is None
            return self._painted[y] if waiting and y in self._painted else self._row_strip(index, layout)
        return Strip.blank(self.size.width, self._style("plain"))

    def _header_strip(self, layout: _Layout[T]) -> Strip:
        style = self.get_component_rich_style("table--header")
        titles = [
            aligned(column.title + self._arrows.get(column.title, ""), width, column.right)
            for column, width in layout
        ]
        text = set_cell_size(" ".join(titles), self.size.width)
        return Strip([Segment(text, style)], self.size.width)

    def _row_strip(self, index: int, layout: _Layout[T]) -> Strip:
        """Return a row as it looks now. It is kept: first it is compared, and then drawn."""
        strip = self._strips.get(index)
        if strip is None:
            strip = self._strips[index] = self._draw_row(index, layout)
        return strip

    def _draw_row(self, index: int, layout: _Layout[T]) -> Strip:
        row, at_cursor = self._window.at(index), index == self.cursor
        spans = [Span("…", "muted")] if row is None else line_of(row, layout, self.size.width - _SCROLLBAR)
        looks = (at_cursor, tuple(spans))
        strip = self._drawn.get(looks)
        if strip is None:
            if len(self._drawn) >= _DRAWN:
                self._drawn.clear()
            strip = self._drawn[looks] = self._strip_of(spans, at_cursor)
        return strip

    def _strip_of(self, spans: Sequence[Span], at_cursor: bool) -> Strip:
        base = self._style("plain")
        strip = Strip([Segment(span.text, self._style(span.tone)) for span in spans])
        strip = strip.adjust_cell_length(self.size.width, base)
        if at_cursor:
            # On top of the styles of the cells: `Strip.apply_style` would put it below them.
            cursor = self.get_component_rich_style("table--cursor", partial=True)
            strip = Strip([Segment(text, (style or base) + cursor) for text, style, _ in strip])
        return strip.simplify()

    def _style(self, tone: Tone) -> Style:
        """Return the style of a tone. It is kept: Textual would compute it from all ancestors each time."""
        style = self._tones.get(tone)
        if style is None:
            style = self.rich_style
            if tone != "plain":
                style += self.get_component_rich_style(f"table--{tone}", partial=True)
            self._tones[tone] = style
        return style
