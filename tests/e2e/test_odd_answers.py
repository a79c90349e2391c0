"""What the commands say and do when the service answers polls oddly."""

import json
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.mangling import Damage, Spelling
from tests.e2e.harness import Place, charged_twice, place

NUMBERS = "+525512345678\n+5511987654321\n+14155552671\n+442079460958\n"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what takes minutes in life."""
    monkeypatch.setattr("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 0.02)
    monkeypatch.setattr("pwl_tui.cli.follow._TICK_SECONDS", 0.02)


def submitted(machine: Place, run: "Run", *options: str) -> "tuple[int, str, str]":
    (machine.directory / "numbers.txt").write_text(NUMBERS)
    return run("submit", "numbers.txt", "--yes", "--json", *options)
