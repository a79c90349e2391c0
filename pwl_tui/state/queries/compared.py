"""What a recheck has found: how many numbers changed, and which."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pwl_tui.answer import COLUMNS, Answer, Outcome
from pwl_tui.changes import CHANGES, Before, Change, change
from pwl_tui.state.database import Database
from pwl_tui.state.records import answer_from


class Changed(NamedTuple):
    """A number that changed.

    Attributes:
        number: E.164 without the plus.
        change: how.
        before: what was known before.
        answer: what is known now.
    """

    number: int
    change: Change
    before: Before
    answer: Answer


class Comparison(NamedTuple):
    """How many numbers of a recheck changed.

    Attributes:
        numbers: of the job.
        changes: how many changed in which way.
        unchanged: how many have the same answer as before.
    """

    numbers: int
    changes: Mapping[Change, int]
    unchanged: int

    @property
    def compared(self) -> int:
        """Numbers with an answer before and now."""
        return self.unchanged + sum(self.changes.values())

    @property
    def unknown(self) -> int:
        """Numbers of which one of the two answers is not known."""
        return self.numbers - self.compared


def compare(database: Database, job: int, retried: Mapping[int, Answer]) -> Comparison:
    """Count what changed of a recheck; seconds for a million numbers.

    Args:
        database: the state file.
        job: its ID.
        retried: answers of retries, by number, for those that failed in the job.
    """
    sums = ", ".join(f"count(CASE WHEN {kind.condition} THEN 1 END)" for kind in CHANGES.values())
    row = database.first(
        f"SELECT (SELECT numbers FROM jobs WHERE id=?1), count(*), {sums} FROM earlier e"
        " JOIN numbers ON numbers.job=e.job AND numbers.idx=e.idx"
        " WHERE e.job=?1 AND numbers.on_whatsapp IS NOT NULL",
        job,
    )
    numbers, both, *changes = (value or 0 for value in row) if row is not None else (0, 0)
    counts = Counter[Change | None](dict(zip(CHANGES, changes, strict=False)))
    counts[None] = both - counts.total()
    for _, before, answer in _filled_in(database, job, retried):
        counts[change(before, answer)] += 1
    return Comparison(numbers, {key: counts[key] for key in CHANGES}, counts[None])


def changed(database: Database, job: int, retried: Mapping[int, Answer]) -> Iterator[Changed]:
    """Yield the numbers of a recheck that changed, in list order; then those that only a retry answered."""
    columns = ", ".join(f"n.{column}" for column in COLUMNS)
    rows = database.stream(
        f"SELECT n.number, e.on_whatsapp, e.business, {columns} FROM earlier e"
        " JOIN numbers n ON n.job=e.job AND n.idx=e.idx"
        " WHERE e.job=? AND n.on_whatsapp IS NOT NULL AND (n.on_whatsapp<>e.on_whatsapp"
        " OR coalesce(n.business, -1)<>coalesce(e.business, -1)) ORDER BY e.idx",
        job,
    )
    for row in rows:
        before, answer = Before(bool(row[1]), _flag(row[2])), answer_from(row[3:])
        if (how := change(before, answer)) is not None:
            yield Changed(row[0], how, before, answer)
    for number, before, answer in _filled_in(database, job, retried):
        if (how := change(before, answer)) is not None:
            yield Changed(number, how, before, answer)


def before_of(database: Database, job: int, numbers: int) -> list[Before | None]:
    """Return what was known of each of so many numbers of a recheck before, by index. None means nothing."""
    found: list[Before | None] = [None] * numbers
    each: dict[tuple[object, object], Before] = {}
    statement = "SELECT idx, on_whatsapp, business FROM earlier WHERE job=?"
    for idx, on_whatsapp, business in database.stream(statement, job):
        key = on_whatsapp, business
        if key not in each:
            each[key] = Before(bool(on_whatsapp), _flag(business))
        found[idx] = each[key]
    return found


def _filled_in(
    database: Database, job: int, retried: Mapping[int, Answer]
) -> Iterator[tuple[int, Before, Answer]]:
    """Yield the numbers that failed in a recheck and have an answer in a retry of it, with both answers."""
    if not retried:
        return
    rows = database.read(
        "SELECT n.number, e.on_whatsapp, e.business FROM numbers n JOIN earlier e ON e.job=n.job AND"
        f" e.idx=n.idx WHERE n.job=? AND n.outcome='{Outcome.FAILED}' ORDER BY n.idx",
        job,
    )
    for row in rows:
        if (answer := retried.get(row["number"])) is not None:
            yield row["number"], Before(bool(row["on_whatsapp"]), _flag(row["business"])), answer


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)
