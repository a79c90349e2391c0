"""What a job looks like in every state and view, and a batch in doubt."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.ui import sample_state as scenes
from tests.ui.sample_state import Scene
from tests.ui.snapshot_helpers import (
    NARROW,
    SIZES,
    Fill,
    Step,
    as_svg,
    as_text,
    looking,
    nothing_comes,
    staged,
    typed,
)

pytestmark = pytest.mark.slow

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
    "changes": (scenes.rechecked, ["enter", "right"]),
    "batches": (scenes.live, ["enter", "left"]),
    "batches-in-doubt": (scenes.attention, ["enter", "left down"]),
    "batches-refused": (scenes.troubled, ["enter", "left down"]),
    "batches-unreachable": (scenes.troubled, ["down enter", "left down"]),
}


@pytest.mark.parametrize("state", STATES)
async def test_job(text_snapshot: SnapshotAssertion, tmp_path: Path, state: str) -> None:
    fill, keys = STATES[state]
    sizes = NARROW if state in {"waiting", "of-another-key", "retried", "sample"} else SIZES
    assert await as_text(staged(tmp_path, fill), sizes, keys) == text_snapshot


@pytest.mark.parametrize("state", ["live", "paused", "completed", "in-doubt", "refused", "expired"])
async def test_job_in_color(svg_snapshot: SnapshotAssertion, tmp_path: Path, state: str) -> None:
    fill, keys = STATES[state]
    assert await as_svg(staged(tmp_path, fill), "80x24", keys) == svg_snapshot


@pytest.mark.parametrize("view", VIEWS)
async def test_views_of_a_job(text_snapshot: SnapshotAssertion, tmp_path: Path, view: str) -> None:
    fill, steps = VIEWS[view]
    at_all = {"found", "nothing-found", "sorted", "rejected", "charts", "batches", "batches-in-doubt"}
    sizes = SIZES if view in at_all else NARROW
    assert await as_text(staged(tmp_path, fill), sizes, *steps) == text_snapshot


@pytest.mark.parametrize(
    "view", ["found", "not-understood", "sorted", "rejected", "charts", "batches", "batches-in-doubt"]
)
async def test_views_of_a_job_in_color(svg_snapshot: SnapshotAssertion, tmp_path: Path, view: str) -> None:
    fill, steps = VIEWS[view]
    assert await as_svg(staged(tmp_path, fill), "80x24", *steps) == svg_snapshot


async def test_job_while_it_is_read(
    text_snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.ui.data.results_reader.in_thread", nothing_comes)
    assert await as_text(staged(tmp_path, scenes.live), SIZES, "enter") == text_snapshot


async def test_charts_in_ascii(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    scene = staged(tmp_path, scenes.live, looking("ascii"))
    assert await as_text(scene, ["120x40"], "enter", "v") == text_snapshot


@pytest.mark.parametrize("look", ["light", "ansi"])
async def test_charts_with_another_look(svg_snapshot: SnapshotAssertion, tmp_path: Path, look: str) -> None:
    scene = staged(tmp_path, scenes.live, looking(look))
    assert await as_svg(scene, "120x40", "enter", "v") == svg_snapshot


async def test_settle(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    assert await as_text(staged(tmp_path, scenes.attention), SIZES, "s") == text_snapshot


async def test_settle_in_color(svg_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    assert await as_svg(staged(tmp_path, scenes.attention), "80x24", "s") == svg_snapshot


READINGS = {
    "none": [],
    "charged": [49_000],
    "charged-late": [50_000, 49_000, 49_000, 49_000],
    "charged-in-part": [49_400, 49_400],
}
"""The balance after a batch of 1,000 was sent with 50,000 credits there."""


@pytest.mark.parametrize("after", READINGS)
async def test_what_the_balance_tells(text_snapshot: SnapshotAssertion, tmp_path: Path, after: str) -> None:
    scene = Scene(tmp_path)
    scene.doubt(scene.job("webinar", 1_000), 1, *READINGS[after], ago=2_000)
    assert await as_text(scene, NARROW, "s") == text_snapshot
