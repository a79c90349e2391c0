"""Which row of a table the person is on, and the commands that take them to another."""

from textual.reactive import reactive
from textual.scroll_view import ScrollView

from pwl_tui.ui.widgets.cells import place_named


class Cursor(ScrollView, inherit_bindings=False):
    """Something with rows, one of which the person is on."""

    cursor = reactive(0, repaint=False)
    """Which row, 0 the first."""

    @property
    def total(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def go_to(self, text: str) -> None:
        """Go to the row that a person names, 1 the first, or to so many per cent of them; else stay."""
        place = place_named(text, self.total)
        self.cursor = self.cursor if place is None else place

    def action_up(self) -> None:
        """Go up one row."""
        self.cursor -= 1

    def action_down(self) -> None:
        """Go down one row."""
        self.cursor += 1

    def action_page_up(self) -> None:
        """Go up one screen but for a row."""
        self.cursor -= self._page

    def action_page_down(self) -> None:
        """Go down one screen but for a row."""
        self.cursor += self._page

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = self.total

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row, as far as there are any."""
        return max(min(cursor, self.total - 1), 0)

    @property
    def _page(self) -> int:
        """Rows to move by a page: one stays in sight, and the header takes a line."""
        return max(self.size.height - 2, 1)
