"""What came in answer to paid calls whose outcome is unknown, and what may be a batch's ID in it."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from pwl_tui.state.database import Database
from pwl_tui.state.models import Batch, Binding, Candidate
from pwl_tui.state.money import Activity, note
from pwl_tui.state.records import binding_row

_CHECKS_KEPT_SECONDS: Final = 30 * 86_400.0
"""How long what came for a single check is kept: the provider's support can tell little after that."""


class Replies:
    """The answers of one state file that nobody could make sense of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, job: int, seq: int) -> str:
        """Return what came for a batch in doubt, without the key and not cleaned; empty if nothing did."""
        row = self._database.first(
            "SELECT body FROM replies WHERE job=? AND seq=? ORDER BY id LIMIT 1", job, seq
        )
        return row["body"] if row else ""

    def add_check(self, binding: Binding, body: str, detail: str, now: float) -> None:
        """Keep what came in answer to a single check, and note in the activity that it may have been charged.

        Args:
            binding: the service and key.
            body: what came, without the key; empty if nothing did.
            detail: says what is wrong with it, and what it was.
            now: UTC epoch seconds.
        """
        with self._database.transaction() as c:
            c.execute("DELETE FROM replies WHERE job IS NULL AND at<?", (now - _CHECKS_KEPT_SECONDS,))
            if body:
                values = (now, binding_row(c, binding), body)
                c.execute("INSERT INTO replies (at, binding, body) VALUES (?,?,?)", values)
            note(c, Activity(now, None, None, "lookup in doubt", detail))

    def checks(self, binding: Binding) -> list[str]:
        """Return what came in answer to single checks, oldest first."""
        rows = self._database.read(
            "SELECT r.body FROM replies r JOIN bindings b ON b.id=r.binding"
            " WHERE r.job IS NULL AND b.base_url=? AND b.fingerprint=? ORDER BY r.id",
            binding.base_url,
            binding.fingerprint,
        )
        return [row["body"] for row in rows]

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


def keep(c: sqlite3.Connection, batch: Batch, now: float, reply: str, ids: Sequence[str]) -> None:
    """Keep what came for a batch inside the transaction that puts it in doubt."""
    if reply:
        c.execute(
            "INSERT INTO replies (at, binding, job, seq, body)"
            " SELECT ?, binding, id, ?, ? FROM jobs WHERE id=?",
            (now, batch.seq, reply, batch.job),
        )
    c.executemany(
        "INSERT OR IGNORE INTO candidates (job, seq, place, batch_id) VALUES (?,?,?,?)",
        [(batch.job, batch.seq, place, batch_id) for place, batch_id in enumerate(ids)],
    )
    if ids:
        note(c, Activity(now, batch.job, batch.seq, "ID came", ", ".join(ids)))
