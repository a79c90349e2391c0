"""The lines of the journal, and the digest that identifies a batch in them."""

import hashlib
from collections.abc import Iterable
from typing import Literal

from pwl_tui.state.files.journal import Candidates, Entry, Intent, timestamp
from pwl_tui.state.models import Batch, Binding, Job
from pwl_tui.text import name_without_numbers


def digest(numbers: Iterable[int]) -> str:
    """Return the SHA-256 of numbers, one E.164 per line: identifies a batch without revealing its numbers."""
    return hashlib.sha256("".join(f"+{number}\n" for number in numbers).encode()).hexdigest()


def journal_entry(job: Job, batch: Batch, batch_id: str, now: float) -> Entry:
    """Return the journal's line for a batch that was accepted as `batch_id`."""
    return proven_entry(candidates_line(job, batch, [batch_id], now), batch_id)


def proven_entry(line: Candidates, batch_id: str) -> Entry:
    """Return the journal's line for a batch of which one of the candidates is the ID."""
    return Entry(
        at=line.at,
        batch_id=batch_id,
        size=line.size,
        digest=line.digest,
        base_url=line.base_url,
        key=line.key,
        profile=line.profile,
        job=line.job,
        seq=line.seq,
        name=line.name,
    )


def candidates_line(job: Job, batch: Batch, batch_ids: Iterable[str], now: float) -> Candidates:
    """Return the journal's line for what may be the ID of a batch in doubt."""
    return Candidates(
        at=timestamp(now),
        candidates=list(batch_ids),
        size=batch.size,
        digest=batch.digest,
        base_url=job.binding.base_url,
        key=job.binding.fingerprint,
        profile=job.profile,
        job=batch.job,
        seq=batch.seq,
        name=name_without_numbers(job.name),
    )


def intent_line(
    binding: Binding,
    batch: Batch,
    intent: Literal["send", "not sent"],
    now: float,
    balance: int | None = None,
) -> Intent:
    """Return the journal's line for a batch that is about to be sent, or certainly was not."""
    return Intent(
        at=timestamp(now),
        intent=intent,
        size=batch.size,
        digest=batch.digest,
        base_url=binding.base_url,
        key=binding.fingerprint,
        job=batch.job,
        seq=batch.seq,
        balance=balance,
        submitted=batch.submitted,
    )
