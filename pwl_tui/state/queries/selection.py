"""Where the results of a view are among a job's numbers, learned piece by piece, so any window loads quickly.

A job's numbers are dense: 0, 1, 2, … A `Span` is a range of them with a known count of matches. To show rows
from the 600,000th on, whole spans are skipped by their counts, and only the last is read. Every batch stores
such counts already, so a change of filter reads no results at all; for a search every span is scanned, a few
milliseconds at a time, and the indexes of matches are remembered.
"""

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Final, Literal, NamedTuple

import msgspec

from pwl_tui.filters import FILTERS, Which
from pwl_tui.state.database import Database
from pwl_tui.state.models import BatchState, Result
from pwl_tui.state.queries.find import Find
from pwl_tui.state.records import RESULTS, results_from

SortColumn = Literal["list", "number", "answer", "country", "carrier", "answered"]
PIECE = 4096
"""Numbers scanned in one step: about a millisecond."""
_BEGINNING = 4096
"""At most this many first rows of an order are found in one pass, without sorting the rest."""
_COUNTED: dict[Which, str] = {
    "on-whatsapp": "on_whatsapp",
    "not-on-whatsapp": "not_on_whatsapp",
    "business": "business",
    "failed": "failed",
}
"""Filters whose count every batch stores, by its column."""
_ORDERS: dict[SortColumn, str] = {
    "list": "idx {0}",
    "number": "number {0}",
    "answer": "outcome {0}, on_whatsapp {1} {2}, business {1} {2}",
    "country": "nullif(country, '') {0} NULLS LAST",
    "carrier": "nullif(carrier, '') {0} NULLS LAST",
    "answered": "answered {0} NULLS LAST",
}


class Sort(NamedTuple):
    """An order of results; equal ones are in list order."""

    column: SortColumn = "list"
    descending: bool = False


LIST_ORDER: Final = Sort()


class Span(NamedTuple):
    """The numbers from index `first` up to, but without, `end`.

    Attributes:
        passing: how many of them pass. None means it was not scanned yet.
        indexes: of those that pass, in list order. None means they are unknown.
    """

    first: int
    end: int
    passing: int | None
    indexes: "array[int] | None" = None


