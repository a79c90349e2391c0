"""How all machines share out the polls: each step is one statement, so that nobody waits for anybody.

None of these statements takes the write lock of the schema: whoever stores a million rows stops no polls.
Each is a transaction of its own, so a process that stands still holds none of its locks. Rows that somebody
else is changing are passed over.

Why the other writers, who exclude each other by the write lock, need not exclude these as well:

- A claim changes the lease of a batch and nothing else; a plan only when it is polled next. What money
  depends on (states, IDs, charges, answers) they leave alone.
- Of a batch that was changed since the statement began, the server looks at the row of now. For a claim it
  has to be due, free and in a state that is polled, for a plan it must not have been polled since, or it is
  left out.
- A writer that comes to a row which is being claimed waits for that one statement, and then sees the claim.
  So the answer to a poll (`learn`, `fail`) frees the batch whatever came in between, as with the lock.
- What is given back or taken over is what was claimed by then. A claim that a process made as it ended, or
  that the server completed after the process had died, is found at the next look for claims of the dead.
- Nobody waits in a circle: a claim waits for the budget of its key, and a plan for the counter of changes.
  Whoever has these is about to commit, and waits for nothing more.
"""

from collections.abc import Callable, Sequence
from typing import Final

from pwl_tui.state.budget import Rate
from pwl_tui.state.database import Claims, Row
from pwl_tui.state.models import BatchState, Binding

_DISAGREEMENT_SECONDS: Final = 5
"""By how much the clocks of two machines never differ: a later time in a budget is from before the server's
clock was set back."""
_LEVEL: Final = (
    f"CASE WHEN t.at>?1+{_DISAGREEMENT_SECONDS} THEN 1"
    " ELSE least(CAST(?5 AS DOUBLE PRECISION), t.tokens+greatest(?1-t.at, 0)*?4) END"
)
"""What a budget has at ``?1``, with ``?4`` more a second up to ``?5``."""
_COUNTED: Final = f"at=CASE WHEN t.at>?1+{_DISAGREEMENT_SECONDS} THEN ?1 ELSE greatest(t.at, ?1) END"
"""When that was: never earlier than before, so that however the clocks differ, no second counts twice."""
_MINE: Final = "SELECT id FROM bindings WHERE base_url=?2 AND fingerprint=?3"
_DUE: Final = "WITH due AS MATERIALIZED (SELECT b.job, b.seq, k.id AS binding {} FOR UPDATE OF b SKIP LOCKED)"
_CLAIM: Final = f"""{_DUE}
UPDATE batches b SET lease_owner=?4, lease_until=?5 FROM due WHERE b.job=due.job AND b.seq=due.seq
RETURNING b.*
"""
_CLAIM_WITHIN: Final = f"""{_DUE}, token AS (
    UPDATE budgets t SET tokens={_LEVEL}-1, {_COUNTED} FROM due
    WHERE t.binding=due.binding AND {_LEVEL}>=1 RETURNING t.binding
), claimed AS (
    UPDATE batches b SET lease_owner=?6, lease_until=?7 FROM due, token
    WHERE b.job=due.job AND b.seq=due.seq RETURNING b.*
)
SELECT claimed.*, (SELECT count(*) FROM due) AS found FROM (SELECT 1) one LEFT JOIN claimed ON true
"""
_OPEN: Final = (
    f"INSERT INTO budgets (binding, tokens, at) SELECT id, 1, ?1 FROM ({_MINE}) b"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
_LOOK: Final = f"SELECT {_LEVEL} FROM budgets t WHERE t.binding=({_MINE})"
_DRAIN: Final = (
    f"UPDATE budgets t SET tokens=least({_LEVEL}, 1), {_COUNTED} WHERE t.binding=({_MINE}) RETURNING 1"
)
_PLAN: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT b.job, b.seq, w.next_poll FROM batches b JOIN unnest(
        CAST(?1 AS DOUBLE PRECISION[]), CAST(?2 AS BIGINT[]), CAST(?3 AS BIGINT[]),
        CAST(?4 AS DOUBLE PRECISION[])
    ) AS w (next_poll, job, seq, last_poll) ON b.job=w.job AND b.seq=w.seq
    WHERE b.state='{BatchState.PROCESSING}' AND coalesce(b.last_poll, -1)=coalesce(w.last_poll, -1)
    FOR UPDATE OF b SKIP LOCKED
), planned AS (
    UPDATE batches b SET next_poll=w.next_poll FROM wanted w WHERE b.job=w.job AND b.seq=w.seq RETURNING 1
)
UPDATE meta SET changes=changes+1 WHERE EXISTS (SELECT 1 FROM planned) RETURNING 1
"""


class PostgresClaims(Claims):
    """Claims in a schema that several machines share, with one budget for all polls of a key.

    Args:
        execute: executes a statement that is a transaction of its own, and returns its first row.
    """

    def __init__(self, execute: Callable[..., Row | None]) -> None:
        self._execute = execute

    def claim(
        self, due: str, binding: Binding, now: float, owner: str, until: float, rate: Rate | None
    ) -> Row | float | None:
        """Claim a batch that is due and that nobody else is changing."""
        key = (binding.base_url, binding.fingerprint)
        if rate is None:
            return self._execute(_CLAIM.format(due), now, *key, owner, until)
        values = (now, *key, rate.per_second, rate.burst)
        while True:
            row = self._execute(_CLAIM_WITHIN.format(due), *values, owner, until)
            if row is None:
                raise AssertionError("there is always a row")
            if row["job"] is not None:
                return row
            if not row["found"]:
                return None
            level = self._execute(_LOOK, *values)
            if level is not None:
                return max(1 - float(level[0]), 0.0) / rate.per_second
            # As with a process of its own: whoever polled before may have just made the other requests.
            self._execute(_OPEN, now, *key)

    def drain(self, binding: Binding, now: float, rate: Rate) -> None:
        """Give up the requests that were saved, for all machines."""
        self._execute(_DRAIN, now, binding.base_url, binding.fingerprint, rate.per_second, rate.burst)

    def plan(self, changes: Sequence[tuple[float, int, int, float | None]]) -> None:
        """Store when batches are asked next that were not asked since, and that nobody is changing."""
        self._execute(_PLAN, *map(list, zip(*changes, strict=True)))
