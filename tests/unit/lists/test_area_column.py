"""Area codes in a column of their own go in front of numbers that lack them, and of no others."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS, PhoneNumberType

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.area_column import with_area
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source

_KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
_EXAMPLES = [
    (region, str(number.country_code), phonenumbers.national_significant_number(number))
    for region in sorted(SUPPORTED_REGIONS)
    for kind in _KINDS
    if (number := phonenumbers.example_number_for_type(region, kind))
]


@given(st.sampled_from(_EXAMPLES), st.integers(0, 9_999), st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True))
@example(("AT", "43", "6641234512"), 4512, "1")
@example(("DE", "49", "3012345678"), 5678, "40")
def test_a_number_with_its_country_code_is_never_changed(
    known: tuple[str, str, str], end: int, area: str
) -> None:
    region, country, national = known
    cell = f"{country}{national[:-4]}{end:04}"
    if len(cell) > 8 and parse(f"+{cell}", None, "valid") > 0:
        assert with_area([area, cell], 1, 0, region) == cell


@pytest.mark.parametrize("area", ["30", "89", "7031"])
def test_a_mobile_number_that_lost_its_zero_is_not_changed(area: str) -> None:
    assert with_area([area, "15123456718"], 1, 0, "DE") == "15123456718"


@pytest.mark.parametrize(
    ("region", "area", "cell"),
    [
        ("DE", "40", "4930123"),  # begins like a number with its country code
        ("DE", "30", "15123456"),
        ("AT", "1", "6641234"),  # begins like a mobile number
        ("BR", "11", "98888-3193"),
    ],
)
def test_a_number_of_a_large_city_is_joined(region: str, area: str, cell: str) -> None:
    assert with_area([area, cell], 1, 0, region) == f"{area} {cell}"


def test_mobile_numbers_are_kept_among_local_ones() -> None:
    rows = [f"30,23456{i:02}" for i in range(20)] + [f"30,151234567{i:02}" for i in range(10)]
    text = "\n".join(["Ortsvorwahl,Telefon", *rows])
    numbers = plan(Source.from_text(text), Options(region="DE")).numbers
    local, mobile = [493023456_00 + i for i in range(20)], [49151234567_00 + i for i in range(10)]
    assert list(numbers) == local + mobile
