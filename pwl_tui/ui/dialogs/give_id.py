"""The id of a batch in doubt: typed, checked at the service, and refused in place if it is another's."""

from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Batch
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import AppContext, Dialog
from pwl_tui.ui.presenters.format import counted
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput


class GiveIdDialog(Dialog[bool | None]):
    """Asks for the id and has it checked; it stays until one is right or the person leaves it.

    Args:
        context: whose engine checks it.
        batch: the batch in doubt.

    Returns:
        True when the batch has its id; none when it was left.
    """

    def __init__(self, ctx: AppContext, batch: Batch) -> None:
        super().__init__()
        self._ctx, self._batch = ctx, batch
        self._outcome = TextBlock(id="id-problem")

    def compose(self) -> ComposeResult:
        """Draw the question."""
        text = (
            f"The service's id of batch {self._batch.label}. It is looked up, which costs nothing: it must"
            f" hold exactly the {counted(self._batch.size, 'number')} of this batch."
        )
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Give the id")
            yield Static(Content(text), classes="dialog-text")
            yield TextInput(id="batch-id", placeholder="550e8400-e29b-41d4-a716-446655440000", max_length=200)
            yield self._outcome
            yield Button("Check and take it", id="check", compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Check it with enter."""
        event.stop()
        self._check()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Check it with the button."""
        event.stop()
        self._check()

    def _check(self) -> None:
        batch_id = self.query_one(TextInput).value.strip().strip("\"'")
        if not batch_id:
            self._outcome.say(Content("There is no id in the field yet."))
            return
        self.work(partial(self._identify, batch_id), "the check of the id")

    async def _identify(self, batch_id: str) -> None:
        engine, batch = self._ctx.engine, self._batch
        self._outcome.say(Content("Asking the service…"))
        try:
            await in_thread(
                lambda: engine.recovery.settle(batch.job, batch.seq, "adopted", batch_id), "check id"
            )
        except ProblemError as error:
            self._outcome.say(problem_lines(error.problem))
        else:
            self.dismiss(True)
