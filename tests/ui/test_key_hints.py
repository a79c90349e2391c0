"""Hints name the keys that work: with every key remapped, no screen, dialog or notice shows a default key."""

import re
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.commands import COMMANDS, key_shown, remap
from pwl_tui.ui.screens.base import CommandScreen
from tests.ui import sample_state as scenes
from tests.ui.conftest import Rig, Start
from tests.ui.sample_state import NOW, Scene

_NEW_KEYS = [f"{modifier}f{number}" for modifier, number in product(("", "ctrl+", "alt+"), range(1, 25))]
KEYS: Final = {command.id: key for command, key in zip(COMMANDS, _NEW_KEYS, strict=False)}
"""Another key for every command."""
_ENGLISH_TOO = {"enter", "space", "tab", "home", "end"}
"""Keys whose names are words, too: they are a hint only after "press"."""
_OLD_NAMES = {
    name
    for command in COMMANDS
    for name in map(key_shown, command.keys.split(","))
    if len(name) > 1 and name not in _ENGLISH_TOO
} | {"escape"}
_NAMED = re.compile(rf"(?<![\w+-])({'|'.join(map(re.escape, sorted(_OLD_NAMES)))})(?![\w+-])")
_PRESSED = re.compile(r"\b[Pp]ress\s+(\S+)")
LIST = "phone,name\n" + "".join(f"+1415555{n:04},Ada\n" for n in range(100, 130)) + "n/a,Bob\n"


def wrong_keys(text: str) -> list[str]:
    """Return the keys named in a text that are not among the remapped ones."""
    pressed = [key.strip(".,;:") for key in _PRESSED.findall(text)]
    return [*_NAMED.findall(text), *(key for key in pressed if key not in KEYS.values())]


def hints(rig: Rig) -> list[str]:
    """Return what can name a key now: the screen, its fields, the notices, and why commands cannot run."""
    screen = rig.app.screen
    found = [*rig.text().splitlines(), *rig.notices]
    found += [field.placeholder for field in screen.query(Input)]
    if isinstance(screen, CommandScreen):
        found += [screen.why_not(command.id) or "" for command in COMMANDS]
    return found


async def visit(rig: Rig, *steps: tuple[str, str]) -> str:
    """Press the remapped key of one command after another, and look at every screen that this leads to.

    Args:
        rig: the program.
        steps: the id of a command, and the name of the screen that is in front after it.

    Returns:
        All hints that were there.
    """
    seen: list[str] = []
    for command_id, screen in steps:
        await rig.pilot.press(KEYS[command_id])
        await rig.until(lambda screen=screen: rig.screen_name == screen, f"{command_id} leads to {screen}")  # type: ignore[misc]
        await rig.pilot.pause()
        found = hints(rig)
        wrong = {line.strip(): wrong_keys(line) for line in found if wrong_keys(line)}
        assert not wrong, (command_id, screen, wrong)
        seen += found
    return "\n".join(seen)


HOME_AND_BACK: tuple[tuple[str, str], ...] = (
    ("find", "HomeScreen"),
    ("back", "HomeScreen"),
    ("ledger", "LedgerScreen"),
    ("back", "HomeScreen"),
    ("activity", "ActivityScreen"),
    ("find", "ActivityScreen"),
    ("back", "ActivityScreen"),
    ("back", "HomeScreen"),
    ("settings", "SettingsScreen"),
    ("save", "SettingsScreen"),
    ("back", "HomeScreen"),
    ("adopt", "AdoptDialog"),
    ("cancel", "HomeScreen"),
    ("key", "KeyDialog"),
    ("cancel", "HomeScreen"),
    ("free-mouse", "HomeScreen"),
    ("free-mouse", "HomeScreen"),
    ("back", "HomeScreen"),
)


