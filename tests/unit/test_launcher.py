"""Which terminals the screen is drawn on, by the value of TERM."""

import curses
import sys
from collections.abc import Callable

import pytest

from pwl_tui.cli.launcher import can_draw_on


@pytest.mark.parametrize(
    "term",
    [
        *(
            "xterm",
            "xterm-256color",
            "xterm-ghostty",
            "xterm-kitty",
            "tmux-256color",
            "screen.xterm-256color",
        ),
        *("alacritty", "alacritty-direct", "foot", "foot-extra", "wezterm", "contour", "rio", "st", "XTERM"),
        *("rxvt-unicode-256color", "linux", "vt100", "vt220", "ansi", "some-new-256color"),
    ],
)
def test_a_terminal_that_understands_ansi_needs_no_terminfo_entry(
    term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "curses", None)
    assert can_draw_on(term)


@pytest.mark.parametrize(
    ("cup", "drawn"), [(b"\x1b[%i%p1%d;%p2%dH", True), (b"\x1bY%p1%' '%+%c", False), (None, False)]
)
def test_any_other_must_move_its_cursor_as_ansi_does(
    cup: bytes | None, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curses, "setupterm", lambda *_: None)
    monkeypatch.setattr(curses, "tigetstr", lambda _: cup)
    assert can_draw_on("sun") is drawn


def unknown(*_: object) -> None:
    raise curses.error("could not find terminal")


def unusable(*_: object) -> None:
    raise ValueError("embedded null character")


@pytest.mark.parametrize("term", ["", "dumb", "unknown", "foo"])
@pytest.mark.parametrize("answer", [unknown, unusable])
def test_one_that_nobody_knows_is_refused(
    term: str, answer: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curses, "setupterm", answer)
    assert not can_draw_on(term)


@pytest.mark.parametrize("term", ["sun", "foo"])
def test_without_terminfo_only_the_families_are_known(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "curses", None)
    assert not can_draw_on(term)
