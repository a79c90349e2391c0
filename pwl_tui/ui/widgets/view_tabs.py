"""One line of tabs."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message

from pwl_tui.ui.widgets.text_block import TextBlock


class ViewTabs(TextBlock):
    """Titles side by side. The chosen one is in reverse video, which works without color."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._titles: Sequence[str] = ()
        self._gap = 1

    def show(self, lengths: Sequence[Sequence[str]], chosen: int) -> None:
        """Show the titles, in the longest version that fits.

        Args:
            lengths: the titles in several lengths, the longest first; the last ones are cut if necessary.
            chosen: the index of the chosen tab.
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
        """Post which tab was clicked."""
        left = 0
        for index, title in enumerate(self._titles):
            if left <= event.x < left + cell_len(title):
                self.post_message(self.Picked(index))
            left += cell_len(title) + self._gap
