"""From a cell to a phone number in E.164, or the reason why there is none.

What a number is, libphonenumber says. Around it stands only what lists have and it does not know: links to
WhatsApp, the marks that spreadsheets leave, and international numbers that lost their ``+``.
"""

import re
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from pwl_tui.lists.errors import unusable
from pwl_tui.lists.shortcut import shortcut

Strictness = Literal["valid", "possible"]
"""``valid``: in use by the numbering plan of its region. ``possible``: of a length that the plan knows for
whole numbers, those without their area code not."""

REASONS = (
    "",
    "empty",
    "not a number",
    "digits lost",
    "no country code",
    "unknown country code",
    "too short",
    "too long",
    "not valid for region",
)
"""Why a row has no number, in words that are stored and shown; the first stands for: it has one."""

EMPTY, NOT_A_NUMBER, DIGITS_LOST, NO_COUNTRY_CODE, UNKNOWN_COUNTRY_CODE, TOO_SHORT, TOO_LONG, NOT_VALID = (
    range(1, len(REASONS))
)

_REASON_OF_ERROR = {
    NumberParseException.INVALID_COUNTRY_CODE: UNKNOWN_COUNTRY_CODE,
    NumberParseException.NOT_A_NUMBER: NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_AFTER_IDD: TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: TOO_SHORT,
    NumberParseException.TOO_LONG: TOO_LONG,
}
_REASON_OF_LENGTH = {
    ValidationResult.TOO_SHORT: TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: TOO_SHORT,
    ValidationResult.TOO_LONG: TOO_LONG,
}
_LONGEST_TEXT = 250
"""Characters that libphonenumber looks at."""
_LONGEST_LINK = 4096
_SHORTEST, _LONGEST = 7, 15
"""Digits of a number with its country code: the least in practice, and the most by ITU-T E.164."""

_INVISIBLE = dict.fromkeys(
    [0, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
"""NUL, soft hyphen, zero-width and bidirectional marks: address books copy them along."""
_LINK = re.compile(r"(?:wa\.me/|whatsapp[^?]*\?(?:[^?]*&)?phone=)(?:\+|%2B)?(\d+)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+")
_WHOLE_FLOAT = re.compile(r"(\+?\d+)\.0+")
_UNMARKED = re.compile(r"[^\d+＋]*([+＋]?[^\d+＋]*0[^\d+＋]*0)?[^\d+＋]*(?=\d)")  # noqa: RUF001 - the wide plus is meant
"""What stands before the country code where there is no plus; group 1: the prefix ``00``."""


def parse(cell: str, region: str | None, strictness: Strictness, *, plus_lost: bool = True) -> int:
    """Return the number in a cell.

    A number without ``+`` is read as a national one of `region`; where that fails (or no region is given) and
    it is valid with a ``+`` in place of its ``00``, as an international one. Extensions are dropped.

    Args:
        cell: anything at all.
        region: ISO 3166 code, as `checked_region` gives it.
        strictness: what is good enough.
        plus_lost: take it for international also where there is no ``00``. Every tenth national number
            happens to be valid with a plus, so that this wants evidence: see `columns.plus_is_lost`.

    Returns:
        E.164 without the plus, or the negative of an index into `REASONS`.
    """
    text = cell.strip()
    if not text.isprintable():
        text = text.translate(_INVISIBLE).strip()
    text = text.lstrip("'")
    if not text:
        return -EMPTY
    link = _LINK.search(text, 0, _LONGEST_LINK) if "/" in text else None
    if link is not None:
        text = "+" + link[1]
    if len(text) > _LONGEST_TEXT:
        return -NOT_A_NUMBER
    if _SCIENTIFIC.fullmatch(text):
        return -DIGITS_LOST
    if whole := _WHOLE_FLOAT.fullmatch(text):
        text = whole[1]
    number = _number(text, region, strictness)
    return number if number > 0 else _with_plus(text, region, number, plus_lost)


def _with_plus(text: str, region: str | None, reason: int, plus_lost: bool) -> int:
    """Return the number in a text that needs a ``+`` before it; `reason` if there is none."""
    unmarked = _UNMARKED.match(text)
    if unmarked is None:
        return reason
    if plus_lost or unmarked[1]:
        # It is a guess, so that what is merely possible is not good enough.
        number = _number("+" + text[unmarked.end() :], None, "valid")
        if number > 0 or unmarked[1]:
            return number
    if region is not None or reason != -UNKNOWN_COUNTRY_CODE:
        return reason
    digits = sum(map(str.isdecimal, text))
    return -(TOO_SHORT if digits < _SHORTEST else TOO_LONG if digits > _LONGEST else NO_COUNTRY_CODE)


def _number(text: str, region: str | None, strictness: Strictness) -> int:
    if strictness == "valid" and (found := shortcut(text, region)):
        return found
    if region is None and text.isdecimal():
        return -UNKNOWN_COUNTRY_CODE  # what the parser ends in, sooner
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return -_REASON_OF_ERROR[error.error_type]
    length = phonenumbers.is_possible_number_with_reason(number)
    possible = length == ValidationResult.IS_POSSIBLE
    if phonenumbers.is_valid_number(number) if strictness == "valid" else possible:
        return int(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    return -_REASON_OF_LENGTH.get(length, NOT_VALID)


def checked_region(given: str) -> str:
    """Return the region code that the person means.

    Raises:
        ListError: there is no such region.
    """
    region = given.strip().upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        hint = "GB" if region == "UK" else "US, GB or IN"
        raise unusable(
            f"{given!r} is not the code of a region.", f"Give two letters of ISO 3166, such as {hint}."
        )
    return region
