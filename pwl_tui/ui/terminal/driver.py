"""Textual's terminal driver with additions: background color, speed of the connection, mouse and title.

The answers of a terminal arrive among what is typed. Textual would take an answer about colors for keys, so
it is removed before, however late it arrives.
"""

import errno
import os
import re
import selectors
import time
from codecs import getincrementaldecoder
from typing import Any

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from pwl_tui.ui import textual_private

_ASK_BACKGROUND = "\x1b]11;?\x1b\\"
_ASK_CURSOR = "\x1b[6n"
_MUTE = {"linux", "dumb"}
"""Terminals that would print the question."""
_KEEP_TITLE, _GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b]2;\x07\x1b[23;2t"
"""xterm's stack of titles; a terminal without one ends up with an empty title, which shells set again."""
_ANSWER = re.compile(
    r"\x1b\]11;rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?(?:\x07|\x1b\\)",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"\x1b\](?:1(?:1(?:;[rgba:/0-9a-f]{0,30}\x1b?)?)?)?\Z", re.IGNORECASE)
"""What may be the beginning of an answer. A lone escape is not: it is the key, and must not wait."""
_POLL_SECONDS = 0.1
_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"
_BURST_SECONDS = 0.03
"""How long the next part of a paste may take; a person presses no two keys so close together."""
_BURST = 8
"""Characters that arrive together and differ: no key that is held down, and too many to be typed."""
_LONGEST_PASTE = 1 << 25
"""Characters: more than a million lines of numbers."""
_UNMARKED = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")
"""Text and line ends, without a key such as an arrow."""
_NUMBERS = re.compile(r"[^\r\n\t]*[\r\n\t](?:\D*\d){7}")
_LINES = re.compile(r"(?:[^\r\n]*[\r\n]+){3}[^\r\n]")
_LINE_END = re.compile(r"\r\n?|\n")


class BackgroundSeen(Message):
    """The terminal reported its background."""

    def __init__(self, light: bool) -> None:
        super().__init__()
        self.light = light


class LineTimed(Message):
    """The terminal received everything that was written, and its answer arrived after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class InputEnded(Message):
    """Nothing can be typed anymore: the terminal is gone, with or without a SIGHUP."""


class Answers:
    """Removes what the terminal says about its background from what is typed."""

    def __init__(self) -> None:
        self.light: bool | None = None
        """Whether the background is light; None if the terminal has not said."""
        self._held = ""

    def typed(self, text: str) -> str:
        """Return the keys in `text`; what may be the beginning of an answer is held back."""
        text = self._held + text
        while answer := _ANSWER.search(text):
            self.light = _is_light(*answer.groups())
            text = text[: answer.start()] + text[answer.end() :]
        beginning = _BEGINNING.search(text)
        self._held = beginning[0] if beginning else ""
        return text[: len(text) - len(self._held)]

    def remainder(self) -> str:
        """Return what was held back and did not continue: somebody typed it."""
        held, self._held = self._held, ""
        return held


class Pastes:
    """Marks what was pasted where the terminal does not: otherwise its lines would press Enter in a form.

    Text counts as pasted if it arrives at once and is lines of numbers, or more lines than a form has fields.
    Fewer lines without numbers may have been typed ahead over a slow connection.
    """

    def __init__(self) -> None:
        self._inside = False
        self._end = ""

    def may_go_on(self, text: str) -> bool:
        """Return whether a text arrived too fast to be typed, so that more of it may follow."""
        fast = len(set(text)) > 1 and (len(text) >= _BURST or _LINE_END.search(text) is not None)
        return not self._inside and fast and len(text) < _LONGEST_PASTE and bool(_UNMARKED.fullmatch(text))

    def marked(self, text: str) -> str:
        """Return what arrived, between the marks of a paste if it is one without them."""
        seen = self._end + text
        lines = _UNMARKED.fullmatch(text) and (_NUMBERS.match(text) or _LINES.match(text))
        if lines and not self._inside and _PASTE not in seen:
            self._end = ""
            return f"{_PASTE}{_LINE_END.sub(chr(10), text)}{_PASTE_END}"
        self._end = seen[1 - len(_PASTE) :]
        if _PASTE in seen or _PASTE_END in seen:
            self._inside = seen.rfind(_PASTE) > seen.rfind(_PASTE_END)
        return text


def _is_light(*channels: str) -> bool:
    """Return whether a color, in hexadecimal digits, looks more white than black (ITU-R BT.601)."""
    red, green, blue = (int(channel, 16) / (16 ** len(channel) - 1) for channel in channels)
    luma: float = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma > 0.5


class Terminal(LinuxDriver):
    """Textual's driver with what this program adds."""

    _asked_at = 0.0
    _titled = False

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        textual_private.outlive_terminal(self)

    def ask_background(self) -> None:
        """Ask for the background; `BackgroundSeen` follows if the terminal answers."""
        if os.environ.get("TERM") not in _MUTE:
            self.write(_ASK_BACKGROUND)

    def set_title(self, text: str) -> None:
        """Set the title of the terminal; its own is restored at the end."""
        if not self._titled:
            self._titled = True
            self.write(_KEEP_TITLE)
        self.write(f"\x1b]2;{text}\x07")

    def stop_application_mode(self) -> None:
        """Restore the terminal."""
        if self._titled:
            self._titled = False
            self.write(_GIVE_TITLE_BACK)
        super().stop_application_mode()

    def time_line(self) -> None:
        """Start to measure how long everything written so far takes to arrive; `LineTimed` follows."""
        self._asked_at = time.monotonic()
        self.write(_ASK_CURSOR)

    def use_mouse(self, wanted: bool) -> None:
        """Take mouse events from the terminal, or leave the mouse to it for selecting text."""
        textual_private.use_mouse(self, wanted)

    def process_message(self, message: Message) -> None:
        """Remove the answer to `time_line` from the events."""
        if isinstance(message, events.CursorPosition):
            self.send_message(LineTimed(time.monotonic() - self._asked_at))
        else:
            super().process_message(message)

    def run_input_thread(self) -> None:
        """Read what is typed; see `textual_private.key_parser` for why this is not Textual's own loop."""
        parser, answers, pastes = textual_private.key_parser(), Answers(), Pastes()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_POLL_SECONDS):
                    if not (data := self._read()):
                        self.send_message(InputEnded())
                        break
                    typed = answers.typed(decode(data))
                    while pastes.may_go_on(typed) and selector.select(_BURST_SECONDS):
                        if not (data := self._read()):
                            break  # the next read tells, once this is handled
                        typed += answers.typed(decode(data))
                    typed = pastes.marked(typed)
                else:
                    typed = answers.remainder()
                if typed:
                    for event in parser.feed(typed):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
                if answers.light is not None:
                    self.send_message(BackgroundSeen(answers.light))
                    answers.light = None

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError as error:
            if error.errno != errno.EIO:  # the terminal hung up, or belongs to another program now
                raise
            return b""
