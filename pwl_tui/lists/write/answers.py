"""The result of each row of a list, which rows to export, and how a result is written."""

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

FIELDS = (
    "wa_number",
    "wa_outcome",
    "wa_on_whatsapp",
    "wa_business",
    "wa_carrier",
    "wa_country",
    "wa_note",
)
"""The columns that an export adds to a list."""

Choice = Literal["on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent"]
"""Which rows of a list to export."""

REMEMBERED = 1 << 14
"""How many different results a writer caches as text: most rows share theirs with many others."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = {True: "true", False: "false", None: ""}


class Answer(NamedTuple):
    """The result of a number, or why a row has none.

    Attributes:
        outcome: ``completed``, ``failed``, ``pending``, ``rejected`` or ``not_sent``.
        on_whatsapp: None if unknown.
        business: whether it is a WhatsApp Business account; None if unknown.
        carrier: the service's name for it; may be empty, as the next two.
        country: the service's name for it.
        note: for people: why a row was rejected or a number failed, or when and where the answer is from.
    """

    outcome: str
    on_whatsapp: bool | None
    business: bool | None
    carrier: str
    country: str
    note: str


RowAnswer: TypeAlias = tuple[int, int, Answer]
"""The result of one row. Rows with the same answer share the object. A plain tuple: there are millions.

The number (E.164 without the plus, 0 if none), the row number of the earlier row with the same number (0 if
none), and the answer.
"""

CHOICES: dict[Choice, Callable[[Answer], bool]] = {
    "on-whatsapp": lambda answer: answer.on_whatsapp is True,
    "not-on-whatsapp": lambda answer: answer.on_whatsapp is False,
    "business": lambda answer: answer.business is True,
    "failed": lambda answer: answer.outcome == "failed",
    "rejected": lambda answer: answer.outcome == "rejected",
    "pending": lambda answer: answer.outcome == "pending",
    "not-sent": lambda answer: answer.outcome == "not_sent",
}

OUTCOMES: tuple[Choice, ...] = (
    "on-whatsapp",
    "not-on-whatsapp",
    "failed",
    "rejected",
    "pending",
    "not-sent",
)
"""The choices that divide the rows: each row belongs to exactly one."""


def number_text(number: int, *, digits: bool) -> str:
    """Return a number in E.164, without the plus if `digits`; empty for 0."""
    return f"{'' if digits else '+'}{number}" if number else ""


def note(answer: Answer, repeats: int) -> str:
    """Return the whole note of a row; see `RowAnswer`."""
    return "; ".join(filter(None, (f"duplicate of row {repeats}" if repeats else "", answer.note)))


def texts(answer: Answer, repeats: int) -> list[str]:
    """Return the cells to add after the number. No spreadsheet takes one for a formula."""
    return [
        answer.outcome,
        _WORDS[answer.on_whatsapp],
        _WORDS[answer.business],
        *map(_harmless, (answer.carrier, answer.country, note(answer, repeats))),
    ]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
