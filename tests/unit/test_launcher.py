"""Where the screen opens, by the value of TERM, and what stays behind when it is gone."""

import curses
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import pytest

from pwl_tui.cli.commands.screen import await_answer
from pwl_tui.cli.follow import CUT_SECONDS, GRACE_SECONDS, PATIENCE_SECONDS
from pwl_tui.cli.launcher import can_draw_on

if TYPE_CHECKING:
    from pwl_tui.engine.engine import Engine


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


class Sending:
    """An engine whose paid call never ends by itself, and which is told to end while that is awaited."""

    def __init__(self, told: bool) -> None:
        self.did: list[object] = []
        self._told = told

    def drain(self, seconds: float) -> bool:
        self.did.append(seconds)
        if self._told and seconds == PATIENCE_SECONDS:
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    def cut(self) -> None:
        self.did.append("cut")


@pytest.mark.parametrize(
    ("terminated", "told"),
    [(True, False), (False, False), (False, True)],
    ids=["before", "never", "meanwhile"],
)
def test_the_background_waits_long_unless_it_is_told_to_end(terminated: bool, told: bool) -> None:
    engine, before = Sending(told), signal.getsignal(signal.SIGTERM)
    try:
        await_answer(cast("Engine", engine), terminated=terminated)
    finally:
        signal.signal(signal.SIGTERM, before)
    long = [] if terminated else [PATIENCE_SECONDS]
    assert engine.did == [*long, GRACE_SECONDS, "cut", CUT_SECONDS]
