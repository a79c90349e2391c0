import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.widgets import Input

from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.commands import COMMANDS, Command, remap, within
from pwl_tui.ui.dialogs.base import Dialog
from pwl_tui.ui.screens.activity import ActivityScreen
from pwl_tui.ui.screens.browse import BrowseScreen
from pwl_tui.ui.screens.home import HomeScreen
from pwl_tui.ui.screens.job import JobScreen
from pwl_tui.ui.screens.ledger import LedgerScreen
from pwl_tui.ui.screens.preview import PreviewScreen
from pwl_tui.ui.screens.settings import SettingsScreen
from pwl_tui.ui.screens.settle import SettleScreen
from pwl_tui.ui.widgets.list_form import ListForm
from pwl_tui.ui.widgets.option_row import OptionRow
from pwl_tui.ui.widgets.table import Table
from tests.ui.conftest import Start


def test_every_command_has_an_id_of_its_own_and_a_sentence() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    assert all(command.help.endswith(".") for command in COMMANDS)


@pytest.mark.parametrize(
    "screen",
    [
        ("home", "table", "everywhere"),
        ("job", "table", "everywhere"),
        ("form", "everywhere"),
        ("settle", "everywhere"),
        ("ledger", "table", "everywhere"),
        ("settings", "choices", "everywhere"),
        ("activity", "table", "everywhere"),
        ("preview", "table", "everywhere"),
        ("browse", "table", "everywhere"),
    ],
)
def test_no_key_means_two_things_at_once(screen: tuple[str, ...]) -> None:
    keys = [key for command in within(*screen) for key in command.keys.split(",")]
    assert len(set(keys)) == len(keys)


OWNERS: dict[str, type[DOMNode]] = {
    "everywhere": PwlApp,
    "home": HomeScreen,
    "job": JobScreen,
    "settle": SettleScreen,
    "ledger": LedgerScreen,
    "settings": SettingsScreen,
    "activity": ActivityScreen,
    "preview": PreviewScreen,
    "browse": BrowseScreen,
    "dialog": Dialog,
    "table": Table,
    "form": ListForm,
    "choices": OptionRow,
}


@pytest.mark.parametrize(
    ("scope", "command"), [(scope, command) for command in COMMANDS for scope in sorted(command.scopes)]
)
def test_every_command_is_bound_and_implemented_in_each_of_its_scopes(scope: str, command: Command) -> None:
    owner = OWNERS[scope]
    assert command.id in {binding.id for binding in owner.BINDINGS if isinstance(binding, Binding)}
    assert callable(getattr(owner, f"action_{command.action}"))


@pytest.mark.parametrize(
    ("keys", "usable", "words"),
    [
        ({"export": "x"}, {"export": "x"}, ""),
        ({"export": "f5, ctrl+e"}, {"export": "f5, ctrl+e"}, ""),
        ({"exprot": "x"}, {}, "Did you mean 'export'?"),
        ({"zzz": "x"}, {}, "Press ? for their names"),
        ({"export": "banana"}, {}, "'banana' is not a key"),
        ({"export": ""}, {}, "is not a key"),
        ({"export": "q"}, {}, "quit"),
        ({"export": "n"}, {}, "new-list"),
        ({"export": "k"}, {}, "up"),
        ({"export": "x", "settle": "x"}, {"export": "x"}, "settle keeps its default key"),
        ({"export": "s", "settle": "banana"}, {}, "export keeps its default key"),
        ({"export": "s", "settle": "e"}, {"export": "s", "settle": "e"}, ""),
        ({"next-view": "n"}, {"next-view": "n"}, ""),
    ],
)
def test_keys_are_checked_before_they_are_remapped(
    keys: dict[str, str], usable: dict[str, str], words: str
) -> None:
    remapped, warnings = remap(keys)
    assert remapped == usable
    assert (words in " ".join(warnings)) if words else not warnings


async def test_a_remapped_key_works_and_is_shown_everywhere(start: Start) -> None:
    async with start(keys={"new-list": "f2", "bogus": "x"}) as rig:
        assert "f2 new list" in rig.text()
        await rig.until(lambda: any("no command 'bogus'" in notice for notice in rig.notices), "a warning")
        await rig.pilot.press("n")
        assert not rig.app.screen.query_one(ListForm).has_focus_within
        await rig.pilot.press("f2")
        assert rig.app.screen.query_one(ListForm).has_focus_within
        await rig.pilot.press("escape", "question_mark")
        await rig.pilot.pause()
        assert "f2" in rig.text()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_help_lists_every_command(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as rig:
        await rig.pilot.press("question_mark")
        await rig.pilot.pause()
        seen = rig.text()
        for _ in range(6):
            await rig.pilot.press("pagedown")
            await rig.pilot.pause()
            seen += rig.text()
        for command in COMMANDS:
            assert f" {command.id} " in seen
            assert command.help in seen
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"


async def test_the_palette_offers_every_command_and_runs_it(start: Start) -> None:
    async with start(size=(80, 100)) as rig:
        await rig.pilot.press("ctrl+p")
        expected = {
            c.title.capitalize() for c in within("home", "table", "form", "everywhere") if c.id != "palette"
        }
        await rig.until(
            lambda: all(title.lower() in rig.text().lower() for title in expected), "all are offered"
        )
        await rig.pilot.press(*"new list")
        await rig.until(lambda: isinstance(rig.app.screen, CommandPalette), "it is open")
        await rig.until(lambda: "Next field" not in rig.text(), "one is left")
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it is closed")
        await rig.until(lambda: rig.app.screen.query_one(ListForm).has_focus_within, "the form has the focus")


async def test_the_open_palette_writes_nothing_of_its_own(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("ctrl+p")
        await rig.until(lambda: isinstance(rig.app.screen, CommandPalette), "it is open")
        await rig.pilot.pause()
        assert not rig.app.screen.query_one(Input).cursor_blink
        assert [widget for widget in rig.app.screen.walk_children() if widget.auto_refresh] == []


async def test_the_palette_has_only_the_key_that_it_is_given(start: Start) -> None:
    async with start(keys={"palette": "f9"}) as rig:
        await rig.pilot.press("ctrl+p")
        assert rig.screen_name == "HomeScreen"
        await rig.pilot.press("n", "f9")
        await rig.until(lambda: isinstance(rig.app.screen, CommandPalette), "it opens from a field, too")
        await rig.pilot.press("f9", "escape")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it was opened once")


async def test_the_palette_says_why_a_command_cannot_be_run(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("ctrl+p")
        await rig.pilot.press(*"settle")
        await rig.until(lambda: "New list" not in rig.text().split("Settle")[-1], "one is left")
        await rig.pilot.press("enter")
        await rig.until(lambda: any("nothing to settle" in notice for notice in rig.notices), "it says why")


async def test_a_click_on_the_footer_does_what_the_key_does(start: Start) -> None:
    async with start(size=(80, 24)) as rig:
        await rig.until(lambda: "? help" in rig.text(), "the footer is there")
        line = rig.text().splitlines()[-1]
        await rig.pilot.click(offset=(line.index("? help"), 23))
        await rig.until(lambda: rig.screen_name == "HelpScreen", "the help is open")
