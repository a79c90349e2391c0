"""The ledger: every charge, how the balance moved otherwise, and the sum."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from pwl_tui.problem import ProblemError
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.presenters.ledger import LedgerRow, columns, ledger_head, ledger_rows
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.cells import Window
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock


class LedgerScreen(CommandScreen[None]):
    """Where the credits of the API key in use went, newest first.

    Args:
        ctx: what it works with.
    """

    BINDINGS: ClassVar = bindings("ledger")

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(ctx)
        self._head = TextBlock(Content.styled("Reading the ledger…", "$muted"), id="ledger-head")
        self._table: Table[LedgerRow] = Table(
            columns(shared=ctx.engine.store.shared), lambda row: row.entry, "ledger-table"
        )

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical(id="ledger") as frame:
            frame.border_title = Content("Ledger")
            yield self._head
            yield self._table
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin at the newest entry."""
        self._table.focus()

    def show(self) -> None:
        """Read it again, unless that is under way."""
        super().show()
        self.work(self._load, "reading the ledger")

    def action_back(self) -> None:
        """Leave the ledger."""
        self.dismiss()

    async def _load(self) -> None:
        try:
            ledger = await in_thread(self.ctx.engine.credits.ledger, "ledger")
        except ProblemError as error:
            self._head.say(problem_lines(error.problem))
            return
        rows = ledger_rows(ledger, self.snapshot.now)
        self._head.say(ledger_head(ledger) if rows else Content("No credits spent yet."))
        self._table.show(Window(len(rows), 0, rows))
