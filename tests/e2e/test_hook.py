"""The person's command runs when a job finishes, and learns counts: no number, no key."""

import sys
from pathlib import Path

from tests.e2e.harness import CONFIG, KEY, LIST, place, until

HOOK = """
import os, pathlib, sys
said = "\\n".join(f"{name}={value}" for name, value in sorted(os.environ.items()))
beside = pathlib.Path(sys.argv[1] + ".part")
beside.write_text(said)
beside.rename(sys.argv[1])
"""


def test_a_finished_job_runs_the_command(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "hook.py").write_text(HOOK)
        said = tmp_path / "said"
        command = f"{sys.executable} {tmp_path / 'hook.py'} {said}"
        (tmp_path / "config.toml").write_text(f"{CONFIG}[notify]\ncommand = '{command}'\n")
        (tmp_path / "list.csv").write_text(LIST)
        assert machine.run("submit", "list.csv", "--yes", "--wait", "--name", "two").code == 0
        until(said.exists, "the command to write")
        text = said.read_text()
        told = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        assert (told["PWL_TUI_JOB"], told["PWL_TUI_NAME"], told["PWL_TUI_NUMBERS"]) == ("1", "two", "2")
        answered = ("PWL_TUI_ON_WHATSAPP", "PWL_TUI_NOT_ON_WHATSAPP", "PWL_TUI_FAILED")
        assert sum(int(told[name]) for name in answered) == 2
        assert KEY not in text
        assert "4155552671" not in text


def test_a_command_that_cannot_be_started_is_said_and_harms_nothing(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "config.toml").write_text(f"{CONFIG}[notify]\ncommand = '/nowhere/at-all'\n")
        (tmp_path / "list.csv").write_text(LIST)
        ran = machine.run("submit", "list.csv", "--yes", "--wait", "--json")
        assert ran.json["state"] == "completed"
        assert "/nowhere/at-all" in ran.err
