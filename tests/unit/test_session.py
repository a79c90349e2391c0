from pathlib import Path

from pwl_tui.cli.main import parsed
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.config import load


def test_the_demo_saves_into_a_file_of_its_own_and_stays_on_the_simulator(tmp_path: Path) -> None:
    own = tmp_path / "config.toml"
    arguments = parsed(["--demo", "--config", str(own)])
    with Session(arguments, Output(json=False), {"PROWEBLOOK_API_KEY": "their-own"}) as session:
        settings, _ = session.save({"ui": {"theme": "light"}}, "default")
        assert settings.ui.theme == "light"
        assert (settings.base_url, settings.api_key) == (session.settings.base_url, session.settings.api_key)
        assert settings.base_url.startswith("http://127.0.0.1:")
    assert not own.exists()


def test_settings_are_saved_where_they_were_read(tmp_path: Path) -> None:
    own = tmp_path / "config.toml"
    own.write_text("[profiles.work]\nregion = 'DE'\n")
    arguments = parsed(["--config", str(own), "--profile", "work"])
    with Session(arguments, Output(json=False), {}) as session:
        assert session.settings.region == "DE"
        settings, _ = session.save({"profiles.work": {"region": "US"}}, "work")
    assert settings == load(config_file=own, profile="work", environ={})
