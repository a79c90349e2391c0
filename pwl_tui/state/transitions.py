"""The parts of a batch's transitions; each function works inside its caller's transaction."""

from collections.abc import Mapping, Sequence

from pwl_tui.answer import Outcome
from pwl_tui.state.database import Connection
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.state.money import Charge, insert_charge


class IllegalTransitionError(AssertionError):
    """A batch was not in the state that a change starts from: two senders, or a bug in this program."""


def move(c: Connection, batch: Batch, before: BatchState, after: BatchState, **columns: object) -> None:
    """Make one transition and set `columns`, or raise `IllegalTransitionError` and change nothing."""
    if not _moved(c, batch, "state=?", (before,), {"state": after, **columns}):
        raise IllegalTransitionError(f"batch {batch.label} is not {before}")


def move_on(c: Connection, batch: Batch, after: BatchState, **columns: object) -> bool:
    """Make the transition that the paid call of a batch leads to, as `move` does.

    Another machine may have put it in doubt, because its sender had lost the connection to the database and
    was taken for dead. As long as nobody has decided, the sender knows better.

    Args:
        c: in a transaction.
        batch: as its intent left it.
        after: the new state.
        columns: what else is set.

    Returns:
        Whether it was in doubt.
    """
    changes = {"state": after, **columns}
    if _moved(c, batch, "state=?", (BatchState.SENDING,), changes):
        return False
    if _moved(c, batch, "state=? AND submitted=?", (BatchState.UNKNOWN, batch.submitted), changes):
        return True
    raise IllegalTransitionError(f"batch {batch.label} is not {BatchState.SENDING}")


def _moved(
    c: Connection, batch: Batch, condition: str, values: Sequence[object], changes: Mapping[str, object]
) -> bool:
    names = ", ".join(f"{name}=?" for name in changes)
    statement = f"UPDATE batches SET {names} WHERE job=? AND seq=? AND {condition}"
    return c.execute(statement, (*changes.values(), batch.job, batch.seq, *values)).rowcount == 1


def span(batch: Batch) -> tuple[int, int, int]:
    """Return the job of a batch, the index of its first number, and the index after its last."""
    return batch.job, batch.first, batch.first + batch.size


def set_outcome(c: Connection, batch: Batch, outcome: Outcome, text: str = "") -> None:
    """Set the outcome of all numbers of a batch, with a note."""
    c.execute(
        "UPDATE numbers SET outcome=?, note=? WHERE job=? AND idx>=? AND idx<?",
        (outcome, text, *span(batch)),
    )


def charge(c: Connection, batch: Batch, amount: int, now: float) -> None:
    """Record the credits that a batch was charged between its submission and now."""
    binding = int(c.execute("SELECT binding FROM jobs WHERE id=?", (batch.job,)).fetchone()[0])
    insert_charge(
        c, binding, Charge(now, amount, batch.balance_before, batch.job, batch.seq, batch.submitted)
    )
