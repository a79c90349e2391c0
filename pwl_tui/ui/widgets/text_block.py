"""A text that changes from time to time."""

from textual.content import Content
from textual.widgets import Static


class TextBlock(Static):
    """Plain or styled text, never markup; showing the same again writes nothing to the terminal."""

    def __init__(self, content: Content | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(content or Content(), id=id, markup=False)
        self._said = content or Content()

    def say(self, content: Content) -> None:
        """Show a text, unless it looks the same as the one before."""
        # `==` compares only the letters of contents, not their styles.
        if not content.is_same(self._said):
            self._said = content
            # A new layout of the screen would write its scrollbars again.
            self.update(content, layout=not self._fits(content))

    def _fits(self, content: Content) -> bool:
        """Return whether a text takes exactly the place of the one before."""
        width, height = self.content_size
        if not width or self.styles.is_auto_width:
            return False
        return content.get_height(self.styles.get_rules(), width) == height
