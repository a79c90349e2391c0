"""Input fields of one line, without a blinking cursor, which would write to the terminal all day."""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from textual import events
from textual.keys import KEY_NAME_REPLACEMENTS
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input

from pwl_tui.lists.formats import is_list_name
from pwl_tui.ui.textual_private import offer_again

if TYPE_CHECKING:
    from textual_autocomplete import AutoComplete


class TextInput(Input):
    """A field of one line.

    Args:
        value: its text at first.
        placeholder: shown while it is empty.
        id: of the widget.
        password: whether to hide what is typed.
        max_length: the most characters it takes; 0 means no limit.
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
        password: bool = False,
        max_length: int = 0,
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, id=id, password=password, max_length=max_length, compact=True
        )
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Remove characters that a terminal would obey, whoever filled in the field."""
        return "".join(character for character in value if character.isprintable())

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Keep typed characters from running commands.

        Textual does not recognize the slash and five other characters by their key names, so a slash in a
        path would open the filter.
        """
        return super().check_consume_key(key, character) or key in KEY_NAME_REPLACEMENTS.values()


class PathLine(TextInput):
    """A field for a file name. Text of several lines that is pasted into it is posted as `Pasted` instead."""

    recent: reactive[Sequence[str]] = reactive[Sequence[str]](())
    """Paths to offer while it is empty."""

    class Pasted(Message):
        """Text of several lines was pasted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def on_paste(self, event: events.Paste) -> None:
        """Post text of several lines; one line is pasted as usual."""
        if len(event.text.split()) > 1 and len(event.text.strip().splitlines()) > 1:
            event.stop()
            event.prevent_default()
            self.post_message(self.Pasted(event.text))

    def on_focus(self) -> None:
        """Load the completion of file names when it is first needed."""
        if not self.screen.query("#completion"):
            self.screen.mount(completion(self))


def typed_path(text: str) -> Path:
    r"""Return the path that a person typed or dropped, with ``~`` expanded.

    Terminals write a dropped file as a shell would read it (``my\ list.csv``, ``'my list.csv'``) or as an
    address (``file:///srv/my%20list.csv``), often with a space or a line end after it. What exists as it is
    written is taken literally.
    """
    bare = text.strip()
    if any(mark in bare for mark in "\\'\"") or bare.startswith(_FILE_ADDRESS):
        bare = bare if os.path.lexists(bare) else _unquoted(bare)
    path = Path(bare)
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user, so the path is taken literally
        return path


_FILE_ADDRESS = "file:/"


def _unquoted(text: str) -> str:
    """Return the path in an address or in the quotes of a shell; the text itself if it is neither."""
    if text.startswith(_FILE_ADDRESS):
        return unquote(_HOST.sub("/", text.removeprefix("file:"), count=1))
    try:
        words = shlex.split(text)
    except ValueError:  # a quote that stays open, as in a name with an apostrophe
        words = []
    if len(words) == 1:
        return words[0]
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


_HOST = re.compile(r"//[^/]*/|/+")


def completion(field: PathLine) -> "AutoComplete":
    """Return a list of file names that drops down below a field while a path is typed."""
    from textual_autocomplete import AutoComplete, DropdownItem, TargetState

    def names(state: TargetState) -> list[DropdownItem]:
        if not state.text:
            return [DropdownItem(path) for path in field.recent]
        directory, _ = _split(state.text[: state.cursor_position])
        return [DropdownItem(name) for name in _entries(directory)]

    class PathCompletion(AutoComplete):
        def on_mount(self) -> None:
            self.watch(field, "recent", lambda: offer_again(self), init=False)

        def get_search_string(self, target_state: TargetState) -> str:
            return _split(target_state.text[: target_state.cursor_position])[1]

        def match(self, query: str, candidate: str) -> tuple[float, tuple[int, ...]]:
            matches = candidate.lower().startswith(query.lower())
            return (1.0, tuple(range(len(query)))) if matches else (0.0, ())

        def apply_completion(self, value: str, state: TargetState) -> None:
            typed = state.text[: state.cursor_position]
            _, beginning = _split(typed)
            self.target.value = typed[: len(typed) - len(beginning)] + value
            self.target.cursor_position = len(self.target.value)

    return PathCompletion(field, names, id="completion")


_MOST_ENTRIES = 500


def _split(text: str) -> tuple[Path, str]:
    """Return the directory that was typed so far, and the beginning of a name in it."""
    before, slash, beginning = text.rpartition("/")
    return typed_path(before + slash or "."), beginning


def _entries(directory: Path) -> list[str]:
    """Return the directories and lists in a directory, without names that cannot be shown as they are."""
    names = []
    try:
        for entry in directory.iterdir():
            if entry.name.startswith(".") or not entry.name.isprintable():
                continue
            if entry.is_dir():
                names.append(f"{entry.name}/")
            elif is_list_name(entry.name):
                names.append(entry.name)
    except OSError:
        return []  # nothing to offer; opening the path will report what is wrong
    return sorted(names, key=str.lower)[:_MOST_ENTRIES]
