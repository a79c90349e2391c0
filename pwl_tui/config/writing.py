"""Writes the commented example, the key in the file, and the settings in force."""

import json
from pathlib import Path

import msgspec
import tomli_w

from pwl_tui import paths
from pwl_tui.config.errors import config_error
from pwl_tui.config.settings import Settings, checked, read
from pwl_tui.config.tables import Declared, File, Profile, declared, tables
from pwl_tui.config.values import KeyCommand, key_from
from pwl_tui.secret import Secret
from pwl_tui.text import clean

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

    The key takes the place of the profile's ``api_key_command``. What the rewriting would lose, comments and
    layout, is first kept beside the file as ``<name>.bak``.

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
    rewritten = tomli_w.dumps(document)
    if config_file.exists() and config_file.read_text("utf-8") != rewritten:
        paths.backup(config_file)
    table = document.setdefault("profiles", {}).setdefault(profile, {})
    table.pop("api_key_command", None)
    table["api_key"] = text
    paths.write_private(config_file, tomli_w.dumps(document).encode())


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
    return f"{setting.name} = {json.dumps(setting.default)}"
