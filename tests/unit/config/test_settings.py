from pathlib import Path

import pytest

from pwl_tui import config
from pwl_tui.config import Settings
from pwl_tui.secret import Secret
from tests.unit.config.conftest import KEY, LOOPBACK, Read, refusal


def test_without_a_file_the_defaults_are_in_force(file: Path) -> None:
    assert config.load(config_file=None, profile=None, environ={"PWL_TUI_CONFIG": str(file)}) == Settings()
    assert Settings().api_key is None
    assert Settings().base_url == "https://lookup.proweblook.com"


def test_every_setting_is_read_from_the_file(read: Read) -> None:
    settings = read(f"""
        profile = "work"
        [profiles.work]
        api_key = "{KEY}"
        base_url = "https://Gateway.Example.com:443/pwl/"
        region = "de"
        max_credits_per_job = 5000
        confirm_above = 100
        [profiles.other]
        region = "FR"
        [lists]
        reuse_days = 0
        numbers = "possible"
        [polling]
        minimum = 3
        small = [4, 8.5]
        large = [20.0, 40.0]
        requests_per_second = 1
        [ui]
        theme = "ansi"
        mouse = false
        low_bandwidth = "never"
        [notify]
        bell = false
        command = "notify-send 'all done'"
        [keys]
        new-list = "ctrl+n"
    """)
    assert settings == Settings(
        profile="work",
        key_source=Secret(KEY),
        base_url="https://gateway.example.com/pwl",
        region="DE",
        max_credits_per_job=5000,
        confirm_above=100,
        lists=config.Lists(reuse_days=0, numbers="possible"),
        polling=config.Polling(minimum=3.0, small=(4.0, 8.5), large=(20.0, 40.0), requests_per_second=1.0),
        ui=config.Ui(theme="ansi", mouse=False, low_bandwidth="never"),
        notify=config.Notify(bell=False, command="notify-send 'all done'"),
        keys={"new-list": "ctrl+n"},
    )


def test_options_override_the_environment_which_overrides_the_file(
    read: Read, file: Path, tmp_path: Path
) -> None:
    two = f"""
        profile = "a"
        [profiles.a]
        api_key = "{KEY}"
        base_url = "https://a.example"
        [profiles.b]
        region = "FR"
    """
    environ = {"PROWEBLOOK_API_KEY": f" {KEY}-env\n", "PROWEBLOOK_BASE_URL": "http://localhost:1"}

    assert (read(two).profile, read(two, profile="b").profile) == ("a", "b")
    assert read(two).api_key == Secret(KEY)
    assert read(two, profile="b").api_key is None
    assert read(two, environ).api_key == Secret(f"{KEY}-env")
    assert read(two, environ).base_url == "http://localhost:1"
    assert read(two, dict.fromkeys(environ, "")) == read(two), "an empty variable is not set"

    elsewhere = {"PWL_TUI_CONFIG": str(tmp_path / "elsewhere.toml")}
    assert config.load(config_file=file, profile=None, environ=elsewhere) == read(two)
    assert config.load(config_file=None, profile=None, environ={"PWL_TUI_CONFIG": str(file)}) == read(two)


def test_a_byte_order_mark_is_skipped(read: Read) -> None:
    assert read("\ufeff[lists]\nreuse_days = 7\n").lists.reuse_days == 7


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_a_key_that_others_can_read_is_a_warning(mode: int, count: int, read: Read, file: Path) -> None:
    read(f'[profiles.default]\napi_key = "{KEY}"\n')
    file.chmod(mode)
    warnings = config.load(config_file=file, profile=None, environ={}).warnings
    assert len(warnings) == count
    assert all("chmod 600" in sentence and KEY not in sentence for sentence in warnings)


