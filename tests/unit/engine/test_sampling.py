"""A sample's rates say how sure they are; past jobs say how long a list will take."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pwl_tui.answer import Outcome
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.sampling import rates, share
from pwl_tui.engine.jobs.timing import seconds_for
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.state.models import Binding, Counts
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    Clock,
    WorldService,
    accepted,
    add_job,
    answer,
    finish,
    make_engine,
    rows_of,
)


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


# -- the rest of the list


def listed(engine: Engine, count: int, sample: int | None = None) -> JobPlan:
    text = "phone,who\n" + "".join(f"+{FIRST + i % 50},{i}\n" for i in range(count)) + "junk,x\n"
    return engine.plans.for_list(Source.from_text(text, "list"), Options(), sample=sample)


def test_the_rest_is_sent_without_paying_for_the_sample_again(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    sample = engine.jobs.create(listed(engine, 60, sample=10), name="list")
    with pytest.raises(EngineError, match="must still be sent"):
        engine.plans.for_remainder(sample.id)
    finish(store, service, clock)
    failed = store.results.failed(sample.id)
    clock.now += 400 * 86_400  # longer than answers are reused otherwise
    rest, same = engine.plans.for_remainder(sample.id), engine.plans.for_remainder(sample.id)
    assert (rest.to_pay, rest.reused, rest.left_out) == (40, 10 - len(failed), len(failed))
    whole = engine.jobs.create(rest, name="list")
    with pytest.raises(EngineError, match="would be paid for twice"):
        engine.jobs.create(same, name="list")
    finish(store, service, clock)
    paid = Counter(number for sent in service.submitted for number in sent)
    assert set(paid.values()) == {1}
    assert len(paid) == 50
    # The whole list comes back from the second job: duplicates, rejected rows and all.
    rows = rows_of(store, whole.id)
    assert (len(rows), whole.rejected, whole.duplicates) == (61, 1, 10)
    answered = {row.number for row in rows if row.answer and row.answer.outcome is Outcome.COMPLETED}
    assert len(answered) == 50 - len(failed) - len(store.results.failed(whole.id))


def test_what_failed_in_a_sample_is_left_to_a_retry(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    sample = engine.jobs.create(listed(engine, 50, sample=4), name="list")
    batch = accepted(store, sample.id)
    first, *others = store.batches.numbers(batch)
    answers = [answer(first, Outcome.FAILED, on=None), *(answer(number) for number in others)]
    store.polls.learn(batch, answers, done=True, now=clock.now, next_poll=None)
    rest = engine.plans.for_remainder(sample.id)
    assert (rest.to_pay, rest.reused, rest.left_out, rest.left_out_because) == (
        46,
        3,
        1,
        f"failed in job {sample.id}",
    )
    # Once a retry has its answer, that is reused.
    engine.jobs.retry(engine.plans.for_retry(sample.id))
    finish(store, service, clock)
    failed_again = len(store.results.failed(sample.id))
    assert engine.plans.for_remainder(sample.id).reused == 4 - failed_again


def test_a_whole_list_has_no_rest(store: Store, clock: Clock, service: WorldService) -> None:
    engine = make_engine(store, service, clock)
    job = engine.jobs.create(listed(engine, 10), name="list")
    finish(store, service, clock)
    with pytest.raises(EngineError, match="left no numbers out"):
        engine.plans.for_remainder(job.id)
    assert engine.plans.seconds_for(1_000) is not None
    assert engine.plans.sample_rates(job) is None


def test_what_was_gone_on_with_is_not_sent_a_second_time(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    sample = engine.jobs.create(listed(engine, 50, sample=10), name="list")
    finish(store, service, clock)
    assert engine.plans.sample_rates(store.jobs.get(sample.id)) is not None
    whole = engine.jobs.create(engine.plans.for_remainder(sample.id), name="list")
    # Its answers are not there yet, so that they could not be reused.
    with pytest.raises(EngineError, match=f"Job {whole.id} already continues"):
        engine.plans.for_remainder(sample.id)