def test_every_key_can_be_remapped() -> None:
    assert remap(KEYS) == (KEYS, [])
    assert len(KEYS) == len(COMMANDS)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Press f1 to enter a list, or use the space key.", []),
        ("part of a name; esc to show all", ["esc"]),
        ("Press e to export.", ["e"]),
        ("ctrl+s submit", ["ctrl+s"]),
    ],
)
def test_a_hint_with_a_default_key_is_noticed(text: str, wrong: list[str]) -> None:
    assert wrong_keys(text) == wrong


async def test_an_empty_program_names_only_remapped_keys(start: Start) -> None:
    async with start(keys=KEYS) as rig:
        assert f"Press {KEYS['new-list']} to enter a list" in rig.text()
        seen = await visit(rig, *HOME_AND_BACK, ("export", "HomeScreen"), ("settle", "HomeScreen"))
        assert f"There is no job yet. Press {KEYS['new-list']}" in seen


async def test_a_program_without_an_api_key_names_only_remapped_keys(start: Start) -> None:
    async with start(keys=KEYS, key_source=None) as rig:
        await rig.until(lambda: rig.screen_name == "KeyDialog", "the key is asked for")
        await visit(rig, ("cancel", "HomeScreen"), ("refresh", "HomeScreen"), ("ledger", "HomeScreen"))
        assert f"press {KEYS['key']}" in rig.text().casefold()


@pytest.mark.slow
async def test_a_list_is_submitted_and_looked_at_with_remapped_keys_alone(start: Start) -> None:
    path = start.directory / "crm.csv"
    path.write_text(LIST)
    async with start(keys=KEYS) as rig:
        await visit(rig, ("new-list", "HomeScreen"), ("browse", "BrowseScreen"), ("back", "HomeScreen"))
        rig.form.start(str(path))
        await rig.planned()
        await visit(
            rig,
            ("options", "ListOptions"),
            ("cancel", "HomeScreen"),
            ("see-rows", "PreviewScreen"),
            ("next-view", "PreviewScreen"),
            ("save-rejected", "SaveRejected"),
            ("cancel", "PreviewScreen"),
            ("back", "HomeScreen"),
            ("submit", "Ask"),
        )
        await rig.pilot.press("y")
        await rig.finished()
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        seen = await visit(
            rig,
            ("open", "JobScreen"),
            ("copy", "JobScreen"),
            ("find", "JobScreen"),
            ("back", "JobScreen"),
            ("go-to", "JobScreen"),
            ("back", "JobScreen"),
            ("charts", "JobScreen"),
            ("sort", "JobScreen"),
            ("export", "ExportDialog"),
            ("cancel", "JobScreen"),
            ("forget", "Ask"),
            ("cancel", "JobScreen"),
            ("activity", "ActivityScreen"),
            ("copy", "CopyDialog"),
            ("cancel", "ActivityScreen"),
            ("back", "JobScreen"),
            ("help", "HelpScreen"),
            ("help", "JobScreen"),
            ("back", "HomeScreen"),
        )
        assert f"Press {KEYS['export']} to export" in seen


@pytest.mark.parametrize("fill", [scenes.attention, scenes.journaled, scenes.spent])
async def test_what_needs_attention_names_only_remapped_keys(scene: Scene, fill: Any) -> None:
    fill(scene)
    settings = replace(scene.settings, keys=KEYS)
    app = PwlApp(scene.engine, settings, Path("config.toml"), clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.until(lambda: "Press" in rig.text(), "a notice names a key")
        await visit(rig, ("help", "HelpScreen"), ("cancel", "HomeScreen"))
        if app.snapshot.doubts:
            await visit(
                rig,
                ("settle", "SettleScreen"),
                ("report", "CopyDialog"),
                ("cancel", "SettleScreen"),
                ("give-id", "GiveIdDialog"),
                ("cancel", "SettleScreen"),
                ("write-off", "Ask"),
                ("cancel", "SettleScreen"),
                ("back", "HomeScreen"),
            )
