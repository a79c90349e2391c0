import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.numbers.regions import checked_region
from pwl_tui.lists.read.reading import Strictness


@pytest.mark.parametrize(
    ("cell", "region", "number"),
    [
        ("+14155552671", None, 14155552671),
        ("(415) 555-2671", "US", 14155552671),
        ("0151 12345678", "DE", 4915112345678),
        ("0049 151 12345678", "DE", 4915112345678),
        ("0049 151 12345678", None, 4915112345678),
        ("0049 151 12345678", "US", 4915112345678),
        ("+0049 151 12345678", None, 4915112345678),
        ("011 49 151 12345678", "US", 4915112345678),
        ("14155552671", None, 14155552671),
        ("919876543210", "US", 919876543210),
        ("tel:+1-415-555-2671", None, 14155552671),
        ("https://wa.me/14155552671?text=hi", "DE", 14155552671),
        ("https://api.whatsapp.com/send/?text=a&phone=%2B14155552671", None, 14155552671),
        ("whatsapp://send?phone=14155552671", None, 14155552671),
        ("+1 415 555 2671 ext. 5", None, 14155552671),
        ("＋１４１５５５５２６７１", None, 14155552671),  # noqa: RUF001 - full-width digits are the point
        ("٠١٠٠١٢٣٤٥٦٧", "EG", 201001234567),
        ("+1\u00a0415\u00a05552671", None, 14155552671),
        ("\u202a+1 415\u200b 555 2671\u202c\0", None, 14155552671),
        ("'+14155552671", None, 14155552671),
        ("14155552671.0", None, 14155552671),
        ("+44 20 7946 0958", None, 442079460958),
        ("+39 06 12345678", None, 390612345678),
        ("+44 (0)20 7946 0958", None, 442079460958),
        ("011 44 20 7946 0958", "US", 442079460958),
        ("0011 44 20 7946 0958", "AU", 442079460958),
        ("8~10 44 20 7946 0958", "RU", 442079460958),
        ("810 44 20 7946 0958", "RU", 442079460958),
        ("Tel.: (415) 555-2671", "US", 14155552671),
        ("1-800-FLOWERS", "US", 18003569377),
        ('="+14155552671"', None, 14155552671),
        ('="14155552671"', None, 14155552671),
        ("=+14155552671", None, 14155552671),
        ("1.4155552671E+10", None, 14155552671),
        ("1,41555526710e10", None, 14155552671),
        ("0612345678", "IT", 390612345678),
        ("3331234567", "IT", 393331234567),
    ],
)
def test_number_in_cell(cell: str, region: str | None, number: int) -> None:
    assert parse(cell, region, "valid") == number


@pytest.mark.parametrize(
    ("cell", "region", "reason"),
    [
        ("", None, "empty"),
        (" \u00a0\u200b' ", None, "empty"),
        ("n/a", "US", "not a number"),
        ("9" * 300, None, "not a number"),
        ("9.19877E+11", "IN", "digits lost"),
        ("9,19877e11", None, "digits lost"),
        ("1.41556E+10", "US", "digits lost"),
        ("612345678", "IT", "leading zero lost"),
        ("15", "DE", "too short"),
        ("+14155552671 / +14155552672", None, "several numbers"),
        ("+14155552671; +14155552672", None, "several numbers"),
        ("415-555-2671 or 415-555-2672", "US", "several numbers"),
        ("+14155552671, Ada, Bo", None, "letters among the digits"),
        ("4155552671 kg", "US", "not a number"),
        ("4155552671", None, "no country code"),
        ("0412 345 678", None, "no country code"),
        ("+999123456789", None, "unknown country code"),
        ("00 999 123456789", None, "unknown country code"),
        ("+1415", None, "too short"),
        ("555-2671", "US", "too short"),
        ("12345", None, "too short"),
        ("+141555526711234", None, "too long"),
        ("1" * 16, None, "too long"),
        ("+1 015 555 2671", None, "not valid for region"),
    ],
)
def test_reason_for_no_number(cell: str, region: str | None, reason: str) -> None:
    assert REASONS[-parse(cell, region, "valid")] == reason


def test_possible_is_weaker_than_valid() -> None:
    assert parse("+1 015 555 2671", None, "possible") == 10155552671
    assert REASONS[-parse("555-2671", "US", "possible")] == "too short"  # of no use outside its own town
    # A guessed plus must lead to a valid number, whatever is good enough otherwise.
    assert REASONS[-parse("10155552671", None, "possible")] == "no country code"


def test_region_is_checked() -> None:
    assert checked_region(" gb ") == "GB"
    with pytest.raises(ListError) as caught:
        checked_region("UK")
    assert "GB" in caught.value.problem.remedy


_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
_FORMATS = [
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
]
_DIGITS = st.text("0123456789", min_size=1, max_size=16)
_WRITTEN = st.tuples(
    st.sampled_from(["+", "00", "0", "", "(", "tel:"]), _DIGITS, st.sampled_from(["", " x12"])
)


def reference(cell: str, region: str | None, strictness: Strictness) -> int | None:
    try:
        number = phonenumbers.parse(cell, region)
    except phonenumbers.NumberParseException:
        return None
    length = phonenumbers.is_possible_number_with_reason(number)
    good = {
        "valid": phonenumbers.is_valid_number(number),
        "possible": length == phonenumbers.ValidationResult.IS_POSSIBLE,
    }
    if not good[strictness]:
        return None
    return int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+"))


@given(_WRITTEN.map("".join), st.none() | st.sampled_from(_REGIONS), st.sampled_from(["valid", "possible"]))
def test_what_libphonenumber_accepts_is_accepted_as_it_says(
    cell: str, region: str | None, strictness: Strictness
) -> None:
    expected = reference(cell, region, strictness)
    number = parse(cell, region, strictness)
    if expected is not None:
        assert number == expected
    elif number > 0:
        # Only a lost plus can have made the difference, and only for a number that is valid with it.
        assert not cell.startswith("+") or cell.startswith("+00")
        assert reference(f"+{number}", None, "valid") == number


@given(st.sampled_from(_REGIONS), st.sampled_from(_FORMATS))
def test_examples_of_every_region_in_every_format(region: str, form: int) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert parse(phonenumbers.format_number(example, form), region, "valid") == int(e164)


@given(st.text(), st.none() | st.sampled_from(_REGIONS), st.sampled_from(["valid", "possible"]))
def test_any_text_has_a_number_or_a_reason(cell: str, region: str | None, strictness: Strictness) -> None:
    number = parse(cell, region, strictness)
    assert number > 0 or REASONS[-number]
