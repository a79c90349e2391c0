"""What needs the person, on top of a screen; nothing is drawn when nothing does."""

from textual.content import Content

from pwl_tui.ui.context import AppContext
from pwl_tui.ui.presenters.notices import attention_lines, notices
from pwl_tui.ui.widgets.text_block import TextBlock

_LOW, _VERY_LOW = 30, 24
"""Lines of a screen from which on there is room for more."""
_NO_SPEND = Content.assemble(("no-spend", "reverse bold"), " Nothing is submitted in this session.")


class AttentionPanel(TextBlock):
    """A few lines, the most urgent first; and a steady mark in a session that may not spend.

    Args:
        ctx: what there is to say, and the keys to say.
    """

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(id="attention")
        self._ctx = ctx

    def show(self) -> None:
        """Draw what needs the person now."""
        height = self.app.size.height
        most = 1 if height < _VERY_LOW else 3 if height < _LOW else 5
        lines = [] if self._ctx.engine.may_spend else [_NO_SPEND]
        if found := notices(self._ctx.snapshot()):
            lines.append(attention_lines(found, self._ctx.key, most))
        self.say(Content("\n").join(lines))
        self.display = bool(lines)
