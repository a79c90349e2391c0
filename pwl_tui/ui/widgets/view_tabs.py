"""One line that says which kind of rows is shown, and which others there are."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message

from pwl_tui.ui.widgets.text_block import TextBlock


class ViewTabs(TextBlock):
    """Titles side by side; the chosen one stands out in reverse, so that it does without colour."""

    class Picked(Message):
        """A title was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._titles: Sequence[str] = ()
        self._gap = 1

    def show(self, lengths: Sequence[Sequence[str]], chosen: int) -> None:
        """Draw the titles as long as they fit.

        Args:
            lengths: the same titles in several lengths, the longest first; the last are cut if they must be.
            chosen: the index of the one in force.
        """
        self._titles, self._gap = next(
            (
                (titles, gap)
                for titles in lengths
                for gap in (2, 1)
                if sum(map(cell_len, titles)) + gap * (len(titles) - 1) <= self.size.width
            ),
            (lengths[-1], 1),
        )
        self.say(
            Content(" " * self._gap).join(
                Content.styled(title, "reverse bold" if index == chosen else "$muted")
                for index, title in enumerate(self._titles)
            )
        )

    def on_click(self, event: events.Click) -> None:
        """Tell which title was clicked."""
        left = 0
        for index, title in enumerate(self._titles):
            if left <= event.x < left + cell_len(title):
                self.post_message(self.Picked(index))
            left += cell_len(title) + self._gap
