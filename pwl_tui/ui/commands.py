"""Every command, declared once: its binding, footer entry, palette entry and help row come from here.

A screen names its scopes; it has the commands of those scopes and implements each as ``action_<id>``. The ids
are what ``[keys]`` in the configuration remaps.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct
from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key

Scope = Literal[
    "everywhere",
    "home",
    "job",
    "table",
    "form",
    "settle",
    "ledger",
    "settings",
    "choices",
    "activity",
    "preview",
    "browse",
]
Group = Literal["Lists", "Jobs", "In doubt", "Moving", "Program"]


class Command(Struct, frozen=True):
    """One thing that a key does.

    Attributes:
        id: stable name, used in ``[keys]``.
        keys: Textual's key names, comma-separated.
        title: two words at most, for the footer and the palette.
        help: one sentence.
        group: its heading in the help.
        scopes: where it works.
        footer: how much it is wanted in the footer, 1 first; 0: never there.
        priority: it works while a text is being typed, too.
    """

    id: str
    keys: str
    title: str
    help: str
    group: Group
    scopes: tuple[Scope, ...]
    footer: int = 0
    priority: bool = False

    @property
    def action(self) -> str:
        """The name of its method on the screen, without ``action_``."""
        return self.id.replace("-", "_")


_HOME: Final = ("home",)
_JOB: Final = ("job",)
_BOTH: Final = ("home", "job")
_FORM: Final = ("form",)
_TABLE: Final = ("table",)
_ALL: Final = ("everywhere",)
_FINDING: Final = ("home", "job", "activity")
_SETTLE: Final = ("settle",)
_PREVIEW: Final = ("preview",)
_BROWSE: Final = ("browse",)
_VIEWS: Final = ("job", "preview")
_SETTINGS: Final = ("settings",)
_CHOICES: Final = ("choices",)
_ACTIVITY: Final = ("activity",)
_COPIED: Final = ("activity", "job")
_LEAVABLE: Final = ("home", "job", "settle", "ledger", "settings", "activity", "preview", "browse")

COMMANDS: tuple[Command, ...] = (
    Command("new-list", "n", "new list", "Enter a list and see what it costs.", "Lists", _HOME, 1),
    Command("next-field", "tab", "next field", "Go to the next field of the form.", "Lists", _FORM, 2),
    Command("submit", "ctrl+s", "submit", "Ask to submit what is planned.", "Lists", _FORM, 1),
    Command("browse", "ctrl+o", "browse", "Look for the list in the directories.", "Lists", _FORM, 3),
    Command("see-rows", "ctrl+r", "see rows", "See the rows as they are read.", "Lists", _FORM, 4),
    Command("options", "ctrl+t", "options", "Say how to read the list; a sample.", "Lists", _FORM, 5),
    Command("take-region", "ctrl+g", "take region", "Take the region that is offered.", "Lists", _FORM, 6),
    Command("save-rejected", "e", "save", "Save the rejected rows to a file.", "Lists", _PREVIEW, 1),
    Command("choose", "enter", "choose", "Enter the directory, or take the list.", "Lists", _BROWSE, 1),
    Command("parent", "left,minus", "up", "Go to the directory above.", "Lists", _BROWSE, 1),
    Command("open", "enter", "open", "Open the job under the cursor.", "Jobs", _HOME, 2),
    Command("export", "e", "export", "Write the list with its answers.", "Jobs", _BOTH, 3),
    Command("find", "slash", "filter", "Show only what holds what you type.", "Jobs", _FINDING, 4),
    Command("settle", "s", "settle", "Decide the batches in doubt.", "Jobs", _BOTH, 5),
    Command("pause", "p", "pause", "Stop sending a job, or go on.", "Jobs", _BOTH, 6),
    Command("retry", "R", "retry", "Ask again for what failed.", "Jobs", _BOTH, 8),
    Command("rest", "S", "send rest", "See what a sample says; send the rest.", "Jobs", _BOTH),
    Command("forget", "F", "forget", "Remove a finished job for good.", "Jobs", _BOTH),
    Command("adopt", "A", "adopt", "Take over batches sent elsewhere.", "Jobs", _BOTH),
    Command("release", "1", "send again", "Release the batch, and send it again.", "In doubt", _SETTLE, 1),
    Command("give-id", "2", "give the id", "Tell the batch's id at the service.", "In doubt", _SETTLE, 1),
    Command("write-off", "3", "write off", "Give up the batch and its credits.", "In doubt", _SETTLE, 1),
    Command("report", "r", "report", "Show, copy or save it for support.", "In doubt", _SETTLE, 2),
    Command("next-doubt", "n", "next batch", "Go to the next batch in doubt.", "In doubt", _SETTLE, 3),
    Command("next-view", "right,right_square_bracket", "next view", "Show the next kind.", "Jobs", _VIEWS, 1),
    Command("picture", "v", "picture", "Show shares, countries and carriers.", "Jobs", _JOB, 4),
    Command("sort", "o", "sort", "Show the results in the next order.", "Jobs", _JOB, 5),
    Command("reverse", "O", "reverse", "Turn the order round.", "Jobs", _JOB),
    Command("go-to", "colon", "go to row", "Type the row to go to.", "Moving", _JOB),
    Command("previous-view", "left,left_square_bracket", "previous", "Show the kind before.", "Jobs", _VIEWS),
    Command("back", "escape,backspace", "back", "Go back to where you came from.", "Moving", _LEAVABLE, 2),
    Command("up", "up,k", "up", "Go up one row.", "Moving", _TABLE),
    Command("down", "down,j", "down", "Go down one row.", "Moving", _TABLE),
    Command("page-up", "pageup", "page up", "Go up one screen.", "Moving", _TABLE),
    Command("page-down", "pagedown,space", "page down", "Go down one screen.", "Moving", _TABLE),
    Command("first", "home,g", "first", "Go to the first row.", "Moving", _TABLE),
    Command("last", "end,G", "last", "Go to the last row.", "Moving", _TABLE),
    Command("refresh", "r", "refresh", "Ask for the credits now.", "Program", _BOTH, 7),
    Command("ledger", "L", "ledger", "See where the credits went.", "Program", _BOTH, 9),
    Command("activity", "a", "activity", "See what was asked and answered.", "Program", _BOTH),
    Command("settings", "comma", "settings", "Change the settings.", "Program", _BOTH),
    Command("profile", "P", "profile", "Use the key of another profile.", "Program", _BOTH),
    Command("key", "K", "API key", "Enter another API key.", "Program", _BOTH),
    Command("save", "ctrl+s", "save", "Save the settings.", "Program", _SETTINGS, 1),
    Command("next-setting", "down", "next", "Go to the next setting.", "Moving", _SETTINGS),
    Command("prev-setting", "up", "previous", "Go to the setting before.", "Moving", _SETTINGS),
    Command("next-choice", "right,enter,space", "choose", "Choose the next value.", "Moving", _CHOICES, 3),
    Command("prev-choice", "left", "previous", "Choose the value before.", "Moving", _CHOICES),
    Command("copy", "c", "copy", "Copy it, or save it to a file.", "Program", _COPIED, 1),
    Command("free-mouse", "M", "free the mouse", "Leave the mouse to the terminal.", "Program", _ALL),
    Command("help", "question_mark", "help", "Show every key.", "Program", _ALL, 1),
    Command("palette", "ctrl+p", "palette", "Search for a command.", "Program", _ALL),
    Command("quit", "q", "quit", "Leave; the service goes on.", "Program", _ALL, 1),
    Command("leave", "ctrl+c", "quit", "Leave, also while typing.", "Program", _ALL, priority=True),
)

BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}


def within(*scopes: Scope) -> list[Command]:
    """Return the commands that work in any of the scopes, in their order of declaration."""
    return [command for command in COMMANDS if set(command.scopes) & set(scopes)]


def bindings(*scopes: Scope) -> list[BindingType]:
    """Return the Textual bindings of the commands that work in the scopes."""
    return [
        Binding(
            command.keys,
            command.action,
            command.title,
            show=bool(command.footer),
            priority=command.priority,
            id=command.id,
        )
        for command in within(*scopes)
    ]


def keys_shown(command: Command, remapped: Mapping[str, str]) -> str:
    """Return a command's keys as people read them (``?``, ``ctrl+p``), after remapping."""
    keys = remapped.get(command.id, command.keys).split(",")
    return " ".join(key_shown(key.strip()) for key in keys)


