"""The credits: WhatsApp's large, the others small, and how old they are."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Digits

from pwl_tui.ui.figures import age, grouped
from pwl_tui.ui.snapshot import Snapshot
from pwl_tui.ui.widgets.words import Words

_OTHERS = (
    ("phonevalidation", "Phone"),
    ("calleridvalidation", "Caller ID"),
    ("blacklistchecker", "BL"),
)
_BLOCKS = "▁▂▃▄▅▆▇█"


class BalancePanel(Vertical):
    """The credits as one line on narrow screens, as a panel with large figures on wide ones."""

    def __init__(self) -> None:
        super().__init__(id="balance")
        self._large = Digits()
        self._line, self._others = Words(), Words()

    def compose(self) -> ComposeResult:
        """Lay the panel out."""
        self.border_title = Content("Credits")
        yield self._large
        with Vertical(id="balance-figures"):
            yield self._line
            yield self._others

    def show(self, snapshot: Snapshot, *, wide: bool, key: str) -> None:
        """Draw the credits; what did not change is not written again. `key`: where a key is entered."""
        credits_now = snapshot.credits
        figure = grouped(credits_now.balance) if credits_now else ""
        if self._large.value != figure:
            self._large.update(figure)
        for words, content in ((self._line, _line(snapshot, wide, key)), (self._others, _others(snapshot))):
            words.say(content)
            words.display = bool(content.plain)


def chart(history: tuple[int, ...]) -> str:
    """Return a line of blocks for readings, oldest first; empty when there is no change to show."""
    if len(set(history)) < 2:
        return ""
    top = max(history)
    return "".join(
        _BLOCKS[min(reading * len(_BLOCKS) // max(top, 1), len(_BLOCKS) - 1)] for reading in history
    )


def _line(snapshot: Snapshot, wide: bool, key: str) -> Content:
    if snapshot.binding is None:
        return Content.assemble(("! ", "bold $text-warning"), f"No API key yet: press {key} to enter it")
    credits_now = snapshot.credits
    if credits_now is None:
        return Content.styled("WhatsApp credits: not read yet", "$muted")
    how_old = Content.styled(age(snapshot.now - credits_now.at), "$muted")
    if wide:
        drawn = chart(snapshot.history)
        return Content.assemble("WhatsApp  ", (drawn, "$text-accent"), "  " if drawn else "", how_old)
    return Content.assemble("WhatsApp ", (grouped(credits_now.balance), "bold $text-accent"), "  ", how_old)


def _others(snapshot: Snapshot) -> Content:
    known = [
        f"{title} {grouped(snapshot.balances[service].balance)}"
        for service, title in _OTHERS
        if service in snapshot.balances
    ]
    return Content.styled(" · ".join(known), "$muted")
