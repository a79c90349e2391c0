"""What asks something looks like: every dialog, and what it says when it cannot do what it is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from pwl_tui.api.errors import decode_error
from tests.ui import sample_state as scenes
from tests.ui.sample_state import Scene
from tests.ui.snapshot_helpers import (
    DIALOG_SIZES,
    Fill,
    Step,
    among_lists,
    as_svg,
    as_text,
    filled_in,
    opens,
    refusing,
    staged,
    typed,
)

pytestmark = pytest.mark.slow

NO_KEY = decode_error(401, {}, b'{"error": "Invalid API key"}', paid=False)
OTHER_ID = "550e8400-e29b-41d4-a716-446655440000"
DIALOGS: dict[str, tuple[Fill, list[Step]]] = {
    "export": (scenes.rest, ["end e", opens("ExportDialog")]),
    "export-refused": (
        scenes.rest,
        ["end e", opens("ExportDialog"), typed("#export-path", "/nowhere/crm.csv"), "enter"],
    ),
    "forget": (scenes.rest, ["end F", opens("Ask")]),
    "retry": (scenes.troubled, ["R", opens("Ask")]),
    "sample": (scenes.sampled, ["S", opens("SampleDialog")]),
    "rest": (scenes.sampled, ["S", opens("SampleDialog"), "tab enter"]),
    "recheck": (scenes.rest, ["end C", opens("RecheckDialog")]),
    "adopt": (scenes.rest, ["A", opens("AdoptDialog")]),
    "adopt-journal": (scenes.journaled, ["A", opens("AdoptDialog")]),
    "release": (scenes.attention, ["s", "1", opens("Ask")]),
    "write-off": (scenes.attention, ["s", "3", opens("Ask")]),
    "give-id": (scenes.attention, ["s", "2", opens("GiveIdDialog")]),
    "give-id-refused": (
        scenes.attention,
        ["s", "2", opens("GiveIdDialog"), typed("#batch-id", OTHER_ID), "enter"],
    ),
    "report": (scenes.attention, ["s", "r", opens("CopyDialog")]),
    "copied": (scenes.live, ["a", "c", opens("CopyDialog"), "enter"]),
    "key": (scenes.rest, ["K", opens("KeyDialog")]),
    "key-refused": (scenes.rest, ["K", opens("KeyDialog"), typed("#key", "another"), "enter"]),
}


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Scene, list[Step]]]:
    """Returns the scene of a dialog, whose service refuses, and what opens it."""

    def prepared(dialog: str) -> tuple[Scene, list[Step]]:
        fill, steps = DIALOGS[dialog]
        scene = staged(tmp_path, fill)
        monkeypatch.setattr(Path, "cwd", lambda: Path("/home/ada"))
        monkeypatch.setattr(scene.engine.recovery, "settle", refusing(scenes.GONE))
        monkeypatch.setattr(scene.engine, "try_key", refusing(NO_KEY))
        monkeypatch.delenv("TMUX", raising=False)
        return scene, steps

    return prepared


Asking = Callable[[str], tuple[Scene, list[Step]]]


@pytest.mark.parametrize("dialog", DIALOGS)
async def test_dialog(text_snapshot: SnapshotAssertion, asking: Asking, dialog: str) -> None:
    scene, steps = asking(dialog)
    assert await as_text(scene, DIALOG_SIZES, *steps) == text_snapshot


@pytest.mark.parametrize("dialog", ["export-refused", "retry", "sample", "write-off", "key-refused"])
async def test_dialog_in_color(svg_snapshot: SnapshotAssertion, asking: Asking, dialog: str) -> None:
    scene, steps = asking(dialog)
    assert await as_svg(scene, "80x24", *steps) == svg_snapshot


async def test_profiles(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[profiles.default]\n[profiles.agency]\n[profiles.india]\n")
    scene = staged(tmp_path, scenes.rest)
    assert await as_text(scene, DIALOG_SIZES, "P", opens("Ask"), config_file=file) == text_snapshot


QUESTIONS = {"plain": (48_210, 0), "typed": (48_210, 1_000), "short": (900, 0), "none-left": (0, 0)}
"""Credits that there are, and above how many they are to be typed."""


def question(directory: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Scene, list[Step]]:
    """Return the scene of a question before credits are spent, and what leads to it."""
    among_lists(directory, monkeypatch)
    there, confirm_above = QUESTIONS[name]
    scene = Scene(directory)
    scene.settings = replace(scene.settings, confirm_above=confirm_above)
    scene.credits(there)
    return scene, [*filled_in("crm.csv"), "ctrl+s", opens("Typed" if confirm_above else "Ask")]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_question_before_credits_are_spent(
    text_snapshot: SnapshotAssertion, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, steps = question(tmp_path, name, monkeypatch)
    assert await as_text(scene, DIALOG_SIZES, *steps) == text_snapshot


@pytest.mark.parametrize("name", ["plain", "typed", "short"])
async def test_question_before_credits_are_spent_in_color(
    svg_snapshot: SnapshotAssertion, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, steps = question(tmp_path, name, monkeypatch)
    assert await as_svg(scene, "80x24", *steps) == svg_snapshot


async def test_saving_of_rejected_rows(
    text_snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    among_lists(tmp_path, monkeypatch)
    suggested = "pwl_tui.ui.dialogs.save_rejected._suggested"
    monkeypatch.setattr(suggested, lambda _: Path("/home/ada/crm-rejected.csv"))
    scene = staged(tmp_path, scenes.empty)
    steps = [*filled_in("crm.csv"), "ctrl+r", "e", opens("SaveRejected")]
    assert await as_text(scene, DIALOG_SIZES, *steps) == text_snapshot
