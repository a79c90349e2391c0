from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pwl_tui import config
from pwl_tui.config import ConfigError, Settings

KEY = "k-1234567890"
LOOPBACK = '[profiles.default]\nbase_url = "http://127.0.0.1:8080"\n'

Read = Callable[..., Settings]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def read(file: Path) -> Read:
    """Writes a configuration and loads it."""

    def read(
        text: str = "", environ: Mapping[str, str] | None = None, profile: str | None = None
    ) -> Settings:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return config.load(config_file=file, profile=profile, environ=environ or {})

    return read


def refusal(act: Callable[[], object]) -> str:
    """Return what the refusal says, both sentences, having checked their form."""
    with pytest.raises(ConfigError) as caught:
        act()
    problem = caught.value.problem
    assert problem.kind == "invalid_request"
    assert problem.charged == "no"
    assert problem.message.endswith(".")
    assert problem.remedy.endswith((".", "?"))
    assert KEY not in problem.message + problem.remedy
    return f"{problem.message} {problem.remedy}"
