"""Results and rows: windows for the screen, streams for exports, and what can be reused."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.changes import Before
from pwl_tui.filters import Which
from pwl_tui.state.database import Database
from pwl_tui.state.models import BatchState, Binding, RejectedRow, Result
from pwl_tui.state.queries.breakdown import Breakdown
from pwl_tui.state.queries.compared import Changed, Comparison, before_of, changed, compare
from pwl_tui.state.queries.find import EVERYTHING, Find
from pwl_tui.state.queries.selection import LIST_ORDER, Selection, Sort
from pwl_tui.state.records import ANSWER, answer_from

_RETRIES = (
    "WITH RECURSIVE retries(id) AS (SELECT id FROM jobs WHERE retry_of=?1 AND ready=1"
    " UNION SELECT j.id FROM jobs j JOIN retries r ON j.retry_of=r.id WHERE j.ready=1)"
)
"""The jobs that retry failed numbers of a job, and the retries of those."""
_UNDER_WAY = ",".join(
    f"'{state}'"
    for state in (BatchState.PLANNED, BatchState.SENDING, BatchState.PROCESSING, BatchState.UNKNOWN)
)
_QUERY_SIZE = 500
"""Numbers in one statement; SQLite allows 32,766."""


class Reusable(NamedTuple):
    """An answer that was paid for before.

    Attributes:
        answer: a completed one; equal answers are one object.
        answered: when the service gave it.
        job: ID of the job that it was given to. None means a single check.
    """

    answer: Answer
    answered: float
    job: int | None = None


class Held(NamedTuple):
    """A number in a job.

    Attributes:
        job: ID of the job.
        answer: what is known of it there.
        answered: when the service gave that answer. None means that there is none.
    """

    job: int
    answer: Answer
    answered: float | None


class UnderWay(NamedTuple):
    """Where a number is under way.

    Attributes:
        job: ID of the job that pays for it.
        seq: its batch.
    """

    job: int
    seq: int


class Results:
    """The rows and numbers of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def select(self, job: int, which: Which, find: Find = EVERYTHING, sort: Sort = LIST_ORDER) -> Selection:
        """Return a new selection of the results that pass a filter and a search, in an order.

        Args:
            job: its ID.
            which: the filter; not ``rejected``, which are rows, see `rejected`.
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
        """Return at most `limit` of the results that `select` describes, after skipping `offset`."""
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
        """Return how many numbers of a job were sent and have no result yet, and how many were not sent."""
        sent = f"state NOT IN ('{BatchState.PLANNED}', '{BatchState.SENDING}', '{BatchState.REJECTED}')"
        row = self._database.first(
            f"SELECT coalesce(sum(CASE WHEN {sent} THEN pending END), 0), coalesce(sum(pending), 0),"
            f" coalesce(sum(CASE WHEN state<>'{BatchState.RELEASED}' THEN size END), 0),"
            " (SELECT numbers - reused - failed_elsewhere FROM jobs WHERE id=?1),"
            " (SELECT coalesce(sum(pending), 0) FROM follows WHERE job=?1) FROM batches WHERE job=?1",
            job,
        )
        if row is None or row[3] is None:
            return 0, 0
        pending, left, in_batches, wanted, under_way = row
        return pending + under_way, left - pending + wanted - in_batches - under_way

    def breakdown(self, job: int) -> Breakdown:
        """Return a new breakdown of a job's results by country and carrier, with nothing counted yet."""
        return Breakdown(self._database, job)

    def rejected(self, job: int, offset: int, limit: int) -> list[RejectedRow]:
        """Return a window of a job's rows without a usable number, including empty rows."""
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

    def further(self, job: int) -> Iterator[tuple[int, int]]:
        """Yield, for each further number of a row, the index of the row, in order, and of the number."""
        statement = "SELECT row, number FROM further_numbers WHERE job=? ORDER BY row, number"
        return self._database.stream(statement, job)

    def known(self, job: int) -> tuple["array[int]", list[Answer]]:
        """Return a job's numbers in their order, and what is known of each, all of it at one moment.

        Where a number failed and a retry of the job has its answer, that takes the failure's place. Equal
        answers are one object, so that a number takes 16 bytes.
        """
        retried = self._retried(job)
        numbers, answers = array("q"), list[Answer]()
        distinct = _Distinct()
        statement = f"SELECT number, {ANSWER} FROM numbers WHERE job=? ORDER BY idx"
        for row in self._database.stream(statement, job):
            number, answer = row[0], distinct[row[1:]]
            if retried and answer.outcome is Outcome.FAILED:
                answer = retried.get(number, answer)
            numbers.append(number)
            answers.append(answer)
        return numbers, answers

    def compare(self, job: int) -> Comparison:
        """Return how many numbers of a recheck changed; see `compared.compare`."""
        return compare(self._database, job, self._retried(job))

    def changed(self, job: int) -> Iterator[Changed]:
        """Yield the numbers of a recheck that changed; see `compared.changed`."""
        return changed(self._database, job, self._retried(job))

    def before(self, job: int, numbers: int) -> list[Before | None]:
        """Return what was known of each number of a recheck before; see `compared.before_of`."""
        return before_of(self._database, job, numbers)

    def reusable(self, binding: Binding, numbers: Sequence[int], since: float) -> dict[int, Reusable]:
        """Return the answers to `numbers` that this key was given since a moment, by number.

        Only completed answers count, those of single checks too, and of several the latest. An answer that
        was itself reused keeps the time at which the service gave it.
        """
        found = self._looked_up(binding, numbers, since)
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
        distinct = _Distinct()
        for start in range(0, len(numbers), _QUERY_SIZE):
            some = numbers[start : start + _QUERY_SIZE]
            for row in self._database.read(
                f"SELECT job, number, answered, {ANSWER} FROM numbers"
                f" WHERE number IN ({','.join('?' * len(some))}) AND answered>=? AND on_whatsapp IS NOT NULL",
                *some,
                since,
            ):
                number, answered = row["number"], row["answered"]
                if row["job"] in jobs and (number not in found or found[number].answered < answered):
                    found[number] = Reusable(distinct[row[3:]], answered, row["job"])
        return found

    def under_way(self, binding: Binding, numbers: Sequence[int], since: float = 0.0) -> dict[int, UnderWay]:
        """Return where `numbers` are under way: in which batch of this key that will bring their answers.

        Those are the batches that are planned, being sent, processing or in doubt, of paused and waiting
        jobs, too. Of several the oldest counts. The numbers of all of them are read, half a second for a
        million.

        Args:
            binding: the service and key.
            numbers: E.164 without the plus.
            since: unreachable batches count if they were sent after this, because the service still keeps
                their answers, UTC epoch seconds.

        Returns:
            By number; those that are not under way are missing.
        """
        found: dict[int, UnderWay] = {}
        batches = self._database.read(
            "SELECT b.job, b.seq, b.first, b.first+b.size AS last FROM batches b JOIN jobs j ON j.id=b.job"
            " JOIN bindings k ON k.id=j.binding WHERE j.ready=1 AND k.base_url=? AND k.fingerprint=? AND"
            f" (b.state IN ({_UNDER_WAY}) OR (b.state='{BatchState.UNREACHABLE}' AND b.submitted>?))"
            " ORDER BY b.job DESC, b.seq DESC",
            binding.base_url,
            binding.fingerprint,
            since,
        )
        wanted = set(numbers) if batches else set[int]()
        for batch in batches:
            # In one row, as `RESULTS`.
            row = self._database.first(
                "SELECT json_group_array(number) FROM numbers WHERE job=? AND idx>=? AND idx<?"
                f" AND outcome IN ('{Outcome.NOT_SENT}', '{Outcome.PENDING}')",
                batch["job"],
                batch["first"],
                batch["last"],
            )
            held = msgspec.json.decode(row[0], type=list[int]) if row and row[0] else []
            found.update(dict.fromkeys(wanted.intersection(held), UnderWay(batch["job"], batch["seq"])))
        return found

    def last_charge(self) -> int:
        """Return the last charge in the books, for `failed_since`; later ones have a greater number."""
        row = self._database.first("SELECT coalesce(max(id), 0) FROM charges")
        return int(row[0]) if row else 0

    def failed_since(self, binding: Binding, numbers: Iterable[int], last_charge: int) -> set[int]:
        """Return which of `numbers` this key has paid for after a charge, in vain: in a batch or a check.

        Args:
            binding: the service and key.
            numbers: E.164 without the plus.
            last_charge: what `last_charge` returned then.
        """
        since = "c.id>? AND c.binding=(SELECT id FROM bindings WHERE base_url=? AND fingerprint=?)"
        values = (last_charge, binding.base_url, binding.fingerprint)
        checks = self._database.read(
            "SELECT l.number FROM charges c JOIN lookups l ON l.binding=c.binding AND l.answered=c.at"
            f" WHERE c.job IS NULL AND l.on_whatsapp IS NULL AND {since}",
            *values,
        )
        found = {row["number"] for row in checks}
        for batch in self._database.read(
            "SELECT b.job, b.first, b.first+b.size AS last FROM charges c"
            f" JOIN batches b ON b.job=c.job AND b.seq=c.seq WHERE b.failed>0 AND {since}",
            *values,
        ):
            rows = self._database.stream(
                f"SELECT number FROM numbers WHERE job=? AND idx>=? AND idx<? AND outcome='{Outcome.FAILED}'",
                *tuple(batch),
            )
            found.update(number for (number,) in rows)
        return found.intersection(numbers)

    def holding(self, numbers: Sequence[int], unanswered: Sequence[int]) -> dict[int, list[Held]]:
        """Return which jobs of any key hold numbers, by number.

        Args:
            numbers: E.164 without the plus.
            unanswered: IDs of the jobs that may hold them without an answer. All of their numbers are read,
                a tenth of a second for a million; those with an answer are found by an index.
        """
        found: dict[int, list[Held]] = {}
        columns = f"SELECT number, job, answered, {ANSWER} FROM numbers WHERE"
        for start in range(0, len(numbers), _QUERY_SIZE):
            some = numbers[start : start + _QUERY_SIZE]
            among = f"number IN ({','.join('?' * len(some))})"
            rows = self._database.read(f"{columns} {among} AND answered IS NOT NULL", *some)
            for job in unanswered:
                rows += self._database.read(f"{columns} job=? AND answered IS NULL AND {among}", job, *some)
            for number, job, answered, *answer in rows:
                found.setdefault(number, []).append(Held(job, answer_from(answer), answered))
        return found

    def why_left_out(self, job: int) -> str:
        """Return why the last of the numbers that a job left out was; empty if none was."""
        row = self._database.first(
            "SELECT note FROM numbers WHERE job=? AND batch IS NULL"
            f" AND outcome='{Outcome.NOT_SENT}' ORDER BY idx DESC LIMIT 1",
            job,
        )
        return row["note"] if row else ""

    def _looked_up(self, binding: Binding, numbers: Sequence[int], since: float) -> dict[int, Reusable]:
        """Return the answers of single checks to `numbers`; there are few checks, and many numbers."""
        rows = self._database.read(
            f"SELECT number, answered, {ANSWER} FROM lookups WHERE answered>=? AND on_whatsapp IS NOT NULL"
            " AND binding=(SELECT id FROM bindings WHERE base_url=? AND fingerprint=?) ORDER BY answered",
            since,
            binding.base_url,
            binding.fingerprint,
        )
        checks = {row["number"]: row for row in rows}
        return {
            number: Reusable(answer_from(row[2:]), row["answered"])
            for number in numbers
            if (row := checks.get(number)) is not None
        }

    def reusable_of(self, job: int) -> dict[int, Reusable]:
        """Return the answers of a job and its retries, by number."""
        distinct = _Distinct()
        rows = self._database.stream(
            f"{_RETRIES} SELECT number, answered, {ANSWER} FROM numbers"
            " WHERE (job=?1 OR job IN (SELECT id FROM retries))"
            " AND answered IS NOT NULL AND on_whatsapp IS NOT NULL",
            job,
        )
        return {row[0]: Reusable(distinct[row[2:]], row[1]) for row in rows}

    def failed(self, job: int) -> list[int]:
        """Return the failed numbers of a job that no retry has a result for, or is still going to have."""
        rows = self._database.read(
            f"{_RETRIES} SELECT number FROM numbers WHERE job=?1 AND outcome='{Outcome.FAILED}'"
            " AND number NOT IN (SELECT number FROM numbers"
            f" WHERE job IN (SELECT id FROM retries) AND outcome<>'{Outcome.FAILED}')"
            " ORDER BY idx",
            job,
        )
        return [row["number"] for row in rows]

    def _retried(self, job: int) -> dict[int, Answer]:
        """Return the answers in retries of a job, and in retries of those, by number."""
        rows = self._database.read(
            f"{_RETRIES} SELECT number, job, {ANSWER} FROM numbers"
            f" WHERE job IN (SELECT id FROM retries) AND outcome='{Outcome.COMPLETED}' ORDER BY job",
            job,
        )
        return {row[0]: replace(answer_from(row[2:]), note=f"from job {row[1]}") for row in rows}

    def _count(self, statement: str, *values: object) -> int:
        row = self._database.first(statement, *values)
        return int(row[0]) if row else 0


class _Distinct(dict[tuple[object, ...], Answer]):
    """Makes one answer of equal columns: among a million numbers there are some hundreds."""

    def __missing__(self, columns: tuple[object, ...]) -> Answer:
        answer = self[columns] = answer_from(columns)
        return answer
