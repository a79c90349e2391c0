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
    """As the service names it, which should be how it was submitted."""
    answer: Answer
    """Completed, failed or pending."""
    other: str = ""
    """As the service formats it, where that differs; empty if it does not."""


class BatchAnswer(msgspec.Struct, frozen=True):
    """What a poll says about a batch. The counts are the service's own and may contradict the results."""

    batch_id: str
    done: bool
    """The batch's own status says that it gets no more answers."""
    status: str
    total_numbers: int | None
    completed: int | None
    failed: int | None
    pending: int | None
    results: list[NumberAnswer]
    unreadable: int = 0
    """How many results could not be read, as far as that can be counted."""
    ended_early: bool = False
    """The batch's own status says that it failed, or was ended before it was completed."""


class Check(msgspec.Struct, frozen=True):
    """The answer to a single check."""

    number: str
    """E.164 as the service writes it; empty if it did not."""
    answer: Answer
    line_type: str
