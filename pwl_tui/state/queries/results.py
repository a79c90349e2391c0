"""Results and rows: windows for the screen, streams for exports, and what can be reused."""

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pwl_tui.filters import Which
from pwl_tui.state.database import Database
from pwl_tui.state.models import BatchState, Binding, Outcome, RejectedRow, Result
from pwl_tui.state.queries.breakdown import Breakdown
from pwl_tui.state.queries.find import EVERYTHING, Find
from pwl_tui.state.queries.selection import LIST_ORDER, Selection, Sort
from pwl_tui.state.records import flag

_RETRIES = (
    "WITH RECURSIVE retries(id) AS (SELECT id FROM jobs WHERE retry_of=?1 AND ready=1"
    " UNION SELECT j.id FROM jobs j JOIN retries r ON j.retry_of=r.id WHERE j.ready=1)"
)
"""The jobs that ask for failed numbers of one job again, and those that ask for theirs."""
_TOLD = "outcome, on_whatsapp, business, carrier, country, note"
"""The columns of a `Told`."""
_QUERY_SIZE = 500
"""Numbers asked for in one statement; SQLite allows 32,766."""


class Told(NamedTuple):
    """What is known of a number, without the number: many have the same."""

    outcome: Outcome
    on_whatsapp: bool | None
    business: bool | None
    carrier: str
    country: str
    note: str


class Reusable(NamedTuple):
    """An answer that was paid for before."""

    on_whatsapp: bool
    business: bool | None
    carrier: str
    country: str
    answered: float


