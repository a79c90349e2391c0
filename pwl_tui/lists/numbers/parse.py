"""From a cell to a phone number in E.164, or the reason why there is none.

libphonenumber decides what a number is. This module adds only what lists have and it does not know: links to
WhatsApp and its ids, traces of spreadsheets, international numbers that lost their ``+``, and numbers from
before their country dialed them as today. Digits that are lost for good are reported and never guessed, and
digits of something else (a date, a fraction, an order, an address) are no number.
"""

import re
from functools import cache
from itertools import takewhile

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, ValidationResult

from pwl_tui.lists.numbers.letters import LETTER, without_words
from pwl_tui.lists.numbers.pieces import alternatives, parts
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
from pwl_tui.lists.numbers.renumbered import renumbered
from pwl_tui.lists.numbers.shortcut import REASON_OF_LENGTH, shortcut
from pwl_tui.lists.read.reading import Strictness
from pwl_tui.plain import plain

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
_LONGEST_SPLIT = 1 << 16
"""The most characters of a cell that is searched for several numbers."""
_FEWEST_MISTYPED = 5
"""Fewer digits are no number but for a letter in the place of a digit."""
_SHORTEST, _LONGEST = 7, 15
"""Digits of a number with its country code: the fewest in practice, and the most in ITU-T E.164."""

