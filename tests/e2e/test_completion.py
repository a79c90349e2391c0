"""Shell completion, as real shells complete with the printed scripts. Nothing here contacts a service."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect  # type: ignore[import-untyped] # it has no types
import pytest

PROMPT = "READY> "
SHELL_SECONDS = 30
INTERRUPT = "\x03"
STARTS = {
    "bash": (["--noprofile", "--norc", "-i"], "source ./pwl-tui"),
    "zsh": (["-f", "-i"], "fpath=($PWD $fpath); autoload -Uz compinit; compinit -D"),
}
"""How each shell starts without the person's own settings, and how it learns of the script."""

PARTIAL_WORDS = [
    ("pwl-tui sub", "pwl-tui submit "),
    ("pwl-tui --demo wat", "pwl-tui --demo watch "),
    ("pwl-tui submit list.csv --when", "pwl-tui submit list.csv --when-short "),
    ("pwl-tui settle 1.1 --as ado", "pwl-tui settle 1.1 --as adopted "),
    ("pwl-tui plan custom", "pwl-tui plan customers.csv "),
    ("pwl-tui export 1 -o custom", "pwl-tui export 1 -o customers.csv "),
    ("pwl-tui --state-dir sta", "pwl-tui --state-dir state/"),
    ("pwl-tui completion zs", "pwl-tui completion zsh "),
]


def save_script(shell: str, directory: Path) -> Path:
    """Save the completion script of a shell under the name that the shell expects."""
    ran = subprocess.run(
        [sys.executable, "-m", "pwl_tui", "completion", shell], capture_output=True, check=True, timeout=60
    )
    file = directory / {"bash": "pwl-tui", "zsh": "_pwl-tui", "fish": "pwl-tui.fish"}[shell]
    file.write_bytes(ran.stdout)
    return file


def installed(shell: str) -> str:
    """Return the path of a shell; skip the test where there is none."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


@pytest.fixture(scope="module", params=STARTS)
def terminal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["pexpect.spawn"]:
    """A shell at a prompt, in a directory with a list, a file, and a directory."""
    name: str = request.param
    arguments, learn = STARTS[name]
    directory = tmp_path_factory.mktemp(name)
    save_script(name, directory)
    (directory / "customers.csv").touch()
    (directory / "state").mkdir()
    shell = pexpect.spawn(
        installed(name),
        arguments,
        cwd=str(directory),
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        encoding="utf-8",
        dimensions=(50, 200),
        timeout=SHELL_SECONDS,
    )
    try:
        shell.sendline(f"PS1='{PROMPT}'; {learn}; echo learned-$((1 + 1))")
        shell.expect_exact("learned-2")
        shell.expect_exact(PROMPT)
        yield shell
    finally:
        shell.close(force=True)


def test_the_tab_key_completes(terminal: "pexpect.spawn") -> None:
    for typed, completed in PARTIAL_WORDS:
        terminal.send(f"{typed}\t")
        terminal.expect_exact(completed)
        terminal.send(INTERRUPT)
        terminal.expect_exact(PROMPT)


def test_the_tab_key_completes_in_fish(tmp_path: Path) -> None:
    fish = installed("fish")
    (tmp_path / "customers.csv").touch()
    (tmp_path / "state").mkdir()
    lines = [f"source {save_script('fish', tmp_path)}"]
    lines += [f"complete --do-complete '{typed}' | string split -f1 \\t" for typed, _ in PARTIAL_WORDS]
    ran = subprocess.run(
        [fish, "--no-config", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=SHELL_SECONDS,
        check=True,
    )
    assert ran.stdout.splitlines() == [completed.split()[-1] for _, completed in PARTIAL_WORDS]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_accepts_its_script(shell: str, tmp_path: Path) -> None:
    subprocess.run(
        [installed(shell), "-n", str(save_script(shell, tmp_path))], check=True, timeout=SHELL_SECONDS
    )
