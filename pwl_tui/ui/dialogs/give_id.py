"""The ID of a batch in doubt: entered, checked with the service, and refused in place if it is another's."""

from functools import partial

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from pwl_tui.batch_ids import pasted_id
from pwl_tui.state.models import Batch
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.base import FormDialog
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted


class GiveIdDialog(FormDialog[bool | None]):
    """Asks for the ID and checks it; it stays open until the ID is right or the person cancels.

    Args:
        ctx: its engine checks the ID.
        batch: the batch in doubt.
        batch_id: stands in the field at first.

    Returns:
        True if the batch has its ID now. None means that it was canceled.
    """

    def __init__(self, ctx: AppContext, batch: Batch, batch_id: str = "") -> None:
        super().__init__()
        self._engine, self._batch, self._batch_id = ctx.engine, batch, batch_id

    def compose(self) -> ComposeResult:
        """Draw the form."""
        text = (
            f"Enter the service's ID of batch {self._batch.label}. It is looked up, which costs nothing: the"
            f" batch must contain exactly these {counted(self._batch.size, 'number')}."
        )
        with self.frame("Enter the batch ID"):
            yield Static(Content(text), classes="dialog-text")
            example = "550e8400-e29b-41d4-a716-446655440000"
            yield TextInput(self._batch_id, id="batch-id", placeholder=example, max_length=500)
            yield from self.ending("Check and use this ID")

    def action_submit(self) -> None:
        """Check the ID and use it."""
        batch, batch_id = self._batch, pasted_id(self.query_one(TextInput).value)
        if not batch_id:
            self.refuse("Enter the ID first.")
            return

        def identify() -> bool:
            self._engine.recovery.settle(batch.job, batch.seq, "adopted", batch_id)
            return True

        self.finish(partial(in_thread, identify, "check ID"), "checking the ID", "Asking the service…")
