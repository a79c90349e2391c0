"""Jobs: storing a new one with its rows and numbers, and reading jobs with the totals of their batches."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

from pwl_tui.answer import COLUMNS, Answer
from pwl_tui.batch_ids import folded
from pwl_tui.changes import Before
from pwl_tui.problem import Problem
from pwl_tui.state.database import Connection, Database, Row
from pwl_tui.state.errors import NoSuchJobError, StateError
from pwl_tui.state.follows import NewFollow, follow, give_up_on
from pwl_tui.state.models import BatchState, Binding, Job
from pwl_tui.state.money import Activity, Charge, insert_charge, note
from pwl_tui.state.records import ANSWER, FOREMOST_JOBS, JOB, JOBS, binding_row, job_from, to_json, values_of

_PER_TRANSACTION = 20_000
"""Rows stored in one transaction: about 0.1 s, so that storing an ID need not wait for long."""
_DRAFT_SECONDS = 3600.0
"""How old an unfinished draft must be to count as the leftover of a process that died."""


class NewNumber(Struct, frozen=True):
    """A unique number of a new job: to be sent with a batch, reused, under way elsewhere, or left out."""

    number: int
    batch: int | None
    answer: Answer = Answer()
    answered: float | None = None
    """When the service gave the answer that is reused. None means it is not reused."""


class NewBatch(Struct, frozen=True):
    """A batch of a new job; the fields are those of `Batch`."""

    first: int
    size: int
    digest: str
    batch_id: str | None = None
    """Given if the batch was submitted elsewhere and is adopted: it is polled and never sent."""
    submitted: float | None = None
    """When that was. None means unknown."""
    charged_as: tuple[int, int] | None = None
    """Job and place of a batch that was written off without this ID: the books have the charge under it."""


class NewJob(Struct, frozen=True):
    """A job without its numbers."""

    binding: Binding
    profile: str
    name: str
    source: str
    origin: bytes
    """How to read the original again; opaque to the store."""
    created: float
    rows: int
    blank: int
    rejected: int
    duplicates: int
    numbers: int
    retry_of: int | None = None
    """ID of the job whose failed numbers it retries."""
    recheck_of: int | None = None
    """ID of the job whose answers it asks for again."""


class NewWish(NamedTuple):
    """The export that a new job is to have once it is finished.

    Attributes:
        path: the file, as people are told.
        target: what to write there, and how; opaque to the store.
    """

    path: str
    target: bytes


class Jobs:
    """The jobs of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shared = database.shared

    def add(
        self,
        job: NewJob,
        *,
        pieces: Iterable[bytes],
        rows: Iterable[tuple[int | None, str | None]],
        numbers: Iterable[NewNumber],
        batches: Sequence[NewBatch],
        follows: Sequence[NewFollow] = (),
        decided: Sequence[tuple[str, str]] = (),
        further: Iterable[tuple[int, int]] = (),
        earlier: Iterable[tuple[int, Before]] = (),
        wish: NewWish | None = None,
    ) -> int:
        """Store a job; it exists for everyone once this returns, and not at all if this raises.

        Args:
            job: the job.
            pieces: the compressed original.
            rows: for each row, in order, the index of its number among `numbers`, or the reason it has none.
            numbers: the unique numbers; those of a batch are consecutive, from its `first` on.
            batches: in the order in which they are sent.
            follows: the numbers that are under way elsewhere; their answers are pending.
            decided: what the person decided about it, for the activity: events with their details.
            further: for each further number of a row, the index of the row and that of the number.
            earlier: of a recheck, the index of each number of which anything was known before, and that.
            wish: the export that it is to have. None means none.

        Returns:
            The job's ID.

        Raises:
            StateError: it could not be stored.
        """
        with self._database.transaction() as c:
            c.execute("DELETE FROM jobs WHERE ready=0 AND created<?", (job.created - _DRAFT_SECONDS,))
            job_id = self._insert(c, job)
        try:
            self._fill(job_id, "INSERT INTO sources VALUES (?,?,?)", enumerate(pieces), 16)
            self._fill(job_id, "INSERT INTO rows VALUES (?,?,?,?)", ((i, *row) for i, row in enumerate(rows)))
            self._fill(job_id, "INSERT INTO further_numbers VALUES (?,?,?) ON CONFLICT DO NOTHING", further)
            self._fill(
                job_id, "INSERT INTO earlier VALUES (?,?,?,?)", ((i, *astuple(known)) for i, known in earlier)
            )
            self._fill(
                job_id,
                _INSERT_NUMBER,
                (_number_values(i, number) for i, number in enumerate(numbers)),
            )
            with self._database.transaction(holding=True) as c:
                c.executemany(
                    "INSERT INTO batches (job, seq, state, first, size, digest, batch_id, pending, charged,"
                    " submitted, next_poll) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                    (_batch_values(job_id, seq, batch, job.created) for seq, batch in enumerate(batches, 1)),
                )
                binding = binding_row(c, job.binding)
                for seq, batch in enumerate(batches, 1):
                    if batch.charged_as is not None:
                        c.execute(
                            "INSERT INTO forgotten VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
                            (batch.batch_id, job.created, *batch.charged_as),
                        )
                    # A forgotten batch is adopted once more: its charge has stayed in the books.
                    if batch.batch_id is not None and not _charged(c, batch.batch_id):
                        at = batch.submitted or job.created
                        insert_charge(c, binding, Charge(at, batch.size, None, job_id, seq, None))
                if wish is not None:
                    c.execute(
                        "INSERT INTO wishes (job, path, target, site) VALUES (?,?,?,?)",
                        (job_id, *wish, self._database.site),
                    )
                c.execute(_READY, (job_id,))
                follow(c, job_id, follows, job.created)
                for event, detail in decided:
                    note(c, Activity(job.created, job_id, None, event, detail))
        except BaseException as error:
            with self._database.transaction() as c:
                # A commit may succeed though its answer is lost, and then the job is there after all.
                c.execute("DELETE FROM jobs WHERE id=? AND ready=0", (job_id,))
                stored = c.execute("SELECT 1 FROM jobs WHERE id=?", (job_id,)).fetchone() is not None
            if not (stored and isinstance(error, StateError)):
                raise
        return job_id

    def all(self) -> list[Job]:
        """Return every job, the newest first."""
        return [self._job(row) for row in self._database.read(f"{JOBS} ORDER BY j.id DESC")]

    def foremost(self, newest: int) -> tuple[list[Job], int]:
        """Return all unfinished jobs and the last `newest` of all, newest first, and how many jobs exist."""
        rows = self._database.read(f"{FOREMOST_JOBS} ORDER BY j.id DESC", newest)
        jobs = [job_from(row, shared=self._shared, more=1) for row in rows]
        if rows:
            return jobs, int(rows[0]["total"])
        row = self._database.first("SELECT count(*) FROM jobs WHERE ready=1")
        return jobs, int(row[0]) if row else 0

    def get(self, job_id: int) -> Job:
        """Return one job.

        Raises:
            NoSuchJobError: there is no such job.
        """
        row = self._database.first(JOB, job_id)
        if row is None:
            raise NoSuchJobError(f"There is no job {job_id}.")
        return self._job(row)

    def find(self, text: str) -> Job:
        """Return a job by its ID, or by a name that only one job has.

        Raises:
            NoSuchJobError: no job matches, or several do.
        """
        if text.isascii() and text.isdecimal():
            return self.get(int(text[:18]))
        found = self._database.read(f"{JOBS} AND j.name=? ORDER BY j.id DESC", text)
        if not found:
            raise NoSuchJobError(f"There is no job {text!r}.")
        if len(found) > 1:
            ids = ", ".join(str(row["id"]) for row in found)
            raise NoSuchJobError(f"Several jobs are called {text!r}.", f"Use its number: {ids}.")
        return self._job(found[0])

    def origin(self, job_id: int) -> tuple[bytes, list[bytes]]:
        """Return how to read the original again, and the compressed original in pieces."""
        row = self._database.first("SELECT origin FROM jobs WHERE id=?", job_id)
        if row is None:
            raise NoSuchJobError(f"There is no job {job_id}.")
        pieces = self._database.read("SELECT data FROM sources WHERE job=? ORDER BY piece", job_id)
        return row["origin"], [piece["data"] for piece in pieces]

    def latest_origins(self, profile: str, most: int) -> list[bytes]:
        """Return how to read the lists of a profile's latest jobs, the latest first."""
        query = "SELECT origin FROM jobs WHERE profile=? AND ready=1 ORDER BY id DESC LIMIT ?"
        return [row["origin"] for row in self._database.read(query, profile, most)]

    def forget(self, job_id: int, now: float) -> bool:
        """Remove a job with its list, numbers and results; its charges stay. `Store.wipe` makes it for good.

        It disappears for everyone at once; then it is deleted in short transactions, so that nobody waits.

        Returns:
            False if some of it must still be sent, fetched or settled: then it stays.

        Raises:
            NoSuchJobError: there is no such job.
        """
        with self._database.transaction() as c:
            # Another process may have begun to send it again: only in here nobody can.
            row = c.execute(JOB, (job_id,)).fetchone()
            if row is None:
                raise NoSuchJobError(f"There is no job {job_id}.")
            if self._job(row).must_stay:
                return False
            c.execute("UPDATE jobs SET ready=0, created=0 WHERE id=?", (job_id,))
            c.execute(
                "INSERT INTO forgotten SELECT batch_id, ?, job, seq FROM batches"
                " WHERE job=? AND batch_id IS NOT NULL ON CONFLICT DO NOTHING",
                (now, job_id),
            )
            give_up_on(c, job_id, now)
        for table, key in (
            ("rows", "idx"),
            ("further_numbers", "row"),
            ("earlier", "idx"),
            ("numbers", "idx"),
            ("sources", "piece"),
        ):
            # The keys of a job are about dense and start at 0.
            for start in range(0, self._rows(table, key, job_id), _PER_TRANSACTION):
                with self._database.transaction() as c:
                    c.execute(
                        f"DELETE FROM {table} WHERE job=? AND {key}>=? AND {key}<?",
                        (job_id, start, start + _PER_TRANSACTION),
                    )
        with self._database.transaction() as c:
            c.execute("DELETE FROM jobs WHERE id=?", (job_id,))
        return True

    def _job(self, row: Row) -> Job:
        return job_from(row, shared=self._shared)

    def _rows(self, table: str, key: str, job_id: int) -> int:
        row = self._database.first(f"SELECT coalesce(max({key})+1, 0) FROM {table} WHERE job=?", job_id)
        return int(row[0]) if row else 0

    def pause(self, job_id: int, paused: bool) -> None:
        """Pause or resume the sending of a job's batches; both clear its hold."""
        with self._database.transaction() as c:
            c.execute("UPDATE jobs SET paused=?, hold=NULL, hold_until=NULL WHERE id=?", (paused, job_id))

    def hold(self, job_id: int, problem: Problem, until: float | None) -> None:
        """Keep a job from sending because of `problem`, until a time (None means until `release`)."""
        with self._database.transaction() as c:
            c.execute(
                "UPDATE jobs SET hold=?, hold_until=? WHERE id=?",
                (to_json(problem), until, job_id),
            )

    def release(self, job_id: int) -> None:
        """Let a job send again."""
        with self._database.transaction() as c:
            c.execute("UPDATE jobs SET hold=NULL, hold_until=NULL WHERE id=?", (job_id,))

    def _insert(self, c: Connection, job: NewJob) -> int:
        cursor = c.execute(
            "INSERT INTO jobs (binding, profile, name, source, origin, created, rows, blank, rejected,"
            " duplicates, numbers, retry_of, recheck_of, who, reused)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)",
            (
                binding_row(c, job.binding),
                job.profile,
                job.name,
                job.source,
                job.origin,
                job.created,
                job.rows,
                job.blank,
                job.rejected,
                job.duplicates,
                job.numbers,
                job.retry_of,
                job.recheck_of,
                c.who(),
            ),
        )
        if cursor.lastrowid is None:
            raise AssertionError("an INSERT into a rowid table always has a row id")
        return cursor.lastrowid

    def _fill(
        self, job_id: int, statement: str, rows: Iterable[tuple[object, ...]], at_once: int = _PER_TRANSACTION
    ) -> None:
        remaining: Iterator[tuple[object, ...]] = iter(rows)
        while some := [(job_id, *row) for row in islice(remaining, at_once)]:
            with self._database.transaction() as c:
                c.executemany(statement, some)


