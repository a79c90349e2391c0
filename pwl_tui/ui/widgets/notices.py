"""What needs the person, at the top of a screen; hidden if nothing does."""

from textual.content import Content

from pwl_tui.ui.context import AppContext
from pwl_tui.ui.presenters.notices import attention_lines, notices
from pwl_tui.ui.widgets.text_block import TextBlock

_LOW, _VERY_LOW = 30, 24
"""Heights of a screen, in lines, below which fewer notices are shown."""
_NO_SPEND = Content.assemble(("no-spend", "reverse bold"), " Nothing is sent in this session.")


class AttentionPanel(TextBlock):
    """A few lines, the most urgent first, and a permanent mark if this session may not spend credits."""

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(id="attention")
        self._ctx = ctx

    def show(self) -> None:
        """Show what needs the person now."""
        height = self.app.size.height
        most = 1 if height < _VERY_LOW else 3 if height < _LOW else 5
        lines = [_NO_SPEND] if self._ctx.engine.no_spend else []
        if found := notices(self._ctx.snapshot()):
            lines.append(attention_lines(found, self._ctx.key, most))
        self.say(Content("\n").join(lines))
        self.display = bool(lines)
