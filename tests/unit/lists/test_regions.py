import random

import phonenumbers
import pytest

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.region_guess import guess_regions
from pwl_tui.lists.numbers.regions import checked_region, region_named
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.findings import RegionGuess
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source


def drawn(region: str, count: int, form: int = phonenumbers.PhoneNumberFormat.NATIONAL) -> list[str]:
    """Return mobile numbers of a region as they are dialled there."""
    draw, found = random.Random(region), list[str]()
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    assert example.national_number is not None
    while len(found) < count:
        example.national_number = example.national_number // 10**6 * 10**6 + draw.randrange(10**6)
        if phonenumbers.is_valid_number(example):
            found.append(phonenumbers.format_number(example, form))
    return found


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("GB", "GB"),
        (" gb ", "GB"),
        ("UK", "GB"),
        ("United  Kingdom", "GB"),
        ("the united states of america", "US"),
        ("U.S.A.", "US"),
        ("CÔTE D'IVOIRE", "CI"),
        ("st", "ST"),
        ("Curacao", "CW"),
        ("St. Lucia", "LC"),
        ("Deutschland", "DE"),
        ("44", "GB"),
        ("+44", "GB"),
        ("0044", "GB"),
        ("44.0", "GB"),
        ("1", "US"),
        ("800", None),
        ("999", None),
        ("XX", None),
        ("Atlantis", None),
        ("", None),
        ("a" * 10_000, None),
    ],
)
def test_regions_as_people_write_them(text: str, region: str | None) -> None:
    assert region_named(text) == region


def test_every_region_is_known_by_its_code() -> None:
    assert {region_named(region.lower()) for region in phonenumbers.SUPPORTED_REGIONS} == set(
        phonenumbers.SUPPORTED_REGIONS
    )


@pytest.mark.parametrize(("given", "hint"), [("UK", "GB"), ("Germany", "DE"), ("Mars", "US, GB or IN")])
def test_an_unknown_region_is_explained_with_a_hint(given: str, hint: str) -> None:
    assert checked_region(" gb ") == "GB"
    with pytest.raises(ListError) as caught:
        checked_region(given)
    assert hint in caught.value.problem.remedy


@pytest.mark.parametrize("region", ["US", "IN", "BR", "DE", "GB", "FR", "TR", "NG", "ID", "ES", "ZA", "PL"])
def test_the_region_of_national_numbers_is_among_those_offered(region: str) -> None:
    offered = guess_regions(drawn(region, 60))
    assert RegionGuess(region, 1.0) in offered
    assert guess_regions(drawn(region, 60), present={region})[0] == RegionGuess(region, 1.0)


def test_no_region_is_offered_without_evidence() -> None:
    assert guess_regions([]) == ()
    assert guess_regions(["1234567", "7654321 0"] * 9 + ["99999999999999"] * 40) == ()


def test_a_region_is_offered_but_not_used() -> None:
    text = "phone\n" + "\n".join([*drawn("GB", 30), "+447400123456"]) + "\n"
    made = plan(Source.from_text(text), Options())
    assert made.reasons == {"no country code": 30}
    assert made.region_guesses[0] == RegionGuess("GB", 1.0)
    assert made.reading.region is None
    with pytest.raises(ListError) as caught:
        plan(Source.from_text("\n".join(drawn("DE", 30))), Options())
    assert "--region DE makes 100%" in caught.value.problem.remedy


ROWS = "name,country,phone\nAda,UK,07400 123456\nBo,Germany,0151 12345678\nCy,,+1 202 555 0143\n"


@pytest.mark.parametrize(
    ("text", "options", "numbers"),
    [
        (ROWS, Options(), [447400123456, 4915112345678, 12025550143]),
        (ROWS.replace("country", "home"), Options(), [12025550143]),
        (
            ROWS.replace("country", "home"),
            Options(region_column="home"),
            [447400123456, 4915112345678, 12025550143],
        ),
        (
            ROWS.replace("country", "home"),
            Options(region_column="2"),
            [447400123456, 4915112345678, 12025550143],
        ),
        (ROWS, Options(region_column=""), [12025550143]),
        (
            ROWS + "Di,,07400 123457\n",
            Options(region="GB"),
            [447400123456, 4915112345678, 12025550143, 447400123457],
        ),
    ],
)
def test_a_row_is_read_in_its_own_region(text: str, options: Options, numbers: list[int]) -> None:
    assert list(plan(Source.from_text(text), options).numbers) == numbers


def test_a_missing_region_column_is_explained() -> None:
    with pytest.raises(ListError) as caught:
        plan(Source.from_text(ROWS), Options(region_column="zone"))
    assert "--region-column" in caught.value.problem.remedy
