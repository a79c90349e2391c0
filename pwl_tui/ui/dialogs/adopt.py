"""Which batches to take over: ids that are pasted, or those that only the journal knows."""

from collections.abc import Iterator

from msgspec import Struct
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from pwl_tui.ui.base import Dialog
from pwl_tui.ui.presenters.format import counted
from pwl_tui.ui.widgets.text_input import TextInput

_TEXT = (
    "Batches that were submitted elsewhere with this key become a job here. That costs nothing: each is asked"
    " for at the service, which tells its numbers and answers."
)


class Adoption(Struct, frozen=True):
    """What to take over.

    Attributes:
        ids: the service's; none: those of the journal.
        name: of the job that they become; empty: one made of the first id.
    """

    ids: tuple[str, ...]
    name: str = ""


class IdsLine(TextInput):
    """A field for one id or several; lines that are pasted stay apart."""

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted lines as ids with spaces between them."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(" ".join(event.text.split()))


class AdoptDialog(Dialog[Adoption | None]):
    """Asks which batches to take over.

    Args:
        unadopted: how many batches only the journal knows.

    Returns:
        What to take over; none when it was left.
    """

    def __init__(self, unadopted: int) -> None:
        super().__init__()
        self._unadopted = unadopted

    def compose(self) -> ComposeResult:
        """Draw the form."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Take over batches")
            yield Static(Content(_TEXT), classes="dialog-text")
            with Horizontal(classes="field"):
                yield Label("Ids")
                yield IdsLine(id="ids", placeholder="one or several, with spaces between them")
            with Horizontal(classes="field"):
                yield Label("Name")
                yield TextInput(id="adopted-name", placeholder="of the job", max_length=80)
            yield Button("Take over these ids", id="by-id", disabled=True, compact=True)
            yield from self._of_the_journal()

    def on_mount(self) -> None:
        """Put the person where there is something to do."""
        (self.query_one("#by-journal", Button) if self._unadopted else self.query_one(IdsLine)).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Let the button work once there is an id."""
        event.stop()
        self.query_one("#by-id", Button).disabled = not self._ids()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take over with enter, or go to the next field."""
        event.stop()
        if self._ids() and event.input.id == "adopted-name":
            self._by_id()
        else:
            self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take over what the button says."""
        event.stop()
        if event.button.id == "by-journal":
            self.dismiss(Adoption(()))
        else:
            self._by_id()

    def _of_the_journal(self) -> Iterator[Static | Button]:
        number = counted(self._unadopted, "batch", "batches")
        if self._unadopted:
            yield Button(f"Take over {number} of the journal", id="by-journal", compact=True)
        else:
            text = "The journal knows no batch that is not here."
            yield Static(Content.styled(text, "$muted"))

    def _by_id(self) -> None:
        self.dismiss(Adoption(self._ids(), self.query_one("#adopted-name", TextInput).value.strip()))

    def _ids(self) -> tuple[str, ...]:
        """The ids, however they are set apart."""
        bare = self.query_one(IdsLine).value.replace(",", " ").replace(";", " ").split()
        return tuple(dict.fromkeys(id_.strip("\"'") for id_ in bare))
