"""What is known of each row of a list, which rows are wanted, and how an answer is put in words."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec.structs import astuple, replace

from pwl_tui.answer import COLUMNS, Answer

FIELDS = ("wa_number", *(f"wa_{column}" for column in COLUMNS))
"""The columns that are added to a list."""

Choice = Literal["on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent"]
"""Which rows of a list are wanted."""

REMEMBERED = 1 << 14
"""How many different answers a writer keeps in its own form: most rows share theirs with many others."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = {True: "true", False: "false", None: ""}


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
    return [_text(value) for value in values(answer, repeats)]


def values(answer: Answer, repeats: int) -> list[str | bool | None]:
    """Return what is known of a row, in the order of `FIELDS` without the number; see `RowAnswer`."""
    return [*astuple(replace(answer, note=note(answer, repeats)))]


def _text(value: str | bool | None) -> str:
    if not isinstance(value, str):
        return _WORDS[value]
    return f"'{value}" if value.startswith(_FORMULA) else value
