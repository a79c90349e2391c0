"""Paths and lists that reach a field otherwise than key by key: dropped files, pastes without brackets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.ui.terminal.driver import Pastes
from pwl_tui.ui.widgets.text_input import typed_path

NUMBERS = "name,phone\rAnn,+14155552671\rBob,+14155552672\r"
KEYS = "\x1b[A"


@pytest.mark.parametrize(
    ("dropped", "path"),
    [
        (r"/srv/my\ list.csv ", "/srv/my list.csv"),
        (r"/srv/it\'s\ \(1\).csv", "/srv/it's (1).csv"),
        ("'/srv/my list.csv'", "/srv/my list.csv"),
        ("'/srv/it'\\''s.csv'\n", "/srv/it's.csv"),
        ('"/srv/my list.csv"', "/srv/my list.csv"),
        ("file:///srv/my%20list.csv\r\n", "/srv/my list.csv"),
        ("file://localhost/srv/a%23b.csv", "/srv/a#b.csv"),
        ("/srv/O'Brien.csv", "/srv/O'Brien.csv"),
        ("/srv/my list.csv", "/srv/my list.csv"),
        ("'", "'"),
    ],
)
def test_a_dropped_path_is_read_as_the_terminal_writes_it(dropped: str, path: str) -> None:
    assert typed_path(dropped) == Path(path)


def test_a_path_that_exists_as_it_is_typed_is_taken_literally(tmp_path: Path) -> None:
    odd = tmp_path / r"a\ b'c'.csv"
    odd.touch()
    assert typed_path(str(odd)) == odd


def test_the_home_directory_is_found_in_quotes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert typed_path("'~/my list.csv'") == typed_path(r"~/my\ list.csv") == Path("/home/ada/my list.csv")


def test_lines_of_numbers_that_arrive_at_once_are_a_paste() -> None:
    marked = Pastes().marked(NUMBERS)
    assert marked == "\x1b[200~" + NUMBERS.replace("\r", "\n") + "\x1b[201~"


def test_a_paste_after_a_key_is_a_paste() -> None:
    pastes = Pastes()
    assert pastes.marked(KEYS) == KEYS
    assert pastes.marked(NUMBERS) != NUMBERS


@pytest.mark.parametrize(
    "typed",
    ["q", "jjjjjjjjjj", "/srv/list.csv\rUS\rspring\r", "+14155552671\r", f"ab{KEYS}\r12345678", "\t\r"],
)
def test_keys_that_were_typed_ahead_are_no_paste(typed: str) -> None:
    assert Pastes().marked(typed) == typed


def test_a_key_that_is_held_down_is_not_waited_for() -> None:
    pastes = Pastes()
    assert not pastes.may_go_on("jjjjjjjjjj")
    assert not pastes.may_go_on("q")
    assert pastes.may_go_on("+1415555")


@given(st.integers(1, 40))
def test_a_paste_that_the_terminal_marks_is_left_as_it_is(size: int) -> None:
    whole = f"\x1b[200~{NUMBERS}{NUMBERS}\x1b[201~"
    pastes = Pastes()
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert "".join(map(pastes.marked, parts)) == whole
    assert pastes.marked(NUMBERS) != NUMBERS, "the next one without marks is seen again"
