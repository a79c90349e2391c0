"""The credits: those for WhatsApp large, with their history and how far they go; the others small."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Digits

from pwl_tui.engine.polling.monitor import BALANCE_SECONDS
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.presenters.bars import trace
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.wording.figures import ago, counted, grouped

_OTHERS = (
    ("phonevalidation", "Phone"),
    ("calleridvalidation", "Caller ID"),
    ("blacklistchecker", "Blacklist"),
)
_MOST_LISTS = 999
_BETWEEN = Content("  ")
_PADDING = 2
_STALE_SECONDS = 2 * BALANCE_SECONDS
"""Older credits could not be read since, and may have been spent."""
_TRACED = 9
"""How many readings the history shows; there is no room for more beside its name and age."""


class BalancePanel(Vertical):
    """The credits: a line on narrow screens, a panel with large figures on wide ones."""

    def __init__(self) -> None:
        super().__init__(id="balance")
        self._large = Digits()
        self._words = TextBlock()

    def compose(self) -> ComposeResult:
        """Lay the panel out."""
        self.border_title = Content("Credits")
        yield self._large
        yield self._words

    def show(self, snapshot: Snapshot, *, wide: bool, key: str, size: int) -> None:
        """Show the credits; what did not change is not written again.

        Args:
            snapshot: what is known.
            wide: whether to draw a panel.
            key: the key that enters an API key.
            size: credits that another list like the selected one would cost; 0 if none is selected.
        """
        credits_now = snapshot.credits
        figure = grouped(credits_now.balance) if credits_now else ""
        if self._large.value != figure:
            self._large.update(figure)
        if snapshot.binding is None:
            words = Content.assemble(("! ", "bold $text-warning"), f"No API key: press {key} to enter it")
        elif credits_now is None:
            words = Content.styled("WhatsApp credits: not read yet", "$muted")
        else:
            drawn = Content.styled(trace(snapshot.history[-_TRACED:]), "$text-accent")
            seconds = snapshot.now - credits_now.at
            stale = seconds >= _STALE_SECONDS or snapshot.balance_problem is not None
            how_old = Content.styled(
                f"{'! ' if stale else ''}{ago(seconds)}",
                "$text-warning" if stale else "$muted",
            )
            reach, others = _reach(credits_now.balance, size), _others(snapshot)
            if wide:
                first = _joined([Content("WhatsApp"), drawn, how_old])
                lines = [first, reach, Content.styled(" · ", "$muted").join(others)]
                words = Content("\n").join(line for line in lines if line.plain)
            else:
                name = Content.assemble("WhatsApp ", (figure, "bold $text-accent"))
                room = self.app.size.width - _PADDING
                words = _fitting([name, how_old, reach, drawn, *others], room)
        self._words.say(words)


def _others(snapshot: Snapshot) -> list[Content]:
    return [
        Content.styled(f"{title} {grouped(snapshot.balances[service].balance)}", "$muted")
        for service, title in _OTHERS
        if service in snapshot.balances
    ]


def _reach(balance: int, size: int) -> Content:
    """Return how many more lists the credits are enough for."""
    if not size:
        return Content()
    if lists := balance // size:
        many = f"{_MOST_LISTS}+ lists" if lists > _MOST_LISTS else counted(lists, "list")
        return Content(f"enough for {many} of {grouped(size)}")
    return Content.styled(f"! not enough for a list of {grouped(size)}", "$text-warning")


def _joined(pieces: list[Content]) -> Content:
    return _BETWEEN.join(piece for piece in pieces if piece.plain)


def _fitting(pieces: list[Content], width: int) -> Content:
    """Return as many of the pieces as fit in one line; the most important come first."""
    line = pieces[0]
    for piece in pieces[1:]:
        wider = _joined([line, piece])
        if wider.cell_length > width:
            break
        line = wider
    return line
