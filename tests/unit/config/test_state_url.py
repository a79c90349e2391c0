"""Where the jobs are, if not in a file."""

from pathlib import Path

import pytest

from pwl_tui import config

GOOD = "postgresql://lists@db.example/lists?sslmode=verify-full"


def load(directory: Path, url: str = "", **environ: str) -> config.Settings:
    file = directory / "config.toml"
    file.write_text(f'[state]\nurl = "{url}"\n')
    return config.load(config_file=file, profile=None, environ=environ)


def test_it_comes_from_the_file_or_the_environment(tmp_path: Path) -> None:
    assert load(tmp_path).state.url == ""
    assert load(tmp_path, GOOD).state.url == GOOD
    assert load(tmp_path, GOOD, PWL_TUI_STATE_URL="postgres:///other").state.url == "postgres:///other"
    assert load(tmp_path, GOOD, PWL_TUI_STATE_URL="").state.url == GOOD


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:@[::1]:5432/name",
        "postgresql://one:5432,two:5432/name?passfile=/etc/lists.pgpass",
    ],
)
def test_a_port_or_the_file_of_a_password_is_no_password(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, url).state.url == url


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql://me:hunter2@host/name", "without a password"),
        ("postgresql://me@host/name?password=hunter2", "without a password"),
        ("postgresql://me@host/name?sslpassword=hunter2", "without a password"),
        ("postgresql://me:hun#ter2@host/name", "without a password"),
        ("postgresql://me:hun?ter2@host/name", "without a password"),
        ("postgresql://me:hun/ter2@host/name", "without a password"),
        ("postgresql://me:hun@ter2@host/name", "without a password"),
        ("postgresql://me@host/name?a#b&password=hunter2", "without a password"),
        ("postgresql://me@host/name?pass%77ord=hunter2", "without a password"),
        ("postgresql://me@host/name?scram_client_key=hunter2", "without a password"),
        ("postgresql://me@host/name?scram_server_key=hunter2", "without a password"),
        ("postgresql://me@host/name?oauth_client_secret=hunter2", "without a password"),
        ("mysql://me@host/hunter2", "postgresql://USER@HOST/DATABASE"),
        ("host=db password=hunter2", "without spaces"),
        ("postgresql://[hunter2/name", "valid host"),
    ],
)
def test_what_it_cannot_be_is_said_without_repeating_it(tmp_path: Path, url: str, complaint: str) -> None:
    attempts = {"state": (url, {}), "PWL_TUI_STATE_URL": ("", {"PWL_TUI_STATE_URL": url})}
    for place, (in_file, environ) in attempts.items():
        with pytest.raises(config.ConfigError, match=complaint) as caught:
            load(tmp_path, in_file, **environ)
        assert place in caught.value.problem.message
        error: BaseException | None = caught.value
        while error is not None:
            assert "ter2" not in str(error)
            error = error.__cause__ or error.__context__
