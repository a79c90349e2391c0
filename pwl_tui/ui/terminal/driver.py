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

from textual import events
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


def _is_light(*channels: str) -> bool:
    """Return whether a color, in hexadecimal digits, looks more white than black (ITU-R BT.601)."""
    red, green, blue = (int(channel, 16) / (16 ** len(channel) - 1) for channel in channels)
    luma: float = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma > 0.5


class Terminal(LinuxDriver):
    """Textual's driver with what this program adds."""

    _asked_at = 0.0
    _titled = False

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
        parser, answers = textual_private.key_parser(), Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_POLL_SECONDS):
                    if not (data := self._read()):
                        self.send_message(InputEnded())
                        break
                    typed = answers.typed(decode(data))
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
