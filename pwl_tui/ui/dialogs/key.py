"""The key, asked for once: typed hidden, tried with a balance call, kept in the configuration at 0600."""

from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from pwl_tui.config import save_key
from pwl_tui.problem import ProblemError
from pwl_tui.secret import Secret
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import AppContext, Dialog
from pwl_tui.ui.presenters.format import counted
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput

_TEXT = "ProWebLook's API key for this service. It is tried with a balance call, which costs nothing."


class KeyDialog(Dialog[str]):
    """Asks for the key, tries it, saves it and puts it to use.

    Args:
        context: whose engine uses it, and where it is saved.

    Returns:
        A sentence about what was done; none when it was left.
    """

    def __init__(self, ctx: AppContext) -> None:
        super().__init__()
        self._ctx, self._config_file = ctx, ctx.config_file

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("API key")
            yield Static(Content(_TEXT), classes="dialog-text")
            yield TextInput(id="key", password=True, placeholder="paste it here; it is not shown")
            yield Static(Content.styled(f"Kept in {self._config_file}, readable by you alone.", "$muted"))
            yield TextBlock(id="key-problem")
            yield Button("Try and save", id="try", compact=True)

    def on_mount(self) -> None:
        """Put the person at the field."""
        self.query_one(TextInput).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try the key with enter."""
        event.stop()
        self._try()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Try the key with the button."""
        event.stop()
        self._try()

    def _try(self) -> None:
        key = Secret(self.query_one(TextInput).value)
        if not key:
            self._say(Content("There is no key in the field yet."))
            return
        self.work(partial(self._check, key), "the trial of the key")

    async def _check(self, key: Secret) -> None:
        engine, profile = self._ctx.engine, self._ctx.settings.profile
        self._say(Content("Asking the service…"))
        try:
            credits_now = await in_thread(lambda: engine.try_key(key), "try key")
            await in_thread(lambda: save_key(self._config_file, profile, key), "save key")
            await in_thread(lambda: engine.use_key(key), "use key")
        except ProblemError as error:
            self._say(problem_lines(error.problem))
            return
        self._ctx.wake()
        self.dismiss(
            f"The key works: {counted(credits_now, 'WhatsApp credit')}. Kept in {self._config_file}."
        )

    def _say(self, content: Content) -> None:
        self.query_one("#key-problem", TextBlock).say(content)
