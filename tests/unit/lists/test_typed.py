"""Numbers that a person types: read as lists are, and none passed over in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.numbers.typed import _SENTENCES, read_typed, split


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+14155552671", None),
        ("0014155552671", None),
        ("+1 (415) 555-2671", None),
        ("+1 415 555 2671 ext. 12", None),
        ("tel:+1-415-555-2671;ext=5", None),
        ("https://wa.me/14155552671", None),
        ("https://api.whatsapp.com/send?phone=14155552671&text=hi", None),
        ("'+14155552671", None),
        ("(415) 555-2671", "US"),
        ("14155552671", "US"),
        ("011 1 415 555 2671", "US"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, region: str | None) -> None:
    assert read_typed([text], region, "valid") == ((14155552671,), (), False)


@pytest.mark.parametrize(
    ("text", "region", "sentence"),
    [
        ("garbage", "US", "'garbage' is not a phone number."),
        ("12", None, "'12' is too short for a phone number."),
        ("+999123456789", None, "'+999123456789' begins with a country code that does not exist."),
        ("020 7946 0958", None, "'020 7946 0958' has no country code."),
        ("13345807302", None, "'13345807302' has no country code."),
        ("1.41556E+10", "US", "'1.41556E+10' has lost digits in a spreadsheet."),
        ("+14155552671 or +442079460958", None, "holds several numbers; separate them."),
        ("{0}%s", None, "'{0}%s' is"),
        ("", None, "'' is empty."),
        ("120363025246125486@g.us", None, "is a WhatsApp ID without a phone number."),
        ("\x1b[31m12", None, "'[31m12' has letters among its digits."),
    ],
)
def test_what_is_no_number_is_refused_in_a_sentence(text: str, region: str | None, sentence: str) -> None:
    numbers, refused, _ = read_typed([text], region, "valid")
    assert numbers == ()
    assert sentence in refused[0]


def test_only_a_missing_country_code_asks_for_the_region() -> None:
    assert read_typed(["020 7946 0958", "x"], None, "valid").needs_region
    assert not read_typed(["12", "x"], None, "valid").needs_region


def test_a_merely_possible_number_needs_the_setting_for_it() -> None:
    assert read_typed(["+15550100000"], None, "valid").refused
    assert read_typed(["+15550100000"], None, "possible").numbers == (15550100000,)


def test_the_same_number_written_differently_is_one() -> None:
    typed = read_typed(["+14155552671", "(415) 555-2671", "wa.me/14155552671"], "US", "valid")
    assert typed.numbers == (14155552671,)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("+14155552671, +442079460958", ["+14155552671", "+442079460958"]),
        ("+14155552671 +442079460958", ["+14155552671", "+442079460958"]),
        ("(415) 555-2671;020 7946 0958|x\r\n\n y ", ["(415) 555-2671", "020 7946 0958", "x", "y"]),
        ("tel:+1-415-555-2671;ext=5", ["tel:+1-415-555-2671;ext=5"]),
        ("", []),
    ],
)
def test_pasted_numbers_are_told_apart(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.text("+0123456789 ().-,;/ext", max_size=25),
            st.integers(10**6, 10**15).map(lambda number: f"+{number}"),
        ),
        max_size=8,
    ),
    st.sampled_from([None, "US", "GB", "IT", "CN"]),
)
def test_every_text_is_a_number_that_lists_read_too_or_is_refused(
    texts: list[str], region: str | None
) -> None:
    numbers, refused, _ = read_typed(texts, region, "valid")
    read = [parse(text, region, "valid", plus_lost=False) for text in texts]
    assert list(numbers) == list(dict.fromkeys(number for number in read if number > 0))
    assert len(refused) == sum(number <= 0 for number in read)
    assert all(sentence.isprintable() and sentence.endswith(".") for sentence in refused)
    assert read_typed([f"+{number}" for number in numbers], None, "valid").numbers == numbers


def test_each_reason_has_a_sentence() -> None:
    assert set(_SENTENCES) == set(range(1, len(REASONS)))
