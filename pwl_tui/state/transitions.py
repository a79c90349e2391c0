"""The parts of a batch's transitions; each function works inside its caller's transaction."""

from pwl_tui.answer import Outcome
from pwl_tui.state.database import Connection
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.state.money import Charge, insert_charge


class IllegalTransitionError(AssertionError):
    """A batch was not in the state that a change starts from: two senders, or a bug in this program."""


def move(c: Connection, batch: Batch, before: BatchState, after: BatchState, **columns: object) -> None:
    """Make one transition and set `columns`, or raise `IllegalTransitionError` and change nothing."""
    changes = {"state": after, **columns}
    names = ", ".join(f"{name}=?" for name in changes)
    moved = c.execute(
        f"UPDATE batches SET {names} WHERE job=? AND seq=? AND state=?",
        (*changes.values(), batch.job, batch.seq, before),
    ).rowcount
    if moved != 1:
        raise IllegalTransitionError(f"batch {batch.label} is not {before}")


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
