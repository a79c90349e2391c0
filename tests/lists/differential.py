"""Compares `parse` with phonenumbers itself on generated numbers of 40 regions: there must be no difference.

``python -m tests.lists.differential --count 1000000``; it exits with 1 at the first difference.
"""

import argparse
import random
import sys

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import REASONS

# Those with the most people, and those whose prefixes, lengths or shared codes are out of the ordinary.
# fmt: off
REGIONS = (
    "US", "CA", "DO", "GB", "GG", "DE", "AT", "CH", "FR", "IT", "SM", "ES", "PT", "NL", "BE", "PL",
    "HU", "LT", "SE", "RU", "KZ", "UA", "TR", "IN", "PK", "BD", "ID", "PH", "VN", "CN", "JP", "KR", "AU",
    "NZ", "BR", "MX", "AR", "CO", "NG", "ZA",
)
# fmt: on
_FORMS = sorted(
    {
        PhoneNumberFormat.E164,
        PhoneNumberFormat.INTERNATIONAL,
        PhoneNumberFormat.NATIONAL,
        PhoneNumberFormat.RFC3966,
    }
)
_KINDS = sorted(PhoneNumberType.values())
_REASON_OF_ERROR = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown country code",
    NumberParseException.NOT_A_NUMBER: "not a number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    NumberParseException.TOO_SHORT_NSN: "too short",
    NumberParseException.TOO_LONG: "too long",
}
_REASON_OF_LENGTH = {
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too short",
    ValidationResult.TOO_LONG: "too long",
}


def written(draw: random.Random) -> tuple[str, str]:
    """Return a number with digits changed, lost or added, as people write it, and a region to read it in."""
    region = draw.choice(REGIONS)
    example = phonenumbers.example_number_for_type(region, draw.choice(_KINDS))
    number = example or phonenumbers.example_number(region)
    if number is None:
        raise AssertionError(f"libphonenumber has no example of {region}")
    text = phonenumbers.format_number(number, draw.choice(_FORMS))
    kept = draw.randrange(len(text) // 3, len(text) + 1)
    tail = "".join(draw.choice("0123456789") if char.isdecimal() else char for char in text[kept:])
    text = text[:kept] + tail
    change = draw.random()
    if change < 0.05:
        text = text[: -draw.randrange(1, 4)]
    elif change < 0.1:
        text += "".join(draw.choices("0123456789", k=draw.randrange(1, 4)))
    elif change < 0.15:
        text += draw.choice([" ext. 12", "x7", " ext 1234567", ";ext=5", " #12"])
    elif change < 0.2:
        text = draw.choice(["Tel. ", "(", "00", "011", "0", "1", "++", "tel:", "\u200e"]) + text
    return text, region if draw.random() < 0.8 else draw.choice(REGIONS)


def expected(text: str, region: str) -> int | str:
    """Return what phonenumbers makes of a text: E.164 without the plus, or the reason why not."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return _REASON_OF_ERROR[error.error_type]
    if phonenumbers.is_valid_number(number):
        return int(phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:])
    return _REASON_OF_LENGTH.get(phonenumbers.is_possible_number_with_reason(number), "not valid for region")


def _today(text: str, region: str) -> int:
    """Return a number of Brazil with its ninth digit, or one of Mexico without its 1; 0 for any other."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return 0
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 55 and len(national) == 10 and national[2] in "6789":
        return int(f"55{national[:2]}9{national[2:]}")
    if number.country_code == 52 and len(national) == 11 and national[0] == "1":
        return int(f"52{national[1:]}")
    return 0


def difference(draw: random.Random) -> tuple[bool, str | None]:
    """Try one number; return whether it is valid, and a sentence if the two do not agree on it."""
    text, region = written(draw)
    wanted, found = expected(text, region), parse(text, region, "valid", plus_lost=False)
    told = found if found > 0 else REASONS[-found]
    if agree(text, region, told, wanted, plus_lost=False):
        return found > 0, None
    return False, f"{text!r} in {region}: {told}, but phonenumbers says {wanted}"


def agree(text: str, region: str, told: int | str, wanted: int | str, *, plus_lost: bool = True) -> bool:
    """Return whether what is told of a text is what phonenumbers says, or more than it can say.

    Where phonenumbers finds none, `parse` may still find one that lost its plus, or tell that a zero is lost,
    which is beyond phonenumbers. Then the number with the plus, or the zero, has to be valid. It also tells a
    letter among the digits, or several numbers, from other text, and knows numbers from before their country
    changed how they are dialed.
    """
    if told == wanted or (isinstance(told, int) and told == _today(text, region)):
        return True
    if isinstance(wanted, int):
        return False
    if isinstance(told, int):
        digits = "".join(filter(str.isdecimal, text)).lstrip("0")
        if plus_lost and expected(f"+{digits}", region) == told:
            return True
        return "00" in text and expected(f"+{told}", region) == told
    if told == "leading zero lost":
        return isinstance(expected("0" + text, region), int)
    return told in {"letters among the digits", "several numbers"} and wanted == "not a number"


def main() -> None:
    """Try as many numbers as the command says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    valid = 0
    for _ in range(arguments.count):
        is_valid, told = difference(draw)
        if told is not None:
            raise SystemExit(told)
        valid += is_valid
    tried = f"{arguments.count:,} numbers of {len(REGIONS)} regions, {valid:,} of them valid"
    sys.stdout.write(f"{tried}: no difference\n")


if __name__ == "__main__":
    main()
