import tomllib

import pytest

from pwl_tui.config import Polling, Settings, Ui
from pwl_tui.config.tables import Profile
from pwl_tui.secret import Secret
from pwl_tui.ui.presenters.settings import changes, fields
from pwl_tui.ui.screens.settings import SettingsScreen
from pwl_tui.ui.widgets.option_row import OptionRow
from pwl_tui.ui.widgets.text_input import TextInput
from tests.ui.conftest import Rig, Start


async def opened(rig: Rig) -> SettingsScreen:
    await rig.pilot.press("comma")
    await rig.until(lambda: rig.screen_name == "SettingsScreen", "the settings are open")
    assert isinstance(rig.app.screen, SettingsScreen)
    return rig.app.screen


def saved(rig: Rig) -> dict[str, object]:
    return tomllib.loads((rig.directory / "config.toml").read_text("utf-8"))


def test_every_setting_is_a_field_and_no_key_is() -> None:
    secret = Secret("not-to-be-shown")
    made = fields(Settings(key_source=secret), {"default": Profile(api_key=secret)})
    ids = [field.id for field in made]
    assert len(set(ids)) == len(ids)
    assert {"file-profile", "profiles-region", "lists-reuse_days", "polling-large", "ui-theme"} <= set(ids)
    assert not [id_ for id_ in ids if "key" in id_]
    assert "not-to-be-shown" not in "".join(field.text for field in made)
    assert changes(made, {field.id: field.text for field in made}, "default") == {}


@pytest.mark.parametrize(
    ("id_", "text", "changed"),
    [
        ("profiles-region", " de ", {"profiles.work": {"region": "de"}}),
        ("profiles-max_credits_per_job", "5000", {"profiles.work": {"max_credits_per_job": 5000}}),
        ("profiles-max_credits_per_job", "many", {"profiles.work": {"max_credits_per_job": "many"}}),
        ("profiles-max_credits_per_job", "5,000", {"profiles.work": {"max_credits_per_job": [5, 0]}}),
        ("polling-small", "4, 8.5", {"polling": {"small": [4, 8.5]}}),
        ("polling-small", "4", {"polling": {"small": [4]}}),
        ("ui-mouse", "no", {"ui": {"mouse": False}}),
        ("ui-theme", "ansi", {"ui": {"theme": "ansi"}}),
    ],
)
def test_what_is_typed_becomes_a_change(id_: str, text: str, changed: object) -> None:
    made = fields(Settings(profile="work"), {"work": Profile()})
    after = {field.id: field.text for field in made} | {id_: text}
    assert changes(made, after, "work") == changed


async def test_settings_are_saved_put_in_force_and_a_file_by_hand_is_kept(start: Start) -> None:
    async with start(polling=Polling()) as rig:
        file = rig.directory / "config.toml"
        file.write_text("# mine\n[profiles.default]\nregion = 'US'\n")
        screen = await opened(rig)
        assert rig.pilot.app.screen.why_not("save")  # type: ignore[attr-defined]
        screen.query_one("#profiles-region", TextInput).value = "de"
        screen.query_one("#lists-reuse_days", TextInput).value = "7"
        screen.query_one("#notify-bell", OptionRow).focus()
        await rig.pilot.press("space", "ctrl+s")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "they are saved")
        assert saved(rig) == {
            "profiles": {"default": {"region": "de"}},
            "lists": {"reuse_days": 7},
            "notify": {"bell": False},
        }
        assert (rig.directory / "config.toml.bak-1").read_text().startswith("# mine")
        await rig.until(lambda: any("kept as config.toml.bak-1" in n for n in rig.notices), "it is said")
        assert (rig.engine.settings.region, rig.engine.settings.lists.reuse_days) == ("DE", 7)


async def test_what_may_not_be_is_said_and_not_saved(start: Start) -> None:
    async with start() as rig:
        screen = await opened(rig)
        screen.query_one("#lists-reuse_days", TextInput).value = "a week"
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: "lists.reuse_days in" in rig.text(), "it is said")
        assert "must be a whole number of days, 0 to 3,650" in " ".join(rig.text().split())
        assert not (rig.directory / "config.toml").exists()


async def test_a_theme_is_shown_at_once_and_taken_back_unless_it_is_saved(start: Start) -> None:
    async with start(ui=Ui(theme="dark")) as rig:
        screen = await opened(rig)
        screen.query_one("#ui-theme", OptionRow).focus()
        await rig.pilot.press("right")
        await rig.until(lambda: rig.app.theme.endswith("light"), "it is shown")
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.screen_name == "Ask", "it asks")
        await rig.pilot.press("d")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it is left")
        assert rig.app.theme.endswith("dark")
        await opened(rig)
        rig.app.screen.query_one("#ui-theme", OptionRow).value = "light"
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it is saved")
        assert rig.app.theme.endswith("light")
        assert saved(rig) == {"ui": {"theme": "light"}}


async def test_another_profile_brings_its_own_values_key_and_service(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROWEBLOOK_API_KEY", raising=False)
    monkeypatch.delenv("PROWEBLOOK_BASE_URL", raising=False)
    async with start(polling=Polling()) as rig:
        (rig.directory / "config.toml").write_text(
            "[profiles.default]\nregion = 'US'\n[profiles.agency]\nregion = 'IN'\n"
            f"api_key = 'another'\nbase_url = '{start.settings.base_url}'\n"
        )
        before = rig.engine.binding
        screen = await opened(rig)
        await rig.pilot.press("right")
        await rig.until(lambda: screen.query_one("#profiles-region", TextInput).value == "IN", "its region")
        await rig.pilot.press("ctrl+s")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "it is saved")
        assert saved(rig)["profile"] == "agency"
        assert rig.engine.binding is not None
        assert before is not None
        assert rig.engine.binding.base_url == before.base_url
        assert rig.engine.binding.fingerprint == Secret("another").fingerprint


async def test_a_file_that_cannot_be_used_is_said(start: Start) -> None:
    async with start() as rig:
        (rig.directory / "config.toml").write_text("[lists\n")
        await rig.pilot.press("comma")
        await rig.until(lambda: any("is not valid TOML" in notice for notice in rig.notices), "it is said")
        assert rig.screen_name == "HomeScreen"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_the_form_is_walked_by_keys_and_each_setting_explained(
    start: Start, size: tuple[int, int]
) -> None:
    async with start(size=size) as rig:
        screen = await opened(rig)
        assert "The profile to use" in rig.text()
        await rig.pilot.press("down")
        assert screen.focused is not None
        assert screen.focused.id == "enter-key"
        last = list(screen.query("OptionRow, TextInput").results())[-1]
        for _ in screen.focus_chain:
            if screen.focused is not last:
                await rig.pilot.press("down")
        await rig.until(lambda: "without a shell" in rig.text(), "the last one is explained")
