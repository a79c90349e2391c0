"""Writes the commented example, a key or changed settings, and the settings in force."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import tomli_w

from pwl_tui import paths
from pwl_tui.config.errors import config_error
from pwl_tui.config.settings import Settings, checked, in_force, read
from pwl_tui.config.tables import Declared, File, Profile, declared, tables
from pwl_tui.config.values import KeyCommand, key_from
from pwl_tui.secret import Secret
from pwl_tui.text import clean

Changes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""New values of settings, by their tables."""

_HEAD = """\
# Settings of pwl-tui: every one of them, at its default. `pwl-tui config path` tells where this file belongs.
# Options and the environment go before it.
"""


def example() -> str:
    """Return a configuration file with every setting at its default and commented."""
    profile, _, keys = declared(File)
    blocks = [
        f"{_HEAD}\n{_entry(profile)}",
        _block(f"profiles.{profile.default}", Profile),
        *(_block(name, table) for name, table in tables(File).items()),
        f"[keys]\n{_entry(keys)}",
    ]
    return "\n".join(blocks)


def save_key(config_file: Path, profile: str, key: Secret) -> None:
    """Write a key into the file (0600), and leave every other setting as it is.

    The key takes the place of the profile's ``api_key_command``. A file written by hand is first kept beside
    it, as by `save`.

    Args:
        config_file: made when it is missing.
        profile: whose key it is; its table is made when it is missing.
        key: the key, tried before.

    Raises:
        ConfigError: the file holds something wrong already, or this cannot be a key; nothing is written.
        PathError: the file cannot be written.
    """
    try:
        text = key_from(key.reveal()).reveal()
    except ValueError as rule:
        raise config_error(
            f"The API key must {rule}.", "Copy it again from the service's own page."
        ) from None
    document = read(config_file)
    checked(document, config_file)
    table = document.setdefault("profiles", {}).setdefault(profile, {})
    table.pop("api_key_command", None)
    table["api_key"] = text
    _rewrite(config_file, document)


def save(
    config_file: Path, changes: Changes, profile: str, *, environ: Mapping[str, str]
) -> tuple[Settings, Path | None]:
    """Write changed settings into the file (0600), and leave all others as they are.

    Args:
        config_file: made when it is missing.
        changes: tables within the file, by name, of values by setting; ``""`` is the file itself.
        profile: the profile that is to be in force.
        environ: the environment, which goes before the file.

    Returns:
        The settings in force now, and the copy that was made of a file written by hand: rewriting loses its
        comments and layout. None: there was nothing to lose.

    Raises:
        ConfigError: a value is not allowed, or the file holds something wrong already; nothing is written.
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
    """Return the profiles in the file by name; the default one, where it has none.

    Raises:
        ConfigError: the file cannot be used.
    """
    return checked(read(config_file), config_file)[1] or {File().profile: Profile()}


def show(settings: Settings) -> str:
    """Return the settings in force as a configuration file, with a comment in place of the key.

    A command that prints the key is not run.
    """
    source = settings.key_source
    if isinstance(source, KeyCommand):
        key = f"what {clean(source.program)} prints (api_key_command)"
    else:
        key = f"{source.fingerprint} (its fingerprint)" if source else "none"
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
    """Write the file; return the copy of what stood there, where it was not written by this program."""
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
    """Return a setting's lines: what it does, what is allowed, and its default or, without one, a sample."""
    meta = setting.meta
    return f"# {meta.title}\n# Allowed: {meta.description}.\n{_sample(setting)}\n"


def _sample(setting: Declared) -> str:
    if setting.meta.examples:
        return f"# {setting.meta.examples[0]}"
    # Of text, numbers, booleans and lists of these, JSON and TOML have the same notation.
    default = msgspec.json.format(msgspec.json.encode(setting.default), indent=0).decode()
    return f"{setting.name} = {default}"
