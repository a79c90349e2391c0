"""Numbers that a person types or pastes one by one: read as those of lists, but none is passed over."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import (
    CELL_TOO_LONG,
    DIGITS_LOST,
    EMPTY,
    LEADING_ZERO_LOST,
    LETTERS,
    NO_COUNTRY_CODE,
    NO_PHONE_ID,
    NOT_A_NUMBER,
    NOT_VALID,
    SEVERAL_NUMBERS,
    TOO_LONG,
    TOO_SHORT,
    UNKNOWN_COUNTRY_CODE,
)
from pwl_tui.lists.read.reading import Strictness
from pwl_tui.text import clean

_SENTENCES: Final[Mapping[int, str]] = {
    EMPTY: "{} is empty.",
    NOT_A_NUMBER: "{} is not a phone number.",
    DIGITS_LOST: "{} has lost digits in a spreadsheet.",
    NO_COUNTRY_CODE: "{} has no country code.",
    UNKNOWN_COUNTRY_CODE: "{} begins with a country code that does not exist.",
    TOO_SHORT: "{} is too short for a phone number.",
    TOO_LONG: "{} is too long for a phone number.",
    NOT_VALID: "{} is not a valid phone number.",
    LEADING_ZERO_LOST: "{} has lost its leading zero.",
    LETTERS: "{} has letters among its digits.",
    NO_PHONE_ID: "{} is a WhatsApp ID without a phone number.",
    CELL_TOO_LONG: "{} has more than 65,536 characters.",
    SEVERAL_NUMBERS: "{} holds several numbers; separate them.",
}
_APART: Final = re.compile(r"[\r\n\t,|]|;(?!\s*ext)|\s(?=\+)", re.IGNORECASE)
"""What is between numbers in one line; not the spaces within a number, nor what begins an extension."""
_LONGEST_QUOTE: Final = 40


class Typed(NamedTuple):
    """What was read.

    Attributes:
        numbers: E.164 without the plus, each once, in order.
        refused: one sentence for each text that is no usable number.
        needs_region: whether a region would help with any of those.
    """

    numbers: tuple[int, ...]
    refused: tuple[str, ...]
    needs_region: bool


def split(text: str) -> list[str]:
    """Return the numbers in a text as they are written there, one a line or separated in a usual way."""
    return [piece for part in _APART.split(text) if (piece := part.strip())]


def read_typed(texts: Iterable[str], region: str | None, strictness: Strictness) -> Typed:
    """Read texts that each should be one number.

    Digits alone are never taken for an international number: unlike in a list, there is no evidence for that.

    Args:
        texts: as they were typed.
        region: of national numbers, as `regions.checked_region` returns it. None means there is none.
        strictness: what is good enough.
    """
    numbers: dict[int, None] = {}
    refused: list[str] = []
    needs_region = False
    for text in texts:
        number = parse(text, region, strictness, plus_lost=False)
        if number > 0:
            numbers[number] = None
            continue
        reason = -number
        needs_region |= reason == NO_COUNTRY_CODE
        refused.append(_SENTENCES[reason].format(repr(clean(text, _LONGEST_QUOTE))))
    return Typed(tuple(numbers), tuple(refused), needs_region)
