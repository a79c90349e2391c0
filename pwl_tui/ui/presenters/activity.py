"""The activity as rows of a table, safe to show: no keys, no control characters."""

from collections.abc import Sequence

from msgspec import Struct

from pwl_tui.secret import redact
from pwl_tui.state.money import Activity
from pwl_tui.text import clean
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.ui.widgets.cells import Cell, Column
from pwl_tui.wording.figures import moment

_TROUBLE = ("poll failed", "unreachable", "unknown", "rejected", "settled: lost")


class ActivityRow(Struct, frozen=True):
    """One thing that happened, as the table draws it at one moment."""

    entry: Activity
    name: str
    """The name of its job; empty if the job was removed."""
    now: float

    @property
    def label(self) -> str:
        """The batch, ``3.2``, or the job, ``3``; empty if it belongs to neither."""
        numbers = (self.entry.job, self.entry.seq)
        return ".".join(str(number) for number in numbers if number is not None)

    @property
    def detail(self) -> str:
        """What was asked or answered, in one line."""
        return clean(redact(self.entry.detail))


def activity_rows(entries: Sequence[Activity], snapshot: Snapshot) -> list[ActivityRow]:
    """Return what happened, each with the name of its job."""
    names = {job.id: clean(job.name) for job in snapshot.jobs}
    return [ActivityRow(entry, names.get(entry.job or 0, ""), snapshot.now) for entry in entries]


def in_full(row: ActivityRow) -> str:
    """Return one thing that happened as a line of a log."""
    when = moment(row.entry.at, row.now, seconds=True)
    about = f"batch {row.label}" if row.entry.seq is not None else f"job {row.label}" if row.label else ""
    by = clean(row.entry.by)
    parts = (when, about, row.name, clean(row.entry.event), row.detail, f"by {by}" if by else "")
    return " · ".join(part for part in parts if part)


def _sign(row: ActivityRow, _width: int) -> Cell:
    return Cell.of("!", "warning") if row.entry.event in _TROUBLE else Cell.of(" ")


def columns(*, shared: bool) -> tuple[Column[ActivityRow], ...]:
    """Return the columns; where a database is shared, also who did it, if there is room for it."""
    if not shared:
        return ACTIVITY
    by = Column[ActivityRow]("By", 14, lambda row, _: Cell.of(clean(row.entry.by)), drop=2, grow=16)
    return (*ACTIVITY[:-1], by, ACTIVITY[-1])


ACTIVITY: tuple[Column[ActivityRow], ...] = (
    Column("", 1, _sign),
    Column(
        "Time", 15, lambda row, _: Cell.of(moment(row.entry.at, row.now, seconds=True), "muted"), right=True
    ),
    Column("Batch", 7, lambda row, _: Cell.of(row.label), right=True),
    Column("Job", 18, lambda row, _: Cell.of(row.name), drop=1),
    Column("Event", 16, lambda row, _: Cell.of(clean(row.entry.event))),
    Column("Details", 14, lambda row, _: Cell.of(row.detail, "muted"), stretch=True),
)
