"""A checkbox."""

from textual import widgets
from textual.content import Content


class Checkbox(widgets.Checkbox):
    """A checkbox that shows its state by its sign; Textual's shows it only by color."""

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(Content(label), id=id, compact=True)
        self._text = label

    def render(self) -> Content:
        """Draw the sign and the label."""
        return Content(f"[{'x' if self.value else ' '}] {self._text}")
