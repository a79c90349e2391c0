"""What is known of a phone number: one value for the wire, the state file and an export."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

NO_ANSWER: Final = "the service gave no answer"
"""The note of a number that failed because its batch ended."""


class Outcome(StrEnum):
    """What became of one number or row, in the words of an export."""

    COMPLETED = "completed"
    FAILED = "failed"
    PENDING = "pending"
    REJECTED = "rejected"
    """A row without a usable number."""
    NOT_SENT = "not_sent"


class Answer(Struct, frozen=True, cache_hash=True, array_like=True):
    """What is known of one number, or why a row has none.

    Each field is a column of the table ``numbers`` in the state file, and of an export, as ``wa_`` and its
    name. As JSON it is an array, which is how SQLite delivers it.

    Attributes:
        outcome: what became of it.
        on_whatsapp: None means unknown.
        business: whether it is a WhatsApp Business account. None means unknown.
        carrier: as the service names it; may be empty, as the next two.
        country: as the service names it, as a rule ISO alpha-2.
        note: for people: why a row was rejected or a number failed, where or when the answer was given.
    """

    outcome: Outcome = Outcome.NOT_SENT
    on_whatsapp: bool | None = None
    business: bool | None = None
    carrier: str = ""
    country: str = ""
    note: str = ""


COLUMNS: Final = Answer.__struct_fields__
"""The names of an answer's fields, in order."""


def reused_note(answered: float) -> str:
    """Return the note of an answer that another job paid for, given at a moment in UTC epoch seconds."""
    return f"reused from {datetime.fromtimestamp(answered, UTC).date()}"
