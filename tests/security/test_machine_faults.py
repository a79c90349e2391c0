"""Real processes on a machine that fails them."""

import os
from pathlib import Path

import pytest

from tests.e2e.harness import LIST, charged_twice, place
from tests.security.machine_faults import EVERYWHERE, MOUNTED, MachineFault, mountable, play
from tests.ui.test_leaving import Terminal

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", EVERYWHERE.values(), ids=EVERYWHERE)
def test_a_machine_that_fails_loses_nothing(fault: MachineFault, tmp_path: Path) -> None:
    assert play(fault, tmp_path / "machine") == []


@pytest.mark.timeout(600)
@pytest.mark.skipif(not mountable(), reason="no file system may be mounted here")
@pytest.mark.parametrize("fault", MOUNTED.values(), ids=MOUNTED)
def test_a_disk_that_fails_loses_nothing(fault: MachineFault, tmp_path: Path) -> None:
    assert play(fault, tmp_path / "machine") == []


@pytest.mark.parametrize("back", [False, True])
def test_a_state_directory_that_is_removed_under_the_screen_leaves_it_usable(
    tmp_path: Path, back: bool
) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "short.csv").write_text(LIST)
        assert machine.run("submit", "short.csv", "--yes").code == 0
        terminal = Terminal(machine.environ(TERM="xterm-256color"))
        try:
            terminal.read_until(lambda: b"short" in terminal.seen, "the job is listed")
            away = machine.state.rename(tmp_path / "away")
            # The job, and the activity. Escape before another key would be taken for alt.
            for key in (b"\r", b"\x7f", b"a", b"\x7f"):
                before = len(terminal.seen)
                os.write(terminal.master, key)
                terminal.read_until(lambda before=before: len(terminal.seen) > before, f"{key!r} is heard")  # type: ignore[misc]
            if back:
                away.rename(machine.state)
            os.write(terminal.master, b"q")
            terminal.read_until(lambda: terminal.process.poll() is not None, "it leaves")
        finally:
            terminal.close()
        assert terminal.process.returncode == 0
        assert b"Traceback" not in terminal.seen
        assert b"Internal error" not in terminal.seen
        if not back:
            away.rename(machine.state)
        assert machine.run("watch").code == 0
        assert charged_twice(machine.world) == []
