"""Reads the settings in force, or raises an error that says in one sentence what is wrong with them."""

import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import Struct, field

from pwl_tui import paths
from pwl_tui.config.errors import ConfigError
from pwl_tui.config.tables import (
    BASE_URL_VARIABLE,
    KEY_VARIABLE,
    STATE_URL_VARIABLE,
    Export,
    File,
    Lists,
    Notify,
    Polling,
    Profile,
    Sending,
    State,
    Ui,
    Worker,
    declared,
    tables,
)
from pwl_tui.config.values import (
    KeyCommand,
    base_url_from,
    check_state_url,
    key_from,
    on_this_machine,
)
from pwl_tui.os_errors import os_sentences
from pwl_tui.provider import PROVIDER
from pwl_tui.secret import Secret

T = TypeVar("T", bound=msgspec.Struct)

_DEFAULT = Profile()
_TABLES: Mapping[str, type[msgspec.Struct]] = {"profiles.NAME": Profile, **tables(File)}
_READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
_AT = re.compile(r" - at `\$\.?([^`\[]*)[^`]*`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`(?: - at |\Z)", re.DOTALL)


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be set, as it is in force. Without arguments, the defaults."""

    profile: str = File().profile
    """The profile that the key, the address and the region come from."""
    key_source: Secret | KeyCommand | None = None
    """The key, or the command that prints it. Use `api_key` to get it."""
    base_url: str = _DEFAULT.base_url
    """https, or loopback; the host in lower case, without a slash at the end."""
    region: str | None = None
    """Two capital letters (ISO 3166-1), not checked. None: numbers need their country code."""
    max_credits_per_job: int = _DEFAULT.max_credits_per_job
    """0 means no limit."""
    confirm_above: int = _DEFAULT.confirm_above
    """To spend more credits than this, the person types the amount; 0 means never."""
    lists: Lists = field(default_factory=Lists)
    sending: Sending = field(default_factory=Sending)
    polling: Polling = field(default_factory=Polling)
    worker: Worker = field(default_factory=Worker)
    ui: Ui = field(default_factory=Ui)
    export: Export = field(default_factory=Export)
    notify: Notify = field(default_factory=Notify)
    state: State = field(default_factory=State)
    keys: Mapping[str, str] = field(default_factory=dict)
    """From command IDs to keys, as the person wrote them."""
    warnings: tuple[str, ...] = ()
    """Sentences about things that work but should be changed."""

    @property
    def api_key(self) -> Secret | None:
        """The key, or None if none is set. The first use runs the key's command, which can take seconds.

        Raises:
            ConfigError: the command fails.
        """
        return self.key_source.key if isinstance(self.key_source, KeyCommand) else self.key_source


def load(*, config_file: Path | None, profile: str | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings in force.

    Args:
        config_file: the file of the ``--config`` option, which must exist. None means the one that `environ`
            or the platform names, which need not exist.
        profile: the name from the ``--profile`` option. None means the one that the file names.
        environ: the environment. An empty variable counts as unset.

    Raises:
        ConfigError: something is wrong in the file (even in a profile that is not in use) or the environment.
        PathError: the location of the file cannot be determined.
    """
    path = config_file or paths.config_file(environ)
    return in_force(read(path, required=config_file is not None), path, profile, environ)


def in_force(
    document: Mapping[str, Any], path: Path, profile: str | None, environ: Mapping[str, str]
) -> Settings:
    """Return the settings that a file results in.

    Args:
        document: its content, from `read`.
        path: where the file is or will be.
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
        sending=file.sending,
        polling=file.polling,
        worker=file.worker,
        ui=file.ui,
        export=file.export,
        notify=file.notify,
        state=_state(file.state, environ),
        keys=file.keys,
        warnings=_warnings(profiles, path),
    )


def read(path: Path, *, required: bool = False) -> dict[str, Any]:
    """Return the parsed file, unchecked. It is empty if there is no file and none is required.

    Raises:
        ConfigError: the file is required and missing, cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        if not required:
            return {}
        message, remedy = f"There is no configuration file {path}.", "Run `pwl-tui config init` to write one."
    except OSError as error:
        message, _ = os_sentences(error, path)
        remedy = "Fix that, or use another configuration file with --config."
    except UnicodeDecodeError:
        message, remedy = f"The configuration file {path} is not UTF-8 text.", "Save it as UTF-8."
    except (ValueError, RecursionError) as error:  # also 5,000 digits in a row, or brackets 1,000 deep
        message = f"The configuration file {path} is not valid TOML: {error}."
        remedy = "Correct it there. Text needs quotation marks."
    # Raised out here: inside, the error would carry the text of the file, which may contain a key.
    raise ConfigError(message, remedy)


