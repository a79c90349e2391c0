"""The real program in a real tmux, as most people run it on a server."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.config import Settings
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import BatchState
from tests.e2e.harness import CONFIG
from tests.ui.sample_state import KEY, Scene

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

PATIENCE_SECONDS = 20.0
RATE = 1_000.0


class Tmux:
    """A tmux server of our own, with nothing of the person's configuration.

    Args:
        socket: where it listens.
        environ: of the programs in it.
    """

    def __init__(self, socket: Path, environ: dict[str, str]) -> None:
        self._socket, self.environ = socket, environ

    def __call__(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", os.devnull, *arguments],  # noqa: S607 - where PATH has it
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=check,
        )
        return done.stdout

    def open(self, *arguments: str) -> None:
        """Start the program in a new session, 100 by 30.

        The server stays when its last session ends: one that is about to go takes no new session.
        """
        program = (sys.executable, "-m", "pwl_tui", *arguments)
        self("new-session", "-d", "-x", "100", "-y", "30", *program, ";", "set", "-s", "exit-empty", "off")

    def wait_for(self, words: str) -> None:
        """Wait until words stand on the screen."""
        end, screen = time.monotonic() + PATIENCE_SECONDS, ""
        while words not in screen:
            assert time.monotonic() < end, f"{words!r} never came:\n{screen}"
            screen = self("capture-pane", "-p")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("TMUX", "PWL_TUI"))}
    server = Tmux(tmp_path / "tmux", outside)
    yield server
    server("kill-server", check=False)


def test_the_demo_takes_keys_and_leaves(tmux: Tmux) -> None:
    tmux.open("--demo")
    tmux.wait_for("sample")
    tmux("send-keys", "Escape")
    tmux.wait_for("No jobs yet")
    tmux("send-keys", "?")
    tmux.wait_for("Keys")
    # The program is all that the session holds, and the session the only one.
    tmux("send-keys", "C-c")
    end = time.monotonic() + PATIENCE_SECONDS
    while tmux("list-sessions", check=False):
        assert time.monotonic() < end


def test_a_killed_session_loses_nothing(tmux: Tmux, tmp_path: Path) -> None:
    now = time.time()
    world = World(clock=lambda: now, rate=RATE, failure_share=0.0, batch_ids=lambda: "the-id")
    world.add_key(KEY.reveal(), wavalidation=100)
    with Simulator(world) as simulator:
        scene = Scene(tmp_path, Settings(key_source=KEY, base_url=simulator.base_url, region="US"))
        job = scene.job("leads", 40)
        (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
        tmux.environ |= {
            "PROWEBLOOK_API_KEY": KEY.reveal(),
            "PROWEBLOOK_BASE_URL": simulator.base_url,
            "PWL_TUI_STATE_DIR": str(tmp_path / "state"),
            "PWL_TUI_CONFIG": str(tmp_path / "config.toml"),
        }
        tmux.open()
        tmux.wait_for("processing")
        tmux("kill-session")
        assert scene.store.batches.get(job.id, 1).state is BatchState.PROCESSING
        now += 60  # by which time the service has all answers
        tmux.open()
        tmux.wait_for("completed")
        tmux("send-keys", "q")
        assert [charge.amount for charge in world.ledger] == [40]
        scene.store.close()
