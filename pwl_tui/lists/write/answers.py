"""The result of each row of a list, which rows to export, and how a result is written."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec.structs import astuple, replace

from pwl_tui.answer import COLUMNS, Answer

FIELDS = ("wa_number", *(f"wa_{column}" for column in COLUMNS))
"""The columns that an export adds to a list."""

Choice = Literal["on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent"]
"""Which rows of a list to export."""

REMEMBERED = 1 << 14
"""How many different results a writer caches as text: most rows share theirs with many others."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = {True: "true", False: "false", None: ""}


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
    return [_text(value) for value in values(answer, repeats)]


def values(answer: Answer, repeats: int) -> list[str | bool | None]:
    """Return what is known of a row, in the order of `FIELDS` without the number; see `RowAnswer`."""
    return [*astuple(replace(answer, note=note(answer, repeats)))]


def _text(value: str | bool | None) -> str:
    if not isinstance(value, str):
        return _WORDS[value]
    return f"'{value}" if value.startswith(_FORMULA) else value
