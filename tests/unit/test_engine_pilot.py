"""A sample's rates say how sure they are; past jobs say how long a list will take."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.engine.estimate import seconds_for
from pwl_tui.engine.pilot import rates, share
from pwl_tui.state.models import Binding, Counts
from pwl_tui.state.store import Store
from tests.unit.worldly import BINDING, FIRST, NOW, add_job


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # 81 of 263 is the example of R. G. Newcombe, Statistics in Medicine 17 (1998).
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    found = share(hits, of)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(of=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_the_share_and_narrows_with_the_sample(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    few, many = share(hits, of), share(hits * 10, of * 10)
    assert 0 <= few.low <= few.value <= few.high <= 1
    assert many.high - many.low < few.high - few.low


def test_rates_are_those_of_what_has_an_answer(store: Store) -> None:
    batches = store.batches.of(add_job(store, FIRST, 20, batch_size=10))
    assert rates(batches) is None
    answered = [replace(batch, counts=Counts(30, 3, 15, 5, 450)) for batch in batches]
    found = rates(answered)
    assert found is not None
    shares = (found.on_whatsapp.value, found.business.value, found.failed.value)
    assert (found.answered, shares) == (100, (0.6, 0.06, 0.1))
    assert str(found.on_whatsapp) == "60% (50% to 69%)"


def test_the_newest_jobs_of_the_key_set_the_pace(store: Store) -> None:
    job = store.jobs.get(add_job(store, FIRST, 10))
    done = replace(job, charged=1_000, started=NOW, finished=NOW + 100)
    slow = replace(done, finished=NOW + 1_000)
    other = replace(done, binding=Binding("https://other.test", "x"), finished=NOW + 1)
    assert seconds_for(5_000, [job, other], BINDING) is None
    assert seconds_for(5_000, [other, done, job], BINDING) == 500
    assert seconds_for(5_000, [done] * 5 + [slow] * 50, BINDING) == 500
    assert seconds_for(5_000, [done, slow, slow], BINDING) == 5_000
    assert seconds_for(0, [done], BINDING) is None
