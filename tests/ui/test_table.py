from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from msgspec import structs
from textual.app import App, ComposeResult
from textual.geometry import Region, Size
from textual.strip import Strip

from pwl_tui.ui.widgets.cells import Cell, Column, Span, Window, fit
from pwl_tui.ui.widgets.table import Table
from tests.ui.snapshot_helpers import until

MILLION = 1_000_000


@dataclass(frozen=True)
class Row:
    id: int
    name: str
    count: int = 0


COLUMNS: tuple[Column[Row], ...] = (
    Column("Name", 8, lambda row, _: Cell.of(row.name), stretch=True),
    Column("Count", 9, lambda row, _: Cell.of(f"{row.count:,}"), right=True),
    Column("Twice", 9, lambda row, _: Cell.of(f"{row.count * 2:,}"), right=True, drop=1),
)


class Recorder(Table[Row]):
    """Counts the lines that it is asked to draw."""

    def __init__(self, columns: Sequence[Column[Row]] = COLUMNS) -> None:
        super().__init__(columns, lambda row: row.id, "table")
        self.drawn: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)


@dataclass
class Source:
    """Rows that exist only while they are looked at."""

    total: int
    asked: list[tuple[int, int]] = field(default_factory=list)

    def window(self, offset: int, limit: int) -> Window[Row]:
        self.asked.append((offset, limit))
        return Window(
            self.total,
            offset,
            [Row(i, f"row {i}", i) for i in range(offset, min(offset + limit, self.total))],
        )


class TableApp(App[None]):
    CSS = """
    Table { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    Table:focus > .table--cursor { text-style: bold; }
    """

    def __init__(self, first: Window[Row], more: Callable[[int, int], Window[Row]] | None = None) -> None:
        super().__init__()
        self.table = Recorder()
        self._first, self._more = first, more

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.show(self._first)
        self.table.focus()

    def on_table_wanted(self, event: Table.Wanted) -> None:
        if self._more is not None:
            self.table.show(self._more(event.offset, event.limit))


def lines(table: Table[Row]) -> list[str]:
    return [strip.text.rstrip() for strip in table.render_lines(Region(0, 0, *table.size))]


async def test_a_million_rows_are_read_a_window_at_a_time() -> None:
    source = Source(MILLION)
    app = TableApp(source.window(0, 100), source.window)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("end")
        await pilot.pause()
        assert app.table.selected == Row(MILLION - 1, f"row {MILLION - 1}", MILLION - 1)
        assert lines(app.table)[-1].startswith("row 999999")
        await pilot.press("home")
        await pilot.pause()
        assert lines(app.table)[1].startswith("row 0 ")
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert app.table.selected == Row(36, "row 36", 36)
    assert len(source.asked) <= 4
    assert all(limit <= 100 for _, limit in source.asked)


async def test_only_lines_that_look_different_are_drawn_again() -> None:
    rows = [Row(i, f"row {i}", i) for i in range(10)]
    app = TableApp(Window(10, 0, rows))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        app.table.drawn.clear()
        app.table.show(Window(10, 0, [replace(row) for row in rows]))
        await pilot.pause()
        assert app.table.drawn == []
        changed = [replace(row, count=7_000) if row.id == 4 else row for row in rows]
        app.table.show(Window(10, 0, changed))
        await pilot.pause()
        assert app.table.drawn == [5]
        assert "7,000" in lines(app.table)[5]


async def test_moving_the_cursor_draws_two_lines() -> None:
    app = TableApp(Window(10, 0, [Row(i, f"row {i}") for i in range(10)]))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        app.table.drawn.clear()
        await pilot.press("down")
        await pilot.pause()
        assert sorted(app.table.drawn) == [1, 2]


async def test_the_cursor_stays_on_its_row_when_rows_move_and_on_a_row_when_they_vanish() -> None:
    rows = [Row(i, f"row {i}") for i in range(10)]
    app = TableApp(Window(10, 0, rows))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down", "down")
        app.table.show(Window(10, 0, [rows[9], *rows[:9]]))
        assert app.table.selected == rows[2]
        assert app.table.cursor == 3
        app.table.show(Window(1, 0, rows[:1]))
        assert app.table.selected == rows[0]
        app.table.show(Window())
        assert app.table.selected is None


async def test_a_row_that_has_not_arrived_is_shown_as_such() -> None:
    app = TableApp(Window(50, 0, [Row(0, "row 0")]))
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("down")
        await pilot.pause()
        assert app.table.selected is None
        assert lines(app.table)[2] == "…"


