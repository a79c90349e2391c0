"""What the application does with its terminal: keys, colors, mouse, clipboard, title and notifications."""

import asyncio
import os
from collections import deque
from collections.abc import Mapping, Sequence

from textual import events
from textual.filter import LineFilter
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.widget import Widget

from pwl_tui.config import Settings
from pwl_tui.text import clean, has_signs
from pwl_tui.ui.dialogs.base import Dialog
from pwl_tui.ui.terminal import clipboard, notify, themes
from pwl_tui.ui.terminal.ascii import AsciiFilter
from pwl_tui.ui.terminal.driver import BackgroundSeen, LineTimed, Terminal
from pwl_tui.ui.terminal.mask import MaskFilter
from pwl_tui.ui.textual_private import DiscreetApp, driver_of

_SLOW_LINE_SECONDS = 0.4
"""To transmit the first frame (about 25 kB) and answer: connections below half a Mbit/s take longer."""
_KEY_SECONDS = 0.25
"""How often to look whether the widget that handles a key has gone away, with the mark that follows it."""
_KEY_LOOKS = 8
"""Looks after which the next key is handled in any case, so that no widget can keep the keyboard."""


class KeyDone(Message):
    """Follows a key to the widget that handles it; when it arrives there, the key has had its effect."""

    def __init__(self, typed: events.Event) -> None:
        super().__init__()
        self.typed = typed


