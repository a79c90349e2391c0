"""Reads the settings in force, or says in one sentence why they cannot be used."""

import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import Struct, field

from pwl_tui import paths
from pwl_tui.config.errors import config_error
from pwl_tui.config.tables import (
    BASE_URL_VARIABLE,
    KEY_VARIABLE,
    File,
    Lists,
    Notify,
    Polling,
    Profile,
    Ui,
    declared,
    tables,
)
from pwl_tui.config.values import KeyCommand, base_url_from, key_from, on_this_machine
from pwl_tui.provider import PROVIDER
from pwl_tui.secret import Secret

T = TypeVar("T", bound=msgspec.Struct)

_DEFAULT = Profile()
_TABLES: Mapping[str, type[msgspec.Struct]] = {"profiles.NAME": Profile, **tables(File)}
_READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
_AT = re.compile(r" - at `\$\.?([^`\[]*)[^`]*`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`(?: - at |\Z)", re.DOTALL)


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that the person can set, as it is in force. Without arguments: the defaults."""

    profile: str = File().profile
    """Name of the profile that the key, the address and the region come from."""
    key_source: Secret | KeyCommand | None = None
    """The key, or the command that prints it; `api_key` is what to use."""
    base_url: str = _DEFAULT.base_url
    """https, or loopback; host in lower case, no slash at the end."""
    region: str | None = None
    """Two capital letters (ISO 3166-1), not looked up; none: numbers need their country code."""
    max_credits_per_job: int = _DEFAULT.max_credits_per_job
    """0: no cap."""
    confirm_above: int = _DEFAULT.confirm_above
    """Credits above which the person types the amount to confirm it; 0: never."""
    lists: Lists = field(default_factory=Lists)
    polling: Polling = field(default_factory=Polling)
    ui: Ui = field(default_factory=Ui)
    notify: Notify = field(default_factory=Notify)
    keys: Mapping[str, str] = field(default_factory=dict)
    """From command ids to keys, as the person wrote them."""
    warnings: tuple[str, ...] = ()
    """Sentences about what can be used but should be changed."""

    @property
    def api_key(self) -> Secret | None:
        """The key; none: none is set. Runs the key's command the first time, which can take seconds.

        Raises:
            ConfigError: the command fails.
        """
        return self.key_source.key if isinstance(self.key_source, KeyCommand) else self.key_source


def load(*, config_file: Path | None, profile: str | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings in force.

    Args:
        config_file: the file of the ``--config`` option, which must exist; none: the one that `environ` or
            the platform names, which need not.
        profile: the name of the ``--profile`` option; none: the one that the file names.
        environ: the environment; an empty variable is one that is not set.

    Raises:
        ConfigError: anything is wrong in the file (in a profile that is not in use, too) or the environment.
        PathError: the place of the file cannot be told.
    """
    path = config_file or paths.config_file(environ)
    return in_force(read(path, required=config_file is not None), path, profile, environ)


def in_force(
    document: Mapping[str, Any], path: Path, profile: str | None, environ: Mapping[str, str]
) -> Settings:
    """Return the settings that a file would put in force.

    Args:
        document: its content, as `read` returns it.
        path: where it is or will be.
        profile: as for `load`.
        environ: as for `load`.

    Raises:
        ConfigError: as for `load`.
    """
    file, profiles = checked(document, path)
    name = profile or file.profile
    chosen = _choose(name, profiles, path)
    base_url = _base_url(chosen, name, path, environ)
    _check_pace(file.polling, base_url, path)
    return Settings(
        profile=name,
        key_source=_key_source(chosen, environ),
        base_url=base_url,
        region=chosen.region.upper() or None,
        max_credits_per_job=chosen.max_credits_per_job,
        confirm_above=chosen.confirm_above,
        lists=file.lists,
        polling=file.polling,
        ui=file.ui,
        notify=file.notify,
        keys=file.keys,
        warnings=_warnings(profiles, path),
    )


