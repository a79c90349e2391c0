"""Writes the commented example, keys and changed settings; shows the settings in force."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import tomli_w

from pwl_tui import paths
from pwl_tui.config.errors import ConfigError
from pwl_tui.config.settings import Settings, checked, in_force, read
from pwl_tui.config.tables import Declared, File, Profile, declared, tables
from pwl_tui.config.values import KeyCommand, key_from
from pwl_tui.secret import Secret
from pwl_tui.text import clean

Changes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""New values of settings, by table and name."""

_HEAD = """\
# All settings of pwl-tui, with their defaults. `pwl-tui config path` prints where this file belongs.
# Options and the environment override it.
"""


def example() -> str:
    """Return a configuration file with every setting explained and set to its default."""
    profile, _, keys = declared(File)
    blocks = [
        f"{_HEAD}\n{_entry(profile)}",
        _block(f"profiles.{profile.default}", Profile),
        *(_block(name, table) for name, table in tables(File).items()),
        f"[keys]\n{_entry(keys)}",
    ]
    return "\n".join(blocks)


def save_key(config_file: Path, profile: str, key: Secret) -> None:
    """Write a key to the file (0600), and leave every other setting as it is.

    The key replaces the profile's ``api_key_command``. A file written by hand is first copied, as `save`
    does.

    Args:
        config_file: created if it does not exist.
        profile: whose key it is; its table is added if it does not exist.
        key: the key, which the caller has tried.

    Raises:
        ConfigError: the file is already invalid, or this cannot be a key. Nothing is written.
        PathError: the file cannot be written.
    """
    try:
        text = key_from(key.reveal()).reveal()
    except ValueError as rule:
        raise ConfigError(f"The API key must {rule}.", "Copy it again from the service's website.") from None
    document = read(config_file)
    checked(document, config_file)
    table = document.setdefault("profiles", {}).setdefault(profile, {})
    table.pop("api_key_command", None)
    table["api_key"] = text
    _rewrite(config_file, document)


def save(
    config_file: Path, changes: Changes, profile: str, *, environ: Mapping[str, str]
) -> tuple[Settings, Path | None]:
    """Write changed settings to the file (0600), and leave all others as they are.

    Args:
        config_file: created if it does not exist.
        changes: new values by setting, by table name; ``""`` means the file itself.
        profile: the profile to put in force.
        environ: the environment, which overrides the file.

    Returns:
        The settings now in force, and the path of the copy made of a file written by hand, because rewriting
        loses its comments and layout. None means that there was nothing to lose.

    Raises:
        ConfigError: a value is not allowed, or the file is already invalid. Nothing is written.
        PathError: the file cannot be written.
    """
    document = read(config_file)
    checked(document, config_file)
    for name, values in changes.items():
        table = document
        for step in name.split(".", 1) if name else ():
            table = table.setdefault(step, {})
        table.update(values)
    settings = in_force(document, config_file, profile, environ)
    return settings, _rewrite(config_file, document)


def profiles(config_file: Path) -> dict[str, Profile]:
    """Return the profiles in the file by name; if it has none, the default one.

    Raises:
        ConfigError: the file is invalid.
    """
    return checked(read(config_file), config_file)[1] or {File().profile: Profile()}


def show(settings: Settings) -> str:
    """Return the settings in force as a configuration file, with a comment instead of the key.

    It does not run the command that prints the key.
    """
    source = settings.key_source
    if isinstance(source, KeyCommand):
        key = f"printed by {clean(source.program)} (api_key_command)"
    else:
        key = f"fingerprint {source.fingerprint}" if source else "none"
    profile = {
        "base_url": settings.base_url,
        "region": settings.region or "",
        "max_credits_per_job": settings.max_credits_per_job,
        "confirm_above": settings.confirm_above,
    }
    document = {
        "profile": settings.profile,
        "profiles": {settings.profile: profile},
        **{name: msgspec.to_builtins(getattr(settings, name)) for name in tables(File)},
        "keys": dict(settings.keys),
    }
    return f"# API key: {key}\n{tomli_w.dumps(document)}"


def _rewrite(config_file: Path, document: Mapping[str, Any]) -> Path | None:
    """Write the file. Return the path of a copy of the old one, if this program had not written that."""
    kept = None
    if os.path.exists(config_file):
        text = config_file.read_text("utf-8-sig")
        if text != tomli_w.dumps(tomllib.loads(text)):
            kept = paths.backup(config_file)
    paths.write_private(config_file, tomli_w.dumps(document).encode())
    return kept


def _block(name: str, table: type[msgspec.Struct]) -> str:
    entries = "\n".join(_entry(setting) for setting in declared(table))
    return f"# {table.__doc__}\n[{name}]\n{entries}"


def _entry(setting: Declared) -> str:
    """Return the lines of a setting: what it does, what is allowed, and its default or an example."""
    meta = setting.meta
    return f"# {meta.title}\n# Allowed: {meta.description}.\n{_sample(setting)}\n"


def _sample(setting: Declared) -> str:
    if setting.meta.examples:
        return f"# {setting.meta.examples[0]}"
    # JSON and TOML write text, numbers, booleans and lists of these alike.
    default = msgspec.json.format(msgspec.json.encode(setting.default), indent=0).decode()
    return f"{setting.name} = {default}"
