"""What failed is asked for once more, as a job of its own, and its answers come back to the first list."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.engine.jobs.planning import FAILED_SINCE
from pwl_tui.engine.jobs.sampling import why_left_out
from pwl_tui.engine.problems import COPIED, EngineError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.state.money import Charge
from pwl_tui.state.store import Store
from pwl_tui.wording.jobs import cheaper
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    Clock,
    WorldService,
    accepted,
    add_job,
    answer,
    failing,
    finish,
    make_engine,
    make_submitter,
    rows_of,
)

REFUSED = Problem(kind=Kind.FORBIDDEN, message="not you", remedy="ask")


def half_failed(store: Store, clock: Clock) -> int:
    """A finished job of which every other number failed."""
    job = add_job(store, FIRST, 10, at=NOW)
    batch = accepted(store, job)
    outcomes = [answer(FIRST + i) if i % 2 else answer(FIRST + i, Outcome.FAILED, on=None) for i in range(10)]
    store.polls.learn(batch, outcomes, done=True, now=clock.now, next_poll=None)
    return job


def half_rejected(store: Store, service: WorldService, clock: Clock) -> int:
    """A job of two batches, of which the service refused the first, and the second is not sent."""
    job = add_job(store, FIRST, 20, batch_size=10, at=NOW)
    service.before = failing(REFUSED)
    make_submitter(store, service, clock).send_next()
    service.before = lambda: None
    return job


def outcomes(store: Store, job: int) -> list[tuple[Outcome, str]]:
    return [(row.answer.outcome, row.answer.note) for row in rows_of(store, job) if row.answer]


def test_failed_numbers_become_a_linked_job_and_answer_the_first(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_failed(store, clock)
    engine = make_engine(store, service, clock)
    wanted = engine.plans.for_retry(job)
    assert (wanted.to_pay, wanted.rejected_batches) == (5, 0)
    retry = engine.jobs.retry(wanted)
    assert (retry.retry_of, retry.numbers, retry.state) == (job, 5, JobState.PLANNED)
    # Asked for already, so that it is not paid for a second time.
    with pytest.raises(EngineError, match="nothing to retry"):
        engine.plans.for_retry(job)
    finish(store, service, clock)
    assert service.submitted == [tuple(f"+{FIRST + i}" for i in range(0, 10, 2))]
    assert [outcome for outcome, _ in outcomes(store, job)] == [Outcome.COMPLETED] * 10
    assert [note for _, note in outcomes(store, job)] == [f"from job {retry.id}", ""] * 5
    assert store.jobs.get(job).counts.failed == 5


def test_a_retry_that_was_planned_before_another_sends_nothing(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_failed(store, clock)
    engine = make_engine(store, service, clock)
    wanted, same = engine.plans.for_retry(job), engine.plans.for_retry(job)
    engine.jobs.retry(wanted)
    with pytest.raises(EngineError, match="retried in the meantime"):
        engine.jobs.retry(same)
    assert len(store.jobs.all()) == 2


def test_of_two_that_ask_again_at_one_moment_only_one_does(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = half_failed(store, clock)
    engines = [make_engine(store, service, clock) for _ in range(2)]
    wanted = engines[0].plans.for_retry(job)
    both, failed = threading.Barrier(2), store.results.failed

    def looked(job_id: int) -> list[int]:
        """Let both look before either of them stores anything, if they can."""
        found = failed(job_id)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        return found

    monkeypatch.setattr(store.results, "failed", looked)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(engine.jobs.retry, wanted) for engine in engines]
    refused = [str(one.exception()) for one in asked if one.exception()]
    assert len(refused) == 1
    assert "retried in the meantime" in refused[0]
    assert [other.retry_of for other in store.jobs.all()] == [job, None]


def test_what_failed_again_since_it_was_planned_is_not_paid_for_a_third_time(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_failed(store, clock)
    first, late = (make_engine(store, service, clock) for _ in range(2))
    wanted, planned = first.plans.for_retry(job), late.plans.for_retry(job)
    fail_again(store, first.jobs.retry(wanted).id)
    with pytest.raises(EngineError, match="retried in the meantime"):
        late.jobs.retry(planned)
    assert len(store.jobs.all()) == 2
    assert late.jobs.retry(late.plans.for_retry(job)).numbers == 5, "a new decision"


def fail_again(store: Store, job: int) -> None:
    batch = accepted(store, job, batch_id=f"of-{job}")
    numbers = store.batches.numbers(batch)
    answers = [answer(number, Outcome.FAILED, on=None) for number in numbers]
    store.polls.learn(batch, answers, done=True, now=NOW, next_poll=None)


@pytest.mark.parametrize("days", [0, 30])
def test_a_list_leaves_out_what_another_has_paid_for_in_vain_since_it_was_planned(
    store: Store, clock: Clock, service: WorldService, days: int
) -> None:
    first, late = (make_engine(store, service, clock) for _ in range(2))
    source = Source.from_text("".join(f"+{FIRST + i}\n" for i in range(10)), "list")
    made, planned = (
        engine.plans.for_list(source, Options(header=False), reuse_days=days) for engine in (first, late)
    )
    job = first.jobs.create(made, name="first").id
    batch = accepted(store, job)
    answers = [answer(FIRST + i) if i else answer(FIRST, Outcome.FAILED, on=None) for i in range(10)]
    store.polls.learn(batch, answers, done=True, now=NOW + 1, next_poll=None)
    same = late.jobs.create(planned, name="late")
    assert (same.in_batches, same.reused, same.left_out) == (0, 9, 1)
    assert (Outcome.NOT_SENT, FAILED_SINCE) in outcomes(store, same.id)
    assert why_left_out(store, same) == FAILED_SINCE
    said = cheaper(same, planned.to_pay)
    assert said.endswith("instead of 10, because the other numbers were asked for elsewhere in the meantime.")
    # Both are new decisions: the list once more, and its rest.
    again = late.plans.for_list(source, Options(header=False))
    assert (again.to_pay, again.reused) == (1, 9)
    assert late.jobs.create(late.plans.for_remainder(same.id), name="rest").in_batches == 1


def test_a_list_leaves_out_what_was_looked_up_in_vain_since_it_was_planned(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    planned = engine.plans.for_list(Source.from_text(f"+{FIRST}\n+{FIRST + 1}\n", "x"), Options(header=False))
    lookup = store.lookups.intend(BINDING, FIRST, now=NOW, again=False)
    charge = Charge(NOW + 1, 1, 9, None, None, NOW)
    store.lookups.answer(BINDING, lookup, Answer(Outcome.FAILED), "", charge)
    job = engine.jobs.create(planned, name="late")
    assert (job.in_batches, job.left_out) == (1, 1)


def test_of_two_that_send_rejected_batches_again_the_late_one_says_so(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_rejected(store, service, clock)
    first, late = (make_engine(store, service, clock) for _ in range(2))
    wanted, planned = first.plans.for_retry(job), late.plans.for_retry(job)
    first.jobs.retry(wanted)
    with pytest.raises(EngineError, match=f"Rejected batches of job {job} were retried in the meantime"):
        late.jobs.retry(planned)


def test_a_retry_sends_no_batch_that_was_rejected_after_it_was_planned(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_rejected(store, service, clock)
    engine = make_engine(store, service, clock)
    wanted = engine.plans.for_retry(job)
    store.jobs.release(job)
    service.before = failing(REFUSED)
    make_submitter(store, service, clock).send_next()
    assert [batch.state for batch in store.batches.of(job)] == [BatchState.REJECTED] * 2
    engine.jobs.retry(wanted)
    assert [batch.state for batch in store.batches.of(job)] == [BatchState.PLANNED, BatchState.REJECTED]


def test_what_fails_again_can_be_retried_again(store: Store, clock: Clock, service: WorldService) -> None:
    job = half_failed(store, clock)
    engine = make_engine(store, service, clock)
    retry = engine.jobs.retry(engine.plans.for_retry(job))
    batch = accepted(store, retry.id, batch_id="id-2")
    failed = [answer(FIRST + i, Outcome.FAILED, on=None) for i in range(0, 10, 2)]
    failed[0] = answer(FIRST)
    store.polls.learn(batch, failed, done=True, now=clock.now, next_poll=None)
    wanted = engine.plans.for_retry(job)
    assert wanted.to_pay == 4
    # A retry of the retry counts for the first job, too.
    third = engine.jobs.retry(engine.plans.for_retry(retry.id))
    finish(store, service, clock)
    assert third.retry_of == retry.id
    assert [outcome for outcome, _ in outcomes(store, job)] == [Outcome.COMPLETED] * 10
    with pytest.raises(EngineError):
        engine.plans.for_retry(job)
    engine.jobs.forget(retry.id)
    assert store.jobs.get(third.id).retry_of is None


def test_rejected_batches_are_sent_again_in_their_own_job(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_rejected(store, service, clock)
    engine = make_engine(store, service, clock)
    wanted = engine.plans.for_retry(job)
    assert (wanted.plan, wanted.rejected_batches, wanted.rejected_numbers, wanted.to_pay) == (None, 1, 10, 10)
    with pytest.raises(EngineError):
        engine.plans.for_retry(job, rejected=False)
    assert engine.jobs.retry(wanted).id == job
    finish(store, service, clock)
    assert store.jobs.get(job).batches == {BatchState.COMPLETED: 2}
    assert store.jobs.get(job).charged == 20


def test_a_session_that_may_not_spend_sends_nothing_and_polls_on(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_failed(store, clock)
    engine = make_engine(store, service, clock)
    planned = engine.plans.for_list(Source.from_text(f"+{FIRST + 99}\n", "x"), Options(header=False))
    wanted = engine.plans.for_retry(job)
    engine = make_engine(store, service, clock, may_spend=False)
    with pytest.raises(EngineError, match="--no-spend"):
        engine.jobs.create(planned, name="x")
    with pytest.raises(EngineError, match="--no-spend"):
        engine.jobs.retry(wanted)
    assert len(store.jobs.all()) == 1
    assert service.submitted == []


def test_another_keys_failures_are_not_this_keys_to_pay(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_failed(store, clock)
    other = make_engine(store, service, clock, key="other")
    with pytest.raises(EngineError, match="another key"):
        other.plans.for_retry(job)
    elsewhere = other.jobs.elsewhere(store.jobs.get(job))
    assert elsewhere is not None
    assert "default" in elsewhere.remedy
    assert make_engine(store, service, clock).jobs.elsewhere(store.jobs.get(job)) is None


# -- forgetting


def test_a_job_with_work_left_is_not_forgotten(store: Store, clock: Clock, service: WorldService) -> None:
    job = add_job(store, FIRST, 10, at=NOW)
    engine = make_engine(store, service, clock)
    with pytest.raises(EngineError, match="not finished"):
        engine.jobs.forget(job)
    make_submitter(store, service, clock).send_next()
    with pytest.raises(EngineError, match="not finished"):
        engine.jobs.forget(job)


@pytest.mark.state_file
def test_what_is_forgotten_is_nowhere_on_the_disk(store: Store, clock: Clock, service: WorldService) -> None:
    job = add_job(store, FIRST, 3_000, at=NOW)
    finish(store, service, clock)
    # As SQLite writes them: a carrier, and a number of six bytes.
    marks = [service.world.truth(f"+{FIRST}").carrier.encode(), (FIRST + 1_234).to_bytes(6, "big")]
    store._database.first("PRAGMA wal_checkpoint(TRUNCATE)")  # noqa: SLF001
    assert all(mark in on_disk(store) for mark in marks)
    make_engine(store, service, clock).jobs.forget(job)
    assert [mark for mark in marks if mark in on_disk(store)] == []
    assert store.jobs.all() == []
    assert store.results.count(job, "all") == 0


def on_disk(store: Store) -> bytes:
    return b"".join(path.read_bytes() for path in store.directory.glob("state.db*"))


def test_purge_takes_only_what_is_old_and_finished(store: Store, clock: Clock, service: WorldService) -> None:
    old = add_job(store, FIRST, 10, at=NOW)
    finish(store, service, clock)
    waiting = add_job(store, FIRST + 100, 10, at=NOW)
    clock.now = NOW + 40 * 86_400
    new = add_job(store, FIRST + 200, 10, at=clock.now)
    store.jobs.pause(waiting, paused=True)
    finish(store, service, clock)
    assert [job.id for job in make_engine(store, service, clock).jobs.purgeable(30)] == [old]
    assert {job.id for job in store.jobs.all()} == {old, waiting, new}


# -- what fits the credits is sent, and the rest waits


@pytest.mark.parametrize("there", [0, 1, 999, 1_000, 1_500, 2_300])
def test_the_last_credit_is_used_before_a_top_up(clock: Clock, store: Store, there: int) -> None:
    from tests.unit.fake_service import make_service

    service = make_service(clock, credits_there=there)
    engine = make_engine(store, service, clock)
    numbers = random.Random(1).sample(range(FIRST, FIRST + 9_000), 2_301)
    listed = engine.plans.for_list(
        Source.from_text("".join(f"+{n}\n" for n in numbers), "x"), Options(header=False)
    )
    engine.credits.balance()
    listed = engine.plans.for_list(
        Source.from_text("".join(f"+{n}\n" for n in numbers), "x"), Options(header=False)
    )
    job: Job = engine.jobs.create(listed, name="x", when_short="wait")
    finish(store, service, clock)
    assert sum(len(sent) for sent in service.submitted) == there
    waiting = store.jobs.get(job.id)
    assert (waiting.state, waiting.error and waiting.error.kind) == (JobState.WAITING, "credits")
    service.world.add_credits("unit-key", "wavalidation", 2_301)
    clock.now += 61
    finish(store, service, clock)
    assert store.jobs.get(job.id).state is JobState.COMPLETED
    assert [number for sent in service.submitted for number in sent] == [f"+{number}" for number in numbers]
    assert waiting.binding == BINDING


def test_resuming_sends_what_was_refused_and_not_what_was_planned_in_a_copy(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = half_rejected(store, service, clock)
    store.places.here = replace(store.places.here, path="/another")
    assert store.places.copied(NOW, COPIED) == 1
    engine = make_engine(store, service, clock)
    engine.jobs.resume(job)
    assert [batch.state for batch in store.batches.of(job)] == [BatchState.PLANNED, BatchState.REJECTED]
    engine.jobs.retry(engine.plans.for_retry(job))
    assert [batch.state for batch in store.batches.of(job)] == [BatchState.PLANNED] * 2
