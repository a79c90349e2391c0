"""What the service answers, typed. Unknown fields are passed over, missing ones have a value that says so.

Every string of the service passes `text.clean` before it is kept.
"""

from typing import Any, Final, Literal

import msgspec

from pwl_tui.text import clean

Service = Literal["phonevalidation", "wavalidation", "calleridvalidation", "blacklistchecker"]
SERVICES: Final[tuple[Service, ...]] = (
    "phonevalidation",
    "wavalidation",
    "calleridvalidation",
    "blacklistchecker",
)
WHATSAPP: Final[Service] = "wavalidation"
"""The service whose credits batches and single checks spend."""

_ON_WHATSAPP = "VALID_CONFIRMED"
_NOT_ON_WHATSAPP = "INVALID"
_FAILURE_WORDS = ("fail", "error")


class Balance(msgspec.Struct, frozen=True):
    """Credits of one service."""

    balance: int
    service: str = ""


class Submitted(msgspec.Struct, frozen=True):
    """A batch was accepted, and is paid for."""

    batch_id: str
    total_numbers: int | None = None
    """As the service counted; it removes duplicates."""
    status: str = ""


class NumberAnswer(msgspec.Struct, frozen=True):
    """What a poll says of one number."""

    number: str
    """As it was submitted."""
    outcome: Literal["completed", "failed", "pending"]
    on_whatsapp: bool | None = None
    business: bool | None = None
    carrier: str = ""
    country: str = ""
    note: str = ""
    """Why it failed, if the service said."""


class BatchAnswer(msgspec.Struct, frozen=True):
    """What a poll says of a batch."""

    batch_id: str
    status: str
    done: bool
    """Decided by the batch's own status, never by a sum."""
    total_numbers: int | None
    completed: int | None
    failed: int | None
    pending: int | None
    results: list[NumberAnswer]


class Check(msgspec.Struct, frozen=True):
    """The answer to a single check."""

    number: str
    on_whatsapp: bool | None
    business: bool | None
    carrier: str
    country: str
    line_type: str


class RawResult(msgspec.Struct, frozen=True):
    """A number of a poll as it comes over the wire; every field may be missing or null."""

    phone_number: str = ""
    status: str | None = None
    wa_status: str | None = None
    numberstatus: bool | None = None
    businessnumber: bool | None = None
    carrier: str | None = None
    country: str | None = None
    error: Any = None


class RawBatch(msgspec.Struct, frozen=True):
    """A poll as it comes over the wire."""

    batch_id: str
    status: str
    total_numbers: int | None = None
    completed: int | None = None
    failed: int | None = None
    pending: int | None = None
    results: list[RawResult] = []

    def answer(self) -> BatchAnswer:
        """Return it as the rest of the program knows it."""
        done = self.status.lower() == "completed"
        return BatchAnswer(
            self.batch_id,
            clean(self.status),
            done,
            self.total_numbers,
            self.completed,
            self.failed,
            self.pending,
            [_number(result, done=done) for result in self.results],
        )


class RawCheck(msgspec.Struct, frozen=True):
    """A single check as it comes over the wire."""

    status: str | None = None
    formatted_number: str | None = None
    formatinternational: str | None = None
    linetype: str | None = None
    carrier: str | None = None
    countrycode: str | None = None
    numberstatus: bool | None = None
    businessnumber: bool | None = None

    def answer(self) -> Check | None:
        """Return it as the rest of the program knows it; none if it does not answer the question."""
        on_whatsapp = _on_whatsapp(self.status, self.numberstatus)
        if on_whatsapp is None:
            return None
        return Check(
            clean(self.formatted_number or ""),
            on_whatsapp,
            self.businessnumber,
            clean(self.carrier or ""),
            clean(self.countrycode or ""),
            clean(self.linetype or ""),
        )


def _on_whatsapp(word: str | None, flag: bool | None) -> bool | None:
    if word == _ON_WHATSAPP:
        return True
    if word == _NOT_ON_WHATSAPP:
        return False
    return flag


def _number(raw: RawResult, *, done: bool) -> NumberAnswer:
    """Decide what became of a number, also where its status is a word that the reference does not have.

    An answer counts whatever the word beside it; a word of failure is a failure; anything else is still
    pending, unless the batch is completed: then no answer will come.
    """
    word = (raw.status or "").lower()
    on_whatsapp = _on_whatsapp(raw.wa_status, raw.numberstatus)
    failed = any(part in word for part in _FAILURE_WORDS)
    outcome: Literal["completed", "failed", "pending"]
    if on_whatsapp is not None and not failed and word != "pending":
        outcome = "completed"
    elif failed or done:
        outcome, on_whatsapp = "failed", None
    else:
        outcome, on_whatsapp = "pending", None
    answered = outcome == "completed"
    return NumberAnswer(
        clean(raw.phone_number, 40),
        outcome,
        on_whatsapp,
        raw.businessnumber if answered else None,
        clean(raw.carrier or "", 100) if answered else "",
        clean(raw.country or "", 100) if answered else "",
        clean(raw.error) if isinstance(raw.error, str) and outcome == "failed" else "",
    )
