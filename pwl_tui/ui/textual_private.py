"""Every private part of Textual that this program overrides or uses, each with the reason.

Such a part can change in any release without notice. That is why Textual is capped below its next minor
version, and why no other module touches a private name of Textual. How each part works today is described in
`tests/ui/test_textual_private.py`: before raising the cap, read what fails there.
"""

import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.screen import Screen
from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from io import TextIOWrapper

    from textual_autocomplete import AutoComplete


def key_parser() -> XTermParser:
    """Return Textual's parser of terminal input.

    Private: `textual._xterm_parser`. Our driver has its own input loop, for two reasons. Textual's parser
    does not know the answer to "what is the background color?" (OSC 11) and reports it as keys. And Textual's
    loop does not notice the end of input: once the terminal is gone it spins, or ends in a traceback.
    """
    return XTermParser()


def use_mouse(driver: LinuxDriver, wanted: bool) -> None:
    """Take mouse events from the terminal, or leave the mouse to the terminal.

    Private: `_mouse`, `_enable_mouse_support`, `_disable_mouse_support`. Textual decides about the mouse
    once, at the start; here a key switches it, so that text can be selected. Both methods do nothing while
    `_mouse` is false, which also keeps the mouse free when the program is suspended and continued.
    """
    if not wanted:
        driver._disable_mouse_support()
    driver._mouse = wanted
    if wanted:
        driver._enable_mouse_support()


class _Lasting:
    """A file on which nothing fails: what its terminal no longer takes is lost."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


def outlive_terminal(driver: LinuxDriver) -> None:
    """Let what is drawn on a terminal that is gone be lost.

    Private: `_file`. Textual writes on a thread of its own, which an error ends. From then on nobody empties
    its queue, which holds 30 texts; whoever writes one more waits forever, and hears no signal, either. A
    terminal that is closed sends SIGCONT after SIGHUP, upon which Textual starts to draw anew.
    """
    if driver._file is not None:
        driver._file = cast("TextIOWrapper[Any]", _Lasting(driver._file))  # all that its writing thread needs


def driver_of(app: App[Any]) -> Driver | None:
    """Return what the application draws on; None before it runs.

    Private: `App._driver`. Titles and notifications are escape sequences, and Textual has no call for those.
    """
    return app._driver


class DiscreetApp(App[None]):
    """An application that gives nothing away when it ends after an error of its own."""

    def crash_report(self, error: BaseException | None) -> str:
        """Return what the person reads then. Only the type of the error is safe to show."""
        return f"The program stopped because of an error of its own: {type(error).__name__}."

    def _fatal_error(self) -> None:
        """Leave with `crash_report`.

        Private: `App._fatal_error`, which prints all local variables: keys and phone numbers. Textual calls
        it while it handles the error.
        """
        from rich.text import Text

        self.panic(Text(self.crash_report(sys.exception())))


class VeiledScreen(Screen[None]):
    """A screen that writes nothing until it is unveiled.

    Private: `Screen._compositor_refresh`, which writes what has changed. At the start Textual calls it three
    times before the layout is final, and each time it writes the whole screen. `App.batch_update` does not
    help: a layout calls it also within a batch.
    """

    _veiled = True

    def unveil(self) -> None:
        """Write the first frame."""
        self._veiled = False
        self._compositor_refresh()

    def update_node_styles(self, animate: bool = True) -> None:
        """Style all widgets again, except before the first frame: then each of them has just been styled."""
        if not self._veiled:
            super().update_node_styles(animate)

    def _compositor_refresh(self) -> None:
        if not self._veiled:
            super()._compositor_refresh()


class StillScrollView(ScrollView, inherit_bindings=False):
    """A scroll view that writes its scrollbar only when that has changed.

    Private: `Widget._scroll_update`, which refreshes the scrollbar whenever the screen is laid out, so that a
    change anywhere else would write it to the terminal again.
    """

    _scrolled: tuple[Size, Size] | None = None

    def _scroll_update(self, virtual_size: Size) -> None:
        scrolled = (virtual_size, self.container_size)
        if scrolled != self._scrolled:
            self._scrolled = scrolled
            super()._scroll_update(virtual_size)


def offer_again(completion: "AutoComplete") -> None:
    """Look up the completions again, although nothing was typed.

    Private: `AutoComplete._align_and_rebuild` of textual-autocomplete, which follows what is typed and cannot
    be told that there are other candidates now, such as the recent lists once they have been read.
    """
    completion._align_and_rebuild()
