"""What a job looks like in every state and view, and a batch in doubt."""

from itertools import product
from pathlib import Path

import pytest

from tests.ui import sample_state as scenes
from tests.ui.sample_state import Scene
from tests.ui.snapshot_helpers import (
    NARROW,
    SIZES,
    SMALL,
    Compare,
    Fill,
    Step,
    looking,
    nothing_comes,
    same,
    staged,
    typed,
)

STATES = {
    "live": (scenes.live, "enter"),
    "paused": (scenes.live, "down enter"),
    "completed": (scenes.live, "end enter"),
    "in-doubt": (scenes.attention, "enter"),
    "waiting": (scenes.attention, "down enter"),
    "refused": (scenes.troubled, "enter"),
    "unreachable": (scenes.troubled, "down enter"),
    "expired": (scenes.troubled, "end enter"),
    "of-another-key": (scenes.expiring, "enter"),
    "retried": (scenes.expiring, "end enter"),
    "sample": (scenes.sampled, "enter"),
}
VIEWS: dict[str, tuple[Fill, list[Step]]] = {
    "found": (scenes.live, ["end enter", "slash", typed("#find", "wa:yes -carrier:o2 200")]),
    "nothing-found": (scenes.live, ["end enter", "slash", typed("#find", "999999")]),
    "not-understood": (scenes.live, ["end enter", "slash", typed("#find", "wa:perhaps")]),
    "go-to": (scenes.live, ["end enter", "colon", typed("#go-to", "90%")]),
    "sorted": (scenes.live, ["end enter", "o o o o O"]),
    "failed": (scenes.live, ["end enter", "right right right right"]),
    "nobody": (scenes.live, ["end enter", "right right right right right"]),
    "rejected": (scenes.live, ["end enter", "left left left"]),
    "charts": (scenes.live, ["enter", "v"]),
    "batches": (scenes.live, ["enter", "left"]),
    "batches-in-doubt": (scenes.attention, ["enter", "left down"]),
    "batches-refused": (scenes.troubled, ["enter", "left down"]),
    "batches-unreachable": (scenes.troubled, ["down enter", "left down"]),
}


@pytest.mark.parametrize(
    ("state", "size"),
    [
        *product(["live", "paused", "completed", "in-doubt", "refused", "unreachable", "expired"], SIZES),
        *product(["waiting", "of-another-key", "retried", "sample"], NARROW),
        ("live", SMALL),
    ],
)
def test_job(snap_compare: Compare, tmp_path: Path, state: str, size: str) -> None:
    fill, keys = STATES[state]
    assert same(snap_compare, staged(tmp_path, fill), size, keys)


@pytest.mark.parametrize(
    ("view", "size"),
    [
        *product(["found", "nothing-found", "sorted", "rejected", "charts", "batches"], SIZES),
        *product(["not-understood", "go-to", "failed", "nobody"], NARROW),
        *product(["batches-in-doubt", "batches-refused", "batches-unreachable"], NARROW),
        *product(["found", "rejected", "charts", "batches-in-doubt"], [SMALL]),
    ],
)
def test_views_of_a_job(snap_compare: Compare, tmp_path: Path, view: str, size: str) -> None:
    fill, steps = VIEWS[view]
    assert same(snap_compare, staged(tmp_path, fill), size, *steps)


@pytest.mark.parametrize("size", SIZES)
def test_job_while_it_is_read(
    snap_compare: Compare, tmp_path: Path, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.ui.data.results_reader.in_thread", nothing_comes)
    assert same(snap_compare, staged(tmp_path, scenes.live), size, "enter")


@pytest.mark.parametrize("look", ["light", "ansi", "ascii"])
def test_charts_with_another_look(snap_compare: Compare, tmp_path: Path, look: str) -> None:
    assert same(snap_compare, staged(tmp_path, scenes.live, looking(look)), "120x40", "enter", "v")


@pytest.mark.parametrize("size", [SMALL, *SIZES])
def test_settle(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    assert same(snap_compare, staged(tmp_path, scenes.attention), size, "s")


@pytest.mark.parametrize("after", [[], [49_000], [50_000, 49_000, 49_000, 49_000], [49_400, 49_400]], ids=str)
def test_what_the_balance_tells(snap_compare: Compare, tmp_path: Path, after: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.doubt(scene.job("webinar", 1_000), 1, *after, ago=2_000)
    assert same(snap_compare, scene, "80x24", "s")
