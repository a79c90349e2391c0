"""The private parts of Textual that `pwl_tui.ui.textual_private` builds on, as they are up to the cap.

What fails here after an update of Textual has to be looked at there: the part may be gone, or no longer
needed.
"""

import ast
import errno
import importlib
import inspect
import io
import os
import pkgutil
import signal
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import RenderableType
from textual import events
from textual.app import App, ComposeResult
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widgets import Static
from textual_autocomplete import AutoComplete

import pwl_tui.ui
from pwl_tui.ui import textual_private
from pwl_tui.ui.terminal.driver import Terminal
from pwl_tui.ui.textual_private import DiscreetApp, StillScrollView, VeiledScreen
from pwl_tui.ui.widgets.text_input import PathLine

PRIVATE = "a-key-in-a-local"


def test_textual_and_what_builds_on_it_are_capped_below_their_next_minor_version() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    ours = [name for name in project["dependencies"] if name.startswith("textual")]
    assert ours == ["textual>=8.2,<8.3", "textual-autocomplete>=4.0,<4.1"]


# -- nobody else


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(pwl_tui.ui.__path__, "pwl_tui.ui."):
        if info.name != textual_private.__name__:
            yield importlib.import_module(info.name)


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def private_names(cls: type) -> set[str]:
    """Return the private methods and attributes of a class of Textual."""
    names = set(filter(private, vars(cls)))
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls)))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and private(node.attr):
            names.add(node.attr)
    return names


