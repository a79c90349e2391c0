"""Every command of the README is run as it stands there, in order, against the simulator.

The two commands that install pipx's and uv's environments, and the two at the top, are run by ``.ci/run``.
"""

import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from pwl_tui.engine.hook import HookEvent
from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, RUN_SECONDS, Place, place

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)

BASH = shutil.which("bash") or ""
INSTALLS: Final = ("python3 -m venv", "pipx install", "uv tool install")
"""Commands that take minutes and a package index: continuous integration runs them, on the same words."""
ANSWERS: Final = {"not_sent", "became_business", "no_longer_business"}
"""What stands in the columns of an export."""
SHORTER: Final = {"--kills 500": "--kills 2 --no-walk"}
"""The same command at a size that a test can afford."""


class Block(NamedTuple):
    """A block of code and the heading above it."""

    heading: str
    language: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text, in order."""
    headings = [(found.start(), found[1]) for found in re.finditer(r"^## (.+)$", text, re.MULTILINE)]
    return [
        Block(next((name for at, name in reversed(headings) if at < found.start()), ""), found[2], found[3])
        for found in _BLOCK.finditer(text)
    ]


def commands(text: str) -> list[str]:
    """Return the commands of all shell blocks, in order."""
    return [
        line for block in blocks(text) if block.language == "sh" for line in block.text.splitlines() if line
    ]


COMMANDS = commands(README)
IN_CI = [command for command in COMMANDS if command.startswith(INSTALLS)]
HERE = [command for command in COMMANDS if command not in IN_CI and "db.example.com" not in command]
"""Without what needs a server of a team: see `test_database`."""


def phone_list(path: Path, seed: int, rows: int = 300) -> None:
    """Write a list of American numbers, all different."""
    lines = random.Random(seed).sample(range(2_000_000, 9_999_999), rows)
    path.write_text("name,phone\n" + "".join(f"Person {line},+1415{line:07}\n" for line in lines))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A machine with two lists, a service on which some numbers fail, and the program on its PATH."""
    directory = tmp_path_factory.mktemp("readme")
    with place(directory) as one:
        phone_list(directory / "customers.csv", seed=1)
        phone_list(directory / "leads.csv", seed=2)
        phone_list(directory / "webinar.csv", seed=3)
        (directory / "faults.toml").write_text(
            next(block.text for block in blocks(README) if "[[fault]]" in block.text)
        )
        yield one


def shell(machine: Place, command: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a person would who installed the program."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [BASH, "-euo", "pipefail", "-c", command],
        env=machine.environ(PATH=path, PYTHONPATH=str(ROOT), **environ),
        cwd=machine.directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )


def a_batch_in_doubt(machine: Place) -> None:
    """Job 6: the connection broke before the service had done anything."""
    machine.simulator.add_fault(Rule(call="submit", cut="before", times=1))
    done = shell(machine, "pwl-tui submit webinar.csv --yes")
    assert done.returncode == 5, done.stderr


def all_is_finished(machine: Place) -> None:
    """What was released is sent again, and everything is fetched."""
    done = shell(machine, "pwl-tui watch")
    assert done.returncode == 0, done.stderr


def a_new_configuration(machine: Place) -> None:
    """There is none yet, so that ``config init`` has something to do."""
    (machine.directory / "config.toml").unlink()


BEFORE: Final[Mapping[str, Callable[[Place], None]]] = {
    "pwl-tui settle 6.1": a_batch_in_doubt,
    "pwl-tui show 3": all_is_finished,
    "pwl-tui config init": a_new_configuration,
}
"""What has happened when a person runs this command."""
EXITS: Final = {"pwl-tui settle 6.1": 5}
"""Commands that end otherwise than with 0, as they should."""


@pytest.mark.slow
def test_every_command_works_in_the_order_of_the_readme(machine: Place) -> None:
    for command in HERE:
        if command in BEFORE:
            BEFORE[command](machine)
        for long, short in SHORTER.items():
            command = command.replace(long, short)
        if command.startswith("export "):
            assert shlex.split(command)[1].startswith("PROWEBLOOK_API_KEY=")
            continue  # the key of this machine stays in force
        if command.startswith("pwl-tui simulator"):
            check_simulator(machine, command)
            continue
        if command.startswith("tmux") and shutil.which("tmux") is None:
            continue
        done = shell(machine, command)
        assert done.returncode == EXITS.get(command, 0), f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        assert KEY not in done.stdout + done.stderr
    assert sum(charge.amount for charge in machine.world.ledger) > 0
    for file in ("leads-answers.csv", "on-whatsapp.txt", "answers-on-whatsapp.xlsx", "support.txt"):
        assert (machine.directory / file).stat().st_size > 0, file


def check_simulator(machine: Place, command: str) -> None:
    """Start the simulator on a free port, see that it listens, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = shlex.split(command.replace("8080", str(port)))
    process = machine.start(*words[1:])
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline() or process.stderr.readline()
        assert str(port).encode() in first
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("command", IN_CI)
def test_what_installs_is_run_by_continuous_integration(command: str) -> None:
    assert command in CI


def test_the_line_for_cron_works(machine: Place) -> None:
    [line] = [block.text for block in blocks(README) if block.language == "crontab"]
    done = shell(machine, line.split(None, 5)[5].strip(), HOME=str(machine.directory))
    assert done.returncode in (0, 7), done.stderr
    assert (machine.directory / "pwl-tui.log").exists()


def test_the_settings_it_names_exist() -> None:
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    known = {key for table in (example, *example.values()) if isinstance(table, dict) for key in table}
    known |= {key for table in example["profiles"].values() for key in table} | {"api_key"}
    named = set(re.findall(r"`([a-z_]+_[a-z_]+)`", README)) - {*ANSWERS, *HookEvent}
    assert {name for name in named if not name.startswith("wa_")} <= known | {"api_key_command"}


def test_the_messages_under_troubleshooting_are_the_programs_own() -> None:
    section = README.partition("## Troubleshooting")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    quoted = [text for cell in first_cells for text in re.findall(r"`([^`]+)`", cell)]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "pwl_tui").rglob("*.py"))
    assert len(quoted) > 10
    assert [text for text in quoted if text not in sources] == []


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "DESIGN.md", "SECURITY.md"])
def test_links_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        assert not path or (ROOT / path).exists(), target
        if anchor:
            page = (ROOT / path).read_text(encoding="utf-8") if path else text
            headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings}
            assert anchor in anchors, target


def test_lines_are_short_enough_to_read_in_a_terminal() -> None:
    in_table = [line for line in README.splitlines() if len(line) > 100 and not line.startswith("|")]
    assert in_table == []


def test_the_make_targets_of_the_guide_exist() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = {word for line in commands(guide) if line.startswith("make ") for word in line.split()[1:]}
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert named
    assert named <= set(targets)
