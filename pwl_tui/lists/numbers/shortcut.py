"""Reads plainly written numbers with libphonenumber's own metadata, many times faster than its parser.

It decides only where ``phonenumbers.parse``, ``is_valid_number`` and ``is_possible_number_with_reason`` are
sure to agree, and leaves everything else to them. What they do with a text of digits, a ``+`` and the marks
in `_plain` (which cannot contain an extension or a second number) is compiled to regular expressions: one for
each country code, for numbers with ``+``, and one for each region, for numbers as they are dialed there. Each
is compiled when it is first needed.
"""

import re
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber, ValidationResult
from phonenumbers.phonemetadata import PhoneNumberDesc

from pwl_tui.lists.numbers.reasons import NOT_A_NUMBER, NOT_VALID, TOO_LONG, TOO_SHORT, UNKNOWN_COUNTRY_CODE

REASON_OF_LENGTH = {
    ValidationResult.TOO_SHORT: TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: TOO_SHORT,
    ValidationResult.TOO_LONG: TOO_LONG,
}
"""The reason that the length of an invalid number suggests; other lengths mean `NOT_VALID`."""

_NEVER = "(?!)"
_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))
_LONGEST_CODE = max(map(len, _CODES))
_VIABLE = 3
"""So many digits are a number to libphonenumber, whatever is between them; with fewer it depends."""

_Rule = tuple[str, re.Pattern[str]]
"""A country code, and the expression for the digits. Its last group, ``valid`` or ``other``, is what follows
the code in E.164."""


def shortcut(text: str, region: str | None) -> int:
    """Return the valid number in a text, or the reason why it has none, if that is certain.

    Args:
        text: not too long for libphonenumber.
        region: where numbers without ``+`` belong, a region that libphonenumber supports.

    Returns:
        E.164 without the plus, the negative of an index into `REASONS`, or 0 if only libphonenumber can tell.
    """
    digits = _plain(text)
    if len(digits) <= _VIABLE:
        return -NOT_A_NUMBER if len(digits) == 1 and digits.isdecimal() else 0
    if digits.startswith("+"):
        code, expression = _international(digits[1 : 1 + _LONGEST_CODE])
        if not code:
            return _without_code(digits[1:], region)
        found = expression.fullmatch(digits, 1 + len(code))
    elif region is not None:
        code, expression = _national(region)
        found = expression.fullmatch(digits)
    else:
        return -UNKNOWN_COUNTRY_CODE if digits.isdecimal() else 0
    if found is None:
        return 0 if region is None or digits.startswith("+") else _after_international_prefix(digits, region)
    if found.lastgroup == "valid":
        return int(code + found["valid"])
    return -_reason(code, len(found["other"]))


def _without_code(digits: str, region: str | None) -> int:
    """Do what `shortcut` does for digits after a ``+`` that begin with no country code."""
    if not (digits.isascii() and digits.isdecimal()):
        return 0
    # The parser then tries it without the plus. No other country code than the region's own counts there.
    prefixed = region is not None and _international_prefix(region).match(digits)
    return 0 if prefixed else -UNKNOWN_COUNTRY_CODE


def _after_international_prefix(digits: str, region: str) -> int:
    """Do what `shortcut` does for digits that begin with a region's international prefix, such as 011."""
    prefix = _international_prefix(region).match(digits)
    # No country code begins with a zero. The parser then takes the prefix for a part of the number.
    if prefix is None or digits.startswith("0", prefix.end()):
        return 0
    return shortcut("+" + digits[prefix.end() :], None)


def _plain(text: str) -> str:
    """Return a text without the marks that mean nothing. This is faster than ``translate``."""
    if text[1:].isdecimal() and (text[0] == "+" or text[0].isdecimal()):
        return text
    text = text.replace(" ", "").replace("-", "").replace("(", "").replace(")", "")
    return text.replace(".", "").replace("/", "").replace("\u00a0", "")


@cache
def _reason(code: str, length: int) -> int:
    """Return why a number of so many digits after its country code is not valid."""
    number = PhoneNumber(int(code), 10 ** (length - 1))  # only its length matters
    return REASON_OF_LENGTH.get(phonenumbers.is_possible_number_with_reason(number), NOT_VALID)


@lru_cache(10**3)  # bounded, because its argument is foreign text
def _international(start: str) -> _Rule:
    """Return the rule for numbers whose first digits, country code included, are `start`."""
    for length in range(1, len(start) + 1):
        code = start[:length]
        if code in _CODES:
            return code, _after_code(code)
    return "", re.compile(_NEVER)


@cache
def _after_code(code: str) -> re.Pattern[str]:
    return re.compile(f"{_prefix(_main_region(int(code)))}{_number(int(code))}", re.ASCII)