def checked(document: Mapping[str, Any], path: Path) -> tuple[File, dict[str, Profile]]:
    """Return the file's settings and its profiles by name.

    Args:
        document: what `read` returned.
        path: where it came from, for the messages.

    Raises:
        ConfigError: a setting is unknown, or its value is invalid.
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
    raise ConfigError(f"{(prefix + name).rstrip('.')} in {path} must {must}.")


def _custom(wanted: type, value: object) -> Secret:
    if wanted is Secret and isinstance(value, str):
        return key_from(value)
    raise ValueError("be text in quotation marks")


def _allowed(table: type[msgspec.Struct], name: str) -> str:
    """Return in words what a setting may be; `name` has dots if it is in a table within `table`."""
    head, _, rest = name.partition(".")
    if rest:
        return _allowed(tables(table)[head], rest)
    words = {setting.name: setting.meta.description for setting in declared(table)}
    return words.get(head) or f"a table, [{head}]"


def _raise_unknown(name: str, prefix: str, table: type[msgspec.Struct], path: Path) -> NoReturn:
    import difflib  # here, because only mistakes need it

    within = tables(table).get(prefix.rstrip("."), table)
    here = {known: prefix + known for known in within.__struct_fields__}
    elsewhere = {
        known: f"{place}.{known}" for place, other in _TABLES.items() for known in other.__struct_fields__
    }
    remedy = f"Use one of: {', '.join(here.values())}."
    for known in (here, elsewhere):
        if near := difflib.get_close_matches(name, known, 1):
            remedy = f"Did you mean {known[near[0]]}?"
            break
    raise ConfigError(f"{path} has an unknown setting, {prefix}{name}.", remedy)


def _choose(name: str, profiles: Mapping[str, Profile], path: Path) -> Profile:
    if name in profiles:
        return profiles[name]
    if not profiles and name == Settings().profile:
        return _DEFAULT
    raise ConfigError(
        f"There is no profile {name} in {path}; its profiles are: {', '.join(profiles) or 'none'}.",
        f"Choose another with --profile or the setting profile, or add a table [profiles.{name}].",
    )


def _base_url(profile: Profile, name: str, path: Path, environ: Mapping[str, str]) -> str:
    named = environ.get(BASE_URL_VARIABLE)
    try:
        return base_url_from(named or profile.base_url)
    except ValueError as rule:
        place = BASE_URL_VARIABLE if named else f"profiles.{name}.base_url in {path}"
        raise ConfigError(f"{place} must {rule}.") from None


def _state(state: State, environ: Mapping[str, str]) -> State:
    named = environ.get(STATE_URL_VARIABLE)
    if not named:
        return state
    try:
        check_state_url(named)
    except ValueError as rule:
        raise ConfigError(f"{STATE_URL_VARIABLE} must {rule}.", "Correct it, or unset it.") from None
    return State(url=named)


def _check_pace(polling: Polling, base_url: str, path: Path) -> None:
    if on_this_machine(base_url):
        return
    shortest = {"minimum": polling.minimum, "small": polling.small[0], "large": polling.large[0]}
    for name, seconds in shortest.items():
        if seconds < PROVIDER.minimum_pause:
            raise ConfigError(
                f"polling.{name} in {path} must be at least {PROVIDER.minimum_pause:.0f} seconds.",
                "Increase it: only a service on this machine can be polled faster.",
            )


def _key_source(profile: Profile, environ: Mapping[str, str]) -> Secret | KeyCommand | None:
    if named := environ.get(KEY_VARIABLE):
        try:
            return key_from(named)
        except ValueError as rule:
            raise ConfigError(f"{KEY_VARIABLE} must {rule}.", "Set it to the key, or unset it.") from None
    return KeyCommand(profile.api_key_command) if profile.api_key_command else profile.api_key


def _warnings(profiles: Mapping[str, Profile], path: Path) -> tuple[str, ...]:
    holds_key = any(profile.api_key for profile in profiles.values())
    if holds_key and path.exists() and path.stat().st_mode & _READABLE_BY_OTHERS:
        return (f"{path} contains an API key and others can read it: run `chmod 600` on it.",)
    return ()
