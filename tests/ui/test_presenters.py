"""The pure parts: figures, plans, themes, snapshots."""

import ast
from pathlib import Path

import pytest

from pwl_tui import ui
from pwl_tui.ui.presenters.format import age, bar, brief, counted, duration, percent, trace
from pwl_tui.ui.terminal import themes
from pwl_tui.ui.terminal.ascii import in_ascii
from pwl_tui.ui.widgets.text_input import typed_path


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (59, "just now"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_800, "2 days")],
)
def test_ages_are_coarse(seconds: float, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "5 s"),
        (5, "5 s"),
        (6, "10 s"),
        (59.9, "60 s"),
        (61, "2 m"),
        (3600, "1 h"),
        (3661, "1 h 2 m"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_rounded_up(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(50, "50 s"), (3600, "1 h"), (3661, "1h 2m"), (45_000, "12 h"), (90_000, "1d 1h"), (1_500_000, "17 d")],
)
def test_a_brief_duration_fits_its_column(seconds: float, words: str) -> None:
    assert brief(seconds) == words
    assert len(brief(seconds)) <= 5


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, ("", "····")), (0.5, ("██", "··")), (0.55, ("██▏", "·")), (1, ("████", "")), (7, ("████", ""))],
)
def test_a_bar_has_its_width(share: float, drawn: tuple[str, str]) -> None:
    assert bar(share, 4) == drawn
    assert in_ascii("".join(bar(share, 4))).isascii()


def test_every_sign_that_the_screen_draws_is_there_in_ascii() -> None:
    for module in Path(ui.__path__[0]).rglob("*.py"):
        if module.name != "ascii.py":
            nodes = ast.walk(ast.parse(module.read_text("utf-8")))
            texts = [
                node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            assert in_ascii("".join(texts)).isascii(), module


@pytest.mark.parametrize(("share", "words"), [(0, "0 %"), (0.999, "99 %"), (1, "100 %")])
def test_only_what_is_complete_is_a_hundred_per_cent(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 batch"), (0, "0 batches"), (1200, "1,200 batches")])
def test_nouns_follow_their_number(number: int, words: str) -> None:
    assert counted(number, "batch", "batches") == words


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