def touched(module: ModuleType) -> Iterator[str]:
    """Yield the private names of Textual that a module defines again or uses on its own objects."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
            yield from filter(private, [*(node.module or "").split("."), *(name.name for name in node.names)])
    for definition in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        bases = [
            base for base in vars(module)[definition.name].__mro__ if base.__module__.startswith("textual")
        ]
        theirs = set().union(*map(private_names, bases))
        for node in ast.walk(definition):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.Attribute(attr=name):
                    if name in theirs:
                        yield f"{definition.name}.{name}"


@pytest.mark.slow
def test_no_other_module_touches_a_private_name_of_textual() -> None:
    """On objects of another class the linter finds them (SLF001)."""
    assert {module.__name__: found for module in modules() if (found := sorted(touched(module)))} == {}


def test_a_private_name_is_found_where_one_is_touched() -> None:
    assert {"_xterm_parser", "DiscreetApp._fatal_error", "VeiledScreen._compositor_refresh"} <= set(
        touched(textual_private)
    )


# -- the driver


def parsed(text: str) -> list[Message]:
    return list(textual_private.key_parser().feed(text))


def test_the_parser_tells_keys_and_where_the_cursor_is() -> None:
    key, place = parsed("q\x1b[12;7R")
    assert isinstance(key, events.Key)
    assert key.key == "q"
    assert isinstance(place, events.CursorPosition)


def test_the_parser_holds_a_lone_escape_back_until_it_has_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("textual._parser.get_time", lambda: now)
    parser = textual_private.key_parser()
    assert list(parser.feed("\x1b")) == []
    assert list(parser.tick()) == []
    now += 10.0
    [key] = parser.tick()
    assert isinstance(key, events.Key)
    assert key.key == "escape"


def test_the_parser_takes_a_background_color_for_keys() -> None:
    assert (
        len([event for event in parsed("\x1b]11;rgb:ffff/ffff/ffff\x1b\\") if isinstance(event, events.Key)])
        > 1
    )


def test_the_input_loop_of_textual_does_not_notice_the_end_of_input() -> None:
    reader, writer = os.pipe()
    os.close(writer)
    rounds = iter([False] * 100 + [True])
    sent: list[Message] = []
    driver: Any = SimpleNamespace(
        fileno=reader,
        exit_event=SimpleNamespace(is_set=lambda: next(rounds)),
        process_message=sent.append,
        _debug=False,
    )
    LinuxDriver.run_input_thread(driver)
    os.close(reader)
    assert next(rounds, None) is None, "it went on reading"
    assert sent == []


def test_the_mouse_is_switched_once_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(LinuxDriver, "write", lambda _, data: written.append(data))
    driver = object.__new__(LinuxDriver)
    driver._mouse = True
    for wanted in (False, False, True):
        textual_private.use_mouse(driver, wanted)
        written.append(f"-> {wanted}")
    off, on = ([f"\x1b[?{mode}{end}" for mode in (1000, 1003, 1015, 1006)] for end in "lh")
    assert written == [*off, "-> False", "-> False", *on, "-> True"]


class Gone(io.StringIO):
    """A terminal that has hung up."""

    def write(self, _text: str) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def flush(self) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_writing_thread_of_textual_ends_once_the_terminal_is_gone_and_whoever_writes_then_waits() -> None:
    thread = WriterThread(Gone())
    thread.start()
    thread.write("lost")
    thread.join()
    for _ in range(MAX_QUEUED_WRITES):
        thread.write("nobody takes it")
    assert vars(thread)["_queue"].full()


async def test_nobody_waits_for_a_terminal_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stderr__", Gone())
    monkeypatch.setattr(sys, "__stdin__", SimpleNamespace(fileno=lambda: 0, isatty=lambda: True))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    driver = Terminal(App())
    thread = WriterThread(vars(driver)["_file"])
    monkeypatch.setattr(driver, "_writer_thread", thread)
    thread.start()
    for _ in range(3 * MAX_QUEUED_WRITES):
        driver.write("lost")
    driver.close()
    assert not thread.is_alive()


async def test_an_application_has_a_driver_while_it_runs() -> None:
    app = App[None]()
    assert textual_private.driver_of(app) is None
    async with app.run_test():
        assert isinstance(textual_private.driver_of(app), HeadlessDriver)


# -- the application


async def crash(app: App[None]) -> None:
    def stumble() -> None:
        private = PRIVATE
        raise ZeroDivisionError(private)

    async with app.run_test() as pilot:
        app.call_later(stumble)
        await pilot.pause()


async def test_textual_shows_local_variables_after_an_error_and_we_do_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ZeroDivisionError):
        await crash(App())
    assert PRIVATE in capsys.readouterr().err
    ours = DiscreetApp()
    with pytest.raises(ZeroDivisionError):
        await crash(ours)
    said = capsys.readouterr()
    assert PRIVATE not in said.err + said.out
    assert "error of its own: ZeroDivisionError" in said.err
    assert ours.return_code == 1


# -- screens and widgets


class Counting(App[None]):
    """Counts how often something is written to the terminal."""

    writes = 0

    def __init__(self, screen: type[Screen[None]]) -> None:
        super().__init__()
        self._first = screen

    def get_default_screen(self) -> Screen[None]:
        return self._first()

    def compose(self) -> ComposeResult:
        yield Static("something")

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        self.writes += renderable is not None
        super()._display(screen, renderable)


async def test_a_screen_writes_itself_several_times_at_the_start_and_a_veiled_one_not_at_all() -> None:
    plain, ours = Counting(Screen), Counting(VeiledScreen)
    async with plain.run_test() as pilot:
        await pilot.pause()
        assert plain.writes > 1
    async with ours.run_test() as pilot:
        await pilot.pause()
        assert ours.writes == 0
        assert isinstance(ours.screen, VeiledScreen)
        ours.screen.unveil()
        assert ours.writes == 1
        ours.screen.refresh()
        await pilot.pause()
        assert ours.writes > 1


@pytest.mark.parametrize(("kind", "again"), [(ScrollView, True), (StillScrollView, False)])
async def test_a_layout_writes_a_scrollbar_again_only_where_we_do_not_keep_it(
    monkeypatch: pytest.MonkeyPatch, kind: type[ScrollView], again: bool
) -> None:
    class Scrolling(App[None]):
        def compose(self) -> ComposeResult:
            yield kind()

    async with Scrolling().run_test(size=(20, 10)) as pilot:
        view = pilot.app.query_one(ScrollView)
        view.virtual_size = Size(0, 100)
        await pilot.pause()
        written: list[bool] = []
        monkeypatch.setattr(view.vertical_scrollbar, "refresh", lambda *_, **__: written.append(True))
        pilot.app.screen.refresh(layout=True)
        await pilot.pause()
        assert bool(written) is again
        written.clear()
        view.virtual_size = Size(0, 50)
        await pilot.pause()
        assert written


async def test_completions_are_looked_up_again_when_told_so() -> None:
    class Completing(App[None]):
        def compose(self) -> ComposeResult:
            yield PathLine()

    async with Completing().run_test() as pilot:
        await pilot.pause()
        completion = pilot.app.screen.query_one(AutoComplete)
        assert completion.option_list.option_count == 0
        pilot.app.query_one(PathLine).recent = ["~/leads.csv"]
        await pilot.pause()
        assert completion.option_list.option_count == 1
