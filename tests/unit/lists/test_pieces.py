import phonenumbers
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from pwl_tui.lists.numbers.parse import numbers_in_cell, parse

_REGIONS = ("BR", "DE", "FR", "GB", "IN", "KE", "MX", "US")
_BETWEEN = (
    ", ",
    " / ",
    ";",
    "\n",
    " | ",
    " - ",
    " & ",
    "  ",
    " or ",
    " oder ",
    " (home) ",
    " Anna: ",
    " (O) ",
)
_FORMATS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
_LETTERS = {"0": "O", "1": "l", "5": "S"}


@st.composite
def _number(draw: st.DrawFn, region: str) -> str:
    """A mobile number of a region, written in one of the usual ways."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    example.national_number = (example.national_number or 0) // 10**4 * 10**4 + draw(st.integers(0, 9999))
    return phonenumbers.format_number(example, draw(st.sampled_from(_FORMATS)))


@given(st.data(), st.sampled_from(_REGIONS), st.sampled_from(_BETWEEN))
def test_all_numbers_of_a_cell_are_read_whatever_is_between_them(
    data: st.DataObject, region: str, between: str
) -> None:
    written = data.draw(st.lists(_number(region), min_size=2, max_size=4))
    read = numbers_in_cell(between.join(written), region, "valid", plus_lost=False)
    assert read == [parse(text, region, "valid") for text in written]


@given(st.data(), st.sampled_from(_REGIONS), st.sampled_from(_BETWEEN))
def test_a_letter_typed_for_a_digit_makes_no_other_number(
    data: st.DataObject, region: str, between: str
) -> None:
    good, typed = data.draw(_number(region)), data.draw(_number(region))
    places = [place for place, digit in enumerate(typed) if digit in _LETTERS]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    wrong = typed[:place] + _LETTERS[typed[place]] + typed[place + 1 :]
    for cell in (wrong + between + good, good + between + wrong):
        read = numbers_in_cell(cell, region, "valid", plus_lost=False)
        assert {number for number in read if number > 0} <= {parse(good, region, "valid")}