_LINK = re.compile(
    r"(?:wa\.me/|whatsapp[^?\s]{0,64}\?(?:[^?\s]{0,4000}&)?phone=)(?:\+|%2B)?(\d+)(?:[/?&#][^\s,;]*)?",
    re.IGNORECASE,
)
_ID = re.compile(
    r"(?<![\w.+-])\+?(\d+)(?:_\d+)?(?::\d+)?@(?:c\.us|s\.whatsapp\.net)(?![\w.-])", re.IGNORECASE
)
"""An id of WhatsApp that is a number, perhaps with an agent and a device."""
_OTHER_ID = re.compile(
    r"(?<![\w.+-])[\w.:-]{1,80}@(?:g\.us|lid|hosted\.lid|newsletter|broadcast|bot|call|c\.us|s\.whatsapp\.net)(?![\w.-])",
    re.IGNORECASE,
)
"""An id of WhatsApp that is no number: of a group, a channel, a list, or a person behind a pseudonym."""
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}://|www\.)\S*|[^\s@]{1,64}@[^\s@]{1,255}", re.IGNORECASE)
"""A web or mail address, whose digits are no number."""
_NUMBER_ADDRESS = re.compile(r"(?:tel|sms|smsto|callto|whatsapp|viber|skype):(?://)?(?=[+\d])", re.IGNORECASE)
_FORMULA = re.compile(r'="?([^"]*)"?')
"""How exports keep a spreadsheet from reading a cell as a number: ``="+1415…"``."""
_DATE = re.compile(
    r"(?:(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)\d\d)(?![-/.\d])"
)
_FRACTION = re.compile(r"-?(?:0|[1-9]\d?)\.\d{5,}|-?0\.\d+|-?\d{7,}[.,]\d{1,6}|-\d{1,3}\.\d+")
"""A coordinate, a share, an amount."""
_GROUPED = re.compile(r"\+?\d{1,4}(?:[,'’]\d{2,4})+(?:\.0+)?")  # noqa: RUF001 - as spreadsheets write it
"""Digits with a spreadsheet's thousands separators."""
_STARRED = re.compile(r"\+?[\d ]*\d(?:\*\d{2,4}){3,}")
"""Stars as hyphens. Fewer of them stand for digits that are hidden."""
_SCIENTIFIC = re.compile(r"\+?(\d+)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_WHOLE_FLOAT = re.compile(r"(\+?\d+)\.0+")
_WRAPPED = re.compile(
    r"[^\d+＋;=]*([+0-9][0-9 ()./\u00a0-]*[0-9])(?: ?(?:ext\.?|x) ?[0-9]{1,7})?"  # noqa: RUF001 - the wide plus is meant
)
"""What libphonenumber reads as the number in group 1: it skips what comes before, and extensions."""
_DIGIT = re.compile(r"\d")
_MANY_DIGITS = re.compile(r"(?:\D*\d){10}")
"""Cells with fewer digits do not hold two numbers."""
_GROUPS = re.compile(r"\+?[\d ().-]*\d[\d ().-]*", re.ASCII)
"""Groups of digits that only a space can separate as numbers."""
_APART = re.compile(r"^ *1[.)] |  | - ")
"""An enumeration, or more between groups than a space."""
_OTHER_ENDING = re.compile(r"(.*?(\d{1,3}))[ -]*/[ -]*(\d{1,3})(?:[ -]*/[ -]*\d{1,3})*\D*", re.DOTALL)
"""A number, and the last digits of another: ``030 1234567/68``."""
_NEAR = 20
"""How far apart the numbers of one telephone system are that are written so."""
_AMOUNT = re.compile(r"[$€£¥₹%]")
_BRAZIL = 55
RENUMBERED = {"BR", "MX"}
"""The regions whose numbers `renumbered` knows."""
_MAY_BE_FORMER = re.compile(r"[ (]*(?:\+|00)[ ()0]*5\D*[25]")
"""The start of a number with the country code of one of those regions."""
_MARKED = re.compile(r"\+[1-46-9]")
"""The start of a number with a country code that none of those regions has."""
_INTERNATIONAL = re.compile(r"[ (]*(?:\+|00)")
_FORMER_STARTS = ("55", "521")
_FORMER_DIGITS = 10
"""Digits of a number of Brazil with its area code, before it got the ninth after that."""
_CUT_SHORT = re.compile(r"^\D*(?:55)?\D*\d\d\D+\d+\D+\d{1,3}\D*$")
"""A number of Brazil whose last group is shorter than four digits: it may be one of today that lost some."""
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
    number = _parse(cell, region, strictness, plus_lost)
    if number > 0:  # as most are
        return number
    if number in {-TOO_LONG, -NOT_A_NUMBER, -LETTERS} and _has_room(cell, region, number):
        several = _reason_of_several(cell[:_LONGEST_LINK], region, strictness, plus_lost) or number
        # Nobody could read them all, so it does not help to ask for that.
        return -CELL_TOO_LONG if several == -SEVERAL_NUMBERS and len(cell) > _LONGEST_SPLIT else several
    return number


def numbers_in_cell(cell: str, region: str | None, strictness: Strictness, *, plus_lost: bool) -> list[int]:
    """Return what is read in a cell in which `parse` finds several numbers or none, in order.

    The rest of one number is never taken for another; see `pieces`.

    Args:
        cell: see `parse` for this and the others.
        region: where national numbers belong.
        strictness: what is good enough.
        plus_lost: read it as international even without ``00``.

    Returns:
        For everything that should be a number, E.164 without the plus, or the negative of the reason why it
        is none; often empty.
    """
    if len(cell) > _LONGEST_SPLIT:
        return []
    found: list[int] = []
    for phrases in parts(_cleaned(cell)):
        read: list[int] = []
        begun = False  # what may be the beginning of the next number
        for phrase in phrases:
            numbers = _in_phrase(phrase, region, strictness, plus_lost)
            if begun and "+" not in phrase:
                numbers = [-NOT_A_NUMBER]
            begun = numbers[0] < 0 and sum(map(str.isdecimal, phrase)) < _SHORTEST
            read += numbers
        if -LETTERS in read:
            read = [-LETTERS]
        found += read
    return found


def _in_phrase(phrase: str, region: str | None, strictness: Strictness, plus_lost: bool) -> list[int]:
    """Return the numbers in a phrase, or the negative of the reason why it has none."""
    number = _parse(phrase, region, strictness, plus_lost)
    if number > 0:
        return [number]
    if _MANY_DIGITS.match(phrase):
        for pieces in alternatives(phrase):
            each = (_parse(piece, region, strictness, plus_lost) for piece in pieces)
            numbers = list(takewhile(_is_number, each))
            if len(numbers) == len(pieces):
                return numbers
        if sum(map(str.isdecimal, phrase)) > _LONGEST:  # it cannot be one number
            for pieces in alternatives(phrase):
                read = [_parse(piece, region, strictness, plus_lost) for piece in pieces]
                if any(map(_is_number, read)) and all(one > 0 or one == -NO_COUNTRY_CODE for one in read):
                    return read
    few = sum(map(str.isdecimal, phrase)) < _FEWEST_MISTYPED
    return [-NOT_A_NUMBER if few and number == -LETTERS else number]


def _is_number(read: int) -> bool:
    return read > 0


def _has_room(cell: str, region: str | None, reason: int) -> bool:
    """Return whether a cell may hold two numbers; most that are too long for one are too short for that."""
    if reason == -TOO_LONG and _GROUPS.fullmatch(cell) and not _APART.search(cell):
        groups = cell.split()
        fewest = min(sum(map(str.isdecimal, group)) for group in groups)
        return len(groups) > 1 and fewest >= _fewest_digits(region)
    return _MANY_DIGITS.match(cell, 0, _LONGEST_LINK) is not None


@cache
def _fewest_digits(region: str | None) -> int:
    """Return the digits of the shortest numbers, with their country code or as dialed in a region."""
    metadata = None if region is None else PhoneMetadata.metadata_for_region(region)
    desc = metadata.general_desc if metadata else None
    return min(_SHORTEST, desc.possible_length[0]) if desc else _SHORTEST


def _reason_of_several(cell: str, region: str | None, strictness: Strictness, plus_lost: bool) -> int:
    """Return the negative of why a cell with several numbers has not one; 0 if it has not several."""
    read = numbers_in_cell(cell, region, strictness, plus_lost=plus_lost)
    if -LETTERS in read:
        return -LETTERS
    valid, other = sum(number > 0 for number in read), set(read) - {-NOT_A_NUMBER, -EMPTY, -NO_PHONE_ID}
    if valid:
        return -SEVERAL_NUMBERS if len(other) > 1 else 0
    return -NO_COUNTRY_CODE if other == {-NO_COUNTRY_CODE} else 0


def _parse(cell: str, region: str | None, strictness: Strictness, plus_lost: bool) -> int:
    """Do what `parse` does, without looking for several numbers."""
    number = _as_dialed(cell, region, strictness, plus_lost)
    # This is asked of every number of a list: what is quick comes first.
    if number <= 0 or region is None or cell[:1] == "+" or not str(number).startswith(_code_twice(region)):
        return number
    return _with_own_code(cell, region, number)


def _with_own_code(cell: str, region: str, number: int) -> int:
    """Return the number that a mobile one is with the country code of its region, but without a ``+``.

    In a few regions, digits with the country code are valid as national ones, too: 4915112345678 is taken for
    a number in the area 04915 of Germany. Nobody writes that without its zero, while mobile numbers with
    their country code are in every other list. With a zero, it is neither.

    Args:
        cell: as for `parse`.
        region: where national numbers belong.
        number: what is read in the cell, E.164 without the plus; it begins with the country code twice.

    Returns:
        A number, or the negative of an index into `REASONS`.
    """
    code, mobile = _mobiles(region)
    read = str(number)[len(code) :]
    if mobile.fullmatch(read) or not mobile.fullmatch(read, len(code)):
        return number
    text = plain(cell)
    digits = "".join(filter(str.isdecimal, text))
    if "+" in text.partition(digits[0])[0] or not digits.removeprefix("0").startswith(read):
        return number
    return -NOT_VALID if digits.startswith("0") else int(read)


@cache
def _code_twice(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region)) * 2