@cache
def _national(region: str) -> _Rule:
    metadata = _metadata(region)
    code = phonenumbers.country_code_for_region(region)
    own, main = (
        _uncaptured(area.national_prefix_for_parsing or _NEVER) for area in (metadata, _main_region(code))
    )
    rewrites = bool(metadata.national_prefix_transform_rule)
    fits, too_long = _fits(metadata.general_desc), _too_long(metadata.general_desc)
    # The parser looks for an international prefix, then for the country code without a plus. It removes that
    # code only if the number is too long, or does not fit with it and fits without, if need be without the
    # national prefix after it.
    stays = _NEVER if rewrites else f"(?!{fits})(?!(?>{own}){fits})"
    as_it_is = f"(?:(?!{code})|(?!{too_long})(?:(?={fits})|(?={code}{stays}))){_prefix(metadata)}"
    removed, lost = ("", "") if rewrites else (f"(?>{own}|)", f"(?:(?!{own})|(?!{fits})(?>{own}))")
    unprefixed = f"(?!{own}|{main})"
    better = f"(?:(?!{fits})|(?={too_long})){code}{removed}{unprefixed}(?={fits})"
    shorter = f"(?={too_long}){code}{lost}{unprefixed}"
    start = f"(?!(?>{metadata.international_prefix or _NEVER})(?!0))(?:{as_it_is}|{better}|{shorter})"
    return str(code), re.compile(f"{start}{_number(code)}", re.ASCII)


@cache
def _international_prefix(region: str) -> re.Pattern[str]:
    return re.compile(_metadata(region).international_prefix or _NEVER, re.ASCII)


def _prefix(metadata: PhoneMetadata) -> str:
    """Return the expression for the national prefix where the parser removes it, or for nothing.

    The parser removes it if the rest is long enough, unless only the whole fits. If the last group of its
    expression took part, it puts something in its place, such as the area code of a local number; the
    shortcut leaves that to the parser. The expression comes before all others with groups.
    """
    prefix = metadata.national_prefix_for_parsing
    if not prefix:
        return ""
    groups = re.compile(prefix).groups if metadata.national_prefix_transform_rule else 0
    usual, kept = [f"(?({groups * nth}){_NEVER})" if groups else "" for nth in (1, 2)], ""
    if groups:
        kept = f"(?!(?>{prefix})(?({groups * 3})|{_NEVER}))"
    else:
        prefix = _uncaptured(prefix)
    fits, enough = _fits(metadata.general_desc), _long_enough(metadata.general_desc)
    rest_fits = f"(?>{prefix}){usual[0]}(?={enough})(?={fits})"
    none_fits = f"(?!{fits})(?>{prefix}){usual[1]}(?={enough})"
    return f"(?>{rest_fits}|(?!{_uncaptured(prefix)})|{none_fits}|{kept})"


def _uncaptured(expression: str) -> str:
    """Return an expression of libphonenumber's metadata without its numbered groups."""
    return re.sub(r"\((?!\?)", "(?:", expression)


def _number(code: int) -> str:
    """Return the expression for everything that the parser takes for a number after a country code."""
    return rf"(?:(?P<valid>{_valid(code)})|(?P<other>\d{{2,17}})\Z)"


def _valid(code: int) -> str:
    """Return the expression for what is valid after a country code.

    Among the regions that share the code, one with leading digits decides on the numbers that start with them
    and on no others. The first that decides, or that finds the number valid, settles it.
    """
    regions = [_metadata(region, code) for region in COUNTRY_CODE_TO_REGION_CODE[code]]
    if len(regions) == 1:
        return _valid_in(regions[0])
    expression = _NEVER
    for metadata in reversed(regions):
        valid, leading = _valid_in(metadata), metadata.leading_digits
        if leading:
            expression = f"(?:(?={leading}){valid}|(?!{leading}){expression})"
        else:
            expression = f"(?:{valid}|{expression})"
    return expression


def _valid_in(metadata: PhoneMetadata) -> str:
    kinds = [  # the likeliest first
        metadata.fixed_line if metadata.same_mobile_and_fixed_line_pattern else metadata.mobile,
        metadata.fixed_line,
        metadata.premium_rate,
        metadata.toll_free,
        metadata.shared_cost,
        metadata.voip,
        metadata.personal_number,
        metadata.pager,
        metadata.uan,
        metadata.voicemail,
    ]
    return f"(?={_whole(metadata.general_desc)})(?:{'|'.join(dict.fromkeys(map(_whole, kinds)))})"


def _whole(desc: PhoneNumberDesc | None) -> str:
    """Return the expression for numbers that match a description to the last digit, and in length."""
    return rf"(?=(?:{_lengths(desc)})\Z){_fits(desc)}"


def _long_enough(desc: PhoneNumberDesc | None) -> str:
    """Return the expression for numbers of a possible length, or longer than any."""
    return rf"(?:{_lengths(desc)}|{_too_long(desc)})\Z"


def _too_long(desc: PhoneNumberDesc | None) -> str:
    return rf"\d{{{desc.possible_length[-1] + 1},}}\Z" if desc else _NEVER


def _lengths(desc: PhoneNumberDesc | None) -> str:
    return "|".join(rf"\d{{{length}}}" for length in desc.possible_length) if desc else _NEVER


def _fits(desc: PhoneNumberDesc | None) -> str:
    pattern = desc.national_number_pattern if desc else None
    return rf"(?:{pattern})\Z" if pattern else _NEVER


def _main_region(code: int) -> PhoneMetadata:
    return _metadata(COUNTRY_CODE_TO_REGION_CODE[code][0], code)


def _metadata(region: str, code: int = 0) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if found is None:
        raise AssertionError(f"libphonenumber has no region {region} with country code {code}")
    return found
