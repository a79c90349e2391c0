"""Single numbers on the screen: nothing is paid before its cost is shown, and what was paid for is kept."""

import pytest
from textual import events
from textual.widgets import Button, Input

from pwl_tui.simulator.demo import DEMO_KEY
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.ui.widgets.checkbox import Checkbox
from tests.ui.conftest import Rig, Start

TWO = "(415) 555-2671, +442079460958"


async def enter(rig: Rig, numbers: str, **fields: str) -> None:
    """Open the dialog if it is not, fill it in, and press enter."""
    if rig.screen_name == "HomeScreen":
        await rig.pilot.press("l")
        await rig.until(lambda: rig.screen_name == "LookupDialog", "the dialog opens")
    rig.app.screen.query_one("#lookup-numbers", Input).value = numbers
    for name, text in fields.items():
        rig.app.screen.query_one(f"#lookup-{name}", Input).value = text
    await rig.pilot.pause()
    await rig.pilot.press("enter")


async def shows(rig: Rig, text: str, times: int = 1) -> None:
    """Wait until a text is on the screen so many times, wherever its lines are broken."""
    await rig.until(
        lambda: " ".join(rig.text().replace("│", " ").split()).count(text) == times, f"{text!r} {times} times"
    )


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_cost_is_shown_before_it_is_paid_and_the_answers_after(
    start: Start, world: World, size: tuple[int, int]
) -> None:
    async with start(size=size) as rig:
        await enter(rig, TWO)
        await shows(rig, "2 to ask, 2 credits")
        await shows(rig, "not known; 1 credit", 2)
        assert str(rig.app.screen.query_one("#submit", Button).label) == "Ask for 2 credits"
        assert world.ledger == []
        await rig.pilot.press("enter")
        await shows(rig, "asked now, 1 credit", 2)
        on = {number: world.truth(number).on_whatsapp for number in ("+14155552671", "+442079460958")}
        assert set(on.values()) == {True, False}
        await shows(rig, "+442079460958 on WhatsApp" if on["+442079460958"] else "+442079460958 not on")
        await rig.until(
            lambda: not rig.app.screen.query_one("#submit", Button).disabled, "it can be used again"
        )
        await rig.pilot.press("enter")
        await shows(rig, "as of", 2)
        await rig.pilot.press("enter")
        await shows(rig, "as of", 2)
        assert len(world.ledger) == 2


async def test_to_ask_anew_is_chosen_and_paid_for(start: Start, world: World) -> None:
    async with start() as rig:
        await enter(rig, "4155552671")
        await shows(rig, "1 to ask")
        await rig.pilot.press("enter")
        await shows(rig, "asked now")
        rig.app.screen.query_one("#lookup-fresh", Checkbox).value = True
        await rig.pilot.pause()
        await rig.pilot.press("enter")
        await shows(rig, "1 to ask, 1 credit")
        assert len(world.ledger) == 1
        await rig.pilot.press("enter")
        await rig.until(lambda: len(world.ledger) == 2, "it is paid for again")

        def left() -> int | None:
            return None if rig.app.snapshot.credits is None else rig.app.snapshot.credits.balance

        _, there = world.balance(DEMO_KEY, "wavalidation")
        await rig.until(lambda: left() == there["balance"], "the balance is read again")


async def test_what_is_no_number_is_named_in_the_panel_and_costs_nothing(start: Start, world: World) -> None:
    async with start(size=(80, 24)) as rig:
        await enter(rig, f"{TWO}, junk, [/x]")
        await shows(rig, "'junk' is not a phone number.")
        await shows(rig, "'[/x]' is not a phone number.")
        await shows(rig, "read as those of US.")
        await enter(rig, "020 7946 0958", region="")
        await shows(rig, "has no country code.")
        await enter(rig, "020 7946 0958", region="Atlantis")
        await shows(rig, "Atlantis", 2)
        await enter(rig, "", region="GB")
        await shows(rig, "Enter at least one number.")
        await enter(rig, "020 7946 0958")
        await shows(rig, "1 to ask")
        assert world.ledger == []


async def test_pasted_lines_stay_apart(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("l")
        await rig.until(lambda: rig.screen_name == "LookupDialog", "the dialog opens")
        field = rig.app.screen.query_one("#lookup-numbers", Input)
        field.post_message(events.Paste("(415) 555-2671\r\n\n+442079460958\n"))
        await rig.until(lambda: field.value == TWO, "the lines are numbers")


async def test_leaving_does_not_wait_and_keeps_the_answer(
    start: Start, simulator: Simulator, world: World
) -> None:
    simulator.add_fault(Rule(call="check", delay=1.0))
    async with start() as rig:
        await enter(rig, TWO)
        await shows(rig, "2 to ask")
        await rig.pilot.press("enter")
        await shows(rig, "Asking the service…")
        await rig.until(lambda: bool(world.ledger), "the first is paid for")
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"
        assert rig.engine.credits.ledger().lines == (), "the answer has not come yet"
        await rig.until(lambda: bool(rig.engine.credits.ledger().lines), "the answer is saved")
        assert rig.engine.drain(5.0)
        assert len(world.ledger) == 1, "no more was asked"
        await enter(rig, TWO)
        await shows(rig, "1 known, 1 to ask")


async def test_a_service_that_does_not_answer_is_said_in_the_panel(
    start: Start, simulator: Simulator
) -> None:
    simulator.add_fault(Rule(call="check", cut="after", times=1))
    async with start(size=(80, 24)) as rig:
        await enter(rig, "4155552671")
        await shows(rig, "1 to ask")
        await rig.pilot.press("enter")
        await shows(rig, "1 credit may have been spent.")
        await rig.until(
            lambda: not rig.app.screen.query_one("#submit", Button).disabled, "it can be used again"
        )
        await rig.pilot.press("enter")
        await shows(rig, "Not looked up again")


async def test_where_nothing_may_be_spent_it_says_so(start: Start, world: World) -> None:
    async with start(may_spend=False) as rig:
        await enter(rig, "4155552671")
        await shows(rig, "Spending is off")
        await rig.pilot.press("enter")
        await rig.pilot.pause()
        assert world.ledger == []


async def test_a_large_amount_is_typed_to_confirm_it(start: Start, world: World) -> None:
    async with start(confirm_above=1) as rig:
        await enter(rig, TWO)
        await shows(rig, "2 to ask")
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "Typed", "the amount is asked for")
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "LookupDialog", "it is declined")
        assert world.ledger == []
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "Typed", "the amount is asked for again")
        await rig.pilot.press("2", "enter")
        await shows(rig, "asked now", 2)


async def test_without_a_key_nothing_is_looked_up(start: Start) -> None:
    async with start(key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "the key is asked for")
        await rig.pilot.press("escape", "l")
        assert any("no API key yet. Press K" in notice for notice in rig.notices)
