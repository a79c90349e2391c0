from pathlib import Path

import pytest

from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.screens.activity import ActivityScreen
from pwl_tui.ui.widgets.text_input import TextInput
from tests.ui import sample_state as scenes
from tests.ui.conftest import Rig
from tests.ui.sample_state import NOW, Scene


def screen_of(scene: Scene) -> PwlApp:
    return PwlApp(scene.engine, scene.settings, Path("config.toml"), clock=lambda: NOW, tick=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_what_happened_is_listed_found_and_shown_in_full(scene: Scene, size: tuple[int, int]) -> None:
    scenes.attention(scene)
    app = screen_of(scene)
    async with app.run_test(size=size, notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press("a")
        await rig.until(lambda: "entries for all jobs, newest first" in rig.text(), "it is listed")
        await rig.pilot.press("slash", *"credits 51900", "enter")
        await rig.until(lambda: "credits read · wavalidation: 51900" in rig.text(), "a balance, in full")
        await rig.pilot.press("escape", "slash", *"unknown", "enter")
        await rig.until(lambda: "unknown · The service did" in rig.text(), "a failure, in full")
        await rig.pilot.press("escape")
        await rig.pilot.press("slash", *"WEBINAR sending")
        await rig.until(
            lambda: "2 entries matching “WEBINAR sending” for all jobs" in rig.text(), "it is found"
        )
        await rig.pilot.press("enter", "down")
        await rig.until(lambda: "batch 6.1" in rig.text(), "the older one, in full")
        await rig.pilot.press("escape", "escape")
        assert rig.screen_name == "HomeScreen"


async def test_the_activity_of_one_job(scene: Scene) -> None:
    scenes.live(scene)
    app = screen_of(scene)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.until(lambda: bool(app.snapshot.jobs), "the jobs are there")
        app.push_screen(ActivityScreen(app._ctx, 1))  # noqa: SLF001 - as the screen of the job does
        await rig.until(lambda: "6 entries for job 1" in rig.text(), "its own are listed")
        assert "spring-leads" not in rig.text()


async def test_a_thousand_pages_scroll_in_windows(scene: Scene) -> None:
    scene.send(scene.job("some", 10), 1, answered=1.0)
    with scene.store._database.transaction() as c:  # noqa: SLF001 - as months of polling leave it
        c.executemany(
            "INSERT INTO activity (at, job, seq, event, detail) VALUES (?,1,1,'poll failed',?)",
            [(NOW - 5_000 + n, f"answer {n}") for n in range(5_000)],
        )
    app = screen_of(scene)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press("a")
        await rig.until(lambda: "5,003 entries" in rig.text() and "answer 4999" in rig.text(), "the newest")
        await rig.pilot.press("end")
        await rig.until(lambda: "answer 0 " in rig.text(), "the oldest")


async def test_nothing_has_happened_and_nothing_is_found(scene: Scene) -> None:
    app = screen_of(scene)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press("a")
        await rig.until(lambda: "Nothing has happened yet." in rig.text(), "it is said")
        await rig.pilot.press("c")
        await rig.until(lambda: any("nothing to copy" in notice for notice in rig.notices), "why not")
        await rig.pilot.press("slash", "%")
        await rig.until(lambda: "No entries matching “%” for all jobs." in rig.text(), "it is said")


async def test_keys_and_numbers_are_kept_from_the_screen_and_the_clipboard(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.send(scene.job("some", 10), 1, answered=1.0)
    with scene.store._database.transaction() as c:  # noqa: SLF001 - as a careless service answers
        c.execute(
            "UPDATE activity SET detail='api_key=abcdef \x1b]0;x\x07 of +14155552671', event='poll failed'"
        )
    copied: list[str] = []
    monkeypatch.setattr(PwlApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    monkeypatch.chdir(tmp_path)
    app = screen_of(scene)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press("a")
        await rig.until(lambda: "poll failed" in rig.text(), "it is listed")
        assert "abcdef" not in rig.text()
        assert "\x1b" not in rig.text()
        await rig.pilot.press("c")
        await rig.until(lambda: rig.screen_name == "CopyDialog", "it is offered")
        await rig.pilot.press("enter", "tab", "enter")
        await rig.until(lambda: len(copied) == 2, "both ways are copied")
        assert ["2671" in text for text in copied] == [True, True]
        assert ["+1415•••2671" in text for text in copied] == [True, False]
        assert "Sent to the terminal." in rig.text()
        rig.app.screen.query_one("#copy-path", TextInput).focus()
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "ActivityScreen", "it is saved")
        assert (tmp_path / "pwl-tui-activity.txt").read_text() == copied[1]
        assert not any("abcdef" in text for text in copied)
