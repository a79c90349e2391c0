"""Deciding a batch whose outcome is unknown: what the evidence says, and what the person decides."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from pwl_tui.engine.jobs import adopting
from pwl_tui.engine.money.evidence import Evidence, Verdict, weigh
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.store import Store

Decision = Literal["free", "lost", "adopted"]
"""It was not charged: send its numbers again. It was charged: write it off. Its id is known: here it is."""


class Choice(Struct, frozen=True):
    """One way to settle a batch.

    Attributes:
        decision: what it is called when it is carried out.
        title: what it is, in a few words.
        cost: what it does and what it can cost, in sentences.
    """

    decision: Decision
    title: str
    cost: str


def choices(evidence: Evidence) -> tuple[Choice, Choice, Choice]:
    """Return the three ways to settle a batch, in the light of its evidence."""
    price = f"{evidence.size:,} credits"
    if evidence.verdict is Verdict.CHARGED:
        risk = "By the balance it was charged, so that this pays for them twice."
    else:
        risk = "If it was charged after all, they are paid for twice."
    return (
        Choice("free", "Release and send again", f"Its numbers are sent once more, for {price}. {risk}"),
        Choice(
            "adopted",
            "Give the id",
            "Costs nothing. The provider's support can find the id with the report; it is checked: it must"
            " hold exactly these numbers.",
        ),
        Choice(
            "lost",
            "Write off",
            f"{price} count as spent, its numbers as failed. Asking for them again costs as much again.",
        ),
    )


class SettleError(ProblemError):
    """The batch cannot be settled so."""


def evidence_of(store: Store, binding: Binding, batch: Batch) -> Evidence:
    """Return the balance readings of a batch in doubt, weighed.

    Raises:
        StateError: the state file failed.
    """
    readings = store.balances.evidence(batch.job, batch.seq)
    spent = 0
    if batch.submitted is not None and readings:
        # What was taken after the last reading is not in it.
        spent = store.charges.between(binding, batch.submitted, readings[-1].at)
    return weigh(batch.balance_before, batch.size, readings, spent)


def settle(
    store: Store,
    batch: Batch,
    decision: Decision,
    *,
    binding: Binding,
    batch_id: str | None,
    service: Callable[[], ServiceClient],
    now: float,
) -> None:
    """Record the person's decision on a batch in doubt and act on it.

    Args:
        store: where it is recorded, with the evidence at hand.
        batch: the batch.
        decision: see `Decision`.
        binding: of the batch's job.
        batch_id: the service's id, with ``adopted`` and only then.
        service: opens the service under the batch's own key; called with ``adopted`` only.
        now: when.

    Raises:
        SettleError: the batch is not in doubt, or the id is missing or one too many.
        AdoptError: the id is not this batch's.
        ApiError: the service does not know the id, or cannot be asked.
        StateError: the state file failed.
    """
    if batch.state is not BatchState.UNKNOWN:
        raise SettleError(
            f"Batch {batch.label} is {batch.state}: there is nothing to settle.",
            f"`pwl-tui show {batch.job}` shows which batches are unknown.",
        )
    if (batch_id is not None) != (decision == "adopted"):
        raise SettleError(
            "An id goes with `adopted`, and with nothing else.",
            f"`pwl-tui settle {batch.label} --as adopted --batch-id ID`.",
        )
    evidence = str(evidence_of(store, binding, batch))
    if decision == "free":
        store.decisions.release(batch, now=now, evidence=evidence)
    elif decision == "lost":
        store.decisions.write_off(batch, now=now, evidence=evidence)
    elif batch_id is not None:
        adopting.identify(store, service().poll, batch, batch_id, now=now, evidence=evidence)
