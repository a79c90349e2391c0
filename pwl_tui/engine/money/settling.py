"""Settling a batch in doubt: what the evidence says, and what the person decides."""

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from pwl_tui.engine.jobs import adopting
from pwl_tui.engine.money.evidence import Evidence, Verdict, weigh
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Batch, BatchState, Binding, Candidate
from pwl_tui.state.store import Store

Decision = Literal["free", "lost", "adopted"]
"""Not charged: send its numbers again. Charged: write it off. Adopted: this is its ID."""


class Choice(Struct, frozen=True):
    """One way to settle a batch.

    Attributes:
        decision: as `settle` takes it.
        title: what it is, in a few words.
        cost: what it does and what it may cost, in sentences.
    """

    decision: Decision
    title: str
    cost: str


def choices(evidence: Evidence, candidates: Sequence[Candidate] = ()) -> tuple[Choice, Choice, Choice]:
    """Return the three ways to settle a batch, with what they may cost by its evidence.

    Args:
        evidence: what the balance says.
        candidates: what may be its ID, without those that are certainly not.
    """
    price = f"{evidence.size:,} credits"
    if evidence.verdict is Verdict.CHARGED:
        risk = "By the balance it was charged, so this pays for them twice."
    else:
        risk = "If it was charged after all, you pay for them twice."
    if candidates:
        risk = "An ID came with its answer, so this probably pays for them twice."
    adopted = Choice(
        "adopted",
        "Enter its ID",
        "Costs nothing. The provider's support can find the ID from the report. pwl-tui checks that the"
        " batch holds exactly these numbers.",
    )
    if candidates:
        adopted = Choice(
            "adopted",
            "Use the ID from the answer",
            "Costs nothing. The ID is used if the service knows it and it holds exactly these numbers.",
        )
    return (
        Choice("free", "Release and send again", f"Its numbers are sent again, for {price}. {risk}"),
        adopted,
        Choice(
            "lost",
            "Write off",
            f"{price} count as spent, its numbers as failed. Sending them again costs as much again.",
        ),
    )


class SettleError(ProblemError):
    """The batch cannot be settled this way."""


def not_in_doubt(batch: Batch) -> SettleError:
    """Return the error for a batch that there is nothing to decide about."""
    return SettleError(
        f"Batch {batch.label} is {batch.state}: there is nothing to settle.",
        f"Run `pwl-tui show {batch.job}` to see which batches are in doubt.",
    )


def evidence_of(store: Store, binding: Binding, batch: Batch) -> Evidence:
    """Return the balance readings of a batch in doubt, weighed.

    Raises:
        StateError: the state file failed.
    """
    readings = store.balances.evidence(batch.job, batch.seq)
    spent = lookups = 0
    if batch.submitted is not None and readings:
        # What was spent after the last reading does not show in it.
        spent = store.charges.between(binding, batch.submitted, readings[-1].at)
        lookups = sum(batch.submitted <= at <= readings[-1].at for at in store.lookups.unanswered(binding))
    return weigh(batch.balance_before, batch.size, readings, spent, lookups)


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
        batch_id: the service's ID, with ``adopted`` and only then.
        service: opens the service with the batch's own key; called with ``adopted`` only.
        now: when.

    Raises:
        SettleError: the batch is not in doubt, or the ID is missing or superfluous.
        AdoptError: the ID is not this batch's, or somebody has decided in the meantime.
        ApiError: the service does not know the ID, or cannot be asked.
        StateError: the state file failed.
    """
    if batch.state is not BatchState.UNKNOWN:
        raise not_in_doubt(batch)
    if decision == "adopted" and batch_id is None and store.replies.candidates(batch.job, batch.seq):
        raise SettleError(
            f"No ID that came with the answer can be taken for batch {batch.label}.",
            f"Run `pwl-tui settle {batch.label}` to see why, or add --batch-id ID.",
        )
    if (batch_id is not None) != (decision == "adopted"):
        raise SettleError(
            "--as adopted needs --batch-id, and the other decisions do not take it.",
            f"Run `pwl-tui settle {batch.label} --as adopted --batch-id ID`.",
        )
    evidence = str(evidence_of(store, binding, batch))
    if batch_id is not None:
        adopting.identify(store, service().poll, batch, batch_id, now=now, evidence=evidence)
        return
    with store.accepting():
        adopting.require_in_doubt(store, batch)
        if decision == "free":
            store.decisions.release(batch, now=now, evidence=evidence)
        else:
            store.decisions.write_off(batch, now=now, evidence=evidence)