def test_a_file_without_a_key_may_be_read_by_others(read: Read, file: Path) -> None:
    read("")
    file.chmod(0o644)
    assert config.load(config_file=file, profile=None, environ={}).warnings == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lists\n", ["not valid TOML", "line 1"]),
        ("\n\nprofile = default\n", ["not valid TOML", "line 3"]),
        ("x = " + "9" * 5000, ["not valid TOML"]),
        ("x = " + "[" * 20_000, ["not valid TOML"]),
        ("reuse_dayz = 1", ["unknown setting, reuse_dayz", "Did you mean lists.reuse_days?"]),
        ("[list]\nreuse_days = 1", ["unknown setting, list.", "Did you mean lists?"]),
        ("[lists]\nreuse_dayz = 1", ["lists.reuse_dayz", "Did you mean lists.reuse_days?"]),
        ("[lists]\nregion = 'US'", ["lists.region", "Did you mean profiles.NAME.region?"]),
        ("[ui]\nzzz = 1", ["ui.zzz", "ui.theme, ui.mouse, ui.low_bandwidth"]),
        ("[profiles.work]\napikey = 'x'", ["profiles.work.apikey", "Did you mean profiles.work.api_key?"]),
        ("lists = 3", ["lists", "a table, [lists]"]),
        ("profiles = 3", ["profiles", "table of tables"]),
        ("profiles.work = 3", ["profiles", "table of tables"]),
        ("[profile.default]\nregion = 'US'", ["profile in", "[profiles.NAME]"]),
        ("[lists]\nreuse_days = '30'", ["lists.reuse_days", "a whole number of days, 0 to 3,650"]),
        ("[lists]\nreuse_days = true", ["lists.reuse_days", "whole number"]),
        ("[lists]\nreuse_days = -1", ["lists.reuse_days", "0 to 3,650"]),
        ("[lists]\nnumbers = 'all'", ["lists.numbers", '"valid" or "possible"']),
        ("[polling]\nminimum = 1.9", ["polling.minimum", "at least 2 seconds"]),
        ("[polling]\nminimum = nan", ["polling.minimum", "number of seconds"]),
        ("[polling]\nsmall = [1, 10]", ["polling.small", "at least 2 seconds"]),
        ("[polling]\nlarge = [1.5, 1.9]", ["polling.large", "at least 2 seconds"]),
        ("[polling]\nlarge = [30]", ["polling.large", "two numbers of seconds"]),
        ("[polling]\nlarge = [30, inf]", ["polling.large", "two numbers of seconds"]),
        ("[polling]\nlarge = [60, 30]", ["polling in", "shorter pause first"]),
        (LOOPBACK + "[polling]\nminimum = 0", ["polling.minimum", "from 0.01"]),
        ("[polling]\nrequests_per_second = 0", ["polling.requests_per_second", "0.01 to 1,000"]),
        ("[ui]\nmouse = 'yes'", ["ui.mouse", "true or false"]),
        ("[notify]\ncommand = '\"'", ["notify", "quotation marks"]),
        ("[notify]\ncommand = ' '", ["notify", "command line"]),
        ("[keys]\nnew-list = 1", ["keys", "each with its key in quotes"]),
        ("[profiles.default]\nregion = 'USA'", ["profiles.default.region", "two letters"]),
        ('[profiles.default]\nregion = "US\\n"', ["profiles.default.region", "two letters"]),
        ("[profiles.default]\nmax_credits_per_job = 1.5", ["max_credits_per_job", "whole number"]),
        ("[profiles.default]\nconfirm_above = -1", ["confirm_above", "whole number"]),
        ("[profiles.default]\napi_key = 5", ["profiles.default.api_key", "text in quotation marks"]),
        ('[profiles.default]\napi_key = "…"', ["profiles.default.api_key", "ASCII"]),
        (f"[profiles.x]\napi_key = '{KEY}'\napi_key_command = 'y'", ["profiles.x in", "not both"]),
        ("[profiles.work]\nregion = 'US'", ["no profile default", "work"]),
        ("profile = 'home'", ["no profile home", "none"]),
        ('"\\u001b]0;x\\u0007" = 1', ["unknown setting"]),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence_that_names_the_place(
    text: str, says: list[str], read: Read, file: Path
) -> None:
    told = refusal(lambda: read(text))
    assert str(file) in told
    assert told.isprintable()
    for words in says:
        assert words in told


def test_an_unknown_profile_is_explained_with_the_existing_ones(read: Read) -> None:
    told = refusal(lambda: read("[profiles.work]\n[profiles.home]\n", profile="wrk"))
    assert "no profile wrk" in told
    assert "work, home" in told


def test_a_file_named_by_an_option_must_exist(file: Path) -> None:
    told = refusal(lambda: config.load(config_file=file, profile=None, environ={}))
    assert f"no configuration file {file}" in told


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"profile = '\xff'")
    assert "not UTF-8" in refusal(lambda: config.load(config_file=file, profile=None, environ={}))


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    environ = {"PWL_TUI_CONFIG": str(tmp_path)}
    assert "is a directory, not a file" in refusal(
        lambda: config.load(config_file=None, profile=None, environ=environ)
    )


@pytest.mark.parametrize("key", ["two words", "clé", "\ud8ff", "a\x1bb"])
def test_an_invalid_key_in_the_environment_is_refused(key: str, read: Read) -> None:
    assert "PROWEBLOOK_API_KEY must be a key" in refusal(lambda: read("", {"PROWEBLOOK_API_KEY": key}))


def test_a_service_on_this_machine_may_be_polled_faster(read: Read) -> None:
    quick = "[polling]\nminimum = 0.05\nsmall = [0.05, 0.1]\nlarge = [0.05, 0.1]\n"
    assert read(LOOPBACK + quick).polling.minimum == 0.05
    assert "polling.minimum" in refusal(lambda: read(quick))
    remote = {"PROWEBLOOK_BASE_URL": "https://lookup.proweblook.com"}
    assert "polling.minimum" in refusal(lambda: read(LOOPBACK + quick, remote))