@cache
def _mobiles(region: str) -> tuple[str, re.Pattern[str]]:
    """Return the country code of a region, and the expression for its mobile numbers without that."""
    metadata = PhoneMetadata.metadata_for_region(region)
    pattern = metadata.mobile.national_number_pattern if metadata and metadata.mobile else None
    return str(phonenumbers.country_code_for_region(region)), re.compile(pattern or "(?!)", re.ASCII)


def _as_dialed(cell: str, region: str | None, strictness: Strictness, plus_lost: bool) -> int:
    """Do what `_parse` does, as a telephone of the region does it."""
    if "/" in cell and _has_other_ending(cell, region, strictness, plus_lost):
        return -TOO_LONG
    if strictness == "valid" and len(cell) <= _LONGEST_PLAIN and ".0" not in cell:
        number = shortcut(cell, region)  # what it reads needs no cleaning
        if number > 0:
            if cell.startswith("+") or cell.isdecimal() or not _is_no_number(cell):
                return renumbered(number) if number // 10**10 == _BRAZIL else number
            return -NOT_A_NUMBER
        if number < 0 and _MARKED.match(cell):
            return number  # with its plus it is nothing else
        if number < 0 and cell.isascii() and not _is_no_number(cell):
            return _former(cell, region) or _second_try(cell, region, number, plus_lost)
    text = _cleaned(cell)
    if not text:
        return -EMPTY
    if len(text) > _LONGEST_TEXT or not _DIGIT.search(text):
        return -(NO_PHONE_ID if "@" in text and _OTHER_ID.search(text[:_LONGEST_TEXT]) else NOT_A_NUMBER)
    if scientific := _SCIENTIFIC.fullmatch(text):
        whole, fraction, exponent = scientific[1], scientific[2] or "", int(scientific[3])
        if len(fraction) < exponent:
            return -DIGITS_LOST
        text = whole + fraction[:exponent]
    elif whole_float := _WHOLE_FLOAT.fullmatch(text):
        text = whole_float[1]
    elif _GROUPED.fullmatch(text):
        text = re.sub(r"[,'’]|\.0+$", "", text)  # noqa: RUF001 - as spreadsheets write it
    return _without_words(text, region, strictness, plus_lost)


