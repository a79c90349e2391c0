import os
import stat
import tomllib
from pathlib import Path

import pytest

from pwl_tui import config
from pwl_tui.config import Settings
from pwl_tui.secret import Secret
from tests.unit.config.conftest import KEY, Read, refusal

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


def test_the_shipped_example_is_the_one_in_the_repository_and_loads_with_the_defaults() -> None:
    assert EXAMPLE.read_text("utf-8") == config.example()
    assert config.load(config_file=EXAMPLE, profile=None, environ={}) == Settings()


def test_the_example_has_every_setting(read: Read) -> None:
    shown = tomllib.loads(config.show(read()))
    example = tomllib.loads(config.example().replace('# api_key = "…"', f'api_key = "{KEY}"'))
    assert example["profiles"]["default"].pop("api_key") == KEY
    assert example["profiles"]["default"].pop("api_key_command") == ""
    assert example == shown


def test_a_key_is_saved_where_there_was_no_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    config.save_key(file, "default", Secret(KEY))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert config.load(config_file=file, profile=None, environ={}) == Settings(key_source=Secret(KEY))
    assert os.listdir(file.parent) == ["config.toml"]  # noqa: PTH208 - only the names matter


def test_saving_a_key_keeps_every_other_setting_and_the_comments_in_a_copy(read: Read, file: Path) -> None:
    text = f"{config.example()}\n[profiles.work]\nregion = 'DE'\nbase_url = 'https://w.example' # ours\n"
    before = read(text, profile="work")

    config.save_key(file, "work", Secret(KEY))
    config.save_key(file, "work", Secret(f"{KEY}-2"))

    after = config.load(config_file=file, profile="work", environ={})
    assert after.api_key == Secret(f"{KEY}-2")
    assert config.show(after).splitlines()[1:] == config.show(before).splitlines()[1:]
    [backup] = file.parent.glob("config.toml.bak-*")
    assert backup.read_text("utf-8") == text, "the second saving lost no comment, and made no copy"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_saved_key_takes_the_place_of_the_command(read: Read, file: Path) -> None:
    read("[profiles.default]\napi_key_command = 'pass show it'\n")
    config.save_key(file, "default", Secret(KEY))
    assert config.load(config_file=file, profile=None, environ={}).api_key == Secret(KEY)


@pytest.mark.parametrize("text", ["[lists\n", "nonsense = 1\n"])
def test_a_key_is_not_saved_into_a_bad_file(text: str, file: Path) -> None:
    file.write_text(text)
    refusal(lambda: config.save_key(file, "default", Secret(KEY)))
    assert file.read_text() == text


@pytest.mark.parametrize("key", ["", "two words", "clé"])
def test_an_invalid_key_is_not_saved(key: str, file: Path) -> None:
    assert "The API key must be a key" in refusal(lambda: config.save_key(file, "default", Secret(key)))
    assert not file.exists()


def test_the_settings_in_force_hide_the_key_and_can_be_read_again(read: Read) -> None:
    settings = read(f'[profiles.default]\napi_key = "{KEY}"\nregion = "US"\n[keys]\nhelp = "f1"\n')
    shown = config.show(settings)

    assert KEY not in shown + repr(settings)
    assert Secret(KEY).fingerprint in shown
    again = read(shown)
    assert again.api_key is None
    assert (again.region, again.keys, again.polling) == ("US", {"help": "f1"}, settings.polling)


def test_only_what_changed_is_saved(read: Read, file: Path) -> None:
    text = f"# mine\nprofile = 'work'\n[profiles.work]\napi_key = '{KEY}'\n[profiles.'a.b']\nregion = 'DE'\n"
    read(text)
    changes: config.Changes = {
        "": {"profile": "a.b"},
        "profiles.a.b": {"region": "US"},
        "lists": {"reuse_days": 7},
    }

    settings, kept = config.save(file, changes, "a.b", environ={})

    assert (settings.profile, settings.region, settings.lists.reuse_days) == ("a.b", "US", 7)
    assert settings == config.load(config_file=file, profile=None, environ={})
    assert kept is not None
    assert kept.read_text("utf-8") == text
    assert tomllib.loads(file.read_text("utf-8")) == {
        "profile": "a.b",
        "profiles": {"work": {"api_key": KEY}, "a.b": {"region": "US"}},
        "lists": {"reuse_days": 7},
    }
    assert [(name, profile.region) for name, profile in config.profiles(file).items()] == [
        ("work", ""),
        ("a.b", "US"),
    ]
    assert config.save(file, {"ui": {"theme": "light"}}, "work", environ={})[1] is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lists": {"reuse_days": -1}}, "lists.reuse_days in"),
        ({"polling": {"small": [9, 3]}}, "polling in"),
        ({"polling": {"minimum": 0.5}}, "at least 2 seconds"),
        ({"profiles.default": {"base_url": "http://elsewhere.example"}}, "must be an https:// address"),
        ({"notify": {"command": "'"}}, "notify in"),
    ],
)
def test_an_invalid_value_is_not_saved(
    changes: config.Changes, sentence: str, read: Read, file: Path
) -> None:
    read("# by hand\n")
    said = refusal(lambda: config.save(file, changes, "default", environ={}))
    assert sentence in said
    assert file.read_text("utf-8") == "# by hand\n"
    assert os.listdir(file.parent) == [file.name]  # noqa: PTH208 - only the names matter


def test_the_environment_overrides_what_is_saved(file: Path) -> None:
    environ = {"PROWEBLOOK_BASE_URL": "https://theirs.example"}
    changes = {"profiles.default": {"base_url": "https://mine.example"}}
    assert config.save(file, changes, "default", environ=environ)[0].base_url == "https://theirs.example"
    assert list(config.profiles(file)) == ["default"]
