"""The pure parts: bars, signs, themes, paths."""

import ast
from pathlib import Path

import pytest

from pwl_tui import ui, wording
from pwl_tui.text import in_ascii
from pwl_tui.ui.presenters.bars import bar, trace
from pwl_tui.ui.terminal import themes
from pwl_tui.ui.widgets.text_input import typed_path


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, ("", "····")), (0.5, ("██", "··")), (0.55, ("██▏", "·")), (1, ("████", "")), (7, ("████", ""))],
)
def test_a_bar_has_its_width(share: float, drawn: tuple[str, str]) -> None:
    assert bar(share, 4) == drawn
    assert in_ascii("".join(bar(share, 4))).isascii()


def test_every_sign_that_the_screen_draws_is_there_in_ascii() -> None:
    for module in (path for room in (ui, wording) for path in Path(room.__path__[0]).rglob("*.py")):
        if module.name != "ascii.py":
            nodes = ast.walk(ast.parse(module.read_text("utf-8")))
            texts = [
                node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            assert in_ascii("".join(texts)).isascii(), module


@pytest.mark.parametrize(
    ("history", "drawn"), [((), ""), ((5,), ""), ((5, 5), ""), ((8, 4, 0), "█▅▁"), ((0, 1), "▁█")]
)
def test_a_trace_shows_changes(history: tuple[int, ...], drawn: str) -> None:
    assert trace(history) == drawn
    assert in_ascii(trace(history)).isascii()


@pytest.mark.parametrize(
    ("setting", "environ", "low", "theme"),
    [
        ("auto", {"COLORTERM": "truecolor"}, False, "pwl-dark"),
        ("auto", {"TERM": "xterm-256color"}, False, "pwl-dark"),
        ("auto", {"TERM": "xterm"}, False, "ansi-dark"),
        ("auto", {"COLORTERM": "truecolor"}, True, "ansi-dark"),
        ("auto", {"COLORTERM": "truecolor", "COLORFGBG": "0;15"}, False, "pwl-light"),
        ("auto", {"COLORTERM": "truecolor", "NO_COLOR": "1"}, False, "ansi-dark"),
        ("light", {"NO_COLOR": "1"}, False, "ansi-light"),
        ("light", {}, True, "pwl-light"),
        ("dark", {"TERM": "xterm"}, False, "pwl-dark"),
        ("ansi", {"COLORTERM": "truecolor"}, False, "ansi-dark"),
    ],
)
def test_the_theme_suits_the_terminal(
    setting: themes.ThemeChoice, environ: dict[str, str], low: bool, theme: str
) -> None:
    assert themes.choose(setting, environ, low_bandwidth=low) == theme


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        (" /a/b.csv ", "/a/b.csv"),
        ("'/a/b c.csv'", "/a/b c.csv"),
        ('"x"', "x"),
        ("~nobody-here/x", "~nobody-here/x"),
    ],
)
def test_paths_are_taken_as_they_are_meant(typed: str, path: str) -> None:
    assert str(typed_path(typed)) == path


def test_a_tilde_is_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert str(typed_path("~/x.csv")) == "/home/ada/x.csv"
