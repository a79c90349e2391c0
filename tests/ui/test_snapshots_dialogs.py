"""What asks something looks like: every dialog, and what it says when it cannot do what it is asked."""

from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace

from pwl_tui.api.errors import decode_error
from tests.ui import sample_state as scenes
from tests.ui.sample_state import Scene
from tests.ui.snapshot_helpers import (
    DIALOG_SIZES,
    Compare,
    Fill,
    Step,
    among_lists,
    filled_in,
    opens,
    refusing,
    same,
    staged,
    typed,
)

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


@pytest.mark.parametrize(("dialog", "size"), list(product(DIALOGS, DIALOG_SIZES)))
def test_dialog(
    snap_compare: Compare, tmp_path: Path, dialog: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill, steps = DIALOGS[dialog]
    scene = staged(tmp_path, fill)
    monkeypatch.setattr(Path, "cwd", lambda: Path("/home/ada"))
    monkeypatch.setattr(scene.engine.recovery, "settle", refusing(scenes.GONE))
    monkeypatch.setattr(scene.engine, "try_key", refusing(NO_KEY))
    monkeypatch.delenv("TMUX", raising=False)
    assert same(snap_compare, scene, size, *steps)


@pytest.mark.parametrize("size", DIALOG_SIZES)
def test_profiles(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[profiles.default]\n[profiles.agency]\n[profiles.india]\n")
    steps: list[Step] = ["P", opens("Ask")]
    assert same(snap_compare, staged(tmp_path, scenes.rest), size, *steps, config_file=file)


QUESTIONS = {"plain": (48_210, 0), "typed": (48_210, 1_000), "short": (900, 0), "none-left": (0, 0)}
"""Credits that there are, and above how many they are to be typed."""


@pytest.mark.parametrize(("question", "size"), list(product(QUESTIONS, DIALOG_SIZES)))
def test_question_before_credits_are_spent(
    snap_compare: Compare, tmp_path: Path, question: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    among_lists(tmp_path, monkeypatch)
    there, confirm_above = QUESTIONS[question]
    scene = Scene(tmp_path)
    scene.settings = replace(scene.settings, confirm_above=confirm_above)
    scene.credits(there)
    asked = opens("Typed" if confirm_above else "Ask")
    assert same(snap_compare, scene, size, *filled_in("crm.csv"), "ctrl+s", asked)


@pytest.mark.parametrize("size", DIALOG_SIZES)
def test_saving_of_rejected_rows(
    snap_compare: Compare, tmp_path: Path, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    among_lists(tmp_path, monkeypatch)
    suggested = "pwl_tui.ui.dialogs.save_rejected._suggested"
    monkeypatch.setattr(suggested, lambda _: Path("/home/ada/crm-rejected.csv"))
    steps = [*filled_in("crm.csv"), "ctrl+r", "e", opens("SaveRejected")]
    assert same(snap_compare, staged(tmp_path, scenes.empty), size, *steps)
