"""The ledger as rows of a table: charges, and what the balance did that no charge explains."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace
from textual.content import Content

from pwl_tui.engine.money.ledger import Ledger, Line, Movement
from pwl_tui.text import clean
from pwl_tui.ui.widgets.cells import Cell, Column, Span, Tone
from pwl_tui.wording import ledger as wording
from pwl_tui.wording.figures import change, grouped, moment


class LedgerRow(Struct, frozen=True):
    """A charge or a movement as the table draws it at one moment."""

    entry: Line | Movement
    now: float

    @property
    def at(self) -> float:
        """When it was certain; UTC epoch seconds."""
        return self.entry.at if isinstance(self.entry, Line) else self.entry.until


def ledger_rows(ledger: Ledger, now: float) -> list[LedgerRow]:
    """Return charges and movements in one list, newest first."""
    entries: tuple[Line | Movement, ...] = ledger.movements + ledger.lines
    rows = [LedgerRow(entry, now) for entry in entries]
    return sorted(rows, key=lambda row: -row.at)


def ledger_head(ledger: Ledger) -> Content:
    """Return what was spent, and whether the balance agrees."""
    lines = [Content.styled(wording.total(ledger), "bold")]
    if ledger.alarms:
        text = f"{wording.alarm(ledger.alarms)} Is another program using this key?"
        lines.append(Content.assemble(("! ", "bold $text-warning"), text))
    elif ledger.lines:
        lines.append(Content.styled("The balance agrees, as far as it was read.", "$muted"))
    if doubtful := len(ledger.lookups_in_doubt):
        lines.append(Content.assemble(("? ", "bold $text-warning"), wording.in_doubt(doubtful)))
    return Content("\n").join(lines)


def _sign(row: LedgerRow, _width: int) -> Cell:
    if isinstance(row.entry, Line):
        return Cell.of(" ")
    return Cell.of("!", "warning") if row.entry.unexplained > 0 else Cell.of("+", "good")


def _batch(row: LedgerRow, _width: int) -> Cell:
    if isinstance(row.entry, Movement):
        tone: Tone = "warning" if row.entry.unexplained > 0 else "good"
        return Cell((Span(wording.movement(row.entry, moment(row.entry.since, row.now)), tone),), rest=True)
    if row.entry.job is None:
        return Cell.of("check", "muted")
    return Cell.of(f"{row.entry.job}.{row.entry.seq}" if row.entry.seq else str(row.entry.job))


def _of_charge(show: Callable[[Line], Cell]) -> Callable[[LedgerRow, int], Cell]:
    """Return how a column shows a charge; a movement takes the rest of its line before such a column."""
    return lambda row, _: show(row.entry) if isinstance(row.entry, Line) else Cell.of("")


def _batch_id(line: Line) -> Cell:
    return Cell.of(clean(line.batch_id or ""), "muted")


def _figure(number: int | None) -> Cell:
    return Cell.of("-", "muted") if number is None else Cell.of(grouped(number))


def columns(*, shared: bool) -> tuple[Column[LedgerRow], ...]:
    """Return the columns; where a database is shared, also who caused each charge."""
    if not shared:
        return LEDGER
    by = Column("By", 14, _of_charge(lambda line: Cell.of(clean(line.by))), drop=1, grow=16)
    return (*LEDGER[:-1], by, replace(LEDGER[-1], drop=2))


LEDGER: tuple[Column[LedgerRow], ...] = (
    Column("", 1, _sign),
    Column("Time", 12, lambda row, _: Cell.of(moment(row.at, row.now), "muted"), right=True),
    Column("Batch", 7, _batch, right=True),
    Column("Credits", 7, _of_charge(lambda line: Cell.of(change(-line.credits))), right=True),
    Column("Before", 9, _of_charge(lambda line: _figure(line.before)), right=True),
    Column("After", 9, _of_charge(lambda line: _figure(line.after)), right=True),
    Column("Job", 10, _of_charge(lambda line: Cell.of(clean(line.name))), stretch=True),
    Column("Batch ID", 36, _of_charge(_batch_id), drop=1),
)