def key_of(command_id: str, remapped: Mapping[str, str]) -> str:
    """Return the first key of a command as people read it, after remapping."""
    return keys_shown(BY_ID[command_id], remapped).split(" ")[0]


def key_shown(key: str) -> str:
    """Return one of Textual's key names as people read it; words where a sign is not in every font."""
    return key if key in ("enter", "backspace") else format_key(key)


def remap(keys: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Check the ``[keys]`` of the configuration.

    Args:
        keys: from command ids to keys, as the person wrote them.

    Returns:
        What of it can be used, and a sentence for everything that cannot.
    """
    usable: dict[str, str] = {}
    warnings: list[str] = []
    for command_id, key in keys.items():
        if command_id not in BY_ID:
            near = difflib.get_close_matches(command_id, BY_ID, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; press ? for the names."
            warnings.append(f"[keys]: there is no command {command_id!r}{hint}")
        elif bad := [part for part in key.split(",") if not _is_key(part.strip())]:
            warnings.append(
                f"[keys]: {command_id} names {bad[0].strip()!r}, which is no key; its own key stays."
            )
        else:
            usable[command_id] = key
    # All together first, so that two commands can swap their keys; then what clashes is given up, last first.
    while clash := next(((id_, other) for id_ in reversed(usable) if (other := _clash(id_, usable))), None):
        command_id, other = clash
        key = usable.pop(command_id)
        warnings.append(
            f"[keys]: {command_id} and {other} would both be {key!r}; {command_id} keeps its own."
        )
    return usable, warnings


_NAMED_KEYS = (
    {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values()) | {"space", "question_mark", "slash"}
)
_MODIFIERS = re.compile(r"((ctrl|shift|alt|super|meta)\+)*")


def _is_key(name: str) -> bool:
    bare = _MODIFIERS.sub("", name, count=1)
    return (len(bare) == 1 and bare.isprintable()) or bare in _NAMED_KEYS


def _clash(command_id: str, remapped: Mapping[str, str]) -> str | None:
    """Return a command that works at the same time as this one and shares a key with it."""

    def keys_of(command: Command) -> set[str]:
        return {part.strip() for part in remapped.get(command.id, command.keys).split(",")}

    command = BY_ID[command_id]
    for other in _reachable(set(command.scopes)):
        if other is not command and keys_of(other) & keys_of(command):
            return other.id
    return None


def _reachable(scopes: set[Scope]) -> Iterable[Command]:
    """Commands that work at the same time as one of `scopes`: a table's and the program's always do."""
    if scopes & {"everywhere", "table"}:
        return COMMANDS
    return within("everywhere", "table", *scopes)
