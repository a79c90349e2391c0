import random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pwl_tui.lists.numbers.reasons import NOT_A_NUMBER, NOT_VALID, TOO_LONG, TOO_SHORT, UNKNOWN_COUNTRY_CODE
from pwl_tui.lists.numbers.shortcut import REASON_OF_LENGTH, shortcut

# Those with the most people, and those whose prefixes, shared codes or lengths are out of the ordinary.
# fmt: off
REGIONS = [
    "US", "CA", "BB", "JM", "GB", "GG", "JE", "DE", "AT", "FR", "RE", "IT", "VA", "SM", "ES", "NL",
    "BE", "PL", "HU", "LT", "RU", "KZ", "BY", "UA", "TR", "IN", "PK", "BD", "ID", "PH", "VN", "TH",
    "CN", "HK", "JP", "KR", "AU", "CX", "NF", "NZ", "BR", "MX", "AR", "CL", "CO", "CR", "BO", "NG",
    "EG", "ZA", "KE", "GA", "MG", "MA", "SA", "AE", "IL",
]
# fmt: on
_OF_ERROR = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: UNKNOWN_COUNTRY_CODE,
    phonenumbers.NumberParseException.NOT_A_NUMBER: NOT_A_NUMBER,
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: TOO_SHORT,
    phonenumbers.NumberParseException.TOO_SHORT_NSN: TOO_SHORT,
    phonenumbers.NumberParseException.TOO_LONG: TOO_LONG,
}
_KINDS = sorted(phonenumbers.PhoneNumberType.values())
_STARTS = ["", "", "", "0", "0", "1", "8", "9", "00", "000", "011", "15"]


def reference(text: str, region: str | None) -> int:
    """Return what libphonenumber makes of a text: E.164, or the negative of a reason."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        return -_OF_ERROR[error.error_type]
    if not phonenumbers.is_valid_number(number):
        return -REASON_OF_LENGTH.get(phonenumbers.is_possible_number_with_reason(number), NOT_VALID)
    return int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def example(region: str, kind: int) -> phonenumbers.PhoneNumber:
    found = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    assert found is not None
    return found


def written(region: str, draw: random.Random) -> str:
    """Return an example of a region, its tail changed, as people and exports write it, or nearly so."""
    national = phonenumbers.national_significant_number(example(region, draw.choice(_KINDS)))
    kept = draw.choice([0, 1, 2, 3, len(national) - 5, len(national) - 4])
    length = len(national) - kept + draw.choice([0, 0, 0, -1, 1, -3])
    national = national[:kept] + "".join(draw.choices("0123456789", k=max(length, 0)))
    code = str(phonenumbers.country_code_for_region(region))
    return draw.choice(["+" + code, "+" + code + "0", code, code, *_STARTS]) + national


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("01995914567", "IL"),  # begins with an international prefix
        ("55800170725", "BR"),  # begins with the country code, but fits as it stands
        ("73011233420", "KZ"),  # fits neither with nor without
        ("61212346567", "CX"),
        ("0800101031", "JE"),  # valid without the prefix, but not possible in this of the regions
        ("03015678796", "CO"),  # the prefix takes a carrier's code along
        ("011 15 2345 6789", "AR"),  # part of it is put in another place
        ("+49301234567x9", None),  # an extension, though the digits together are a number too
    ],
)
def test_it_does_not_jump_to_conclusions(text: str, region: str | None) -> None:
    assert shortcut(text, region) in {0, reference(text, region)}


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("06 98 04 74 32", "GB"),  # a national prefix before what is not valid here
        ("(11) 2345-0799", "US"),  # begins with the country code, and fits neither with nor without
        ("1 1961072195", "US"),  # too long with the country code, and a prefix after it
        ("440 7400 123456", "GB"),  # a prefix after the country code
        ("+200 151 4043", None),  # a prefix that is needed
        ("+0822 394 626", "US"),  # no country code
        ("+999 151 4043", None),
        ("000 151 40 43", "DE"),
        ("0", "US"),
    ],
)
def test_it_decides_on_what_lists_of_many_countries_are_full_of(text: str, region: str | None) -> None:
    assert shortcut(text, region) == reference(text, region)


@settings(max_examples=500)
@given(
    st.text(st.sampled_from("0123456789+-./() \u00a0x#;,"), max_size=18), st.none() | st.sampled_from(REGIONS)
)
def test_it_never_differs_on_any_digits_and_marks(text: str, region: str | None) -> None:
    assert shortcut(text, region) in {0, reference(text, region)}


@pytest.mark.parametrize("region", REGIONS)
def test_it_agrees_on_numbers_of_a_region_and_knows_most(region: str) -> None:
    draw = random.Random(region)
    told = 0
    for _ in range(400):
        text, read_in = written(region, draw), draw.choice([region, region, region, *REGIONS])
        expected, found = reference(text, read_in), shortcut(text, read_in)
        assert found in {0, expected}, (text, read_in)
        told += found != 0
    assert told >= 400 * 0.6
