"""What is never loaded, each proven in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

# An AssertionError and not an ImportError: the program may handle a missing module, but nobody handles this.
GUARD = """
import sys

class Refuse:
    @staticmethod
    def find_spec(name, path=None, target=None):
        assert not {refused!r}.intersection((name, name.partition(".")[0])), f"{{name}} was imported"

sys.meta_path.insert(0, Refuse)
"""
SCREEN = {"textual"}
"""Not rich, which Textual draws with: httpx loads it too, for a command of its own, where it is installed."""
NOT_AT_FIRST = {
    *(f"pwl_tui.ui.screens.{name}" for name in ("activity", "job", "ledger", "settings", "settle")),
    *(f"pwl_tui.ui.dialogs.{name}" for name in ("adopt", "export", "help", "key", "leave")),
}
"""Screens that are loaded when they are first opened."""
RUN = "from pwl_tui.cli.main import main\nsys.exit(main(sys.argv[1:]))"


def run(code: str, refused: set[str], directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code that may not import what is refused, at home in `directory`, without a key."""
    return subprocess.run(
        [sys.executable, "-c", GUARD.format(refused=refused) + code, *arguments],
        env={
            "HOME": str(directory),
            "PWL_TUI_STATE_DIR": str(directory / "state"),
            "PWL_TUI_CONFIG": str(directory / "config.toml"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_guard_refuses(tmp_path: Path) -> None:
    done = run("import textual.app", SCREEN, tmp_path)
    assert done.returncode == 1
    assert "textual was imported" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), ("config", "path"), ("config", "show"), ("jobs",), ("plan", "list.csv")],
    ids=" ".join,
)
def test_headless_commands_do_not_load_the_screen(arguments: tuple[str, ...], tmp_path: Path) -> None:
    leads = tmp_path / "list.csv"
    leads.write_text("name,phone\nAnna,+14155552671\nBen,+442079460958\n", encoding="utf-8")
    done = run(RUN, SCREEN, tmp_path, *(str(leads) if word == leads.name else word for word in arguments))
    assert (done.returncode, done.stdout != "") == (0, True), done.stderr


@pytest.mark.slow
def test_the_demo_without_a_terminal_does_not_load_the_screen(tmp_path: Path) -> None:
    done = run(RUN, SCREEN, tmp_path, "--demo")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("module", "refused"),
    [
        ("pwl_tui.cli.main", SCREEN | {"httpx", "sqlite3", "phonenumbers", "msgspec", "argparse"}),
        ("pwl_tui.cli.parser", SCREEN | {"httpx", "sqlite3", "phonenumbers", "msgspec"}),
        ("pwl_tui.cli.commands.screen", SCREEN | {"httpx", "chardet", "pwl_tui.cli.worker"}),
        ("pwl_tui.ui.app", {"httpx", "chardet", "xlsxwriter"} | NOT_AT_FIRST),
        ("pwl_tui.engine.jobs.exporting", SCREEN | {"xlsxwriter"}),
        ("pwl_tui.config", SCREEN | {"httpx", "sqlite3", "phonenumbers", "subprocess"}),
    ],
)
def test_what_a_start_loads_is_light(module: str, refused: set[str], tmp_path: Path) -> None:
    done = run(f"import {module}", refused, tmp_path)
    assert done.returncode == 0, done.stderr
