"""Chooses a list from the files: one directory at a time, directories first, then files that may be lists."""

import os
from pathlib import Path
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from pwl_tui.lists.formats import is_list_name
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.commands import bindings
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.data.recent import at_home
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.ui.widgets.cells import Cell, Column, Window
from pwl_tui.ui.widgets.key_footer import KeyFooter
from pwl_tui.ui.widgets.table import Table
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import typed_path
from pwl_tui.wording.figures import moment

_MOST_ENTRIES = 10_000
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Entry(Struct, frozen=True):
    """A directory, or a file that may be a list.

    Attributes:
        path: where it is.
        size: in bytes. None means that it is a directory.
        changed: when it was modified, in UTC epoch seconds.
        now: when that was read, in UTC epoch seconds.
    """

    path: Path
    size: int | None
    changed: float
    now: float


class BrowseScreen(CommandScreen[Path]):
    """One directory at a time.

    Args:
        ctx: what it works with.
        directory: the one shown first.

    Returns:
        The path of the list. None means that none was chosen.
    """

    BINDINGS: ClassVar = bindings("browse")

    def __init__(self, ctx: AppContext, directory: Path) -> None:
        super().__init__(ctx)
        self._directory = directory
        self._came_from: Path | None = None
        self._head, self._empty = TextBlock(id="browse-head"), TextBlock(id="no-rows")
        self._table: Table[Entry] = Table(_COLUMNS, lambda entry: entry.path, "browse-table")

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical(id="browse") as frame:
            frame.border_title = Content("Choose a list")
            yield self._head
            yield self._empty
            yield self._table
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin in the first directory."""
        self._empty.display = False
        self._table.focus()
        self._go(self._directory)

    def action_choose(self) -> None:
        """Open the directory, or choose the list."""
        entry = self._table.selected
        if entry is None:
            return
        if entry.size is None:
            self._go(entry.path)
        else:
            self.dismiss(entry.path)

    def action_parent(self) -> None:
        """Go to the parent directory."""
        self._came_from = self._directory
        self._go(self._directory.parent)

    def action_back(self) -> None:
        """Leave without a list."""
        self.dismiss(None)

    @on(Table.Opened)
    def _opened(self) -> None:
        self.action_choose()

    def _go(self, directory: Path) -> None:
        self._directory = directory
        self.work(self._load, "reading the directory", replace=True)

    async def _load(self) -> None:
        directory, now = self._directory, self.snapshot.now
        self._head.say(Content(clean(at_home(directory))))
        self._table.show_columns(_COLUMNS)
        try:
            entries = await in_thread(lambda: entries_of(directory, now), "directory")
        except OSError as error:
            entries, nothing = [], f"! Could not read this directory: {clean(error.strerror or '')}."
        else:
            nothing = "No lists or directories here."
        self._empty.say(Content.styled(nothing, "$muted"))
        self._empty.display, self._table.display = not entries, bool(entries)
        self._table.show(Window(len(entries), 0, entries))
        places = [at for at, entry in enumerate(entries) if entry.path == self._came_from]
        self._table.cursor = places[0] if places else 0
        self.set_focus(self._table if entries else None)


def nearest_directory(typed: str) -> Path:
    """Return the directory of a path that is being typed; the current directory if it has none."""
    path = typed_path(typed)
    for directory in (path, path.parent):
        if typed.strip() and os.path.isdir(directory):
            return directory.absolute()
    return Path.cwd()


def entries_of(directory: Path, now: float) -> list[Entry]:
    """Return the directories and lists in a directory by name, without hidden ones.

    Raises:
        OSError: it cannot be read.
    """
    found = []
    for path in directory.iterdir():
        # A name that cannot be shown as it is could not be recognized either.
        if path.name.startswith(".") or not path.name.isprintable():
            continue
        try:
            about, is_directory = path.stat(), path.is_dir()
        except OSError:
            continue  # a link that leads nowhere, or a file that has just gone
        if is_directory or (path.is_file() and is_list_name(path.name)):
            found.append(Entry(path, None if is_directory else about.st_size, about.st_mtime, now))
    found.sort(key=lambda entry: (entry.size is not None, entry.path.name.casefold()))
    return found[:_MOST_ENTRIES]


def size_words(size: int) -> str:
    """Return a number of bytes as people read it: ``3.4 MB``."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 9.95 else f"{value:.0f} {_UNITS[unit]}"


def _name(entry: Entry, _width: int) -> Cell:
    return Cell.of(entry.path.name) if entry.size is not None else Cell.of(f"{entry.path.name}/", "accent")


_COLUMNS = (
    Column[Entry]("Name", 20, _name, stretch=True),
    Column[Entry](
        "Size", 9, lambda entry, _: Cell.of("" if entry.size is None else size_words(entry.size)), right=True
    ),
    Column[Entry](
        "Modified",
        13,
        lambda entry, _: Cell.of(moment(entry.changed, entry.now), "muted"),
        right=True,
        drop=1,
    ),
)