def _has_other_ending(cell: str, region: str | None, strictness: Strictness, plus_lost: bool) -> bool:
    """Return whether the digits after a slash are the ending of another number, and no more of the same."""
    found = _OTHER_ENDING.fullmatch(cell) if len(cell) <= _LONGEST_TEXT else None
    if found is None:
        return False
    number, last, other = found[1], found[2][-len(found[3]) :], found[3]
    near = len(last) == len(other) and 0 < int(other) - int(last) <= _NEAR
    return near and _parse(number, region, strictness, plus_lost) > 0


def _former(text: str, region: str | None) -> int:
    """Return the number in a text as it is dialed today, if it is one of former days; otherwise 0.

    Args:
        text: digits and marks that `shortcut` finds no number in.
        region: where numbers without ``+`` belong.
    """
    if not (_MAY_BE_FORMER.match(text) or region in RENUMBERED):
        return 0
    digits = "".join(filter(str.isdecimal, text)).lstrip("0")
    if region == "BR" and len(digits) == _FORMER_DIGITS and not text.lstrip(" (").startswith(("+", "00")):
        digits = f"55{digits}"
    elif not (_INTERNATIONAL.match(text) or (region in RENUMBERED and digits.startswith(_FORMER_STARTS))):
        return 0
    number = int(digits[:_LONGEST] or 0)
    today = 0 if _CUT_SHORT.search(text) else renumbered(number)
    return today if today != number else 0


def _is_no_number(text: str) -> bool:
    """Return whether a text without letters is a date or a fraction."""
    return bool(_DATE.match(text) or (("." in text or "," in text) and _FRACTION.fullmatch(text)))


