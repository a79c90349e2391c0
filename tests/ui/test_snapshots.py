"""What home and the form for a new list look like."""

from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
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
    Step,
    among_lists,
    as_svg,
    as_text,
    filled_in,
    looking,
    nothing_comes,
    staged,
    typed,
    until,
)

DOWN = decode_error(503, {}, b'{"error": "Service temporarily unavailable"}', paid=False)


# -- home


HOMES = {
    **dict.fromkeys(["empty", "rest", "live", "attention", "expiring", "unread", "stale", "short"], SIZES),
    **dict.fromkeys(["journaled", "troubled", "spent"], NARROW),
}


@pytest.mark.parametrize("state", HOMES)
async def test_home(text_snapshot: SnapshotAssertion, tmp_path: Path, state: str) -> None:
    assert await as_text(staged(tmp_path, getattr(scenes, state)), HOMES[state]) == text_snapshot


@pytest.mark.parametrize("state", ["live", "attention", "troubled", "short"])
async def test_home_in_color(svg_snapshot: SnapshotAssertion, tmp_path: Path, state: str) -> None:
    assert await as_svg(staged(tmp_path, getattr(scenes, state)), "80x24") == svg_snapshot


async def test_home_without_a_key(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    scene = Scene(tmp_path, Settings(region="US", ui=Ui(theme="dark")))
    assert await as_text(scene, SIZES, "escape") == text_snapshot


async def test_home_that_may_not_spend(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    scene = staged(tmp_path, scenes.live)
    scene.engine = StillEngine(scene.store, scene.settings, may_spend=False, clock=lambda: NOW)
    assert await as_text(scene, SIZES) == text_snapshot


async def fall(pilot: Pilot[Any]) -> None:
    """Let the service be down."""
    app = pilot.app
    assert isinstance(app, PwlApp)
    app._watcher.hear(ServiceDown(DOWN, NOW + 60))  # noqa: SLF001 - as the engine tells it
    await until(pilot, lambda: app.snapshot.service_problem is not None)


async def test_home_while_the_service_is_down(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    assert await as_text(staged(tmp_path, scenes.live), SIZES, fall) == text_snapshot


async def test_home_while_the_service_is_down_in_color(
    svg_snapshot: SnapshotAssertion, tmp_path: Path
) -> None:
    assert await as_svg(staged(tmp_path, scenes.live), "80x24", fall) == svg_snapshot


async def test_home_when_a_job_is_done(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    scene = staged(tmp_path, scenes.done)

    async def finish(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, PwlApp)
        scene.answer_rest(scene.store.jobs.find("spring-leads"), 1)
        await until(pilot, lambda: not any(job.unfinished for job in app.snapshot.jobs))

    assert await as_text(scene, SIZES, finish) == text_snapshot


@pytest.mark.parametrize("wanted", ["news", "nowhere"])
async def test_home_filtered(text_snapshot: SnapshotAssertion, tmp_path: Path, wanted: str) -> None:
    steps: list[Step] = ["slash", typed("#find", wanted)]
    assert await as_text(staged(tmp_path, scenes.live), NARROW, *steps) == text_snapshot


async def test_home_in_ascii(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    assert await as_text(staged(tmp_path, scenes.attention, looking("ascii")), SIZES) == text_snapshot


@pytest.mark.parametrize("look", ["light", "ansi"])
async def test_home_with_another_look(svg_snapshot: SnapshotAssertion, tmp_path: Path, look: str) -> None:
    assert await as_svg(staged(tmp_path, scenes.attention, looking(look)), "120x40") == svg_snapshot


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


READ = Settings(key_source=KEY, ui=Ui(theme="dark"))
"""No region: national numbers have no country code."""


@pytest.mark.slow
@pytest.mark.usefixtures("_lists")
@pytest.mark.parametrize("state", FORMS)
async def test_form(text_snapshot: SnapshotAssertion, tmp_path: Path, state: str) -> None:
    sizes = NARROW if state in {"no-file", "rejected"} else SIZES
    assert await as_text(staged(tmp_path, scenes.empty, READ), sizes, *FORMS[state]) == text_snapshot


@pytest.mark.usefixtures("_lists")
@pytest.mark.parametrize(
    "state", ["empty", "plan", "offer", "no-file", "rows", "rejected", "options", "browse"]
)
@pytest.mark.slow
async def test_form_in_color(svg_snapshot: SnapshotAssertion, tmp_path: Path, state: str) -> None:
    assert await as_svg(staged(tmp_path, scenes.empty, READ), "80x24", *FORMS[state]) == svg_snapshot


@pytest.mark.slow
@pytest.mark.usefixtures("_lists")
async def test_form_while_a_list_is_read(
    text_snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.ui.widgets.list_form.in_thread", nothing_comes)
    scene = staged(tmp_path, scenes.empty)
    assert await as_text(scene, SIZES, *filled_in("crm.csv")) == text_snapshot


@pytest.mark.slow
@pytest.mark.usefixtures("_lists")
async def test_form_with_too_few_credits(text_snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.credits(900)
    assert await as_text(scene, SIZES, *filled_in("crm.csv")) == text_snapshot
