"""Nothing foreign acts: not as markup, not as an escape sequence, not by its direction."""

import pytest

from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from tests.ui.conftest import Start

HOSTILE = (
    "[/x]",
    "[@click=app.quit]here[/]",
    "[b]bold[/b]",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J\x1b[31mred",
    "\u202egnirts\u202c",
    "a\nb\rc\td",
    "$muted",
    "back\\[b]slash\\",
)
HOSTILE_TEXTS = [
    pytest.param(text, marks=[pytest.mark.slow] if place > 0 else [], id=ascii(text))
    for place, text in enumerate(HOSTILE)
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
async def test_names_and_paths_are_plain(start: Start, text: str) -> None:
    path = start.directory / (text.replace("/", "|") + ".txt")
    path.write_text("+14155552671\n")
    async with start() as rig:
        rig.engine.jobs.create(rig.engine.plans.for_list(Source.from_path(path), Options()), name=text)
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("enter")
        await rig.until(lambda: "+14155552671" in rig.text(), "its screen is open")
        await rig.pilot.press("e")
        await rig.pilot.pause()
        shown = rig.text()
        rig.app.notify(text)
        await rig.pilot.pause()
        shown += rig.text()
    assert not set(shown) & set("\x1b\x07\r\t\u202e\u202c")
    if text.isprintable():
        assert text in shown


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
async def test_names_are_plain_in_the_palette(start: Start, text: str) -> None:
    path = start.directory / "some.txt"
    path.write_text("+14155552671\n")
    async with start(size=(120, 100)) as rig:
        rig.engine.jobs.create(rig.engine.plans.for_list(Source.from_path(path), Options()), name=text)
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("ctrl+p")
        # Of a job that is complete it is said, with its name, that there is nothing to pause.
        await rig.until(lambda: "is complete, so there is nothing to pause" in rig.text(), "all is offered")
        shown = rig.text()
        await rig.pilot.press(*"open")
        await rig.until(lambda: "New list" not in rig.text(), "it is found")
        found = rig.text()
    assert not set(shown + found) & set("\x1b\x07\r\t\u202e\u202c")
    if text.isprintable():
        assert f"Open {text}" in found
        assert f"Not now: {text} is complete" in shown
        assert f"Open {text}" in found


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
async def test_what_the_service_says_is_plain(start: Start, simulator: Simulator, text: str) -> None:
    simulator.add_fault(Rule(call="submit", status=400, body={"error": text}))
    simulator.add_fault(Rule(call="balance", status=500, body={"error": text}))
    path = start.directory / "some.txt"
    path.write_text("+14155552671\n")
    async with start(size=(80, 24)) as rig:
        await rig.until(lambda: rig.app.snapshot.balance_problem is not None, "the credits cannot be read")
        rig.engine.jobs.create(rig.engine.plans.for_list(Source.from_path(path), Options()), name="some")
        await rig.until(lambda: "some" in rig.text(), "it is shown")
        await rig.pilot.press("enter")
        await rig.pilot.pause()
        shown = rig.text()
    assert not set(shown) & set("\x1b\x07\r\t\u202e\u202c")


async def test_a_notice_of_a_screen_keeps_its_brackets(start: Start) -> None:
    async with start() as rig:
        rig.app.screen.notify("Set [state] url, not [b]it[/b].")
        await rig.until(lambda: "Set [state] url, not [b]it[/b]." in rig.text(), "the notice appears")
