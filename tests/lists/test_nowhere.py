import random

import pytest

from tests.lists.nowhere import NUMBERS, PEOPLE, mobile_numbers, notations, outcome, place_of

QUICK = ("CN", "DE", "IN", "KE", "PH")
"""Those whose numbers were taken for another country's most often."""


@pytest.mark.parametrize("region", QUICK)
def test_nothing_of_a_list_from_nowhere_is_paid_for_and_its_region_is_offered_first(region: str) -> None:
    _, _, bare = notations(region, mobile_numbers(region, NUMBERS, random.Random(region)))
    alone, told = outcome(region, bare, told=False), outcome(region, bare, told=True)
    assert (alone.paid, told.paid) == (0, 0)
    assert alone.place > 0
    assert told.place == 1


@pytest.mark.parametrize("region", ["BG", "NZ", "SN"])
def test_digits_of_a_country_that_nothing_was_tuned_on_are_offered_it_first(region: str) -> None:
    assert place_of(region, mobile_numbers(region, NUMBERS, random.Random(region))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("region", sorted(PEOPLE))
def test_of_every_country_in_every_notation(region: str) -> None:
    for cells in notations(region, mobile_numbers(region, NUMBERS, random.Random(f"{region} 2"))):
        alone, told = outcome(region, cells, told=False), outcome(region, cells, told=True)
        assert (alone.paid, told.paid) == (0, 0)
        assert alone.place > 0
        assert told.place == 1
