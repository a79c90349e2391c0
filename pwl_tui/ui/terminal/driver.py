"""The terminal as Textual drives it, asked and told a little more: background, speed, mouse and title.

What a terminal answers comes in with what is typed. Textual does not know an answer about colours and would
read it as keys, so it is taken out before, however late it comes.
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
"""Terminals that would show the question."""
_KEEP_TITLE, _GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b]2;\x07\x1b[23;2t"
"""xterm's stack of titles; a terminal without one is left with an empty title, which shells fill in again."""
_ANSWER = re.compile(
    r"\x1b\]11;rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?(?:\x07|\x1b\\)",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"\x1b\](?:1(?:1(?:;[rgba:/0-9a-f]{0,30}\x1b?)?)?)?\Z", re.IGNORECASE)
"""What may go on to be an answer. An escape alone is the key: it must not wait."""
_POLL_SECONDS = 0.1


class BackgroundSeen(Message):
    """The terminal told its background."""

    def __init__(self, light: bool) -> None:
        super().__init__()
        self.light = light


class LineTimed(Message):
    """The terminal has taken all that was written, and its answer has come back, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class InputEnded(Message):
    """Nothing can be typed any more: the other end of the terminal is gone, with or without a SIGHUP."""


class Answers:
    """Takes what the terminal tells of its background out of what is typed."""

    def __init__(self) -> None:
        self.light: bool | None = None
        """Whether the background is nearer to white; none: it was not told."""
        self._held = ""

    def typed(self, text: str) -> str:
        """Return what is left of `text` for the keys; what may be the beginning of an answer is held back."""
        text = self._held + text
        while answer := _ANSWER.search(text):
            self.light = _is_light(*answer.groups())
            text = text[: answer.start()] + text[answer.end() :]
        beginning = _BEGINNING.search(text)
        self._held = beginning[0] if beginning else ""
        return text[: len(text) - len(self._held)]

    def rest(self) -> str:
        """Return what was held back and did not go on: somebody typed it."""
        held, self._held = self._held, ""
        return held


def _is_light(*channels: str) -> bool:
    """Return whether a colour, in hexadecimal digits, is more white than black to the eye (ITU-R BT.601)."""
    red, green, blue = (int(channel, 16) / (16 ** len(channel) - 1) for channel in channels)
    luma: float = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma > 0.5


class Terminal(LinuxDriver):
    """Textual's driver with what this program adds."""

    _asked_at = 0.0
    _titled = False

    def ask_background(self) -> None:
        """Ask for the background; `BackgroundSeen` tells, if the terminal answers at all."""
        if os.environ.get("TERM") not in _MUTE:
            self.write(_ASK_BACKGROUND)

    def set_title(self, text: str) -> None:
        """Give the terminal a title; the one that it has is given back at the end."""
        if not self._titled:
            self._titled = True
            self.write(_KEEP_TITLE)
        self.write(f"\x1b]2;{text}\x07")

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if self._titled:
            self._titled = False
            self.write(_GIVE_TITLE_BACK)
        super().stop_application_mode()

    def time_line(self) -> None:
        """Begin to measure how long what was written before takes; `LineTimed` tells."""
        self._asked_at = time.monotonic()
        self.write(_ASK_CURSOR)

    def use_mouse(self, wanted: bool) -> None:
        """Take mouse events from the terminal, or leave the mouse to it for selecting text."""
        textual_private.use_mouse(self, wanted)

    def process_message(self, message: Message) -> None:
        """Take the answer to `time_line` out of the events."""
        if isinstance(message, events.CursorPosition):
            self.send_message(LineTimed(time.monotonic() - self._asked_at))
        else:
            super().process_message(message)

    def run_input_thread(self) -> None:
        """Read what is typed, as Textual's own does, without what the terminal answers."""
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
                    typed = answers.rest()
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
            if error.errno != errno.EIO:  # so a terminal tells that it hung up, or is another's now
                raise
            return b""
