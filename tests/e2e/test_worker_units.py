"""The systemd units: valid, written where systemd looks, and removed only as they were written."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import CONFIG, KEY, Place, Run

SERVICE, TIMER = "pwl-tui-worker.service", "pwl-tui-worker.timer"
ODD = 'a "b" $HOME 100% \\ ü'


@pytest.fixture
def directory(machine: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the units go."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(machine.directory / "xdg"))
    return machine.directory / "xdg" / "systemd" / "user"


def test_they_are_written_with_what_to_do_and_removed(machine: Place, directory: Path, run: Run) -> None:
    code, out, err = run("worker", "install")
    assert code == 0
    assert out.splitlines() == [f"Wrote {directory / name}." for name in (SERVICE, TIMER)]
    for words in (f"systemctl --user enable --now {TIMER}", "loginctl enable-linger", "PROWEBLOOK_API_KEY"):
        assert words in err
    texts = "".join(path.read_text() for path in directory.iterdir())
    assert KEY not in texts
    assert "StandardInput=null" in texts
    assert f'Environment="XDG_CACHE_HOME={machine.directory / "cache"}"' in texts, "another second copy"
    assert run("worker", "install")[0] == 0, "what it has written itself is written anew"
    code, out, _ = run("worker", "uninstall")
    assert (code, len(out.splitlines())) == (0, 2)
    assert list(directory.iterdir()) == []
    assert run("worker", "uninstall")[0] == 0, "there is nothing left to remove"


@pytest.mark.parametrize("shared", [True, False])
def test_what_leads_to_a_database_is_named_since_systemd_does_not_get_it(
    directory: Path, run: Run, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    for name, value in {"PGPASSFILE": "/a/passwords", "PGPASSWORD": "secret", "PGPORT": ""}.items():
        monkeypatch.setenv(name, value)
    if shared:
        monkeypatch.setenv("PWL_TUI_STATE_URL", "postgresql://host/lists")
    code, _, err = run("worker", "install")
    assert (code, "PGPASSFILE, PGPASSWORD either: see" in err) == (0, shared)
    texts = "".join(path.read_text() for path in directory.iterdir())
    assert "secret" not in texts
    assert ("postgresql://host/lists" in texts) == shared


def test_what_is_in_a_path_stays_on_its_line(
    directory: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/a\nExecStartPre=/evil\r\x7f\udcff")
    assert run("worker", "install")[0] == 0
    lines = (directory / SERVICE).read_text().splitlines()
    assert r'Environment="XDG_CACHE_HOME=/a\x0aExecStartPre=/evil\x0d\x7f\xff"' in lines


def test_print_writes_nothing(directory: Path, run: Run) -> None:
    code, out, _ = run("worker", "install", "--print")
    assert code == 0
    assert "[Timer]" in out
    assert not directory.exists()
    assert run("worker", "start", "--print")[0] == 2
    assert run("worker", "uninstall", "--print")[:2] == (0, f"There is no unit in {directory}.\n")


@pytest.mark.parametrize("change", ["edited", "somebody's", "link"])
def test_a_unit_that_is_not_as_it_was_written_is_left_alone(directory: Path, run: Run, change: str) -> None:
    run("worker", "install")
    timer = directory / TIMER
    match change:
        case "edited":
            timer.write_text(timer.read_text().replace("15min", "1min"))
        case "somebody's":
            timer.write_text("[Timer]\nOnCalendar=daily\n")
        case _:
            timer.rename(directory / "elsewhere")
            timer.symlink_to("elsewhere")
    before = {path: path.read_bytes() for path in directory.iterdir()}
    for action in ("uninstall", "install"):
        code, _, err = run("worker", action)
        assert code == 2
        assert TIMER in err
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_a_unit_that_is_enabled_is_to_be_disabled_first(directory: Path, run: Run) -> None:
    run("worker", "install")
    wants = directory / "timers.target.wants"
    wants.mkdir()
    (wants / TIMER).symlink_to(f"../{TIMER}")
    code, _, err = run("worker", "uninstall")
    assert (code, (directory / TIMER).exists()) == (2, True)
    assert f"systemctl --user disable --now {TIMER}" in err


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(("profile", "key_command"), [("default", ""), (ODD, "pass show proweblook")])
def test_systemd_finds_nothing_wrong_with_them(
    run: Run, profile: str, key_command: str, machine: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = json.dumps(profile, ensure_ascii=False)
    text = CONFIG.replace("[profiles.default]", f"[profiles.{name}]\napi_key_command = '{key_command}'")
    config = machine.directory / "c%d $x.toml"
    config.write_text(f"profile = {name}\n{text}")
    monkeypatch.setenv("PWL_TUI_CONFIG", str(config))
    code, out, err = run("worker", "install", "--json")
    assert code == 0, err
    written = json.loads(out)["written"]
    found = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *written],  # noqa: S607 - where PATH has it
        env={
            "PATH": "/usr/bin:/bin",
            "XDG_RUNTIME_DIR": str(machine.directory),
            "HOME": str(machine.directory),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ours = [line for line in found.stderr.splitlines() if "pwl-tui" in line]
    assert (found.returncode, ours) == (0, []), found.stderr