class Results:
    """The rows and numbers of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def select(self, job: int, which: Which, find: Find = EVERYTHING, sort: Sort = LIST_ORDER) -> Selection:
        """Return the results that pass a filter and a search, in an order, of which nothing is known yet.

        Args:
            job: its id.
            which: the filter; ``rejected`` are rows and no results, see `rejected`.
            find: what they must match besides.
            sort: their order.
        """
        return Selection(self._database, job, which, find, sort)

    def page(
        self,
        job: int,
        which: Which,
        offset: int,
        limit: int,
        find: Find = EVERYTHING,
        sort: Sort = LIST_ORDER,
    ) -> list[Result]:
        """Return a window of the results that `select` describes: `limit` at most, passing over `offset`."""
        selection = self.select(job, which, find, sort)
        while selection.total < offset + limit and selection.grow():
            pass
        return selection.page(offset, limit)

    def count(self, job: int, which: Which, find: Find = EVERYTHING) -> int:
        """Return how many results pass a filter and a search (rejected rows with ``rejected``)."""
        if which == "rejected":
            return self._count("SELECT count(*) FROM rows WHERE job=? AND reason IS NOT NULL", job)
        selection = self.select(job, which, find)
        while selection.grow():
            pass
        return selection.total

    def waiting(self, job: int) -> tuple[int, int]:
        """Return how many numbers of a job were sent and have no answer yet, and how many were not sent."""
        sent = f"state NOT IN ('{BatchState.PLANNED}', '{BatchState.SENDING}', '{BatchState.REJECTED}')"
        row = self._database.first(
            f"SELECT coalesce(sum(pending * ({sent})), 0), coalesce(sum(pending), 0),"
            f" coalesce(sum(size * (state<>'{BatchState.RELEASED}')), 0),"
            " (SELECT numbers - reused FROM jobs WHERE id=?1) FROM batches WHERE job=?1",
            job,
        )
        if row is None or row[3] is None:
            return 0, 0
        pending, left, in_batches, wanted = row
        return pending, left - pending + wanted - in_batches

    def breakdown(self, job: int) -> Breakdown:
        """Return the counts of a job's answers by country and carrier, of which nothing is counted yet."""
        return Breakdown(self._database, job)

    def rejected(self, job: int, offset: int, limit: int) -> list[RejectedRow]:
        """Return a window of a job's rows that hold no usable number, empty ones among them."""
        rows = self._database.read(
            "SELECT idx, reason FROM rows WHERE job=? AND reason IS NOT NULL ORDER BY idx LIMIT ? OFFSET ?",
            job,
            limit,
            offset,
        )
        return [RejectedRow(row["idx"], row["reason"]) for row in rows]

    def rows(self, job: int) -> Iterator[tuple[int | None, str | None]]:
        """Yield, for every row of a job's list in order, the index of its number, or why it has none."""
        return self._database.stream("SELECT number, reason FROM rows WHERE job=? ORDER BY idx", job)

    def told(self, job: int) -> tuple["array[int]", list[Told]]:
        """Return a job's numbers in their order, and what is known of each, all of it at one moment.

        Where a number failed and a retry of the job has its answer, that stands in the failure's place.
        Equal answers are one object, so that a number takes 16 bytes.
        """
        retried = self._retried(job)
        numbers, answers = array("q"), list[Told]()
        different: dict[tuple[object, ...], Told] = {}
        statement = f"SELECT number, {_TOLD} FROM numbers WHERE job=? ORDER BY idx"
        for row in self._database.stream(statement, job):
            number, values = row[0], row[1:]
            told = different.get(values)
            if told is None:
                told = different[values] = _told(values)
            if retried and told.outcome is Outcome.FAILED:
                told = retried.get(number, told)
            numbers.append(number)
            answers.append(told)
        return numbers, answers

    def reusable(self, binding: Binding, numbers: Sequence[int], since: float) -> dict[int, Reusable]:
        """Return the answers to `numbers` that this key was given since a moment, by number.

        Only completed answers count, and of several the latest. An answer that was itself reused keeps the
        time at which the service gave it.
        """
        found: dict[int, Reusable] = {}
        jobs = {
            row["id"]
            for row in self._database.read(
                "SELECT j.id FROM jobs j JOIN bindings k ON k.id=j.binding"
                " WHERE j.ready=1 AND k.base_url=? AND k.fingerprint=?",
                binding.base_url,
                binding.fingerprint,
            )
        }
        if not jobs:
            return found
        for start in range(0, len(numbers), _QUERY_SIZE):
            some = numbers[start : start + _QUERY_SIZE]
            for row in self._database.read(
                "SELECT job, number, on_whatsapp, business, carrier, country, answered FROM numbers"
                f" WHERE number IN ({','.join('?' * len(some))}) AND answered>=?",
                *some,
                since,
            ):
                number, answered = row["number"], row["answered"]
                if row["job"] not in jobs or row["on_whatsapp"] is None:
                    continue
                if number not in found or found[number].answered < answered:
                    found[number] = _reusable(row)
        return found

    def answers(self, job: int) -> dict[int, Reusable]:
        """Return the answers of a job and its retries, by number."""
        rows = self._database.read(
            f"{_RETRIES} SELECT number, on_whatsapp, business, carrier, country, answered FROM numbers"
            " WHERE (job=?1 OR job IN retries) AND answered IS NOT NULL AND on_whatsapp IS NOT NULL",
            job,
        )
        return {row["number"]: _reusable(row) for row in rows}

    def failed(self, job: int) -> list[int]:
        """Return the numbers of a job that failed and that no retry has an answer to or still asks for."""
        rows = self._database.read(
            f"{_RETRIES} SELECT number FROM numbers WHERE job=?1 AND outcome='{Outcome.FAILED}'"
            " AND number NOT IN"
            f" (SELECT number FROM numbers WHERE job IN retries AND outcome<>'{Outcome.FAILED}')"
            " ORDER BY idx",
            job,
        )
        return [row["number"] for row in rows]

    def _retried(self, job: int) -> dict[int, Told]:
        """Return the answers that retries of a job, and retries of those, were given, by number."""
        rows = self._database.read(
            f"{_RETRIES} SELECT number, job, {_TOLD} FROM numbers"
            f" WHERE job IN retries AND outcome='{Outcome.COMPLETED}' ORDER BY job",
            job,
        )
        return {row["number"]: _told(tuple(row[2:]))._replace(note=f"from job {row['job']}") for row in rows}

    def _count(self, statement: str, *values: object) -> int:
        row = self._database.first(statement, *values)
        return int(row[0]) if row else 0


def _reusable(row: sqlite3.Row) -> Reusable:
    return Reusable(
        bool(row["on_whatsapp"]), flag(row["business"]), row["carrier"], row["country"], row["answered"]
    )


def _told(values: tuple[Any, ...]) -> Told:
    outcome, on_whatsapp, business, *texts = values
    return Told(Outcome(outcome), flag(on_whatsapp), flag(business), *texts)
