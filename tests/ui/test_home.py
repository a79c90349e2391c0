import asyncio
import stat
from collections.abc import Sequence

import pytest
from textual import events
from textual.widgets import Input

from pwl_tui.simulator.demo import DEMO_KEY
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.ui.dialogs.questions import Ask, Choice
from pwl_tui.ui.screens.home import HomeScreen
from pwl_tui.ui.terminal import terminal_app
from pwl_tui.ui.widgets.text_input import PathLine
from tests.ui.conftest import NUMBERS, Rig, Start


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_without_jobs_the_screen_says_how_to_begin(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as rig:
        assert "No jobs yet. Press n" in rig.text()
        await rig.until(lambda: "4,850" in rig.text(), "the other credits are read")


async def test_the_list_of_jobs_is_filtered_by_name(start: Start) -> None:
    for name in ("spring", "summer"):
        await submit_one(start, name)
    async with start() as rig:
        await rig.until(lambda: "✓ summer" in rig.text(), "both are there")
        await rig.pilot.press("slash", *"SPR")
        await rig.until(lambda: "✓ summer" not in rig.text(), "one is left out")
        await rig.pilot.press("enter")
        assert "✓ spring" in rig.text()
        await rig.pilot.press("slash", *"xyz")
        await rig.until(lambda: "No job name contains" in rig.text(), "nothing is left")
        await rig.pilot.press("escape")
        await rig.until(lambda: "summer" in rig.text(), "all are back")


async def submit_one(start: Start, name: str) -> None:
    """Submit three numbers under a name, and wait for the answers."""
    path = start.directory / f"{name}.txt"
    path.write_text(NUMBERS)
    before = len(start.store.jobs.all())
    async with start() as rig:
        rig.form.start(str(path))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.until(
            lambda: len(rig.store.jobs.all()) > before and not rig.store.jobs.all()[0].unfinished, "done"
        )


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("e", "no job yet"),
        ("s", "nothing to settle"),
        ("R", "no job yet"),
        ("F", "no job yet"),
        ("p", "no job yet"),
        ("enter", "no job yet"),
        ("escape", "first screen"),
        ("backspace", "first screen"),
    ],
)
async def test_a_key_that_can_do_nothing_says_why(start: Start, key: str, words: str) -> None:
    async with start() as rig:
        await rig.pilot.press(key)
        assert [notice for notice in rig.notices if words in notice]


async def test_a_finished_job_cannot_be_paused_or_settled(start: Start) -> None:
    await submit_one(start, "spring")
    async with start() as rig:
        await rig.until(lambda: "spring" in rig.text(), "it is shown")
        await rig.pilot.press("p", "s")
        assert "spring is complete, so there is nothing to pause." in rig.notices
        assert "No batch is in doubt, so there is nothing to settle." in rig.notices


async def test_a_job_is_paused_and_goes_on(start: Start, simulator: Simulator) -> None:
    (start.directory / "some.txt").write_text(NUMBERS)
    simulator.add_fault(Rule(call="submit", status=429))
    async with start() as rig:
        rig.form.start(str(start.directory / "some.txt"))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.until(lambda: "waiting" in rig.text(), "the service asks to wait")
        await rig.pilot.press("p")
        await rig.until(lambda: "some resumed." in rig.notices, "it goes on")
        rig.engine.jobs.pause(1)
        await rig.until(lambda: "paused" in rig.text(), "it is paused")
        simulator.clear_faults()
        await rig.pilot.press("p")
        await rig.finished()


async def test_refresh_asks_for_the_credits(start: Start, world: World) -> None:
    async with start() as rig:
        await rig.until(lambda: "50,000" in plain_digits(rig), "the credits are read")
        world.add_credits(DEMO_KEY, "wavalidation", 11)
        await rig.pilot.press("r")
        await rig.until(lambda: "50,011" in plain_digits(rig), "the new figure is there")


def plain_digits(rig: Rig) -> str:
    credits_now = rig.app.snapshot.credits
    return f"{credits_now.balance:,}" if credits_now else ""


