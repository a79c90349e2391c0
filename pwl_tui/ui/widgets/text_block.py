"""A text that changes now and then."""

from textual.content import Content
from textual.widgets import Static


class TextBlock(Static):
    """Plain or styled text, never markup; saying the same again writes nothing to the terminal."""

    def __init__(self, content: Content | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(content or Content(), id=id, markup=False)
        self._said = content or Content()

    def say(self, content: Content) -> None:
        """Show another text, if it looks any different."""
        # Contents are equal when their letters are, whatever their styles.
        if not content.is_same(self._said):
            self._said = content
            # Laying the screen out again would write its scrollbars again.
            self.update(content, layout=not self._fits(content))

    def _fits(self, content: Content) -> bool:
        """Whether a text takes exactly the place that the last one has."""
        width, height = self.content_size
        if not width or self.styles.is_auto_width:
            return False
        return content.get_height(self.styles.get_rules(), width) == height
