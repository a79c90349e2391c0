"""What the settings, the activity, the ledger, the help and the palette look like."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.ui import sample_state as scenes
from tests.ui.sample_state import Scene
from tests.ui.snapshot_helpers import NARROW, SIZES, Fill, Step, as_svg, as_text, looking, staged, typed

pytestmark = pytest.mark.slow


def untouched(_scene: Scene) -> None:
    """Nothing was done yet, and no balance was read."""


def balanced(scene: Scene) -> None:
    """A ledger in which every credit that went is explained by a charge."""
    balance = 30_000
    scene.reading(balance, 90_000)
    for hours, size in ((20, 900), (7, 2_000), (1, 650)):
        job = scene.job(f"list-{hours}", size, days=hours / 24)
        for batch in scene.store.batches.of(job.id):
            scene.send(job, batch.seq, answered=1.0, ago=hours * 3_600 - 60 * batch.seq, balance=balance)
            balance -= batch.size
            scene.reading(balance, hours * 3_600 - 60 * batch.seq - 30)


AROUND: dict[str, tuple[Fill, list[Step]]] = {
    "settings": (scenes.rest, ["comma"]),
    "settings-end": (scenes.rest, ["comma", "up"]),
    "settings-refused": (scenes.rest, ["comma", typed("#lists-reuse_days", "a week"), "ctrl+s"]),
    "activity": (scenes.attention, ["a"]),
    "activity-empty": (untouched, ["a"]),
    "activity-found": (scenes.attention, ["a", "slash", typed("#find", "webinar")]),
    "activity-nothing-found": (scenes.attention, ["a", "slash", typed("#find", "nowhere")]),
    "ledger": (balanced, ["L"]),
    "ledger-alarm": (scenes.spent, ["L"]),
    "ledger-empty": (untouched, ["L"]),
    "help": (scenes.live, ["question_mark"]),
    "help-of-a-job": (scenes.live, ["enter", "question_mark"]),
    "palette": (scenes.live, ["ctrl+p"]),
    "palette-found": (scenes.live, ["ctrl+p", typed("CommandInput", "lea")]),
}


SMALL_CHANGES = {
    "settings-end",
    "activity-nothing-found",
    "ledger-empty",
    "help-of-a-job",
    "palette-found",
}


@pytest.mark.parametrize("screen", AROUND)
async def test_screen(text_snapshot: SnapshotAssertion, tmp_path: Path, screen: str) -> None:
    fill, steps = AROUND[screen]
    sizes = NARROW if screen in SMALL_CHANGES else SIZES
    assert await as_text(staged(tmp_path, fill), sizes, *steps) == text_snapshot


@pytest.mark.parametrize(
    "screen",
    [
        "settings",
        "settings-refused",
        "activity",
        "activity-found",
        "ledger",
        "ledger-alarm",
        "help",
        "palette",
        "palette-found",
    ],
)
async def test_screen_in_color(svg_snapshot: SnapshotAssertion, tmp_path: Path, screen: str) -> None:
    fill, steps = AROUND[screen]
    assert await as_svg(staged(tmp_path, fill), "80x24", *steps) == svg_snapshot


@pytest.mark.parametrize("look", ["light", "ansi"])
async def test_settings_with_another_look(svg_snapshot: SnapshotAssertion, tmp_path: Path, look: str) -> None:
    assert await as_svg(staged(tmp_path, scenes.rest, looking(look)), "120x40", "comma") == svg_snapshot