async def test_the_first_start_asks_for_the_key_and_keeps_it(start: Start) -> None:
    async with start(key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "it is asked for")
        await rig.pilot.press(*"wrong-key", "enter")
        await rig.until(lambda: "Invalid API key" in rig.text(), "the service refuses it")
        assert "wrong-key" not in rig.text()
        rig.app.screen.query_one(Input).value = DEMO_KEY
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "the right one is taken")
        await rig.until(lambda: rig.app.snapshot.credits is not None, "it is in use")
        assert DEMO_KEY not in rig.text() + "".join(rig.notices)
    saved = rig.directory / "config.toml"
    assert DEMO_KEY in saved.read_text()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


async def test_the_key_can_be_left_for_later(start: Start) -> None:
    async with start(key_source=None, size=(80, 24)) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "it is asked for")
        await rig.pilot.press("enter")
        assert "Enter the key first." in rig.text()
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"
        await rig.until(lambda: "No API key" in rig.text(), "the panel says so")
        await rig.pilot.press("r")
        assert any("no API key" in notice for notice in rig.notices)
        await rig.pilot.press("K")
        assert rig.screen_name == "KeyDialog"
    assert not (rig.directory / "config.toml").exists()


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_is_immediate(start: Start, key: str) -> None:
    async with start() as rig:
        await rig.pilot.press(key)
        await rig.pilot.pause()
        assert rig.app.return_code == 0
        assert not rig.app.is_running or rig.app._exit  # noqa: SLF001 - whether it is leaving is not public


async def test_ctrl_c_leaves_also_while_typing(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("n", "q", "ctrl+c")
        assert rig.app.return_code == 0


async def test_the_form_is_a_screen_of_its_own_on_narrow_terminals_and_survives_a_resize(
    start: Start,
) -> None:
    async with start(size=(80, 24)) as rig:
        assert "Region" not in rig.text()
        await rig.pilot.press("n")
        await rig.pilot.pause()
        assert "Region" in rig.text()
        await rig.pilot.press("a", "b")
        await rig.pilot.resize_terminal(140, 40)
        await rig.until(lambda: "Jobs" in rig.text(), "both fit")
        assert rig.form.query_one(PathLine).value == "ab"
        await rig.pilot.resize_terminal(80, 24)
        await rig.pilot.press("escape")
        await rig.until(lambda: "No jobs yet" in rig.text(), "back at the jobs")


@pytest.mark.slow
async def test_what_another_process_submits_appears(start: Start) -> None:
    async with start() as rig:
        await rig.until(lambda: "No jobs yet" in rig.text(), "nothing yet")
        await submit_one(start, "elsewhere")
        await rig.until(lambda: "elsewhere" in rig.text(), "the job of the other is there")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "beside"), [(153, False), (154, True), (200, True)])
async def test_the_job_under_the_cursor_is_told_in_detail_beside_or_below_the_others(
    start: Start, width: int, beside: bool
) -> None:
    for name in ("spring", "summer"):
        await submit_one(start, name)
    async with start(size=(width, 40)) as rig:
        await rig.until(lambda: "summer" in rig.text(), "both are there")
        heading = next(line for line in rig.text().splitlines() if "Selected job" in line)
        assert (heading.index("Selected job") > width - 40) == beside
        for key, name in (("home", "summer"), ("down", "spring")):
            await rig.pilot.press(key)
            await rig.until(lambda n=name: f"│ {n} " in rig.text(), "it is told")  # type: ignore[misc]


async def test_the_credits_say_how_many_more_lists_like_the_selected_one_they_pay(start: Start) -> None:
    await submit_one(start, "spring")
    async with start(size=(80, 24)) as rig:
        await rig.until(lambda: "enough for 999+ lists of 3" in rig.text(), "it is told")


@pytest.mark.slow
async def test_the_palette_finds_every_job_and_opens_it(start: Start) -> None:
    for name in ("spring", "summer"):
        await submit_one(start, name)
    async with start() as rig:
        for name in ("summer", "spring"):
            await rig.pilot.press("ctrl+p", *name)
            await rig.until(lambda n=name: f"Open {n}" in rig.text(), "it is offered")  # type: ignore[misc]
            await rig.pilot.press("enter")
            await rig.until(lambda: rig.screen_name == "JobScreen", "it is open")
            await rig.until(lambda n=name: n in rig.text(), "it is the one")  # type: ignore[misc]
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "one step leads home")


