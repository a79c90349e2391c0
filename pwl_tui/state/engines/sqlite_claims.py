"""How the processes of one machine share out the polls: writers take turns, and each keeps its own budget."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from pwl_tui.state.budget import Budget, Rate
from pwl_tui.state.database import Claims, Connection, Row
from pwl_tui.state.models import BatchState, Binding


class SQLiteClaims(Claims):
    """Claims in a state file.

    Args:
        transaction: lends a connection to a writer, see `Database.transaction`.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction
        self._budgets: dict[tuple[Binding, Rate], Budget] = {}

    def claim(
        self, due: str, binding: Binding, now: float, owner: str, until: float, rate: Rate | None
    ) -> Row | float | None:
        """Claim a batch that is due; only one process can do so at a time."""
        if rate is not None and (wait := self._budget(binding, rate).take(now)):
            return wait
        with self._transaction() as c:
            row: Row | None = c.execute(
                f"SELECT b.* {due}", (now, binding.base_url, binding.fingerprint)
            ).fetchone()
            if row is not None:
                c.execute(
                    "UPDATE batches SET lease_owner=?, lease_until=? WHERE job=? AND seq=?",
                    (owner, until, row["job"], row["seq"]),
                )
        return row

    def drain(self, binding: Binding, now: float, rate: Rate) -> None:  # noqa: ARG002 - it needs no clock
        """Give up the requests that this process saved."""
        self._budget(binding, rate).drain()

    def plan(self, changes: Sequence[tuple[float, int, int, float | None]]) -> None:
        """Store when batches are asked next that were not asked since."""
        with self._transaction() as c:
            c.executemany(
                f"UPDATE batches SET next_poll=? WHERE job=? AND seq=? AND state='{BatchState.PROCESSING}'"
                " AND coalesce(last_poll, -1)=coalesce(?, -1)",
                changes,
            )

    def _budget(self, binding: Binding, rate: Rate) -> Budget:
        """Return this process's own budget, which all its monitors of a key share."""
        return self._budgets.setdefault((binding, rate), Budget(rate.per_second, rate.burst))
