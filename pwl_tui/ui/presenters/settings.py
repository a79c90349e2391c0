"""The settings as fields of a form, made from their declaration, and what was typed as values."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct

from pwl_tui.config import Changes, Settings
from pwl_tui.config.tables import Declared, File, Profile, declared, tables

_KEYS = ("api_key", "api_key_command")
"""Never shown: the key has its own dialog."""
_YES, _NO = "yes", "no"
HEADINGS: Mapping[str, str] = {
    "": "Account",
    "lists": "Lists",
    "polling": "Polling",
    "worker": "Background worker",
    "ui": "Screen",
    "export": "When a job finishes or needs you",
    "notify": "When a job finishes or needs you",
}
"""By table of the file; the settings of a profile are under the account."""

_LABELS: Mapping[str, str] = {
    "profiles-base_url": "Base URL",
    "polling-minimum": "Shortest pause",
    "polling-small": "Small batches",
    "polling-large": "Large batches",
    "ui-ascii": "ASCII only",
    "ui-mask": "Hide numbers",
    "export-when_done": "Export to",
    "notify-desktop": "Desktop notice",
    "notify-title": "Terminal title",
}
"""Labels of settings whose name in the file says too little."""


class Field(Struct, frozen=True):
    """One setting as a field.

    Attributes:
        table: of the file; ``profiles`` for the profile in use, empty for the top of the file.
        setting: its declaration.
        options: its values, if it has only a few; empty if it is typed.
        text: its value now.
    """

    table: str
    setting: Declared
    options: tuple[str, ...]
    text: str

    @property
    def id(self) -> str:
        """The id of its widget."""
        return f"{self.table or 'file'}-{self.setting.name}"

    @property
    def label(self) -> str:
        """What it is called on the screen."""
        return _LABELS.get(self.id) or self.setting.name.replace("_", " ").capitalize()

    @property
    def help(self) -> str:
        """What it does and which values it takes, on two lines."""
        return f"{self.setting.meta.title}\nAllowed: {self.setting.meta.description}."


def fields(settings: Settings, profiles: Mapping[str, Profile]) -> list[Field]:
    """Return the fields in the order of the form: the account first, then the tables of the file."""
    profile, *_ = declared(File)
    made = [Field("", profile, tuple(profiles), settings.profile)]
    made += profile_fields(profiles[settings.profile]) if settings.profile in profiles else []
    for name, table in tables(File).items():
        if name == "state":
            continue  # it cannot change under jobs that are shown
        made += _fields(name, table, getattr(settings, name))
    return made


def profile_fields(profile: Profile) -> list[Field]:
    """Return the fields of one profile."""
    return [field for field in _fields("profiles", Profile, profile) if field.setting.name not in _KEYS]


def changes(before: list[Field], after: Mapping[str, str], profile: str) -> Changes:
    """Return the changes, ready to be saved.

    Args:
        before: the fields as they were, including those of `profile`.
        after: their texts now, by id.
        profile: the chosen one.
    """
    changed: dict[str, dict[str, Any]] = {}
    for field in before:
        if after[field.id] != field.text:
            table = f"profiles.{profile}" if field.table == "profiles" else field.table
            changed.setdefault(table, {})[field.setting.name] = typed(after[field.id], field)
    return changed


def typed(text: str, field: Field) -> Any:
    """Return what was typed as a value of the setting; invalid text stays text, which the checks refuse."""
    if field.setting.kind is bool:
        return text == _YES
    if isinstance(field.setting.default, str):
        return text.strip()
    try:
        numbers = [int(part) if part.strip().isdecimal() else float(part) for part in text.split(",")]
    except ValueError:
        return text
    return numbers if isinstance(field.setting.default, tuple) or len(numbers) > 1 else numbers[0]


def _fields(name: str, table: type[Struct], values: Struct) -> Iterator[Field]:
    for setting in declared(table):
        yield Field(name, setting, _options(setting), _text(getattr(values, setting.name)))


def _options(setting: Declared) -> tuple[str, ...]:
    if setting.kind is bool:
        return (_YES, _NO)
    return get_args(setting.kind) if get_origin(setting.kind) is Literal else ()


def _text(value: object) -> str:
    match value:
        case bool():
            return _YES if value else _NO
        case float():
            return f"{value:g}"
        case tuple():
            return ", ".join(_text(part) for part in value)
        case _:
            return str(value)