def read(path: Path, *, required: bool = False) -> dict[str, Any]:
    """Return the file as TOML tells it, unchecked; empty when there is no file and none is required.

    Raises:
        ConfigError: it is required and missing, cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        if not required:
            return {}
        message, remedy = f"There is no configuration file {path}.", "`pwl-tui config init` writes one."
    except OSError as error:
        message = f"The configuration file {path} cannot be read: {error.strerror}."
        remedy = "Give yourself permission to read it, or name another file with --config."
    except UnicodeDecodeError:
        message, remedy = f"The configuration file {path} is not UTF-8 text.", "Save it as UTF-8."
    except (ValueError, RecursionError) as error:  # also 5,000 digits in a row, or brackets 1,000 deep
        message = f"The configuration file {path} is not valid TOML: {error}."
        remedy = "Correct it there; text wants quotation marks."
    # Raised out here: inside, the error would carry the file's text along, and a key in it.
    raise config_error(message, remedy)


def checked(document: Mapping[str, Any], path: Path) -> tuple[File, dict[str, Profile]]:
    """Return the file's settings and its profiles by name.

    Args:
        document: what `read` returned.
        path: where it came from, for the sentences.

    Raises:
        ConfigError: a setting is unknown, or holds what it may not.
    """
    file = _convert(document, File, "", path)
    profiles = {
        name: _convert(table, Profile, f"profiles.{name}.", path) for name, table in file.profiles.items()
    }
    return file, profiles


def _convert(table: Mapping[str, Any], to: type[T], prefix: str, path: Path) -> T:
    try:
        return msgspec.convert(table, to, dec_hook=_custom)
    except msgspec.ValidationError as error:
        complaint, rule = str(error), error.__cause__
    inside = _AT.search(complaint)
    name = inside[1] if inside else ""
    if unknown := _UNKNOWN.match(complaint):
        _raise_unknown(unknown[1], f"{name}." if name else prefix, to, path)
    must = str(rule) if isinstance(rule, ValueError) else f"be {_allowed(to, name)}"
    raise config_error(f"{(prefix + name).rstrip('.')} in {path} must {must}.")


def _custom(wanted: type, value: object) -> Secret:
    if wanted is Secret and isinstance(value, str):
        return key_from(value)
    raise ValueError("be text in quotation marks")


def _allowed(table: type[msgspec.Struct], name: str) -> str:
    """Return in words what a setting may be; `name` is dotted where it lies in a table within `table`."""
    head, _, rest = name.partition(".")
    if rest:
        return _allowed(tables(table)[head], rest)
    words = {setting.name: setting.meta.description for setting in declared(table)}
    return words.get(head) or f"a table, [{head}]"


def _raise_unknown(name: str, prefix: str, table: type[msgspec.Struct], path: Path) -> NoReturn:
    import difflib  # here, because only a mistake needs it

    within = tables(table).get(prefix.rstrip("."), table)
    here = {known: prefix + known for known in within.__struct_fields__}
    elsewhere = {
        known: f"{place}.{known}" for place, other in _TABLES.items() for known in other.__struct_fields__
    }
    remedy = f"The settings there are: {', '.join(here.values())}."
    for known in (here, elsewhere):
        if near := difflib.get_close_matches(name, known, 1):
            remedy = f"Did you mean {known[near[0]]}?"
            break
    raise config_error(f"{path} sets {prefix}{name}, which is no setting.", remedy)


def _choose(name: str, profiles: Mapping[str, Profile], path: Path) -> Profile:
    if name in profiles:
        return profiles[name]
    if not profiles and name == Settings().profile:
        return _DEFAULT
    raise config_error(
        f"There is no profile {name} in {path}; the profiles there are: {', '.join(profiles) or 'none'}.",
        f"Name another with --profile or with the setting profile, or add a table [profiles.{name}].",
    )


def _base_url(profile: Profile, name: str, path: Path, environ: Mapping[str, str]) -> str:
    named = environ.get(BASE_URL_VARIABLE)
    try:
        return base_url_from(named or profile.base_url)
    except ValueError as rule:
        place = BASE_URL_VARIABLE if named else f"profiles.{name}.base_url in {path}"
        raise config_error(f"{place} must {rule}.") from None


def _check_pace(polling: Polling, base_url: str, path: Path) -> None:
    if on_this_machine(base_url):
        return
    shortest = {"minimum": polling.minimum, "small": polling.small[0], "large": polling.large[0]}
    for name, seconds in shortest.items():
        if seconds < PROVIDER.minimum_pause:
            raise config_error(
                f"polling.{name} in {path} must be at least {PROVIDER.minimum_pause:.0f} seconds.",
                "Make it longer; the service asks for that, and only one on this machine does not.",
            )


def _key_source(profile: Profile, environ: Mapping[str, str]) -> Secret | KeyCommand | None:
    if named := environ.get(KEY_VARIABLE):
        try:
            return key_from(named)
        except ValueError as rule:
            raise config_error(f"{KEY_VARIABLE} must {rule}.", "Set it to the key, or unset it.") from None
    return KeyCommand(profile.api_key_command) if profile.api_key_command else profile.api_key


def _warnings(profiles: Mapping[str, Profile], path: Path) -> tuple[str, ...]:
    holds_key = any(profile.api_key for profile in profiles.values())
    if holds_key and path.exists() and path.stat().st_mode & _READABLE_BY_OTHERS:
        return (f"{path} holds an API key and can be read by others: run `chmod 600` on it.",)
    return ()
