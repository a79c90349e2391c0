"""What came in answer to the paid calls of batches in doubt, and what may be a batch's ID in it."""

from collections.abc import Sequence

from pwl_tui.state.database import Connection, Database
from pwl_tui.state.models import Batch, Candidate
from pwl_tui.state.money import Activity, note


class Replies:
    """The answers of one state file that could not be read as they should."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, job: int, seq: int) -> str:
        """Return what came for a batch in doubt, without the key and not cleaned; empty if nothing did."""
        row = self._database.first("SELECT body FROM replies WHERE job=? AND seq=?", job, seq)
        return row["body"] if row else ""

    def candidates(self, job: int, seq: int) -> list[Candidate]:
        """Return what may be the ID of a batch, the likeliest first."""
        rows = self._database.read(
            "SELECT batch_id, refusal, final FROM candidates WHERE job=? AND seq=? ORDER BY place", job, seq
        )
        return [Candidate(row["batch_id"], row["refusal"], bool(row["final"])) for row in rows]

    def refuse(self, batch: Batch, batch_id: str, refusal: str, *, final: bool, now: float) -> None:
        """Record why a candidate was not taken; the activity gets only what is new.

        Args:
            batch: the batch in doubt.
            batch_id: the candidate.
            refusal: the reason, in a sentence.
            final: whether it need not be looked up again.
            now: UTC epoch seconds.
        """
        with self._database.transaction() as c:
            changed = c.execute(
                "UPDATE candidates SET refusal=?1, final=?2 WHERE job=?3 AND seq=?4 AND batch_id=?5"
                " AND (refusal, final)<>(?1, ?2)",
                (refusal, final, batch.job, batch.seq, batch_id),
            ).rowcount
            if changed:
                note(c, Activity(now, batch.job, batch.seq, "ID not taken", f"{batch_id}: {refusal}"))


def keep(c: Connection, batch: Batch, now: float, reply: str, ids: Sequence[str]) -> None:
    """Keep what came for a batch inside the transaction that puts it in doubt."""
    if reply:
        values = (batch.job, batch.seq, reply)
        c.execute(
            "INSERT INTO replies (job, seq, body) VALUES (?,?,?)"
            " ON CONFLICT (job, seq) DO UPDATE SET body=excluded.body",
            values,
        )
    c.executemany(
        "INSERT INTO candidates (job, seq, place, batch_id) VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
        [(batch.job, batch.seq, place, batch_id) for place, batch_id in enumerate(ids)],
    )
    if ids:
        note(c, Activity(now, batch.job, batch.seq, "ID came", ", ".join(ids)))
