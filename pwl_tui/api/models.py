"""What the service answers, typed and safe to show; `answers` reads it from the wire."""

import msgspec

from pwl_tui.answer import Answer


class Balance(msgspec.Struct, frozen=True):
    """Credits of one service."""

    service: str
    balance: int


class Submitted(msgspec.Struct, frozen=True):
    """A batch was accepted, and is paid for."""

    batch_id: str
    total_numbers: int | None
    """As the service counted, after removing duplicates. None means it gave no usable count."""
    status: str


class Reply(msgspec.Struct, frozen=True):
    """What came in answer to a paid call whose outcome is unknown."""

    text: str = ""
    """Up to 64 KiB of it, without the key; not cleaned."""
    ids: tuple[str, ...] = ()
    """What may be the batch's ID in it, the likeliest first. Only the service can tell whether it is."""


class NumberAnswer(msgspec.Struct, frozen=True):
    """What a poll says about one number."""

    number: str
    """As the service names it, which is how it was submitted."""
    answer: Answer
    """Completed, failed or pending."""


class BatchAnswer(msgspec.Struct, frozen=True):
    """What a poll says about a batch. The counts are the service's own and may contradict the results."""

    batch_id: str
    done: bool
    """Decided by the batch's own status, never by a sum."""
    status: str
    total_numbers: int | None
    completed: int | None
    failed: int | None
    pending: int | None
    results: list[NumberAnswer]


class Check(msgspec.Struct, frozen=True):
    """The answer to a single check."""

    number: str
    """E.164 as the service writes it; empty if it did not."""
    answer: Answer
    line_type: str
