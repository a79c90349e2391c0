"""Decisions about batches, by the person or by proof: each is carried out and recorded in one transaction."""

from collections.abc import Iterable, Mapping

from pwl_tui.answer import Answer, Outcome
from pwl_tui.state.database import Database
from pwl_tui.state.follows import follow_replacement, take_over, tell_followers
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.state.money import Activity, note
from pwl_tui.state.transitions import charge, move, set_outcome, span


class Decisions:
    """The transitions of one state file that only the person, or proof, makes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def release(self, batch: Batch, *, now: float, evidence: str) -> int:
        """``unknown`` → ``released``: the person decided that it was not charged.

        Returns:
            The ``seq`` of the new batch with its numbers.
        """
        with self._database.transaction() as c:
            move(c, batch, BatchState.UNKNOWN, BatchState.RELEASED, pending=0)
            seq = int(c.execute("SELECT max(seq)+1 FROM batches WHERE job=?", (batch.job,)).fetchone()[0])
            c.execute(
                "INSERT INTO batches (job, seq, state, first, size, digest, replaces, pending)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (
                    batch.job,
                    seq,
                    BatchState.PLANNED,
                    batch.first,
                    batch.size,
                    batch.digest,
                    batch.seq,
                    batch.size,
                ),
            )
            c.execute("UPDATE numbers SET batch=? WHERE job=? AND idx>=? AND idx<?", (seq, *span(batch)))
            set_outcome(c, batch, Outcome.NOT_SENT)
            follow_replacement(c, batch.job, batch.seq, seq)
            note(c, Activity(now, batch.job, batch.seq, "settled: free", evidence))
        return seq

    def write_off(self, batch: Batch, *, now: float, evidence: str) -> None:
        """``unknown`` → ``lost``: charged, and its ID is given up; its numbers count as failed."""
        with self._database.transaction() as c:
            move(
                c,
                batch,
                BatchState.UNKNOWN,
                BatchState.LOST,
                charged=batch.size,
                completed=now,
                pending=0,
                failed=batch.size,
            )
            set_outcome(c, batch, Outcome.FAILED, "its batch was charged, and the ID is lost")
            charge(c, batch, batch.size, now)
            tell_followers(c, batch.job, batch.seq, now)
            note(c, Activity(now, batch.job, batch.seq, "settled: lost", evidence))

    def identify(
        self, batch: Batch, *, batch_id: str, now: float, evidence: str, proven: bool = False
    ) -> None:
        """``unknown`` → ``processing``: its ID was checked.

        Args:
            batch: the batch.
            batch_id: the service's.
            now: UTC epoch seconds.
            evidence: recorded with the decision.
            proven: whether the ID came with the answer, so that the check decided, and not the person.
        """
        with self._database.transaction(holding=True) as c:
            move(
                c,
                batch,
                BatchState.UNKNOWN,
                BatchState.PROCESSING,
                batch_id=batch_id,
                charged=batch.size,
                next_poll=now,
                error=None,
            )
            set_outcome(c, batch, Outcome.PENDING)
            charge(c, batch, batch.size, now)
            event = "settled: proven" if proven else "settled: adopted"
            note(c, Activity(now, batch.job, batch.seq, event, f"{batch_id}; {evidence}"))

    def take_over(
        self,
        batch: Batch,
        answers: Mapping[int, tuple[Answer, float]],
        payers: Mapping[int, tuple[int, int]],
        *,
        now: float,
    ) -> None:
        """``rejected`` → ``released``: other jobs have its numbers by now, so it is never sent again.

        Args:
            batch: it.
            answers: what other jobs know, by number, with the time at which the service said so.
            payers: of other numbers, the job and the batch in which they are under way.
            now: UTC epoch seconds.
        """
        with self._database.transaction(holding=True) as c:
            move(c, batch, BatchState.REJECTED, BatchState.RELEASED, pending=0, error=None)
            take_over(c, batch, answers, payers, "its batch was rejected", now)
            note(
                c, Activity(now, batch.job, batch.seq, "taken over", f"{batch.size:,} numbers of other jobs")
            )

    def retry_rejected(self, job: int, batches: Iterable[Batch], *, now: float) -> int:
        """``rejected`` → ``planned`` for batches of a job, by the person's decision; return how many."""
        with self._database.transaction(holding=True) as c:
            changed = c.executemany(
                "UPDATE batches SET state=?, error=NULL, submitted=NULL WHERE job=? AND seq=? AND state=?",
                [(BatchState.PLANNED, job, batch.seq, BatchState.REJECTED) for batch in batches],
            ).rowcount
            if changed:
                note(c, Activity(now, job, None, "retry", f"{changed} rejected batches"))
        return changed