def without_links(text: str) -> str:
    """Return a text with the numbers in place of links to WhatsApp and its ids, without other addresses."""
    if "@" in text:
        text = _ID.sub(r" +\1 ", text)
        text = _OTHER_ID.sub(" ", text)
    text = _LINK.sub(r" +\1 ", _NUMBER_ADDRESS.sub(" ", text)) if "/" in text or ":" in text else text
    return _ADDRESS.sub(" ", text) if "@" in text or "/" in text or "www" in text else text


def _cleaned(cell: str) -> str:
    """Return a cell without what spreadsheets, address books and links put around a number."""
    text = plain(cell).strip().lstrip("'")
    if text.startswith("=") and (formula := _FORMULA.fullmatch(text)):
        text = formula[1].strip()
    if "@" not in text and "/" not in text and "www" not in text:
        return text.replace("_", "-")
    for known in _ID, _LINK:
        found = list(known.finditer(text, 0, _LONGEST_LINK))
        if len(found) == 1 and not _DIGIT.search(_ADDRESS.sub("", known.sub("", text))):
            return "+" + found[0][1]
    if "@" in text and _OTHER_ID.search(text):
        return text
    return without_links(text).strip() or "@"


def _without_words(text: str, region: str | None, strictness: Strictness, plus_lost: bool) -> int:
    """Return the number in a cleaned cell, or the negative of the reason why it has none."""
    if "@" in text and _OTHER_ID.search(text):
        return -NO_PHONE_ID
    if _is_no_number(text) or ("*" in text and not _STARRED.fullmatch(text)) or _AMOUNT.search(text):
        return -NOT_A_NUMBER
    if "\ufffd" in text.lstrip("\ufffd \"'("):
        return -DIGITS_LOST  # a character that could not be read
    text = text.replace("*", "-").replace("~", "-")
    if LETTER.search(text):
        rest = without_words(text)
        if isinstance(rest, int):
            return rest
        text = rest
        if _is_no_number(text):
            return -NOT_A_NUMBER
    elif text.startswith("#"):
        return -NOT_A_NUMBER
    number = _number(text, region, strictness)
    return number if number > 0 else _second_try(text, region, number, plus_lost)


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
    return number


def _with_plus(text: str, region: str | None, reason: int, plus_lost: bool) -> int:
    unmarked = _UNMARKED.match(text)
    if unmarked is None:
        return reason
    # No country code begins with a zero.
    if unmarked[1] or (plus_lost and not text.startswith("0", unmarked.end())):
        # It is a guess, so a merely possible number is not good enough.
        number = _number("+" + text[unmarked.end() :], None, "valid")
        if number > 0 or (unmarked[1] and region is None):
            return number
    if region is not None or reason != -UNKNOWN_COUNTRY_CODE:
        return reason
    digits = sum(map(str.isdecimal, text))
    return -(TOO_SHORT if digits < _SHORTEST else TOO_LONG if digits > _LONGEST else NO_COUNTRY_CODE)


def _number(text: str, region: str | None, strictness: Strictness) -> int:
    """Return what libphonenumber finds in a text, as it is dialed today, or the negative of a reason."""
    if strictness == "valid":
        found = shortcut(text, region)
        if not found and (wrapped := _WRAPPED.fullmatch(text)):
            found = shortcut(wrapped[1], region)
        if found > 0:
            return renumbered(found)
        if found < 0:
            return _former(text, region) or found
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return -_REASON_OF_ERROR[error.error_type]
    e164 = int(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    today = e164 if _CUT_SHORT.search(text) else renumbered(e164)
    length = phonenumbers.is_possible_number_with_reason(number)
    possible = length == ValidationResult.IS_POSSIBLE
    if today != e164 or (phonenumbers.is_valid_number(number) if strictness == "valid" else possible):
        return today
    return -REASON_OF_LENGTH.get(length, NOT_VALID)
