"""Documentation that is made from declarations says what they say, and can be read where it is shown."""

import shutil
import subprocess
import tomllib

import pytest

from pwl_tui import ISSUES_URL
from tests.docs import MAN_PAGE, README, ROOT, fill, man_page

STALE = "is stale: run `make docs`"


def test_the_readme_shows_what_is_declared() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == fill(text), f"{README.name} {STALE}"


def test_the_man_page_shows_what_is_declared() -> None:
    assert MAN_PAGE.read_text(encoding="utf-8") == man_page(), f"{MAN_PAGE.name} {STALE}"


@pytest.mark.parametrize(
    "text", ["", "<!-- begin keys -->\n<!-- end keys -->\n", "<!-- begin x -->\n<!-- end x -->"]
)
def test_a_readme_without_a_place_for_every_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"README\.md"):
        fill(text)


def test_the_man_page_is_installed_where_man_looks() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["shared-data"] == {str(MAN_PAGE.relative_to(ROOT)): "share/man/man1/pwl-tui.1"}


def test_man_shows_the_page_without_a_warning() -> None:
    man = shutil.which("man")
    if man is None or shutil.which("groff") is None:
        pytest.skip("man or groff is not installed")
    shown = subprocess.run(
        [man, "--warnings", "--local-file", str(MAN_PAGE)],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MAN_KEEP_FORMATTING": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert shown.stderr == ""
    assert "pwl-tui settle BATCH" in shown.stdout
    assert "~/.local/state/pwl-tui/crash.log" in shown.stdout


def test_mandoc_finds_nothing_wrong_with_the_page() -> None:
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        pytest.skip("mandoc is not installed")
    found = subprocess.run(
        [mandoc, "-Tlint", "-Wwarning", str(MAN_PAGE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # The page has no date, since it is made anew at any time; its version says what it describes.
    assert [line for line in found.stdout.splitlines() if "missing date" not in line] == []


def test_bugs_are_reported_where_the_package_says() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert urls["Issues"] == ISSUES_URL
    assert ISSUES_URL.startswith(urls["Homepage"])