async def test_the_palette_puts_titles_before_what_is_said_of_them(start: Start) -> None:
    await submit_one(start, "sample")
    async with start() as rig:
        await rig.pilot.press("ctrl+p", *"sam")

        def first() -> str:
            lines = [line.strip() for line in rig.text().splitlines()]
            return next((line for line in lines if line in ("Open sample", "Options", "Send rest")), "")

        await rig.until(lambda: "New list" not in rig.text() and first() == "Open sample", "the job is first")


async def test_another_profile_is_put_in_force(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("P")
        await rig.until(lambda: any("only profile" in notice for notice in rig.notices), "it says why not")
        account = f'api_key = "{DEMO_KEY}"\nbase_url = "{start.settings.base_url}"\n'
        (rig.directory / "config.toml").write_text(
            f'[profiles.default]\n{account}region = "DE"\n[profiles.agency]\n{account}region = "IN"\n'
        )
        await rig.pilot.press("P")
        await rig.until(lambda: rig.screen_name == "Ask" and "agency" in rig.text(), "it is offered")
        await rig.pilot.press("down", "enter")
        await rig.until(lambda: "Switched to profile agency." in rig.notices, "it is in use")
        assert (rig.engine.settings.profile, rig.engine.settings.region) == ("agency", "IN")
        assert 'profile = "agency"' in (rig.directory / "config.toml").read_text()


@pytest.mark.parametrize(
    ("burst", "where"),
    [
        ("/aLFR", ("find", "aLFR")),
        ("n/srv/a.csv", ("path", "/srv/a.csv")),
        ("n\t\tbob", ("name", "bob")),
        (["n", events.Paste("/srv/b.csv")], ("path", "/srv/b.csv")),
        ("K\x1b/crm", ("find", "crm")),
    ],
)
async def test_keys_that_a_slow_line_brings_together_are_taken_one_after_the_other(
    start: Start, burst: Sequence[str | events.Paste], where: tuple[str, str]
) -> None:
    named = {"/": "slash", "\t": "tab", ".": "full_stop", "\x1b": "escape"}
    async with start() as rig:
        for typed in burst:
            event = typed if isinstance(typed, events.Paste) else events.Key(named.get(typed, typed), typed)
            rig.app.post_message(event)

        def arrived() -> bool:
            field = rig.app.focused
            return isinstance(field, Input) and (field.id, field.value) == where

        await rig.until(arrived, "all of it is where it belongs")
        assert rig.screen_name == "HomeScreen"


async def test_a_key_that_takes_long_is_waited_for(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    new_list = HomeScreen.action_new_list

    async def slowly(screen: HomeScreen) -> None:
        for _ in range(1_000):
            await asyncio.sleep(0)
        await new_list(screen)

    monkeypatch.setattr(HomeScreen, "action_new_list", slowly)
    monkeypatch.setattr(terminal_app, "_KEY_SECONDS", 0.0)
    monkeypatch.setattr(terminal_app, "_KEY_LOOKS", 1_000_000)
    async with start() as rig:
        for key in ("n", "tab", "tab", "b", "o", "b"):
            rig.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await rig.until(lambda: rig.app.query_one("#name", Input).value == "bob", "each had its effect")


async def test_a_key_for_the_screen_before_does_not_close_a_dialog_that_is_not_complete(start: Start) -> None:
    async with start() as rig:
        dialog = Ask("Settle", "Really?", [Choice("no", "Cancel")])
        answers: list[str | None] = []
        rig.app.push_screen(dialog, answers.append)
        dialog.action_cancel()
        await rig.until(lambda: dialog.is_mounted and "Really?" in rig.text(), "it is shown")
        assert answers == []
        await rig.pilot.press("escape")
        await rig.until(lambda: answers == [None], "it is closed")
