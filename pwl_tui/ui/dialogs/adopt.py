"""Which batches to adopt: those whose IDs are entered, or those that only the journal knows."""

from typing import TYPE_CHECKING

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, Static

from pwl_tui.batch_ids import pasted_id
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted

if TYPE_CHECKING:
    from textual.widget import Widget

_TEXT = (
    "Batches sent elsewhere with this API key become a job here. This costs nothing: the service returns"
    " their numbers and results."
)


class Adoption(Struct, frozen=True):
    """What to adopt.

    Attributes:
        ids: the service's IDs of the batches; empty for those in the journal.
        name: the name of the job that they become; empty for one made from the first ID.
    """

    ids: tuple[str, ...]
    name: str = ""


class IdsInput(TextInput):
    """A field for one or more IDs; lines that are pasted stay apart."""

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted lines as IDs separated by spaces."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(" ".join(event.text.split()))


class AdoptDialog(FormDialog[Adoption | None]):
    """Asks which batches to adopt.

    Args:
        unadopted: how many batches only the journal knows.

    Returns:
        What to adopt. None means that it was canceled.
    """

    def __init__(self, unadopted: int) -> None:
        super().__init__()
        self._unadopted = unadopted

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with self.frame("Adopt batches"):
            yield Static(Content(_TEXT), classes="dialog-text")
            yield field("IDs", IdsInput(id="ids", placeholder="one or more, separated by spaces"))
            yield field("Name", TextInput(id="adopted-name", placeholder="name of the job", max_length=80))
            yield from self.ending("Adopt these batches", disabled=True)
            yield self._journal()

    def on_mount(self) -> None:
        """Focus what there is to do."""
        (self.query_one("#by-journal", Button) if self._unadopted else self.query_one(IdsInput)).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Enable the button once there is an ID."""
        event.stop()
        self.query_one("#submit", Button).disabled = not self._ids()

    @on(Input.Submitted, "#ids")
    def _ids_entered(self, event: Input.Submitted) -> None:
        """Go from the IDs to the name; enter in that adopts them."""
        event.stop()
        event.prevent_default()
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Adopt what is in the journal."""
        event.stop()
        self.dismiss(Adoption(()))

    def action_submit(self) -> None:
        """Adopt the batches whose IDs are entered."""
        if ids := self._ids():
            self.dismiss(Adoption(ids, self.query_one("#adopted-name", TextInput).value.strip()))
        else:
            self.refuse("Enter at least one ID.")

    def _journal(self) -> "Widget":
        if not self._unadopted:
            return Static(Content.styled("The journal has no other batches to adopt.", "$muted"))
        number = counted(self._unadopted, "batch", "batches")
        return Button(f"Adopt {number} from the journal", id="by-journal", compact=True)

    def _ids(self) -> tuple[str, ...]:
        """Return the IDs, however they are separated."""
        bare = self.query_one(IdsInput).value.replace(",", " ").replace(";", " ").split()
        return tuple(dict.fromkeys(filter(None, map(pasted_id, bare))))
