"""The language in which a person looks for results: ``wa:yes country:IN carrier:airtel -9198``.

Words are joined by "and"; a minus before one negates it. A word is a field
with a value, digits of a number, or letters that the carrier, the country or the note contains. Case does not
matter for the letters a to z, as SQLite has it.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pwl_tui.answer import Outcome
from pwl_tui.problem import ProblemError

Value = str | int
Condition = tuple[str, tuple[Value, ...]]
"""A condition of SQLite on a row of ``numbers``, never NULL, and the values that it binds."""


class FindError(ProblemError):
    """The text is not in the language; nothing was looked for."""


class Find(NamedTuple):
    """What is looked for.

    Attributes:
        condition: for SQLite, after a WHERE that has a condition already; empty: everything passes.
        values: what it binds.
    """

    condition: str = ""
    values: tuple[Value, ...] = ()


EVERYTHING: Final = Find()
_ON, _BUSINESS = "on_whatsapp IS 1", "(on_whatsapp IS 1 AND business IS 1)"
_CHOICES: dict[str, dict[str, str]] = {
    "wa": {"yes": _ON, "no": "on_whatsapp IS 0"},
    "business": {"yes": _BUSINESS, "no": f"(outcome='{Outcome.COMPLETED}' AND NOT {_BUSINESS})"},
    "outcome": {
        outcome.value: f"outcome='{outcome}'" for outcome in Outcome if outcome is not Outcome.REJECTED
    },
}
_CONTAINED = ("carrier", "note")
_WANTS: dict[str, str] = {
    "wa": "yes or no",
    "business": "yes or no",
    "outcome": "completed, failed, pending or not_sent",
    "country": "a code, such as IN",
    "carrier": 'part of a name; quote a space: carrier:"t-mobile us"',
    "note": "part of a note",
    "batch": "the number of a batch, such as 3",
}
_MOST_DIGITS = 18
"""What still fits an integer of SQLite."""
_TOKEN = re.compile(r'(?P<no>-?)(?:(?P<field>[^\W\d]\w*):)?(?P<value>"[^"]*"?|[^\s"]*)"?(?=\s|$|")')
_DIGITS = re.compile(r"[+^]?[0-9().\-/]*[0-9][0-9().\-/]*")


class _Token(NamedTuple):
    negated: bool
    field: str
    """Empty: a bare word."""
    value: str

    @property
    def is_digits(self) -> bool:
        return not self.field and _DIGITS.fullmatch(self.value) is not None


def parse_find(text: str) -> Find:
    """Return what a text looks for; of nothing, everything.

    Raises:
        FindError: it names a field or a value that does not exist; the message says which, and what is near.
    """
    conditions: list[str] = []
    values: list[Value] = []
    for token in _joined(_tokens(text)):
        condition, bound = _condition(token)
        conditions.append(f" AND NOT {condition}" if token.negated else f" AND {condition}")
        values += bound
    return Find("".join(conditions), tuple(values))


def hint(text: str) -> str:
    """Return one line on what can be typed at the end of a text: the values of its field, or all fields."""
    last = text.split()[-1] if text and not text[-1].isspace() else ""
    beginning, colon, _ = last.removeprefix("-").partition(":")
    if colon and beginning.lower() in _WANTS:
        return f"{beginning.lower()}: {_WANTS[beginning.lower()]}"
    fields = [field for field in _WANTS if beginning and field.startswith(beginning.lower())]
    names = " ".join(f"{field}:" for field in fields or _WANTS)
    return names if text else f"{names} · 9198 · +1415 · -not"


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        value = match["value"].strip('"')
        if value or match["field"]:
            yield _Token(bool(match["no"]), (match["field"] or "").lower(), value)


def _joined(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Yield the tokens; groups of digits that stand side by side are parts of one number."""
    before: _Token | None = None
    for token in tokens:
        goes_on = token.is_digits and not token.negated and token.value[0] not in "+^"
        if before and before.is_digits and goes_on:
            before = before._replace(value=before.value + token.value)
            continue
        if before:
            yield before
        before = token
    if before:
        yield before


def _condition(token: _Token) -> Condition:
    field, value = token.field, token.value
    if not field:
        return _digits(value) if token.is_digits else _letters(value)
    if field not in _WANTS:
        raise _error(f"There is no field {field!r}", field, _WANTS, f"Fields are {', '.join(_WANTS)}.")
    remedy = f"{field}: takes {_WANTS[field]}."
    if not value:
        raise _error(f"{field}: takes {_WANTS[field]}", "", (), remedy)
    if field in _CHOICES:
        return _chosen(field, value, remedy), ()
    if field in _CONTAINED:
        return f"{field} LIKE ? ESCAPE '\\'", (_pattern(value),)
    if field == "country":
        return "country=? COLLATE NOCASE", (value,)
    if not (value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS):
        raise _error(f"{value!r} is not the number of a batch", "", (), remedy)
    return "batch IS ?", (int(value),)


def _chosen(field: str, value: str, remedy: str) -> str:
    """Return the condition of the one value that begins as what was typed so far."""
    choices = _CHOICES[field]
    meant = [choice for choice in choices if choice.startswith(value.lower().replace("-", "_"))]
    if len(meant) != 1:
        raise _error(f"{field}: is never {value!r}", value, choices, remedy)
    return choices[meant[0]]


def _digits(value: str) -> Condition:
    digits = "".join(character for character in value if character.isdecimal())
    return ("number LIKE ?", (f"{digits}%",)) if value[0] in "+^" else ("instr(number, ?)", (digits,))


def _letters(value: str) -> Condition:
    pattern = _pattern(value)
    columns = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in ("carrier", "country", "note"))
    return f"({columns})", (pattern,) * 3


def _pattern(value: str) -> str:
    """Return the pattern of LIKE for texts that contain a value, whatever LIKE makes of its letters."""
    return "%" + re.sub(r"([%_\\])", r"\\\1", value) + "%"


def _error(message: str, typed: str, known: "dict[str, str] | tuple[()]", remedy: str) -> FindError:
    near = difflib.get_close_matches(typed.lower(), known, 1)
    sentence = f"{message}; did you mean {near[0]!r}?" if near else f"{message}."
    return FindError(sentence, remedy)
