"""A machine to run commands on, and a way to run them inside this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pwl_tui.cli.main import main
from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, LIST, Place, Run, place


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with place(tmp_path) as one:
        for name, value in one.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "list.csv").write_text(LIST)
        yield one


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as error:  # argparse's own way out
            code = int(error.code or 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert KEY not in captured.out + captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def in_doubt(machine: Place, run: Run) -> str:
    """A batch of two numbers that was accepted, and the answer lost."""
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    assert run("submit", "list.csv", "--yes")[0] == 5
    return "1.1"
