"""What changed of a number between two answers, declared once.

``changes`` and exports ask about values, the tab of a recheck and its counts ask the state file.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from pwl_tui.answer import Answer

Change = Literal["joined", "left", "became_business", "no_longer_business"]
"""The key of a change."""
UNCHANGED: Final = "unchanged"
"""What an export says of a number whose two answers are the same; it says nothing if one is not known."""


class Before(Struct, frozen=True, array_like=True):
    """What was known of a number before it was asked for again.

    Attributes:
        on_whatsapp: whether it was on WhatsApp.
        business: whether it was a business. None means unknown.
    """

    on_whatsapp: bool
    business: bool | None = None


class ChangeKind(NamedTuple):
    """One kind of change.

    Attributes:
        title: on the screen and in reports.
        matches: whether two answers differ so; both say whether the number is on WhatsApp.
        condition: the same over the columns of ``numbers``, in SQL, with the answer before in ``e``.
    """

    title: str
    matches: Callable[[Before, Answer], bool]
    condition: str


def _stayed(before: Before, answer: Answer) -> bool:
    return before.on_whatsapp and answer.on_whatsapp is True


_STAYED: Final = "e.on_whatsapp=1 AND numbers.on_whatsapp=1"
CHANGES: Final[Mapping[Change, ChangeKind]] = {
    "joined": ChangeKind(
        "joined WhatsApp",
        lambda before, answer: not before.on_whatsapp and answer.on_whatsapp is True,
        "e.on_whatsapp=0 AND numbers.on_whatsapp=1",
    ),
    "left": ChangeKind(
        "left WhatsApp",
        lambda before, answer: before.on_whatsapp and answer.on_whatsapp is False,
        "e.on_whatsapp=1 AND numbers.on_whatsapp=0",
    ),
    "became_business": ChangeKind(
        "became a business",
        lambda before, answer: (
            _stayed(before, answer) and before.business is False and answer.business is True
        ),
        f"{_STAYED} AND e.business=0 AND numbers.business=1",
    ),
    "no_longer_business": ChangeKind(
        "no longer a business",
        lambda before, answer: (
            _stayed(before, answer) and before.business is True and answer.business is False
        ),
        f"{_STAYED} AND e.business=1 AND numbers.business=0",
    ),
}
"""In the order in which they are told. A number passes one of them at most."""


def change(before: Before | None, answer: Answer) -> Change | None:
    """Return what changed of a number. None means nothing, or that one of the answers is not known."""
    if before is None or answer.on_whatsapp is None:
        return None
    return next((key for key, kind in CHANGES.items() if kind.matches(before, answer)), None)


class Rechecked(Answer, frozen=True, array_like=True, cache_hash=True):
    """An answer of a recheck as an export has it: with what was known before.

    Attributes:
        before: whether the number was on WhatsApp. None means that it was not known.
        changed: a `Change`, or `UNCHANGED`; empty if one of the answers is not known.
    """

    before: bool | None = None
    changed: str = ""


@lru_cache(1 << 14)
def rechecked(answer: Answer, before: Before | None) -> Rechecked:
    """Return an answer with what was known before; equal ones are one object."""
    known = before is not None and answer.on_whatsapp is not None
    changed = change(before, answer) or (UNCHANGED if known else "")
    return Rechecked(**asdict(answer), before=None if before is None else before.on_whatsapp, changed=changed)