class Selection:
    """The results of a job that pass a filter and a search, in an order.

    Which rows pass is determined once; their contents are read as they are now. Only one thread at a time may
    grow it, while others read pages of what is known.

    Args:
        database: the state file.
        job: its ID.
        which: the filter; not ``rejected``, which are not results.
        find: what the results must match besides.
        sort: their order.

    Attributes:
        total: how many pass, as far as is known.
    """

    def __init__(self, database: Database, job: int, which: Which, find: Find, sort: Sort) -> None:
        self._database, self._job = database, job
        self._condition, self._values = _condition(which) + find.condition, find.values
        self._sort = sort
        self._ahead = deque(_pieces(database, job, which, searched=bool(find.condition)))
        self._spans: list[Span] = []
        self._before: list[int] = []
        self._order: array[int] | None = None
        self.total = 0

    @property
    def counted(self) -> bool:
        """Whether `total` is final."""
        return not self._ahead

    @property
    def complete(self) -> bool:
        """Whether everything is known, so that every window loads quickly."""
        return self.counted and (self._sort == LIST_ORDER or self._order is not None)

    def grow(self) -> bool:
        """Learn a little more, in a few milliseconds; the order of a million takes a second.

        Returns:
            Whether there is more to learn.
        """
        if self._ahead:
            self._add(self._ahead.popleft())
        elif not self.complete:
            self._order = self._ordered()
        return not self.complete

    def page(self, offset: int, limit: int) -> list[Result]:
        """Return a window of what is known: at most `limit` results after skipping `offset`.

        Of an order, only the beginning is known before it is complete.
        """
        if self._sort == LIST_ORDER:
            return self._listed(offset, limit)
        if self._order is not None:
            return self._at(self._order[offset : offset + limit])
        if offset + limit > _BEGINNING:
            return []
        which = f"{self._condition} ORDER BY {self._by} LIMIT ? OFFSET ?"
        return self._read(which, *self._values, limit, offset)

    @property
    def _by(self) -> str:
        """The terms of ORDER BY."""
        down = self._sort.descending
        directions = ("DESC", "ASC", "NULLS FIRST") if down else ("ASC", "DESC", "NULLS LAST")
        return _ORDERS[self._sort.column].format(*directions) + ", idx"

    def _add(self, span: Span) -> None:
        if span.passing is None:
            indexes = self._scan(span)
            span = span._replace(passing=len(indexes), indexes=indexes)
        if span.passing:
            # In this order, because another thread may read a page at the same time.
            self._spans.append(span)
            self._before.append(self.total)
            self.total += span.passing

    def _scan(self, span: Span) -> "array[int]":
        # In one row, as `RESULTS`.
        row = self._database.first(
            "SELECT json_group_array(idx) FROM (SELECT idx FROM numbers"
            f" WHERE job=? AND idx>=? AND idx<?{self._condition} ORDER BY idx) passing",
            self._job,
            span.first,
            span.end,
            *self._values,
        )
        return array("I", msgspec.json.decode(row[0])) if row and row[0] else array("I")

    def _ordered(self) -> "array[int]":
        """Return the indexes of all that pass, sorted: four bytes each."""
        statement = f"SELECT idx FROM numbers WHERE job=?{self._condition} ORDER BY {self._by}"
        found = self._database.stream(statement, self._job, *self._values)
        return array("I", chain.from_iterable(found))

    def _listed(self, offset: int, limit: int) -> list[Result]:
        found: list[Result] = []
        # The span that holds the row at `offset` is the last that starts at or before it.
        position = max(bisect_right(self._before, offset) - 1, 0)
        skip = offset - self._before[position] if self._spans else 0
        for span in self._spans[position:]:
            if len(found) >= limit:
                break
            if span.indexes is not None:
                found += self._at(span.indexes[skip : skip + limit - len(found)])
                skip = 0
                continue
            first = span.first
            if span.passing == span.end - span.first:
                # All of it passes: a jump into a million rows is one lookup by key.
                first, skip = first + skip, 0
            found += self._read(
                f" AND idx>=? AND idx<?{self._condition} ORDER BY idx LIMIT ? OFFSET ?",
                first,
                span.end,
                *self._values,
                limit - len(found),
                skip,
            )
            skip = 0
        return found

    def _at(self, indexes: "array[int]") -> list[Result]:
        if not indexes:
            return []
        found = self._read(f" AND idx IN ({','.join('?' * len(indexes))})", *indexes)
        by_index = {result.index: result for result in found}
        return [by_index[index] for index in indexes if index in by_index]

    def _read(self, which: str, *values: object) -> list[Result]:
        return results_from(self._database.first(RESULTS.format(which), self._job, *values))


def _condition(which: Which) -> str:
    return "" if which == "all" else f" AND {FILTERS[which].condition}"


def pieces(database: Database, job: int) -> Iterator[Span]:
    """Yield all of a job's numbers in spans of at most `PIECE`, not counted."""
    return _split(0, _size(database, job))


def _pieces(database: Database, job: int, which: Which, *, searched: bool) -> Iterator[Span]:
    """Yield the spans in which any number may pass, in list order, counted where the batches know."""
    end = _size(database, job)
    if which == "all":
        yield from _split(0, end) if searched else [Span(0, end, end)]
        return
    # A released batch's numbers belong to the batch that replaces it.
    batches = database.read(
        f"SELECT first, first+size AS last, {_COUNTED.get(which, 'pending')} AS most FROM batches"
        f" WHERE job=? AND state<>'{BatchState.RELEASED}' ORDER BY first",
        job,
    )
    known = which in _COUNTED and not searched
    position = 0
    for batch in batches:
        yield from _split(position, batch["first"])
        if batch["most"]:
            yield Span(batch["first"], batch["last"], batch["most"] if known else None)
        position = batch["last"]
    # Reused numbers and those left out are in no batch; they come last.
    yield from _split(position, end)


def _size(database: Database, job: int) -> int:
    row = database.first("SELECT coalesce(max(idx)+1, 0) FROM numbers WHERE job=?", job)
    return int(row[0]) if row else 0


def _split(first: int, end: int) -> Iterator[Span]:
    for start in range(first, end, PIECE):
        yield Span(start, min(start + PIECE, end), None)
