"""The settings of config.toml as a form: checked by the same rules, and saved there."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from pwl_tui.config import Changes, Settings, profiles
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.key import KeyDialog
from pwl_tui.ui.dialogs.questions import Ask, Choice
from pwl_tui.ui.presenters.plan import problem_lines
from pwl_tui.ui.presenters.settings import HEADINGS, changes, fields, profile_fields
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.option_row import OptionRow
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput

if TYPE_CHECKING:
    from pwl_tui.ui.terminal.themes import ThemeChoice

_PROFILE, _THEME = "file-profile", "ui-theme"


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls with the focus; up and down belong to the screen."""

    def on_resize(self) -> None:
        """Keep the focused field in sight."""
        if (field := self.screen.focused) is not None:
            self.call_after_refresh(field.scroll_visible, animate=False)


class SettingsScreen(CommandScreen[str]):
    """All settings except the keys of commands. A theme is shown at once, the rest takes effect when saved.

    Args:
        ctx: what it works with.

    Returns:
        A sentence about what was saved. None means that nothing was.

    Raises:
        ConfigError: the file cannot be used.
    """

    BINDINGS: ClassVar = bindings("settings")

    def __init__(self, ctx: AppContext) -> None:
        super().__init__(ctx)
        self._profiles = profiles(ctx.config_file)
        self._fields = fields(ctx.settings, self._profiles)
        self._help, self._problem = TextBlock(id="setting-help"), TextBlock(id="setting-problem")
        self._key = Button(compact=True, id="enter-key")

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        with Form(id="settings"):
            yield Static(Content.styled(f"Stored in {clean(str(self.ctx.config_file))}", "$muted"))
            heading = ""
            for field in self._fields:
                if HEADINGS.get(field.table, heading) != heading:
                    heading = HEADINGS[field.table]
                    yield Static(Content.styled(heading, "bold $text-accent"), classes="settings-group")
                with Horizontal(classes="setting"):
                    yield Label(Content(field.label))
                    if field.options:
                        yield OptionRow(field.options, field.text, id=field.id)
                    else:
                        yield TextInput(field.text, id=field.id)
                if field.id == _PROFILE:
                    with Horizontal(classes="setting"):
                        yield Label(Content("API key"))
                        yield self._key
        yield self._problem
        yield self._help
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin at the first setting."""
        self.query_one(f"#{_PROFILE}").focus()

    def show(self) -> None:
        """Say whether there is a key, and never which."""
        super().show()
        words = "Change API key…" if self.snapshot.binding is not None else "Enter API key…"
        if str(self._key.label) != words:
            self._key.label = words

    def why_not(self, command_id: str) -> str | None:
        """Return why nothing can be saved."""
        if command_id == "save" and not self._changes():
            return "There are no changes to save."
        return super().why_not(command_id)

    @on(events.DescendantFocus)
    def _explain(self, event: events.DescendantFocus) -> None:
        """Say what the focused setting does."""
        words = "The key is hidden while you type. It is checked, then saved in the file."
        self._help.say(Content(next((f.help for f in self._fields if f.id == event.widget.id), words)))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.refresh_bindings()

    @on(OptionRow.Changed)
    def _picked(self, event: OptionRow.Changed) -> None:
        """Show the effect of a choice at once, if that can be undone."""
        event.stop()
        self.refresh_bindings()
        if event.row.id == _THEME:
            self.ctx.preview(cast("ThemeChoice", event.value))
        elif event.row.id == _PROFILE:
            others = profile_fields(self._profiles[event.value])
            self._fields = [f for f in self._fields if f.table != "profiles"] + others
            for field in others:
                self.query_one(f"#{field.id}", TextInput).value = field.text

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next setting with enter."""
        event.stop()
        self.action_next_setting()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Ask for the key."""
        event.stop()
        self.app.push_screen(KeyDialog(self.ctx), self.say)

    def action_next_setting(self) -> None:
        """Go to the next setting."""
        self.focus_next()

    def action_prev_setting(self) -> None:
        """Go to the previous setting."""
        self.focus_previous()

    def action_save(self) -> None:
        """Save the changes, and put them in force."""
        self.work(partial(self._save, self._changes(), self._text(_PROFILE)), "saving the settings")

    def action_back(self) -> None:
        """Leave; ask before changes are discarded."""
        if not self._changes():
            self._leave("leave")
            return
        question = Ask(
            "Settings",
            "You have unsaved changes.",
            [Choice("stay", "Keep editing"), Choice("leave", "Discard changes", key="d")],
        )
        self.app.push_screen(question, self._leave)

    def _leave(self, answer: str | None) -> None:
        if answer == "leave":
            self.ctx.preview(self.ctx.settings.ui.theme)
            self.dismiss(None)

    async def _save(self, changed: Changes, profile: str) -> None:
        def keep() -> tuple[Settings, Path | None]:
            settings, kept = self.ctx.save(changed, profile)
            if changed.keys() - {"ui", "worker"}:
                self.ctx.engine.use_settings(settings)
            return settings, kept

        try:
            settings, kept = await in_thread(keep, "save settings")
        except ProblemError as error:
            self._problem.say(problem_lines(error.problem))
            return
        self.ctx.use(settings)
        words = f"Saved in {self.ctx.config_file}."
        self.dismiss(f"{words} Your previous file is kept as {kept.name}." if kept else words)

    def _changes(self) -> Changes:
        if not self.is_mounted:
            return {}
        after = {field.id: self._text(field.id) for field in self._fields}
        return changes(self._fields, after, self._text(_PROFILE))

    def _text(self, id_: str) -> str:
        """Return the value of a field."""
        widget = self.query_one(f"#{id_}")
        return widget.value if isinstance(widget, TextInput | OptionRow) else ""
