"""From a cell to a phone number in E.164, or the reason why there is none.

libphonenumber decides what a number is. This module adds only what lists have and it does not know: links to
WhatsApp, traces of spreadsheets, and international numbers that lost their ``+``. Digits that are lost for
good are reported and never guessed.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from pwl_tui.lists.numbers.reasons import (
    DIGITS_LOST,
    EMPTY,
    LEADING_ZERO_LOST,
    NO_COUNTRY_CODE,
    NOT_A_NUMBER,
    NOT_VALID,
    SEVERAL_NUMBERS,
    TOO_LONG,
    TOO_SHORT,
    UNKNOWN_COUNTRY_CODE,
)
from pwl_tui.lists.numbers.shortcut import REASON_OF_LENGTH, shortcut
from pwl_tui.lists.read.reading import Strictness

_REASON_OF_ERROR = {
    NumberParseException.INVALID_COUNTRY_CODE: UNKNOWN_COUNTRY_CODE,
    NumberParseException.NOT_A_NUMBER: NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_AFTER_IDD: TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: TOO_SHORT,
    NumberParseException.TOO_LONG: TOO_LONG,
}
_LONGEST_TEXT = 250
"""The most characters that libphonenumber looks at."""
_LONGEST_PLAIN = 40
"""The most characters of a cell that is tried before it is cleaned."""
_LONGEST_LINK = 4096
_SHORTEST, _LONGEST = 7, 15
"""Digits of a number with its country code: the fewest in practice, and the most in ITU-T E.164."""

_INVISIBLE = dict.fromkeys(
    [0, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
"""NUL, soft hyphen, zero-width and bidirectional marks, which get copied from address books."""
_LINK = re.compile(r"(?:wa\.me/|whatsapp[^?\s]*\?(?:[^?\s]*&)?phone=)(?:\+|%2B)?(\d+)", re.IGNORECASE)
_FORMULA = re.compile(r'="?([^"]*)"?')
"""How exports keep a spreadsheet from reading a cell as a number: ``="+1415…"``."""
_SCIENTIFIC = re.compile(r"\+?(\d+)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_WHOLE_FLOAT = re.compile(r"(\+?\d+)\.0+")
_WRAPPED = re.compile(
    r"[^\d+＋;=]*([+0-9][0-9 ()./\u00a0-]*[0-9])(?: ?(?:ext\.?|x) ?[0-9]{1,7})?"  # noqa: RUF001 - the wide plus is meant
)
"""What libphonenumber reads as the number in group 1: it skips what comes before, and extensions."""
_DIGIT = re.compile(r"\d")
_BETWEEN = re.compile(r"\s*(?:[,;|/&\n]|:::|\bor\b|\band\b)\s*")
_UNMARKED = re.compile(r"[^\d+＋]*([+＋]?[^\d+＋]*0[^\d+＋]*0)?[^\d+＋]*(?=\d)")  # noqa: RUF001 - the wide plus is meant
"""What comes before the country code if there is no plus; group 1 is the prefix ``00``."""


def parse(cell: str, region: str | None, strictness: Strictness, *, plus_lost: bool = True) -> int:
    """Return the number in a cell.

    A number without ``+`` is read as a national one of `region`. If that fails (or there is no region) and it
    is valid with a ``+`` in place of its ``00``, it is read as an international one. Extensions are dropped.

    Args:
        cell: anything at all.
        region: ISO 3166 code, as `regions.checked_region` returns it.
        strictness: what is good enough.
        plus_lost: read it as international even without ``00``. One national number in ten happens to be
            valid with a plus, so this needs evidence, which `detect` looks for.

    Returns:
        E.164 without the plus, or the negative of an index into `REASONS`.
    """
    if strictness == "valid" and len(cell) <= _LONGEST_PLAIN and ".0" not in cell:
        number = shortcut(cell, region)  # what it reads needs no cleaning
        if number > 0:
            return number
        if number < 0:
            return _second_try(cell, region, number, plus_lost)
    text = _cleaned(cell)
    if not text:
        return -EMPTY
    if len(text) > _LONGEST_TEXT or not _DIGIT.search(text):
        return -NOT_A_NUMBER
    if scientific := _SCIENTIFIC.fullmatch(text):
        whole, fraction, exponent = scientific[1], scientific[2] or "", int(scientific[3])
        if len(fraction) < exponent:
            return -DIGITS_LOST
        text = whole + fraction[:exponent]
    elif whole_float := _WHOLE_FLOAT.fullmatch(text):
        text = whole_float[1]
    number = _number(text, region, strictness)
    return number if number > 0 else _second_try(text, region, number, plus_lost)


def without_links(text: str) -> str:
    """Return a text with the numbers in place of its links to WhatsApp."""
    return _LINK.sub(r" +\1 ", text)


def _cleaned(cell: str) -> str:
    """Return a cell without what spreadsheets, address books and links put around a number."""
    text = cell.strip()
    if not text.isprintable():
        text = text.translate(_INVISIBLE).strip()
    text = text.lstrip("'")
    if text.startswith("=") and (formula := _FORMULA.fullmatch(text)):
        text = formula[1].strip()
    link = _LINK.search(text, 0, _LONGEST_LINK) if "/" in text else None
    return text if link is None else "+" + link[1]


def _second_try(text: str, region: str | None, reason: int, plus_lost: bool) -> int:
    """Return the number in a text that needs a ``+`` in front, or the negative of the reason why it has none.

    Args:
        text: the cleaned cell.
        region: where national numbers belong.
        reason: why it has no number as it is, negative.
        plus_lost: see `parse`.
    """
    number = _with_plus(text, region, reason, plus_lost)
    if number > 0:
        return number
    if region is not None and text.isdecimal() and _number("0" + text, region, "valid") > 0:
        return -LEADING_ZERO_LOST  # such as Italy's; elsewhere the parser removes the zero again
    if number in {-TOO_LONG, -NOT_A_NUMBER}:
        pieces = _BETWEEN.split(text)
        if (
            len(pieces) > 1
            and sum(parse(piece, region, "valid", plus_lost=plus_lost) > 0 for piece in pieces) > 1
        ):
            return -SEVERAL_NUMBERS
    return number


def _with_plus(text: str, region: str | None, reason: int, plus_lost: bool) -> int:
    unmarked = _UNMARKED.match(text)
    if unmarked is None:
        return reason
    if plus_lost or unmarked[1]:
        # It is a guess, so a merely possible number is not good enough.
        number = _number("+" + text[unmarked.end() :], None, "valid")
        if number > 0 or (unmarked[1] and region is None):
            return number
    if region is not None or reason != -UNKNOWN_COUNTRY_CODE:
        return reason
    digits = sum(map(str.isdecimal, text))
    return -(TOO_SHORT if digits < _SHORTEST else TOO_LONG if digits > _LONGEST else NO_COUNTRY_CODE)


def _number(text: str, region: str | None, strictness: Strictness) -> int:
    """Return what libphonenumber finds in a text, or the negative of a reason."""
    if strictness == "valid":
        wrapped = _WRAPPED.fullmatch(text)
        found = shortcut(wrapped[1] if wrapped else text, region)
        if found:
            return found
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return -_REASON_OF_ERROR[error.error_type]
    length = phonenumbers.is_possible_number_with_reason(number)
    possible = length == ValidationResult.IS_POSSIBLE
    if phonenumbers.is_valid_number(number) if strictness == "valid" else possible:
        return int(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    return -REASON_OF_LENGTH.get(length, NOT_VALID)
