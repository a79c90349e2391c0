"""The settings as fields of a form, made from their one declaration, and what is typed there as values."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct

from pwl_tui.config import Changes, Settings
from pwl_tui.config.tables import Declared, File, Profile, declared, tables

_KEYS = ("api_key", "api_key_command")
"""Never shown; the key has a dialog of its own."""
_YES, _NO = "yes", "no"
HEADINGS: Mapping[str, str] = {
    "": "Account",
    "lists": "Lists",
    "polling": "Polling",
    "ui": "Screen",
    "notify": "When a job is finished",
}
"""By table; a profile's settings stand under the account."""

_LABELS: Mapping[str, str] = {
    "profiles-base_url": "Base URL",
    "polling-minimum": "Shortest pause",
    "polling-small": "Small batches",
    "polling-large": "Large batches",
    "ui-ascii": "ASCII only",
    "notify-desktop": "Desktop notice",
    "notify-title": "Terminal title",
}
"""Where the name in the file alone says too little."""


class Field(Struct, frozen=True):
    """One setting as a field.

    Attributes:
        table: its table in the file; ``profiles`` for the profile in force, empty for the file itself.
        setting: as it was declared.
        options: what it may be, where that is one of a few; else anything that can be typed.
        text: what stands in the field.
    """

    table: str
    setting: Declared
    options: tuple[str, ...]
    text: str

    @property
    def id(self) -> str:
        """Of its widget."""
        return f"{self.table or 'file'}-{self.setting.name}"

    @property
    def label(self) -> str:
        """Its name as people read it."""
        return _LABELS.get(self.id) or self.setting.name.replace("_", " ").capitalize()

    @property
    def help(self) -> str:
        """What it does and may be, in two sentences."""
        return f"{self.setting.meta.title}\nAllowed: {self.setting.meta.description}."


def fields(settings: Settings, profiles: Mapping[str, Profile]) -> list[Field]:
    """Return the fields in the order of the form: the account, then the tables of the file."""
    profile, *_ = declared(File)
    made = [Field("", profile, tuple(profiles), settings.profile)]
    made += profile_fields(profiles[settings.profile]) if settings.profile in profiles else []
    for name, table in tables(File).items():
        made += _fields(name, table, getattr(settings, name))
    return made


def profile_fields(profile: Profile) -> list[Field]:
    """Return the fields of one profile."""
    return [field for field in _fields("profiles", Profile, profile) if field.setting.name not in _KEYS]


def changes(before: list[Field], after: Mapping[str, str], profile: str) -> Changes:
    """Return what was changed, ready to be saved.

    Args:
        before: the fields as they were, those of `profile` among them.
        after: what stands in them now, by their ids.
        profile: the one that is chosen.
    """
    changed: dict[str, dict[str, Any]] = {}
    for field in before:
        if after[field.id] != field.text:
            table = f"profiles.{profile}" if field.table == "profiles" else field.table
            changed.setdefault(table, {})[field.setting.name] = typed(after[field.id], field)
    return changed


def typed(text: str, field: Field) -> Any:
    """Return what was typed as the setting has it; what cannot be stays text, which the checks refuse."""
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
