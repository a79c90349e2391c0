"""What home and the form for a new list look like; ``--snapshot-update`` after a wanted change."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from pwl_tui.api.errors import decode_error
from pwl_tui.config import Settings, Ui
from pwl_tui.engine.events import ServiceDown
from pwl_tui.ui.app import PwlApp
from tests.ui import sample_state as scenes
from tests.ui.sample_state import KEY, NOW, Scene, StillEngine
from tests.ui.snapshot_helpers import (
    NARROW,
    SIZES,
    SMALL,
    Compare,
    Step,
    among_lists,
    filled_in,
    looking,
    nothing_comes,
    same,
    staged,
    typed,
    until,
)

DOWN = decode_error(503, {}, b'{"error": "Service temporarily unavailable"}', paid=False)


# -- home


@pytest.mark.parametrize(
    ("state", "size"),
    [
        *product(["empty", "rest", "live", "attention", "expiring", "unread", "stale", "short"], SIZES),
        *product(["rest", "attention"], [SMALL]),
        *product(["journaled", "troubled", "spent"], NARROW),
    ],
)
def test_home(snap_compare: Compare, tmp_path: Path, state: str, size: str) -> None:
    assert same(snap_compare, staged(tmp_path, getattr(scenes, state)), size)


@pytest.mark.parametrize("size", SIZES)
def test_home_without_a_key(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    scene = Scene(tmp_path, Settings(region="US", ui=Ui(theme="dark")))
    assert same(snap_compare, scene, size, "escape")


@pytest.mark.parametrize("size", SIZES)
def test_home_that_may_not_spend(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    scene = staged(tmp_path, scenes.live)
    scene.engine = StillEngine(scene.store, scene.settings, may_spend=False, clock=lambda: NOW)
    assert same(snap_compare, scene, size)


@pytest.mark.parametrize("size", SIZES)
def test_home_while_the_service_is_down(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    async def fall(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, PwlApp)
        app._watcher.hear(ServiceDown(DOWN, NOW + 60))  # noqa: SLF001 - as the engine tells it
        await until(pilot, lambda: app.snapshot.service_problem is not None)

    assert same(snap_compare, staged(tmp_path, scenes.live), size, fall)


@pytest.mark.parametrize("size", SIZES)
def test_home_when_a_job_is_done(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    scene = staged(tmp_path, scenes.done)

    async def finish(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, PwlApp)
        scene.answer_rest(scene.store.jobs.find("spring-leads"), 1)
        await until(pilot, lambda: not any(job.unfinished for job in app.snapshot.jobs))

    assert same(snap_compare, scene, size, finish)


@pytest.mark.parametrize(("wanted", "size"), [("news", "80x24"), ("nowhere", "80x24")])
def test_home_filtered(snap_compare: Compare, tmp_path: Path, wanted: str, size: str) -> None:
    assert same(snap_compare, staged(tmp_path, scenes.live), size, "slash", typed("#find", wanted))


@pytest.mark.parametrize(
    ("look", "size"), [*product(["light", "ansi"], ["120x40"]), *product(["ascii"], SIZES)]
)
def test_home_with_another_look(snap_compare: Compare, tmp_path: Path, look: str, size: str) -> None:
    assert same(snap_compare, staged(tmp_path, scenes.attention, looking(look)), size)


# -- the form, and what opens from it


@pytest.fixture
def _lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    among_lists(tmp_path, monkeypatch)


FORMS: dict[str, list[Step]] = {
    "empty": ["n"],
    "plan": filled_in("crm.csv"),
    "offer": filled_in("mixed.csv"),
    "no-numbers": filled_in("members.csv"),
    "no-file": filled_in("nowhere.csv"),
    "rows": [*filled_in("crm.csv"), "ctrl+r"],
    "rejected": [*filled_in("crm.csv"), "ctrl+r right"],
    "options": [*filled_in("crm.csv"), "ctrl+t"],
    "browse": [*filled_in("crm.csv"), "ctrl+o"],
}


@pytest.mark.usefixtures("_lists")
@pytest.mark.parametrize(
    ("state", "size"),
    [
        *product(["empty", "plan", "offer", "no-numbers", "rows", "options", "browse"], SIZES),
        *product(["plan", "offer", "rows", "options", "browse"], [SMALL]),
        *product(["no-file", "rejected"], NARROW),
    ],
)
def test_form(snap_compare: Compare, tmp_path: Path, state: str, size: str) -> None:
    settings = Settings(key_source=KEY, ui=Ui(theme="dark"))
    assert same(snap_compare, staged(tmp_path, scenes.empty, settings), size, *FORMS[state])


@pytest.mark.usefixtures("_lists")
@pytest.mark.parametrize("size", SIZES)
def test_form_while_a_list_is_read(
    snap_compare: Compare, tmp_path: Path, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.ui.widgets.list_form.in_thread", nothing_comes)
    assert same(snap_compare, staged(tmp_path, scenes.empty), size, *filled_in("crm.csv"))


@pytest.mark.usefixtures("_lists")
@pytest.mark.parametrize("size", SIZES[:2])
def test_form_with_too_few_credits(snap_compare: Compare, tmp_path: Path, size: str) -> None:
    scene = Scene(tmp_path)
    scene.credits(900)
    assert same(snap_compare, scene, size, *filled_in("crm.csv"))
