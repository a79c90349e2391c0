"""Every command, declared once: its binding, footer entry, palette entry and help row come from here.

To add one, add a row to `COMMANDS` and a method ``action_<id>`` (with underscores) to whatever has its scope
in ``BINDINGS = bindings(SCOPE)``: a screen, the table, the form or the application. The configuration remaps
commands by their ids, so an id that was released is not changed.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct
from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key

Group = Literal["Lists", "Jobs", "In doubt", "Moving", "Program"]


class Command(Struct, frozen=True):
    """One thing that a key does.

    Attributes:
        id: stable name, used in ``[keys]``.
        keys: Textual's key names, comma-separated.
        title: two words at most, for the footer and the palette.
        help: one sentence.
        group: its heading in the help.
        where: the scopes it works in, separated by spaces.
        footer: its place in the footer, 1 first. 0 means that it is never there.
        priority: it works even while text is being typed.
    """

    id: str
    keys: str
    title: str
    help: str
    group: Group
    where: str
    footer: int = 0
    priority: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes it works in."""
        return frozenset(self.where.split())

    @property
    def action(self) -> str:
        """The name of its method, without ``action_``."""
        return self.id.replace("-", "_")


_SCREENS = "home job settle ledger settings activity preview browse"

COMMANDS: tuple[Command, ...] = (
    Command("new-list", "n", "new list", "Enter a list and see what it would cost.", "Lists", "home", 1),
    Command("next-field", "tab", "next field", "Go to the next field.", "Lists", "form", 2),
    Command("submit", "ctrl+s", "send", "Review the cost, then send the list.", "Lists", "form", 1),
    Command("browse", "ctrl+o", "browse", "Choose the list from your files.", "Lists", "form", 3),
    Command("see-rows", "ctrl+r", "see rows", "See how each row is read.", "Lists", "form", 4),
    Command("options", "ctrl+t", "options", "Set how to read the list, or sample it.", "Lists", "form", 5),
    Command("when-done", "ctrl+y", "export to", "Export the list once it is done.", "Lists", "form", 7),
    Command("take-region", "ctrl+g", "use region", "Choose the region that fits.", "Lists", "form", 6),
    Command(
        "save-rejected", "e", "save rejected", "Save the rejected rows to a file.", "Lists", "preview", 1
    ),
    Command("choose", "enter", "choose", "Open the directory or choose the list.", "Lists", "browse", 1),
    Command("parent", "left,minus", "parent", "Go to the parent directory.", "Lists", "browse", 1),
    Command("open", "enter", "open", "Open the selected job.", "Jobs", "home", 2),
    Command("export", "e", "export", "Export the list with results.", "Jobs", "home job", 3),
    Command("find", "slash", "filter", "Show only what matches your text.", "Jobs", "home job activity", 4),
    Command("settle", "s", "settle", "Settle the batches in doubt.", "Jobs", "home job", 5),
    Command("pause", "p", "pause", "Pause or resume a job.", "Jobs", "home job", 6),
    Command("retry", "R", "retry", "Retry failed numbers.", "Jobs", "home job", 8),
    Command("rest", "S", "send rest", "Review a sample, then send the rest.", "Jobs", "home job"),
    Command("recheck", "C", "recheck", "Pay to recheck old answers.", "Jobs", "home job"),
    Command("forget", "F", "forget", "Delete a finished job for good.", "Jobs", "home job"),
    Command("adopt", "A", "adopt", "Adopt batches sent elsewhere.", "Jobs", "home job"),
    Command("lookup", "l", "look up", "Look up single numbers.", "Lists", "home job", 10),
    Command("release", "1", "send again", "Release the batch and send it again.", "In doubt", "settle", 1),
    Command("use-id", "u", "use ID", "Use the ID that came with the answer.", "In doubt", "settle", 1),
    Command("give-id", "2", "enter ID", "Enter the service's ID of the batch.", "In doubt", "settle", 1),
    Command("write-off", "3", "write off", "Write off the batch and its credits.", "In doubt", "settle", 1),
    Command("report", "r", "report", "Show, copy or save a support report.", "In doubt", "settle", 2),
    Command("next-doubt", "n", "next batch", "Go to the next batch in doubt.", "In doubt", "settle", 3),
    Command(
        "next-view", "right,right_square_bracket", "next tab", "Show the next tab.", "Jobs", "job preview", 1
    ),
    Command(
        "previous-view",
        "left,left_square_bracket",
        "previous tab",
        "Show the previous tab.",
        "Jobs",
        "job preview",
    ),
    Command("charts", "v", "charts", "Show outcomes, countries and carriers.", "Jobs", "job", 4),
    Command("sort", "o", "sort", "Sort the results by the next column.", "Jobs", "job", 5),
    Command("reverse", "O", "reverse", "Reverse the order.", "Jobs", "job"),
    Command("go-to", "colon", "go to row", "Go to a row by its number.", "Moving", "job"),
    Command("back", "escape,backspace", "back", "Go back to the previous screen.", "Moving", _SCREENS, 2),
    Command("up", "up,k", "up", "Go up one row.", "Moving", "table"),
    Command("down", "down,j", "down", "Go down one row.", "Moving", "table"),
    Command("page-up", "pageup", "page up", "Go up one page.", "Moving", "table"),
    Command("page-down", "pagedown,space", "page down", "Go down one page.", "Moving", "table"),
    Command("first", "home,g", "first", "Go to the first row.", "Moving", "table"),
    Command("last", "end,G", "last", "Go to the last row.", "Moving", "table"),
    Command("refresh", "r", "refresh", "Read the credit balance now.", "Program", "home job", 7),
    Command("ledger", "L", "ledger", "See where the credits went.", "Program", "home job", 9),
    Command("activity", "a", "activity", "See what was sent and received.", "Program", "home job"),
    Command("settings", "comma", "settings", "Change the settings.", "Program", "home job"),
    Command("profile", "P", "profile", "Switch to another profile.", "Program", "home job"),
    Command("key", "K", "API key", "Enter another API key.", "Program", "home job"),
    Command("save", "ctrl+s", "save", "Save the settings.", "Program", "settings", 1),
    Command("next-setting", "down", "next", "Go to the next setting.", "Moving", "settings"),
    Command("prev-setting", "up", "previous", "Go to the previous setting.", "Moving", "settings"),
    Command("next-choice", "right,enter,space", "choose", "Choose the next value.", "Moving", "choices", 3),
    Command("prev-choice", "left", "previous", "Choose the previous value.", "Moving", "choices"),
    Command("copy", "c", "copy", "Copy it, or save it to a file.", "Program", "activity job", 1),
    Command("cancel", "escape", "cancel", "Close the dialog without doing anything.", "Program", "dialog"),
    Command("free-mouse", "M", "mouse", "Toggle mouse capture.", "Program", "everywhere"),
    Command("hide-numbers", "H", "hide numbers", "Hide or show phone numbers.", "Program", "everywhere"),
    Command("help", "question_mark", "help", "Show all keys.", "Program", "everywhere", 1),
    Command("palette", "ctrl+p", "palette", "Search for a command or a job.", "Program", "everywhere"),
    Command("quit", "q", "quit", "Quit, or keep working in the background.", "Program", "everywhere", 1),
    Command("leave", "ctrl+c", "quit", "Quit, even while typing.", "Program", "everywhere", priority=True),
)

BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}
_BY_ACTION: Mapping[str, Command] = {command.action: command for command in COMMANDS}


def command_of(action: str) -> Command | None:
    """Return the command whose action this is. None means that it is no command's."""
    return _BY_ACTION.get(action)


def within(*scopes: str) -> list[Command]:
    """Return the commands that work in any of the scopes, in the order of their declaration."""
    return [command for command in COMMANDS if command.scopes & set(scopes)]


def bindings(scope: str) -> list[BindingType]:
    """Return the Textual bindings of the commands that work in a scope."""
    return [
        Binding(
            command.keys,
            command.action,
            command.title,
            show=bool(command.footer),
            priority=command.priority,
            id=command.id,
        )
        for command in within(scope)
    ]


def keys_shown(command: Command, remapped: Mapping[str, str]) -> str:
    """Return a command's keys as people read them (``?``, ``ctrl+p``), after remapping."""
    keys = remapped.get(command.id, command.keys).split(",")
    return " ".join(key_shown(key.strip()) for key in keys)


def key_of(command_id: str, remapped: Mapping[str, str]) -> str:
    """Return the first key of a command as people read it, after remapping."""
    return keys_shown(BY_ID[command_id], remapped).split(" ")[0]


def key_shown(key: str) -> str:
    """Return one of Textual's key names as people read it; in words where not every font has its symbol."""
    return key if key in ("enter", "backspace") else format_key(key)


def remap(keys: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Check the ``[keys]`` of the configuration.

    Args:
        keys: keys by command id, as the person wrote them.

    Returns:
        The entries that can be used, and a sentence about each that cannot.
    """
    usable: dict[str, str] = {}
    unknown: list[str] = []
    warnings: list[str] = []
    for command_id, key in keys.items():
        if command_id not in BY_ID:
            unknown.append(command_id)
        elif bad := [part for part in key.split(",") if not _is_key(part.strip())]:
            warnings.append(f"[keys]: {bad[0].strip()!r} is not a key; {command_id} keeps its default key.")
        else:
            usable[command_id] = key
    # All are taken first, so that two commands can swap keys; then clashing ones are dropped, the last first.
    while clash := next(((id_, other) for id_ in reversed(usable) if (other := _clash(id_, usable))), None):
        command_id, other = clash
        key = usable.pop(command_id)
        warnings.append(
            f"[keys]: {command_id} and {other} cannot both be {key!r}; {command_id} keeps its default key."
        )
    for command_id in unknown:
        near = difflib.get_close_matches(command_id, BY_ID, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Press {key_of('help', usable)} for their names."
        warnings.append(f"[keys]: there is no command {command_id!r}. {hint}")
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
    for other in _reachable(command.scopes):
        if other is not command and keys_of(other) & keys_of(command):
            return other.id
    return None


def _reachable(scopes: frozenset[str]) -> Iterable[Command]:
    """Return the commands that may work at the same time as one in `scopes`."""
    if scopes & {"everywhere", "table"}:
        return COMMANDS
    return within("everywhere", "table", *scopes)
