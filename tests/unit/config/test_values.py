from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui import config
from pwl_tui.config import KeyCommand, values
from pwl_tui.secret import Secret
from tests.unit.config.conftest import KEY, Read, refusal

ADDRESSES = [
    ("http://lookup.proweblook.com", "https"),
    ("http://10.0.0.1", "https"),
    ("http://127.0.0.1.example.com", "https"),
    ("ftp://lookup.proweblook.com", "an address like https://"),
    ("lookup.proweblook.com", "an address like https://"),
    ("https://", "an address like https://"),
    ("https://a,b", "an address like https://"),
    ("https://anna:hush@lookup.proweblook.com", "user name or password"),
    ("https://anna@lookup.proweblook.com", "user name or password"),
    ("https://@lookup.proweblook.com", "user name or password"),
    ("https://lookup.proweblook.com?api_key=hush", "query or fragment"),
    ("https://lookup.proweblook.com/#hush", "query or fragment"),
    ("https://lookup.proweblook.com:port", "valid host and port"),
    ("https://lookup.proweblook.com:99999", "valid host and port"),
    ("https://[::1", "valid host and port"),
    ("https://looküp.proweblook.com", "ASCII"),
    ("https://lookup.proweblook.com\\@evil.example", "ASCII"),
    ("https://lookup proweblook.com", "ASCII"),
    ("https://lookup.proweblook.com\t/", "ASCII"),
]


@pytest.mark.parametrize(("url", "says"), ADDRESSES)
def test_an_address_that_would_show_the_key_is_refused_and_not_repeated(
    url: str, says: str, read: Read
) -> None:
    by_environment = refusal(lambda: read("", {"PROWEBLOOK_BASE_URL": url}))
    escaped = url.replace("\\", "\\\\").replace("\t", "\\t")
    by_file = refusal(lambda: read(f'[profiles.default]\nbase_url = "{escaped}"\n'))

    assert by_environment.startswith("PROWEBLOOK_BASE_URL must")
    assert by_file.startswith("profiles.default.base_url in")
    assert says in by_environment
    assert says in by_file
    assert "hush" not in by_environment + by_file


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Lookup.ProWebLook.com/", "https://lookup.proweblook.com"),
        ("https://gateway.example:8443/a/b//", "https://gateway.example:8443/a/b"),
        ("http://localhost:80/", "http://localhost"),
        ("http://127.8.9.10:8080", "http://127.8.9.10:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://localhost:80", "https://localhost:80"),
    ],
)
def test_an_address_has_one_form(url: str, canonical: str, read: Read) -> None:
    assert read("", {"PROWEBLOOK_BASE_URL": url}).base_url == canonical
    assert read("", {"PROWEBLOOK_BASE_URL": canonical}).base_url == canonical


@given(st.text() | st.text(alphabet="htps:/@?#[].%\\ l0").map(lambda tail: f"https://{tail}"))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        url = values.base_url_from(text)
    except ValueError:
        return
    assert values.base_url_from(url) == url
    assert url.startswith("https://") or values.on_this_machine(url)
    assert not set(url) & set("?#\\ ")
    assert "@" not in urlsplit(url).netloc


def command(tmp_path: Path, script: str) -> str:
    """Return a command line that runs a shell script in a path with a blank."""
    program = tmp_path / "my key"
    program.write_text(f"#!/bin/sh\necho run >>'{tmp_path}/runs'\n{script}\n")
    program.chmod(0o700)
    return f"'{program}' hidden-argument"


def test_the_command_is_run_once_and_only_when_the_key_is_needed(tmp_path: Path, read: Read) -> None:
    line = command(tmp_path, f"printf '  {KEY}  \\nuser: me\\n'")
    settings = read(f'[profiles.default]\napi_key_command = "{line}"\n')
    shown = config.show(settings)
    assert "hidden-argument" not in shown + repr(settings)
    assert not (tmp_path / "runs").exists()

    assert settings.api_key == settings.api_key == Secret(KEY)
    assert (tmp_path / "runs").read_text() == "run\n"


def test_the_environment_overrides_the_command(tmp_path: Path, read: Read) -> None:
    text = f'[profiles.default]\napi_key_command = "{command(tmp_path, "exit 1")}"\n'
    assert read(text, {"PROWEBLOOK_API_KEY": KEY}).api_key == Secret(KEY)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (f"echo {KEY}; echo {KEY} >&2; exit 3", "exited with status 3"),
        ("true", "be a key"),
        (f"echo '{KEY} {KEY}'", "be a key"),
        ("cat", "be a key"),  # standard input is not passed on: it may hold the list
    ],
)
def test_a_failing_command_is_explained_without_what_it_printed(
    script: str, says: str, tmp_path: Path
) -> None:
    key_command = KeyCommand(command(tmp_path, script))
    told = refusal(lambda: key_command.key)
    assert says in told
    assert "hidden-argument" not in told


def test_a_command_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "COMMAND_SECONDS", 0.2)
    key_command = KeyCommand(command(tmp_path, f"echo {KEY}; exec sleep 600"))
    assert "must end within" in refusal(lambda: key_command.key)


def test_a_command_that_does_not_exist_is_explained() -> None:
    assert "No such file" in refusal(lambda: KeyCommand("/no/such/program").key)


def test_a_failed_command_can_be_tried_again(tmp_path: Path) -> None:
    flag = tmp_path / "unlocked"
    key_command = KeyCommand(command(tmp_path, f"test -e '{flag}' && echo {KEY}"))
    refusal(lambda: key_command.key)
    flag.touch()
    assert key_command.key == Secret(KEY)
