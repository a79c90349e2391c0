"""How the background worker is started: with what this process found, and nothing secret."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.cli.worker.process import command, surroundings

KEY = "process-key-0123456789"


def session(directory: Path, *, no_spend: bool = False, demo: bool = False) -> Session:
    (directory / "config.toml").write_text("[profiles.default]\n[profiles.work]\n")
    arguments = SimpleNamespace(
        config=Path("config.toml"), profile=None, state_dir=Path("state"), demo=demo, no_spend=no_spend
    )
    return Session(arguments, Output(err=io.StringIO()), {"PROWEBLOOK_API_KEY": KEY})


def test_it_works_for_the_profile_that_the_screen_has_switched_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = session(tmp_path, no_spend=True)
    assert command(one)[4:6] == ["--profile", "default"]
    words = command(one, "work")
    assert words[4:] == ["--profile", "work", "--no-spend", "worker", "run", "--json"]
    assert KEY not in " ".join(words)


def test_it_finds_the_same_files_from_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert surroundings(session(tmp_path)) == {
        "PWL_TUI_CONFIG": str(tmp_path / "config.toml"),
        "PWL_TUI_STATE_DIR": str(tmp_path / "state"),
    }


def test_a_demo_has_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        command(session(tmp_path, demo=True))
