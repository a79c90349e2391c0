"""The ID of a batch in doubt, proven: it came with the answer, and it holds exactly the batch's numbers.

That is the one decision about a batch in doubt that needs no person.
"""

from typing import Final

from pwl_tui.api.errors import ApiError
from pwl_tui.batch_ids import folded
from pwl_tui.engine.jobs.adopting import AdoptError, Poll, give, misfit
from pwl_tui.engine.money.settling import evidence_of
from pwl_tui.problem import Kind
from pwl_tui.state.files.journal import Entry
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.store import Store

PROOF_OFFSETS: Final = (10.0, 50.0, 240.0, 300.0)
"""How long to wait before candidates that the service does not know are looked up again, in seconds; the last
applies to all later times, too. A batch may take a while to appear."""
APPEARS_SECONDS: Final = 15.0
"""How long after a batch was sent a command waits for it to appear: it is looked up twice."""
_AT_ONCE = 8
"""Candidates that are looked up at one time."""


def prove(store: Store, poll: Poll, binding: Binding, batch: Batch, *, now: float) -> bool:
    """Look up what may be the ID of a batch in doubt, and give it the one that holds exactly its numbers.

    An ID that does not, that another batch has, or that is not the only one, is not taken. The reason is
    recorded.

    Args:
        store: where it is recorded.
        poll: polls the service with the batch's own key.
        binding: of the batch's job.
        batch: the batch.
        now: UTC epoch seconds.

    Returns:
        Whether the batch has its ID now.

    Raises:
        ApiError: the service cannot be asked; nothing was decided.
        StateError: the state file or the journal failed.
    """
    candidates = [one for one in store.replies.candidates(batch.job, batch.seq) if not one.final]
    # Those not looked up yet come first.
    chosen = [one.batch_id for one in sorted(candidates, key=lambda one: bool(one.refusal))[:_AT_ONCE]]
    holding: list[str] = []
    for batch_id in chosen:
        refusal, final = _look_up(store, poll, binding, batch, batch_id)
        if refusal:
            store.replies.refuse(batch, batch_id, refusal, final=final, now=now)
        else:
            holding.append(batch_id)
    if len(holding) > 1:
        refusal = f"{len(holding)} of the IDs in the answer hold exactly these numbers."
        for batch_id in holding:
            store.replies.refuse(batch, batch_id, refusal, final=False, now=now)
    if store.batches.get(batch.job, batch.seq).state is not BatchState.UNKNOWN:
        return True  # another thread or process was faster
    if len(holding) != 1:
        return False
    evidence = (
        f"it came with the answer and holds exactly these numbers; {evidence_of(store, binding, batch)}"
    )
    try:
        give(store, batch, holding[0], now=now, evidence=evidence, proven=True)
    except AdoptError:  # somebody has decided in the meantime, or given the ID to another batch
        return store.batches.get(batch.job, batch.seq).state is not BatchState.UNKNOWN
    return True


def _look_up(store: Store, poll: Poll, binding: Binding, batch: Batch, batch_id: str) -> tuple[str, bool]:
    """Return why a candidate cannot be taken, and whether that is final; empty if it can."""
    journaled = {folded(line.batch_id) for line in store.journal.read(0)[0] if isinstance(line, Entry)}
    if folded(batch_id) in journaled or store.batches.known([batch_id], binding.base_url):
        return "It belongs to another batch.", True
    try:
        answer = poll(batch_id)
    except ApiError as unknown:
        if unknown.problem.kind not in {Kind.NOT_FOUND, Kind.INVALID_REQUEST}:
            raise
        return "The service does not know it with this key.", False
    error = misfit(store, batch, answer)
    # What cannot be read now may be readable later.
    return ("", False) if error is None else (error.problem.message, not answer.unreadable)
