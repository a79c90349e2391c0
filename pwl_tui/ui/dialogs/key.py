"""The API key: hidden while it is typed, checked by reading the balance, and saved with mode 0600."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from pwl_tui.config import save_key
from pwl_tui.secret import Secret
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.base import FormDialog
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted

_TEXT = "Enter your ProWebLook API key. It is checked by reading the balance, which costs nothing."


class KeyDialog(FormDialog[str]):
    """Asks for the key, checks it, saves it and starts to use it.

    Args:
        ctx: its engine uses the key, and its file keeps it.

    Returns:
        A sentence about what was done. None means that it was canceled.
    """

    def __init__(self, ctx: AppContext) -> None:
        super().__init__()
        self._ctx = ctx

    def compose(self) -> ComposeResult:
        """Draw the form."""
        saved = f"It is saved in {self._ctx.config_file} (only you can read it)."
        with self.frame("API key"):
            yield Static(Content(_TEXT), classes="dialog-text")
            yield TextInput(id="key", password=True, placeholder="paste your key; it stays hidden")
            yield Static(Content.styled(saved, "$muted"))
            yield from self.ending("Check and save")

    def on_mount(self) -> None:
        """Focus the field."""
        self.query_one(TextInput).focus()

    def action_submit(self) -> None:
        """Check the key, save it and use it."""
        key, ctx = Secret(self.query_one(TextInput).value), self._ctx
        if not key:
            self.refuse("Enter the key first.")
            return

        async def use() -> str:
            balance = await in_thread(lambda: ctx.engine.try_key(key), "try key")
            await in_thread(lambda: save_key(ctx.config_file, ctx.settings.profile, key), "save key")
            await in_thread(lambda: ctx.engine.use_key(key), "use key")
            ctx.wake()
            return f"The key works: {counted(balance, 'WhatsApp credit')}. Saved in {ctx.config_file}."

        self.finish(use, "checking the API key", "Asking the service…")
