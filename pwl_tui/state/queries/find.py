"""The query language for results: ``wa:yes country:IN carrier:airtel -9198``.

Words are joined by "and"; a minus before one negates it. A word is a field with a value, digits of a number,
or letters that the carrier, the country or the note contains. The case of the letters a to z does not matter.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pwl_tui.answer import Outcome
from pwl_tui.changes import CHANGES
from pwl_tui.problem import ProblemError

Value = str | int
Condition = tuple[str, tuple[Value, ...]]
"""A SQL condition on a row of ``numbers``, never NULL, and the values that it binds."""


class FindError(ProblemError):
    """The text is not a valid query."""


class Find(NamedTuple):
    """What to find.

    Attributes:
        condition: SQL to append to a WHERE that has a condition already; empty if everything matches.
        values: what it binds.
    """

    condition: str = ""
    values: tuple[Value, ...] = ()

    def __and__(self, other: "Find") -> "Find":
        """Return what matches both."""
        return Find(self.condition + other.condition, self.values + other.values)


EVERYTHING: Final = Find()
_ANY_CHANGE: Final = " OR ".join(f"({kind.condition})" for kind in CHANGES.values())
CHANGED: Final = Find(
    " AND EXISTS (SELECT 1 FROM earlier e WHERE e.job=numbers.job AND e.idx=numbers.idx"
    f" AND numbers.on_whatsapp IS NOT NULL AND ({_ANY_CHANGE}))"
)
"""Numbers of a recheck whose answer has changed."""
_ON, _BUSINESS = "coalesce(on_whatsapp, 0)=1", "(coalesce(on_whatsapp, 0)=1 AND coalesce(business, 0)=1)"
_CHOICES: dict[str, dict[str, str]] = {
    "wa": {"yes": _ON, "no": "coalesce(on_whatsapp, 1)=0"},
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
"""As many as fit an integer of SQLite."""
_TOKEN = re.compile(r'(?P<no>-?)(?:(?P<field>[^\W\d]\w*):)?(?P<value>"[^"]*"?|[^\s"]*)"?(?=\s|$|")')
_DIGITS = re.compile(r"[+^]?[0-9().\-/]*[0-9][0-9().\-/]*")


class _Token(NamedTuple):
    negated: bool
    field: str
    """Empty for a bare word."""
    value: str

    @property
    def is_digits(self) -> bool:
        return not self.field and _DIGITS.fullmatch(self.value) is not None


def parse_find(text: str) -> Find:
    """Return what a query finds; an empty one finds everything.

    Raises:
        FindError: it names a field or a value that does not exist; the message suggests a similar one.
    """
    conditions: list[str] = []
    values: list[Value] = []
    for token in _joined(_tokens(text)):
        condition, bound = _condition(token)
        conditions.append(f" AND NOT {condition}" if token.negated else f" AND {condition}")
        values += bound
    return Find("".join(conditions), tuple(values))


def hint(text: str) -> str:
    """Return one line on what can be typed at the end of a query: the values of its field, or the fields."""
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
    """Yield the tokens; consecutive groups of digits are parts of one number."""
    before: _Token | None = None
    for token in tokens:
        continues = token.is_digits and not token.negated and token.value[0] not in "+^"
        if before and before.is_digits and continues:
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
        return "country LIKE ? ESCAPE '\\'", (_escaped(value),)
    if not (value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS):
        raise _error(f"{value!r} is not a batch number", "", (), remedy)
    return "coalesce(batch, -1)=?", (int(value),)


def _chosen(field: str, value: str, remedy: str) -> str:
    """Return the condition of the only value that starts with what was typed."""
    choices = _CHOICES[field]
    meant = [choice for choice in choices if choice.startswith(value.lower().replace("-", "_"))]
    if len(meant) != 1:
        raise _error(f"{field}: cannot be {value!r}", value, choices, remedy)
    return choices[meant[0]]


def _digits(value: str) -> Condition:
    digits = "".join(character for character in value if character.isdecimal())
    if value[0] in "+^":
        return "CAST(number AS TEXT) LIKE ?", (f"{digits}%",)
    return "instr(CAST(number AS TEXT), ?)>0", (digits,)


def _letters(value: str) -> Condition:
    pattern = _pattern(value)
    columns = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in ("carrier", "country", "note"))
    return f"({columns})", (pattern,) * 3


def _pattern(value: str) -> str:
    """Return the LIKE pattern for texts that contain a value, with its special characters escaped."""
    return f"%{_escaped(value)}%"


def _escaped(value: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", value)


def _error(message: str, typed: str, known: "dict[str, str] | tuple[()]", remedy: str) -> FindError:
    near = difflib.get_close_matches(typed.lower(), known, 1)
    sentence = f"{message}; did you mean {near[0]!r}?" if near else f"{message}."
    return FindError(sentence, remedy)
