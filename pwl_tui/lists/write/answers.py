"""The result of each row of a list, and how it is written."""

from typing import TypeAlias

from msgspec.structs import astuple, replace

from pwl_tui.answer import COLUMNS, Answer

FIELDS = ("wa_number", *(f"wa_{column}" for column in COLUMNS))
"""The columns that an export adds to a list."""
RECHECK_FIELDS = (*FIELDS, "wa_before", "wa_changed")
"""Those of a recheck; its answers are of the class `Rechecked`."""

REMEMBERED = 1 << 14
"""How many different results a writer caches as text: most rows share theirs with many others."""

_FORMULA = (*"=+-@\t\r", *"\uff1d\uff0b\uff0d\uff20")
"""What begins a formula; in some languages, the wide signs do, too."""
_WORDS = {True: "true", False: "false", None: ""}


RowAnswer: TypeAlias = tuple[int, int, Answer]
"""The result of one row. Rows with the same answer share the object. A plain tuple: there are millions.

The number (E.164 without the plus, 0 if none), the row number of the earlier row with the same number (0 if
none), and the answer.
"""


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
    """Return what is known of a row, in the order of its fields without the number; see `RowAnswer`."""
    return [*astuple(replace(answer, note=note(answer, repeats)))]


def _text(value: str | bool | None) -> str:
    if not isinstance(value, str):
        return _WORDS[value]
    return f"'{value}" if value.startswith(_FORMULA) else value
