"""What needs the person, on top of a screen; nothing is drawn when nothing does."""

from textual.content import Content

from pwl_tui.ui.attention import attention_lines, notices
from pwl_tui.ui.base import Desk
from pwl_tui.ui.widgets.words import Words

_LOW = 30
"""Lines of a screen on which every line counts."""
_NO_SPEND = Content.assemble(("no-spend", "reverse bold"), " Nothing is submitted in this session.")


class AttentionPanel(Words):
    """A few lines, the most urgent first; and a steady mark in a session that may not spend.

    Args:
        desk: what there is to say, and the keys to say.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="attention")
        self._desk = desk

    def show(self) -> None:
        """Draw what needs the person now."""
        most = 3 if self.app.size.height < _LOW else 5
        lines = [] if self._desk.engine.may_spend else [_NO_SPEND]
        if found := notices(self._desk.snapshot()):
            lines.append(attention_lines(found, self._desk.key, most))
        self.say(Content("\n").join(lines))
        self.display = bool(lines)