_INSERT_NUMBER = (
    f"INSERT INTO numbers (job, idx, number, batch, answered, {ANSWER})"
    f" VALUES (?,?,?,?,?{',?' * len(COLUMNS)})"
)
_READY = """
UPDATE jobs SET ready=1, (reused, reused_on_whatsapp, reused_business) = (
    SELECT count(*), coalesce(sum(on_whatsapp), 0), coalesce(sum(business), 0)
    FROM numbers WHERE job=jobs.id AND answered IS NOT NULL)
WHERE id=?
"""


def _number_values(index: int, number: NewNumber) -> tuple[object, ...]:
    return index, number.number, number.batch, number.answered, *values_of(number.answer)


def _batch_values(job: int, seq: int, batch: NewBatch, now: float) -> tuple[object, ...]:
    common = (job, seq)
    size = batch.size
    if batch.batch_id is None:
        return (*common, BatchState.PLANNED, batch.first, size, batch.digest, None, size, 0, None, None)
    return (
        *common,
        BatchState.PROCESSING,
        batch.first,
        size,
        batch.digest,
        batch.batch_id,
        size,
        size,
        batch.submitted or now,
        now,
    )


def _charged(c: Connection, batch_id: str) -> bool:
    """Whether the books have the charge of a batch whose job was forgotten, or that was written off."""
    rows = c.execute(
        "SELECT batch_id FROM forgotten WHERE batch_id=? OR lower(batch_id)=?", (batch_id, folded(batch_id))
    )
    return folded(batch_id) in {folded(row["batch_id"]) for row in rows}
