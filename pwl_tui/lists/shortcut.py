"""Reads plainly written numbers by libphonenumber's own metadata, many times faster than its parser.

It accepts only numbers on which ``phonenumbers.parse`` and ``is_valid_number`` surely agree with it, and
leaves all others to them. What they do with a text of digits, a ``+`` and the marks in `_MARKS` (of which
neither an extension nor a second number can be made) is compiled to regular expressions: one for each country
code, for numbers with ``+``, and one for each region, for numbers as they are dialled there. Each is made
when it is first wanted.
"""

import re
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_MARKS = dict.fromkeys(map(ord, " -./()\u00a0"))
_NEVER = "(?!)"
_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))
_LONGEST_CODE = max(map(len, _CODES))

_Rule = tuple[str, re.Pattern[str]]
"""A country code, and the expression for the digits; its last group is what follows the code in E.164."""


def shortcut(text: str, region: str | None) -> int:
    """Return the valid number in a text as E.164 without the plus; 0: only libphonenumber can tell.

    Args:
        text: no longer than libphonenumber takes it.
        region: where numbers without ``+`` belong, one of those that libphonenumber supports.
    """
    digits = text.translate(_MARKS)
    if digits.startswith("+"):
        code, expression = _international(digits[1 : 1 + _LONGEST_CODE])
        found = expression.fullmatch(digits, 1 + len(code))
    elif region is not None:
        code, expression = _national(region)
        found = expression.fullmatch(digits)
    else:
        return 0
    return int(code + found[found.re.groups]) if found else 0


@lru_cache(10**3)  # by foreign text, so that it wants a bound
def _international(start: str) -> _Rule:
    """Return the rule for numbers whose first digits, country code included, are `start`."""
    for length in range(1, len(start) + 1):
        code = start[:length]
        if code in _CODES:
            return code, _after_code(code)
    return "", re.compile(_NEVER)


@cache
def _after_code(code: str) -> re.Pattern[str]:
    return re.compile(f"{_prefix(_main_region(int(code)))}({_valid(int(code))})", re.ASCII)


@cache
def _national(region: str) -> _Rule:
    metadata = _metadata(region)
    code = phonenumbers.country_code_for_region(region)
    prefixes = [area.national_prefix_for_parsing or _NEVER for area in (metadata, _main_region(code))]
    possible = _whole(metadata.general_desc)
    # The parser looks for an international prefix, then for the country code without a plus. The latter it
    # takes off only where the number does not fit as it stands, and fits without.
    as_it_stands = f"(?:(?!{code})|(?={possible})){_prefix(metadata)}"
    with_code = f"(?!{_fits(metadata.general_desc)}){code}(?!{'|'.join(prefixes)})(?={possible})"
    start = f"(?!{metadata.international_prefix or _NEVER})(?:{as_it_stands}|{with_code})"
    return str(code), re.compile(f"{start}({_valid(code)})", re.ASCII)


def _prefix(metadata: PhoneMetadata) -> str:
    """Return the expression for the national prefix where it is taken off, and for nothing without one.

    The parser takes it off if what remains is possible. It puts something in its place, such as the area code
    of a local number, if the last group of its expression took part: that is not for us.
    """
    prefix = metadata.national_prefix_for_parsing
    if not prefix:
        return ""
    replaced = f"(?({re.compile(prefix).groups}){_NEVER})" if metadata.national_prefix_transform_rule else ""
    return f"(?:(?>{prefix}){replaced}(?={_whole(metadata.general_desc)})|(?!{prefix}))"


def _valid(code: int) -> str:
    """Return the expression for what is valid after a country code.

    Of the regions that share it, one with leading digits decides on the numbers that start with them, and on
    no others; the first that decides or finds the number valid has the last word.
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
    """Return the expression for numbers that a description fits to the last digit, and in length."""
    lengths = "|".join(rf"\d{{{length}}}" for length in desc.possible_length) if desc else ""
    return rf"(?=(?:{lengths})\Z){_fits(desc)}"


def _fits(desc: PhoneNumberDesc | None) -> str:
    pattern = desc.national_number_pattern if desc else None
    return rf"(?:{pattern})\Z" if pattern else _NEVER


def _main_region(code: int) -> PhoneMetadata:
    return _metadata(COUNTRY_CODE_TO_REGION_CODE[code][0], code)


def _metadata(region: str, code: int = 0) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if found is None:
        raise AssertionError(f"libphonenumber knows no region {region} of {code}")
    return found