class TerminalApp(DiscreetApp):
    """What the program does with the terminal besides drawing.

    Args:
        settings: what the person configured.
        low_bandwidth: whether to write as little as possible to the terminal.
        mouse: whether to take mouse events from the terminal at first.
        encoding: what the terminal shows.
    """

    def __init__(self, settings: Settings, *, low_bandwidth: bool, mouse: bool, encoding: str) -> None:
        theme = themes.choose(settings.ui.theme, os.environ, low_bandwidth=low_bandwidth)
        self._signs = has_signs(encoding)
        self._ascii = AsciiFilter(settings.ui.ascii or not self._signs, encoding)
        self._mask = MaskFilter(settings.ui.mask)
        # Set here and not only by the theme, because NO_COLOR picks its filter before there is a theme.
        super().__init__(driver_class=Terminal, ansi_color=theme.startswith("ansi") or None)
        for own in themes.THEMES:
            self.register_theme(own)
        self.theme = theme
        self.animation_level = "none"
        self.low_bandwidth = low_bandwidth
        """Whether to write as little as possible."""
        self.mouse = mouse
        """Whether mouse events are taken from the terminal."""
        self._theme_choice = settings.ui.theme
        self._light: bool | None = None
        self._title_set = ""
        self._typed: deque[events.Event] = deque()

    # -- what is typed

    async def on_event(self, event: events.Event) -> None:
        """Let each key take effect before the next one: over a slow connection, several arrive at once.

        Textual would hand all of them to the widget that has the focus now, even after one that moves it.
        """
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._typed.append(event)
            if len(self._typed) == 1:
                await self._take_key()
        else:
            await super().on_event(event)

    async def on_key_done(self, event: KeyDone) -> None:
        """Handle what was typed next."""
        if self._typed and event.typed is self._typed[0]:
            self._typed.popleft()
            if self._typed:
                await self._take_key()

    async def _take_key(self) -> None:
        done = KeyDone(self._typed[0])
        target = self.focused or self.screen
        if not (isinstance(self.screen, Dialog) and done.typed.time < self.screen.asked_at):
            await super().on_event(done.typed)
        target.post_message(done)
        self._look_after(done, target, _KEY_LOOKS)

    def _look_after(self, done: KeyDone, target: Widget, looks: int) -> None:
        """Take a key for done once its widget has gone away, or has had it for too long."""

        def look() -> None:
            waiting = self._typed and self._typed[0] is done.typed
            if waiting and looks and target.is_attached:
                self._look_after(done, target, looks - 1)
            elif waiting:
                self.post_message(KeyDone(done.typed))

        asyncio.get_running_loop().call_later(_KEY_SECONDS, look)

    # -- what the terminal is asked

    def ask_background(self) -> None:
        """Ask for the background, if it matters; a fast terminal answers before the first frame."""
        if self._terminal is not None and self._theme_choice == "auto":
            self._terminal.ask_background()

    def time_line(self, settings: Settings) -> None:
        """After the first frame, measure how long it took, if the connection may be slow."""
        if self._terminal is not None and _may_be_slow(settings.ui.low_bandwidth, os.environ):
            self._terminal.time_line()

    def on_background_seen(self, event: BackgroundSeen) -> None:
        """Be as light as the terminal."""
        self._light = event.light
        self.show_theme(self._theme_choice)

    def on_line_timed(self, event: LineTimed) -> None:
        """Draw less over a slow connection."""
        if event.seconds > _SLOW_LINE_SECONDS:
            self.draw_less()
            self.notify(
                f"Slow connection ({event.seconds:.1f} s): live figures will be updated less often. "
                "To turn this off, set low_bandwidth to never in the settings."
            )

    def draw_less(self) -> None:
        """Write less from now on."""
        self.low_bandwidth = True

    # -- what the terminal is told

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notice; its text is made safe, whoever wrote it, and never read as markup.

        Screens and widgets ask for markup unless told otherwise: ``[state] url`` would lose its first word.
        """
        del markup
        super().notify(clean(message), title=title, severity=severity, timeout=timeout, markup=False)

    def announce(self, sentence: str, settings: Settings) -> None:
        """Announce finished work on the screen, and by bell and desktop notification if those are enabled."""
        self.notify(sentence)
        if settings.notify.bell:
            self.bell()
        self._tell(notify.desktop(sentence, settings.notify.desktop, os.environ))

    def set_title(self, title: str) -> None:
        """Set the title of the terminal, unless it has it already; its own is restored at the end."""
        if self._terminal is not None and title != self._title_set:
            self._title_set = title
            self._terminal.set_title(title)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text through the terminal, also from within tmux; `clipboard.outcome` says how it went."""
        text = text.encode(errors="replace").decode()  # without surrogates, which cannot be written
        if clipboard.fits(text):
            super().copy_to_clipboard(text)
            self._tell(clipboard.past_tmux(text, os.environ))

    def use_mouse(self, wanted: bool) -> None:
        """Take mouse events from the terminal, or leave the mouse to it for selecting text."""
        self.mouse = wanted
        if self._terminal is not None:
            self._terminal.use_mouse(wanted)

    # -- appearance

    def refresh_css(self, animate: bool = True) -> None:
        """Apply changed colors; before anything is drawn, without reading all styles a second time."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def show_theme(self, choice: themes.ThemeChoice) -> None:
        """Change the colors at once."""
        self._theme_choice = choice
        theme = themes.choose(choice, os.environ, low_bandwidth=self.low_bandwidth, light=self._light)
        self.ansi_color = theme.startswith("ansi") or None
        self.theme = theme

    def show_ascii(self, wanted: bool) -> None:
        """Draw frames, bars and signs in ASCII, or as they are if the terminal has them."""
        wanted = wanted or not self._signs
        if wanted != self._ascii.enabled:
            self._ascii.enabled = wanted
            self._draw_all()

    @property
    def masked(self) -> bool:
        """Whether all but the last digits of phone numbers are hidden."""
        return self._mask.enabled

    def show_masked(self, wanted: bool) -> None:
        """Hide all but the last digits of phone numbers, or show them."""
        self._mask.enabled = wanted
        self._draw_all()

    def _draw_all(self) -> None:
        for screen in self.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                # All of it, even if the widget itself would draw again only what has changed.
                Widget.refresh(widget)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Add our own filters to those that change every line that is drawn."""
        own = [one for one in (self._mask, self._ascii) if one.enabled]
        filters = super().get_line_filters()
        return [*filters, *own] if own else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give other themes the colors that ours add."""
        return themes.VARIABLES

    @property
    def _terminal(self) -> Terminal | None:
        """The terminal; None while there is none, as in tests."""
        driver = driver_of(self)
        return driver if isinstance(driver, Terminal) else None

    def _tell(self, sequence: str) -> None:
        if sequence and (driver := driver_of(self)) is not None:
            driver.write(sequence)


def _may_be_slow(setting: str, environ: Mapping[str, str]) -> bool:
    """Return whether to time the connection: it is remote, and no tmux or screen answers in its place."""
    return setting == "auto" and "SSH_CONNECTION" in environ and not environ.keys() & {"TMUX", "STY"}
