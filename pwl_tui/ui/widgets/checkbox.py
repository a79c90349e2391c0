"""A box to tick."""

from textual import widgets
from textual.content import Content


class Checkbox(widgets.Checkbox):
    """Something to be chosen or not; told by its sign, and not by the colour of a sign that always stands."""

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(Content(label), id=id, compact=True)
        self._words = label

    def render(self) -> Content:
        """Draw the sign and what it stands for."""
        return Content(f"[{'x' if self.value else ' '}] {self._words}")
