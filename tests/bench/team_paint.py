"""The first paint with a state file, with a database, and with one that is far: a part of `team`."""

import compileall
from pathlib import Path
from typing import TYPE_CHECKING

import pwl_tui
from pwl_tui.config import Settings
from pwl_tui.state.moving.move import Move
from tests.bench.busy_state import office
from tests.bench.first_paint import start
from tests.bench.terminal import NOBODY, OURS, environ
from tests.crash.line import Line
from tests.crash.server import Server
from tests.ui.sample_state import KEY, NOW, Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNS = 9
JOBS, LIVE = 200, 20
ONE_WAY_SECONDS = 0.010
_QUIET_SECONDS = 0.2


def far_url(line: Line, schema: str) -> str:
    """Return where a schema is at the other end of a line."""
    host = f"postgresql://postgres@127.0.0.1:{line.port}/postgres?sslmode=disable"
    return f"{host}&options=-csearch_path%3D{schema}"


def paints(database: Server, directory: Path) -> dict[str, list[float]]:
    """Return how many seconds each start took until the newest job was on the terminal, in turn."""
    compileall.compile_dir(Path(pwl_tui.__file__).parent, quiet=1)
    around: dict[str, Mapping[str, str]] = {}
    with Line(database.socket, lambda: None) as line:
        line.slow(ONE_WAY_SECONDS)
        for name, url in (
            ("state file", None),
            ("database, as it is", database.url("paint")),
            ("database, 20 ms away", far_url(line, "paint")),
        ):
            place = directory / name.replace(" ", "-").replace(",", "")
            place.mkdir()
            scene = Scene(place, Settings(key_source=KEY, base_url=NOBODY, region="US"))
            office(scene, jobs=JOBS, live=LIVE)
            scene.store.close()
            around[name] = environ(place, KEY.reveal(), NOBODY)
            if url is not None:
                url = url.replace("paint", f"paint{len(around)}")
                Move(place / "state", lambda: NOW, lambda _done, _total: None).to_database(url)
                around[name] = {**around[name], "PWL_TUI_STATE_URL": url}
        took: dict[str, list[float]] = {name: [] for name in around}
        for _ in range(RUNS):
            for name, one in around.items():
                took[name].append(start(OURS, f"list-{JOBS - 1:04}".encode(), one, _QUIET_SECONDS).seconds)
    return took
