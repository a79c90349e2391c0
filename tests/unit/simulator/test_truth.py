import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.simulator.countries import COUNTRIES
from pwl_tui.simulator.world import World


@given(number=st.from_regex(r"\+[0-9]{7,15}", fullmatch=True), seed=st.integers(0, 9))
def test_the_truth_is_steady_and_consistent(number: str, seed: int) -> None:
    truth = World(seed=seed).truth(number)
    assert truth == World(seed=seed).truth(number)
    assert truth.on_whatsapp or not truth.business
    known = {country.region: country for country in COUNTRIES}
    assert (truth.country, truth.carrier) == ("", "") or truth.carrier in known[truth.country].carriers


@given(st.text().filter(lambda text: not text.startswith("+")) | st.sampled_from(["+", "+123456", "+1" * 8]))
def test_what_is_no_number_fails(text: str) -> None:
    assert World(failure_share=0.0).truth(text).fails


def test_shares_are_as_announced_and_the_seed_matters() -> None:
    numbers = [f"+4915{i:09}" for i in range(10_000)]
    truths = [World(failure_share=0.05).truth(number) for number in numbers]
    on_whatsapp = sum(truth.on_whatsapp for truth in truths)
    assert on_whatsapp == pytest.approx(7000, rel=0.05)
    assert sum(truth.business for truth in truths) == pytest.approx(on_whatsapp / 10, rel=0.15)
    assert sum(truth.fails for truth in truths) == pytest.approx(500, rel=0.2)
    assert truths != [World(seed=1, failure_share=0.05).truth(number) for number in numbers]