async def test_clicking_selects_and_clicking_again_opens() -> None:
    opened = []

    class Opening(TableApp):
        def on_table_opened(self) -> None:
            opened.append(self.table.selected)

    rows = [Row(i, f"row {i}") for i in range(10)]
    async with Opening(Window(10, 0, rows)).run_test(size=(60, 20)) as pilot:
        await pilot.click("#table", offset=(2, 4))
        assert opened == []
        await pilot.click("#table", offset=(2, 4))
        await pilot.click("#table", offset=(2, 15))
    assert opened == [rows[3]]


@pytest.mark.parametrize(
    ("width", "titles", "stretched"),
    [
        (40, ["Name", "Count", "Twice"], 20),
        (28, ["Name", "Count", "Twice"], 8),
        (27, ["Name", "Count"], 17),
        (4, ["Name", "Count"], 8),
    ],
)
def test_columns_drop_out_and_one_stretches(width: int, titles: list[str], stretched: int) -> None:
    kept = fit(COLUMNS, width)
    assert [column.title for column, _ in kept] == titles
    assert kept[0][1] == stretched


@pytest.mark.parametrize(
    ("width", "widths"), [(28, [8, 9, 9]), (32, [12, 9, 9]), (35, [13, 11, 9]), (60, [37, 12, 9])]
)
def test_columns_grow_and_the_one_that_stretches_comes_first(width: int, widths: list[int]) -> None:
    growing = (structs.replace(COLUMNS[0], grow=5), structs.replace(COLUMNS[1], grow=3), COLUMNS[2])
    assert [cells for _, cells in fit(growing, width)] == widths


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain", "plain   "),
        ("[b]x[/b]", "[b]x[/b]"),
        ("long long name", "long lo…"),
        ("日本語日本語", "日本語 …"),
        ("[/x]", "[/x]    "),
    ],
)
async def test_text_is_plain_and_fits_its_cells(name: str, shown: str) -> None:
    app = TableApp(Window(1, 0, [Row(0, name)]))
    async with app.run_test(size=(29, 5)):
        strip = app.table.render_line(1)
        assert strip.text.startswith(shown)
        assert strip.cell_length == 29


@pytest.mark.parametrize(("width", "figures"), [(27, ["1"]), (60, ["1", "2"])])
async def test_another_width_is_drawn_before_it_is_told_of(width: int, figures: list[str]) -> None:
    class Resized(Recorder):
        now = Size(40, 8)

        @property
        def size(self) -> Size:
            return self.now

    app = TableApp(Source(5).window(0, 5))
    app.table = table = Resized()
    async with app.run_test(size=(40, 8)):
        assert table.render_line(2).text.split() == ["row", "1", "1", "2"]
        table.now = Size(width, 8)
        line = table.render_line(2)
        assert line.text.split() == ["row", "1", *figures]
        assert line.cell_length == width


async def test_a_cell_may_take_the_rest_of_the_line() -> None:
    note: Column[Row] = Column("Count", 9, lambda *_: Cell((Span("over all the rest"),), rest=True))
    columns = (COLUMNS[0], note, COLUMNS[2])
    app = TableApp(Window(1, 0, [Row(0, "x")]))
    app.table = Recorder(columns)
    async with app.run_test(size=(60, 5)):
        assert "over all the rest" in app.table.render_line(1).text


async def test_what_is_drawn_stays_until_the_rows_come_or_take_too_long() -> None:
    source = Source(MILLION)
    app = TableApp(source.window(0, 100))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        before = lines(app.table)
        app.table.drawn.clear()
        app.table.go_to("500,000")
        assert app.table.drawn == []
        assert lines(app.table) == before
        await until(pilot, lambda: "…" in lines(app.table)[1])
        assert set(lines(app.table)[1:]) == {"…"}
        app.table.show(source.window(499_900, 200))
        assert lines(app.table)[-1].startswith("row 499999")


async def test_the_focus_draws_only_the_line_of_the_cursor_again() -> None:
    app = TableApp(Window(10, 0, [Row(i, f"row {i}") for i in range(10)]))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down")
        app.table.drawn.clear()
        app.set_focus(None)
        await pilot.pause()
        assert set(app.table.drawn) == {2}


async def test_the_cursor_stays_in_sight_when_the_screen_becomes_smaller() -> None:
    source = Source(200)
    app = TableApp(source.window(0, 100), source.window)
    async with app.run_test(size=(60, 40)) as pilot:
        app.table.go_to("39")
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert lines(app.table)[-1].startswith("row 38 ")
