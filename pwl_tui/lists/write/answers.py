"""What is known of each row of a list, which rows are wanted, and how an answer is put in words."""

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
"""The columns that are added to a list."""

Choice = Literal["on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent"]
"""Which rows of a list are wanted."""

REMEMBERED = 1 << 14
"""How many different answers a writer keeps in its own form: most rows share theirs with many others."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = {True: "true", False: "false", None: ""}


class Answer(NamedTuple):
    """What is known of a number, or why a row has none.

    Attributes:
        outcome: ``completed``, ``failed``, ``pending``, ``rejected`` or ``not_sent``.
        on_whatsapp: none where it is not known.
        business: a WhatsApp Business account; none where it is not known.
        carrier: as the service names it; may be empty, as the next two.
        country: as the service names it.
        note: for people: why a row was rejected or a number failed, from when or where the answer is.
    """

    outcome: str
    on_whatsapp: bool | None
    business: bool | None
    carrier: str
    country: str
    note: str


RowAnswer: TypeAlias = tuple[int, int, Answer]
"""One row's part in the answers; rows with the same answer share the object. Plain, for there are millions.

The number (E.164 without the plus, 0: none), the earlier row with the same number (as the person counts rows,
0: there is none), and what is known.
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
"""The choices of which each row belongs to exactly one."""


def shown(number: int, *, digits: bool) -> str:
    """Return a number as people and gateways write it, with the plus or without; empty for none."""
    return f"{'' if digits else '+'}{number}" if number else ""


def note(answer: Answer, repeats: int) -> str:
    """Return all that is to be said of a row; see `RowAnswer`."""
    return "; ".join(filter(None, (f"duplicate of row {repeats}" if repeats else "", answer.note)))


def texts(answer: Answer, repeats: int) -> list[str]:
    """Return the cells that are added behind the number; no spreadsheet takes one for a formula."""
    return [
        answer.outcome,
        _WORDS[answer.on_whatsapp],
        _WORDS[answer.business],
        *map(_harmless, (answer.carrier, answer.country, note(answer, repeats))),
    ]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
