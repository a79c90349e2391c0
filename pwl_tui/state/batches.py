"""Batches and how they are sent: each transition is one transaction that checks its starting state."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from msgspec.structs import replace

from pwl_tui.answer import Outcome
from pwl_tui.batch_ids import folded, is_uuid
from pwl_tui.problem import Problem
from pwl_tui.state.database import Connection, Database, Row
from pwl_tui.state.errors import NoSuchJobError
from pwl_tui.state.follows import tell_followers
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.money import Activity, note
from pwl_tui.state.records import BATCHES, batch_from, to_json
from pwl_tui.state.replies import keep
from pwl_tui.state.transitions import IllegalTransitionError, charge, move, move_on, set_outcome
from pwl_tui.text import without_numbers

IN_DOUBT: Final = "its batch is in doubt"
_QUERY_SIZE: Final = 500
"""IDs in one statement; SQLite allows 32,766."""
_HELD: Final = (
    "SELECT b.batch_id, k.base_url FROM batches b JOIN jobs j ON j.id=b.job JOIN bindings k ON k.id=j.binding"
)
_FORGOTTEN: Final = (
    "SELECT b.batch_id, k.base_url FROM forgotten b LEFT JOIN charges c ON c.job=b.job AND c.seq=b.seq"
    " LEFT JOIN bindings k ON k.id=c.binding"
)


class Batches:
    """The batches of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- reading

    def of(self, job: int) -> list[Batch]:
        """Return the batches of a job in order."""
        return [batch_from(row) for row in self._database.read(f"{BATCHES} WHERE job=? ORDER BY seq", job)]

    def get(self, job: int, seq: int) -> Batch:
        """Return one batch.

        Raises:
            NoSuchJobError: there is no such batch.
        """
        row = self._database.first(f"{BATCHES} WHERE job=? AND seq=?", job, seq)
        if row is None:
            raise NoSuchJobError(
                f"There is no batch {job}.{seq}.", f"Run `pwl-tui show {job}` to list the batches of the job."
            )
        return batch_from(row)

    def by_id(self, batch_id: str, base_url: str) -> Batch | None:
        """Return the batch with the service's ID. None means there is none, or its job is being deleted.

        See `known` for when two IDs are the same.
        """
        rows = self._database.read(
            "SELECT b.job, b.seq, b.batch_id, k.base_url FROM batches b JOIN jobs j ON j.id=b.job"
            " JOIN bindings k ON k.id=j.binding WHERE j.ready=1 AND (b.batch_id=? OR lower(b.batch_id)=?)",
            batch_id,
            folded(batch_id),
        )
        for row in rows:
            if folded(row["batch_id"]) == folded(batch_id) and _is_here(row, base_url):
                return self.get(row["job"], row["seq"])
        return None

    def state_of(self, job: int, seq: int, digest: str) -> BatchState | None:
        """Return the state of a batch by its name and the digest of its numbers. None means there is none."""
        row = self._database.first(
            "SELECT state FROM batches WHERE job=? AND seq=? AND digest=?", job, seq, digest
        )
        return BatchState(row["state"]) if row else None

    def known(self, batch_ids: Iterable[str], base_url: str) -> set[str]:
        """Return those of the service's IDs that a batch has, or had before its job was forgotten.

        Case makes no difference in a UUID. It counts whichever key and base URL the batch belongs to, since
        it is unique: one account may have several keys, and its service several addresses. Any other ID may
        name two batches of two services, so it counts for its base URL, with any key.

        Args:
            batch_ids: which.
            base_url: of the service that they are from.
        """
        found: set[str] = set()
        remaining = iter(batch_ids)
        while some := list(islice(remaining, _QUERY_SIZE)):
            marks = ",".join("?" * len(some))
            for held in (_HELD, _FORGOTTEN):
                rows = self._database.read(
                    f"{held} WHERE b.batch_id IN ({marks}) OR lower(b.batch_id) IN ({marks})",
                    *some,
                    *map(folded, some),
                )
                ours = {folded(row["batch_id"]) for row in rows if _is_here(row, base_url)}
                found.update(batch_id for batch_id in some if folded(batch_id) in ours)
        return found

    def numbers(self, batch: Batch) -> list[int]:
        """Return the numbers of a batch in order, as E.164 without the plus."""
        rows = self._database.stream(
            "SELECT number FROM numbers WHERE job=? AND idx>=? AND idx<? ORDER BY idx",
            batch.job,
            batch.first,
            batch.first + batch.size,
        )
        return [number for (number,) in rows]

    def in_doubt(self, binding: Binding) -> list[Batch]:
        """Return the batches of a binding that are in doubt; while there is one, nothing is sent."""
        return self._of_binding(binding, f"state='{BatchState.UNKNOWN}'")

    def written_off(self, binding: Binding) -> list[Batch]:
        """Return the batches of a binding that were charged, and given up because nobody knew their ID."""
        return self._of_binding(binding, f"state='{BatchState.LOST}'")

    def in_sending(self, binding: Binding) -> list[Batch]:
        """Return the batches of a binding that a process is sending, or was sending when it died."""
        return self._of_binding(binding, f"state='{BatchState.SENDING}'")

    def planned(self, binding: Binding) -> list[Batch]:
        """Return the batches of a binding that are not sent yet, for whatever reason."""
        return self._of_binding(binding, f"state='{BatchState.PLANNED}'")

    def in_flight(self, binding: Binding) -> int:
        """Return how many batches of a binding the service is working on."""
        row = self._database.first(
            "SELECT count(*) FROM batches b JOIN jobs j ON j.id=b.job JOIN bindings k ON k.id=j.binding"
            f" WHERE b.state='{BatchState.PROCESSING}' AND k.base_url=? AND k.fingerprint=?",
            binding.base_url,
            binding.fingerprint,
        )
        return int(row[0]) if row else 0

    def next_planned(
        self, binding: Binding, now: float, jobs: Iterable[int] | None = None, *, fair: bool = False
    ) -> Batch | None:
        """Return the batch to send next: of the oldest job that is neither paused nor on hold.

        Args:
            binding: whose batches.
            now: a hold that ends by then does not count.
            jobs: only of these jobs. None means of all.
            fair: of the job that has waited longest since its last batch was sent, instead of the oldest.
        """
        jobs = None if jobs is None else tuple(jobs)
        if jobs == ():
            return None
        turn = "(SELECT max(submitted) FROM batches WHERE job=b.job) NULLS FIRST," if fair else ""
        only = "" if jobs is None else f" AND b.job IN ({','.join(str(int(job)) for job in jobs)})"
        row = self._database.first(
            f"{BATCHES} b JOIN jobs j ON j.id=b.job JOIN bindings k ON k.id=j.binding"
            f" WHERE b.state='{BatchState.PLANNED}' AND j.ready=1 AND j.paused=0"
            " AND (j.hold IS NULL OR j.hold_until<=?) AND k.base_url=? AND k.fingerprint=?"
            f"{only} ORDER BY {turn} b.job, b.seq LIMIT 1",
            now,
            binding.base_url,
            binding.fingerprint,
        )
        return batch_from(row) if row else None

    def next_due(self, binding: Binding) -> float | None:
        """Return when the next poll of a binding is due. None means nothing is polled."""
        row = self._database.first(
            "SELECT min(CASE WHEN b.lease_until>b.next_poll THEN b.lease_until ELSE b.next_poll END)"
            " FROM batches b"
            " JOIN jobs j ON j.id=b.job JOIN bindings k ON k.id=j.binding"
            f" WHERE b.state IN ('{BatchState.PROCESSING}', '{BatchState.UNREACHABLE}')"
            " AND j.ready=1 AND k.base_url=? AND k.fingerprint=?",
            binding.base_url,
            binding.fingerprint,
        )
        return row[0] if row else None

    # -- sending

    def intend(self, batch: Batch, *, now: float, balance: int) -> bool:
        """``planned`` → ``sending``: the intent, on disk before a byte is sent.

        Returns:
            Whether it may be sent: not if its job was paused in the meantime.

        Raises:
            IllegalTransitionError: it is not planned, or another of its key is being sent or in doubt.
        """
        with self._database.transaction(holding=True) as c:
            other = c.execute(
                "SELECT 1 FROM batches b JOIN jobs j ON j.id=b.job"
                f" WHERE b.state IN ('{BatchState.SENDING}', '{BatchState.UNKNOWN}')"
                " AND j.binding=(SELECT binding FROM jobs WHERE id=?)",
                (batch.job,),
            ).fetchone()
            if other is not None:
                raise IllegalTransitionError(
                    f"{batch.label}: another batch of its key is being sent or in doubt"
                )
            if c.execute("SELECT paused FROM jobs WHERE id=?", (batch.job,)).fetchone()["paused"]:
                return False
            move(
                c,
                batch,
                BatchState.PLANNED,
                BatchState.SENDING,
                submitted=now,
                balance_before=balance,
                error=None,
            )
            note(c, Activity(now, batch.job, batch.seq, "sending", f"{batch.size:,} numbers"))
        return True

    def accept(
        self,
        batch: Batch,
        *,
        batch_id: str,
        charged: int,
        now: float,
        next_poll: float,
        error: Problem | None,
    ) -> None:
        """``sending`` → ``processing``: the ID and the charge, on disk before anything else is done.

        Args:
            batch: as `intend` left it.
            batch_id: the service's.
            charged: credits taken.
            now: UTC epoch seconds.
            next_poll: when to poll for the first time.
            error: what was wrong with the answer, though the batch was accepted. None means nothing.
        """
        with self._database.transaction() as c:
            move_on(
                c,
                batch,
                BatchState.PROCESSING,
                batch_id=batch_id,
                charged=charged,
                next_poll=next_poll,
                error=to_json(error),
            )
            set_outcome(c, batch, Outcome.PENDING)
            charge(c, batch, charged, now)
            note(c, Activity(now, batch.job, batch.seq, "accepted", batch_id))

    def accept_from_journal(
        self, batch: Batch, *, batch_id: str, at: float, now: float, next_poll: float
    ) -> None:
        """``planned``, ``sending``, ``unknown`` → ``processing``: the journal says it was accepted.

        Args:
            batch: as it was read.
            batch_id: the service's, by the journal.
            at: when it was accepted, by the journal.
            now: UTC epoch seconds.
            next_poll: when to poll for the first time.
        """
        submitted = batch.submitted or at
        with self._database.transaction() as c:
            move(
                c,
                batch,
                batch.state,
                BatchState.PROCESSING,
                batch_id=batch_id,
                charged=batch.size,
                submitted=submitted,
                next_poll=next_poll,
                error=None,
            )
            set_outcome(c, batch, Outcome.PENDING)
            charge(c, replace(batch, submitted=submitted), batch.size, at)
            note(c, Activity(now, batch.job, batch.seq, "found in the journal", batch_id))

    def mark_unknown_from_journal(
        self,
        batch: Batch,
        problem: Problem,
        *,
        submitted: float,
        balance: int | None,
        now: float,
        ids: Sequence[str] = (),
    ) -> None:
        """``planned`` → ``unknown``: the journal says it was about to be sent, and no more.

        Args:
            batch: as it was read.
            problem: tells the person so.
            submitted: when it was about to be sent, by the journal.
            balance: credits read just before. None means unknown.
            now: UTC epoch seconds.
            ids: what may be its ID, by the journal.
        """
        with self._database.transaction() as c:
            move(
                c,
                batch,
                BatchState.PLANNED,
                BatchState.UNKNOWN,
                submitted=submitted,
                balance_before=balance,
                error=to_json(problem),
            )
            set_outcome(c, batch, Outcome.PENDING, IN_DOUBT)
            keep(c, batch, now, "", ids)
            note(c, Activity(now, batch.job, batch.seq, BatchState.UNKNOWN, without_numbers(problem.message)))

    def refuse(self, batch: Batch, problem: Problem, *, now: float) -> None:
        """``sending`` → ``rejected``: refused and not charged; the person has to fix the cause."""
        with self._database.transaction() as c:
            self._not_sent(c, batch, BatchState.REJECTED, problem, now)
            tell_followers(c, batch.job, batch.seq, now)

    def put_back(self, batch: Batch, problem: Problem, *, now: float) -> None:
        """``sending`` → ``planned``: certainly not sent, or refused for now."""
        with self._database.transaction() as c:
            self._not_sent(c, batch, BatchState.PLANNED, problem, now, submitted=None)

    def mark_unknown(
        self,
        batch: Batch,
        problem: Problem,
        *,
        now: float,
        reply: str = "",
        ids: Sequence[str] = (),
        holding: bool = False,
    ) -> None:
        """``sending`` → ``unknown``: it may have been charged.

        Its numbers become pending, not unsent, so that nobody sends them again because of an export.

        Args:
            batch: as `intend` left it.
            problem: why its outcome is unknown.
            now: UTC epoch seconds.
            reply: what came in answer to the paid call.
            ids: what may be the batch's ID in it.
            holding: whether the sender lock must still be held, because its sender is taken for dead.
        """
        with self._database.transaction(holding=holding) as c:
            if holding:  # what its sender has said since counts
                move(c, batch, BatchState.SENDING, BatchState.UNKNOWN, error=to_json(problem))
            else:
                move_on(c, batch, BatchState.UNKNOWN, error=to_json(problem))
            set_outcome(c, batch, Outcome.PENDING, IN_DOUBT)
            keep(c, batch, now, reply, ids)
            note(c, Activity(now, batch.job, batch.seq, BatchState.UNKNOWN, without_numbers(problem.message)))

    # -- internals

    def _of_binding(self, binding: Binding, condition: str) -> list[Batch]:
        rows = self._database.read(
            f"{BATCHES} WHERE {condition} AND job IN (SELECT j.id FROM jobs j"
            " JOIN bindings k ON k.id=j.binding WHERE k.base_url=? AND k.fingerprint=?) ORDER BY job, seq",
            binding.base_url,
            binding.fingerprint,
        )
        return [batch_from(row) for row in rows]

    @staticmethod
    def _not_sent(
        c: Connection,
        batch: Batch,
        state: BatchState,
        problem: Problem,
        now: float,
        **columns: object,
    ) -> None:
        if move_on(c, batch, state, error=to_json(problem), **columns):
            set_outcome(c, batch, Outcome.NOT_SENT)
        note(c, Activity(now, batch.job, batch.seq, state, without_numbers(problem.message)))


def _is_here(row: Row, base_url: str) -> bool:
    """Return whether the batch of a row may be one of a service; what has no charge may be anywhere."""
    return is_uuid(row["batch_id"]) or row["base_url"] in (base_url, None)
