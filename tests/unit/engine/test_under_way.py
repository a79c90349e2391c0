"""Numbers that another job already pays for: they are not paid for again, and their answers come along."""

from collections.abc import Collection
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pwl_tui.answer import Outcome
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import JobChanged, JobFinished
from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.plan import plan as read
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Batch, BatchState, JobState
from pwl_tui.state.money import Charge
from pwl_tui.state.queries.results import Reusable, UnderWay
from pwl_tui.state.store import Store
from pwl_tui.ui.terminal import notify
from pwl_tui.wording.jobs import followers, progress
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    SILENT,
    Clock,
    Listener,
    WorldService,
    accepted,
    add_job,
    answer,
    between_reads,
    failing,
    finish,
    make_engine,
    make_submitter,
    rows_of,
)

GONE = Problem(kind=Kind.NOT_FOUND, message="no such batch", status=404, remedy="try another key")
REFUSED = Problem(kind=Kind.FORBIDDEN, status=403, message="no", charged="no", remedy="ask")


def source(first: int = FIRST, size: int = 10) -> Source:
    return Source.from_text("".join(f"+{number}\n" for number in range(first, first + size)), "list")


def planned(engine: Engine, first: int = FIRST, size: int = 10, days: int | None = None) -> JobPlan:
    return engine.plans.for_list(source(first, size), Options(header=False), reuse_days=days)


def outcomes(store: Store, job: int) -> list[str]:
    return [str(row.answer.outcome) for row in rows_of(store, job) if row.answer]


def notes(store: Store, job: int) -> set[str]:
    return {row.answer.note for row in rows_of(store, job) if row.answer}


# -- what is under way


@pytest.fixture
def job(store: Store) -> int:
    """A job of ten numbers, nothing of it sent yet."""
    return add_job(store, FIRST, 10, at=NOW)


def under_way(store: Store, since: float = 0.0) -> int:
    return len(store.results.under_way(BINDING, range(FIRST - 5, FIRST + 5), since))


def test_planned_sent_and_doubtful_numbers_are_under_way(store: Store, job: int) -> None:
    assert store.results.under_way(BINDING, [FIRST, FIRST - 1]) == {FIRST: UnderWay(job, 1)}
    store.jobs.pause(job, paused=True)
    assert under_way(store) == 5
    batch = store.batches.get(job, 1)
    store.jobs.pause(job, paused=False)
    store.batches.intend(batch, now=NOW, balance=100)
    assert under_way(store) == 5
    store.batches.mark_unknown(store.batches.get(job, 1), SILENT, now=NOW)
    assert under_way(store) == 5


def test_unreachable_numbers_are_under_way_as_long_as_answers_are_kept(store: Store, job: int) -> None:
    batch = accepted(store, job)
    assert under_way(store) == 5
    store.polls.unreachable(batch, GONE, now=NOW)
    assert under_way(store, NOW - 1) == 5
    assert under_way(store, NOW) == 0


def test_numbers_with_an_answer_are_not_under_way(store: Store, job: int) -> None:
    batch = accepted(store, job)
    first = [answer(FIRST), answer(FIRST + 1, Outcome.FAILED, None)]
    store.polls.learn(batch, first, done=False, now=NOW, next_poll=NOW)
    assert under_way(store) == 3


@pytest.mark.parametrize("ending", ["rejected", "lost", "free"])
def test_a_batch_that_ended_has_nothing_under_way_but_its_replacement_has(
    store: Store, job: int, ending: str
) -> None:
    end(store, job, ending)
    found = store.results.under_way(BINDING, [FIRST])
    assert found == ({FIRST: UnderWay(job, 2)} if ending == "free" else {})


def end(store: Store, job: int, ending: str) -> None:
    """Let the only batch of a job end without an answer."""
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    if ending == "rejected":
        store.batches.refuse(batch, REFUSED, now=NOW)
        return
    store.batches.mark_unknown(batch, SILENT, now=NOW)
    settle = store.decisions.write_off if ending == "lost" else store.decisions.release
    settle(store.batches.get(job, 1), now=NOW, evidence="")


def test_a_number_of_two_jobs_counts_once_in_their_sum(store: Store, engine: Engine) -> None:
    payer = engine.jobs.create(planned(engine, size=10), name="payer")
    follower = engine.jobs.create(planned(engine, size=15), name="follower")
    seen = list[tuple[tuple[int, int], str]]()
    following = set[int]()

    def look() -> None:
        jobs = [store.jobs.get(job.id) for job in (payer, follower)]
        following.update(followers(jobs))
        seen.append((progress(jobs, following), notify.title([job for job in jobs if job.unfinished])))

    look()
    batch = accepted(store, payer.id)
    for count, done in ((4, False), (10, True)):
        answers = [answer(FIRST + index) for index in range(count)]
        store.polls.learn(batch, answers, done=done, now=NOW, next_poll=NOW)
        look()
    assert following == {follower.id}
    assert [counts for counts, _ in seen] == [(0, 15), (4, 15), (10, 15)]
    assert [title for _, title in seen] == ["0% pwl-tui", "26% pwl-tui", "66% pwl-tui"]
    alone = [store.jobs.get(follower.id)]
    assert progress(alone, followers(alone)) == (10, 15)


# -- the plan

numbers = st.sets(st.integers(0, 30), max_size=30)


@settings(max_examples=60)
@given(
    listed=st.sets(st.integers(0, 30), min_size=1),
    known=numbers,
    batches=st.dictionaries(st.integers(0, 30), st.integers(1, 3)),
    doubted=numbers,
    later_known=numbers,
    later_batches=st.dictionaries(st.integers(0, 30), st.integers(1, 3)),
    later_doubted=numbers,
    later_failed=numbers,
    again=st.booleans(),
)
def test_no_number_is_paid_for_that_has_an_answer_is_under_way_or_was_looked_up_in_vain(
    listed: set[int],
    known: set[int],
    batches: dict[int, int],
    doubted: set[int],
    later_known: set[int],
    later_batches: dict[int, int],
    later_doubted: set[int],
    later_failed: set[int],
    again: bool,
) -> None:
    text = "".join(f"+{FIRST + index}\n" for index in listed)
    made = planning.make(
        read(Source.from_text(text), Options(header=False)),
        reusable(known),
        balance=None,
        payers=payers(batches),
        doubted={FIRST + index for index in doubted},
    )
    assert made.to_pay == len(listed - known - batches.keys() - doubted)
    assert made.doubted == len((listed & doubted) - known - batches.keys())
    assert made.under_way == len((listed - known) & batches.keys())
    check_order(made)
    agreed = planning.pay_again(made) if again else made
    try:
        now = planning.renewed(
            agreed,
            planning.undecided(agreed),
            reusable(later_known),
            payers(later_batches),
            {FIRST + index for index in later_doubted},
            {FIRST + index for index in later_failed},
        )
    except EngineError:
        assert (listed - known) & batches.keys() - later_known - later_batches.keys() - later_failed
        return
    assert now.to_pay <= agreed.to_pay
    paid = set(list(now.numbers())[: now.to_pay])
    decided = agreed.paid_again
    spared = (
        known | later_known | later_batches.keys() | (doubted - batches.keys()) | later_doubted | later_failed
    )
    assert not (paid - decided) & {FIRST + index for index in spared}
    check_order(now)


def reusable(known: Collection[int]) -> dict[int, Reusable]:
    return {FIRST + index: Reusable(answer(FIRST + index)[1], NOW) for index in known}


def payers(batches: dict[int, int]) -> dict[int, UnderWay]:
    return {FIRST + index: UnderWay(7, seq) for index, seq in batches.items()}


def check_order(made: JobPlan) -> None:
    """The places of the rows are the numbers' own, and each follow is a range of numbers of its batch."""
    ordered = list(made.numbers())
    assert [ordered[place] for place in made.positions()] == list(made.list.numbers)
    followed = [
        (number, one.seq) for one in made.follows() for number in ordered[one.first : one.first + one.size]
    ]
    assert len(followed) == made.under_way
    assert all(made.payers[number].seq == seq for number, seq in followed)


def test_the_plan_counts_what_is_under_way_apart_and_asks_only_if_nothing_may_be_reused(
    engine: Engine, job: int
) -> None:
    plan = planned(engine, FIRST - 5)
    assert (plan.to_pay, plan.under_way, plan.under_way_in, plan.batches) == (5, 5, {job: 5}, 1)
    assert not plan.asks
    assert planned(engine, FIRST - 5, days=0).asks
    assert not planned(engine, FIRST - 50, days=0).asks
    sample = engine.plans.for_list(source(FIRST - 5), Options(header=False), reuse_days=0, sample=3)
    assert not sample.asks
    assert (sample.to_pay, sample.under_way, sample.left_out) == (3, 5, 2)


# -- following


def follower(engine: Engine, first: int = FIRST, size: int = 10) -> int:
    return engine.jobs.create(planned(engine, first, size), name="again").id


def test_the_answers_come_to_both_jobs_and_one_pays(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    again = follower(engine, FIRST - 5, 12)
    only = follower(engine)
    job = store.jobs.get(only)
    assert (job.state, job.under_way, job.follows, job.counts.pending) == (
        JobState.PROCESSING,
        10,
        (first,),
        10,
    )
    assert outcomes(store, only) == ["pending"] * 10
    assert notes(store, only) == {f"under way in job {first}"}
    finish(store, service, clock)
    assert len(service.world.ledger) == 2
    assert sum(charge.amount for charge in service.world.ledger) == 15
    for each in (again, only):
        job = store.jobs.get(each)
        assert (job.state, job.under_way, job.counts.pending) == (JobState.COMPLETED, 0, 0)
        assert job.finished is not None
        assert job.finished > NOW
    paying = {row.number: row.answer for row in rows_of(store, first)}
    for row in rows_of(store, only):
        theirs = paying[row.number]
        assert row.answer is not None
        assert theirs is not None
        if theirs.outcome is Outcome.COMPLETED:
            assert (row.answer.on_whatsapp, row.answer.carrier) == (theirs.on_whatsapp, theirs.carrier)
            assert row.answer.note.startswith("reused from 20")
    job = store.jobs.get(only)
    assert job.counts == store.jobs.get(first).counts
    assert job.reused == job.counts.answered - job.counts.failed


def test_a_job_that_follows_a_follower_follows_the_batch_that_pays(store: Store, engine: Engine) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    follower(engine)
    assert store.jobs.get(follower(engine)).follows == (first,)
    store.jobs.forget(store.jobs.all()[1].id, NOW)
    assert store.jobs.all()[0].under_way == 10


def test_answers_that_came_while_a_follower_was_being_stored_are_not_missed(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    batch = accepted(store, first)
    late = planning.store_job

    def answered_meanwhile(*values: object, **named: object) -> int:
        known = [answer(number) for number in range(FIRST, FIRST + 10)]
        store.polls.learn(batch, known, done=True, now=NOW, next_poll=None)
        return late(*values, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "store_job", answered_meanwhile)
    job = store.jobs.get(follower(engine))
    assert (job.state, job.reused, job.counts.answered) == (JobState.COMPLETED, 10, 10)


Ending = Literal["rejected", "lost", "failed", "forgotten", "too old"]


@pytest.mark.parametrize("ending", ["rejected", "lost", "failed", "forgotten", "too old"])
def test_a_follower_never_hangs_and_says_why_there_is_no_answer(
    store: Store, service: WorldService, clock: Clock, engine: Engine, ending: Ending
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    again = follower(engine)
    words = {
        "rejected": "its batch was rejected",
        "lost": "its batch was charged, and the ID is lost",
        "failed": "the service gave no answer",
        "forgotten": "it was forgotten",
        "too old": "its batch can no longer be fetched",
    }
    if ending in ("rejected", "lost"):
        end(store, first, ending)
    elif ending == "failed":
        store.polls.learn(accepted(store, first), [], done=True, now=NOW, next_poll=None)
    else:
        store.polls.unreachable(accepted(store, first), GONE, now=NOW)
        assert store.jobs.get(again).unfinished
        if ending == "forgotten":
            engine.jobs.forget(first)
        else:
            assert store.follows.expire(NOW - 1, NOW) == []
            clock.now += PROVIDER.retention_seconds + 1
            assert store.follows.expire(clock.now - PROVIDER.retention_seconds, clock.now) == [again]
    job = store.jobs.get(again)
    assert (job.state, job.counts.pending) == (JobState.COMPLETED, 0)
    failed = ending in ("lost", "failed")
    assert (job.counts.failed, job.left_out) == ((10, 0) if failed else (0, 10))
    where = "failed in" if failed else "no answer from"
    assert notes(store, again) == {f"{where} job {first}: {words[ending]}"}
    if failed:
        sent = engine.jobs.retry(engine.plans.for_retry(again))
    else:
        sent = engine.jobs.create(engine.plans.for_remainder(again), name="rest")
    assert (sent.in_batches, sent.under_way) == (10, 0)
    finish(store, service, clock)
    assert store.jobs.get(sent.id).counts.answered == 10


def test_a_follower_of_a_released_batch_follows_its_replacement(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    again = follower(engine)
    end(store, first, "free")
    finish(store, service, clock)
    assert store.jobs.get(again).state is JobState.COMPLETED
    assert (
        store.jobs.get(again).reused
        == store.jobs.get(first).counts.answered - store.jobs.get(first).counts.failed
    )


# -- accepting


def test_a_list_that_was_planned_before_another_was_accepted_is_not_paid_for_again(
    engine: Engine,
) -> None:
    plans = [planned(engine, days=days) for days in (None, None, 0, 0)]
    jobs = [engine.jobs.create(plan, name="same") for plan in plans]
    assert [job.in_batches for job in jobs] == [10, 0, 0, 0]
    assert [job.under_way for job in jobs] == [0, 10, 10, 10]


def answered_between_reads(monkeypatch: pytest.MonkeyPatch, store: Store, batch: Batch) -> None:
    """Let a batch of ten be answered between the look for what is under way and that for answers."""
    answers = [answer(FIRST + place) for place in range(10)]
    between_reads(
        monkeypatch,
        lambda: store.polls.learn(batch, answers, done=True, now=NOW + 1, next_poll=None),
        (store.results, "under_way"),
        (store.results, "reusable"),
    )


def test_answers_that_come_while_a_list_is_accepted_are_not_paid_for_again(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are under way at one moment, and answered at the next: looked for in between, they are neither."""
    plan = planned(engine)
    batch = accepted(store, engine.jobs.create(planned(engine), name="first").id)
    answered_between_reads(monkeypatch, store, batch)
    job = engine.jobs.create(plan, name="second")
    assert (job.in_batches, job.reused) == (0, 10)


def test_an_answer_to_a_lookup_that_comes_while_a_list_is_accepted_is_not_paid_for_again(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(engine)
    lookup = store.lookups.intend(BINDING, FIRST, now=NOW, again=False)
    charge = Charge(NOW + 1, 1, 9, None, None, NOW)
    between_reads(
        monkeypatch,
        lambda: store.lookups.answer(BINDING, lookup, answer(FIRST)[1], "", charge),
        (store.lookups, "open"),
        (store.results, "reusable"),
    )
    job = engine.jobs.create(plan, name="list")
    assert (job.in_batches, job.reused) == (9, 1)


def test_answers_that_come_while_a_rejected_batch_is_sent_again_are_not_paid_for_again(
    store: Store,
    service: WorldService,
    clock: Clock,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    service.before = failing(REFUSED)
    make_submitter(store, service, clock).send_next()
    batch = accepted(store, engine.jobs.create(planned(engine), name="second").id)
    answered_between_reads(monkeypatch, store, batch)
    engine.jobs.resume(first)
    assert store.jobs.get(first).batches == {BatchState.RELEASED: 1}


def test_a_rejected_batch_is_not_sent_again_while_one_of_its_numbers_is_looked_up(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    service.before = failing(REFUSED)
    make_submitter(store, service, clock).send_next()
    store.lookups.intend(BINDING, FIRST, now=NOW, again=False)
    engine.jobs.resume(first)
    job = store.jobs.get(first)
    assert (job.batches, job.left_out) == ({BatchState.RELEASED: 1}, 10)


def test_a_plan_that_would_cost_more_by_now_is_refused(store: Store, engine: Engine) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    plan = planned(engine, FIRST, 12)
    end(store, first, "rejected")
    with pytest.raises(EngineError, match="10 numbers are no longer under way"):
        engine.jobs.create(plan, name="again")
    assert len(store.jobs.all()) == 1


def test_paying_again_is_a_decision_on_record(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    engine.jobs.create(planned(engine), name="first")
    job = engine.jobs.create(planning.pay_again(planned(engine, days=0)), name="again")
    assert (job.in_batches, job.under_way) == (10, 0)
    decided = [(one.job, one.detail) for one in store.activity.newest(0, 9) if one.event == "paid again"]
    assert decided == [(job.id, "10 numbers under way")]
    finish(store, service, clock)
    assert sum(charge.amount for charge in service.world.ledger) == 20


def test_what_is_under_way_needs_no_credits(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    service.world.add_credits("unit-key", "wavalidation", -9_990)
    engine.credits.balance()
    engine.jobs.create(planned(engine), name="first")
    finish_sending(store, service, clock)
    engine.credits.balance()
    assert engine.jobs.create(planned(engine), name="again").under_way == 10


def finish_sending(store: Store, service: WorldService, clock: Clock) -> None:
    make_submitter(store, service, clock).send_next()


def test_a_retry_follows_what_another_job_asks_for(store: Store, engine: Engine) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    store.polls.learn(accepted(store, first), [], done=True, now=NOW, next_poll=None)
    second = engine.jobs.create(planned(engine, FIRST, 4), name="second").id
    wanted = engine.plans.for_retry(first)
    assert wanted.to_pay == 6
    job = engine.jobs.retry(wanted)
    assert (job.in_batches, job.under_way, job.follows) == (6, 4, (second,))


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("how", ["retry", "resume"])
def test_a_rejected_batch_is_not_sent_again_once_another_job_has_its_numbers(
    store: Store, service: WorldService, clock: Clock, engine: Engine, how: str, answered: bool
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    service.before = failing(REFUSED)
    make_submitter(store, service, clock).send_next()
    service.before = lambda: None
    second = engine.jobs.create(planned(engine), name="second").id
    if answered:
        finish(store, service, clock)
    if how == "retry":
        with pytest.raises(EngineError, match=f"rejected batches of job {first}"):
            engine.plans.for_retry(first)
    engine.jobs.resume(first)
    assert store.jobs.get(first).under_way == 10 * (not answered)
    finish(store, service, clock)
    assert sum(charge.amount for charge in service.world.ledger) == 10
    job = store.jobs.get(first)
    assert (job.state, job.batches, job.charged) == (JobState.COMPLETED, {BatchState.RELEASED: 1}, 0)
    answers = [row.answer for row in rows_of(store, second) if row.answer]
    assert job.reused == sum(one.outcome is Outcome.COMPLETED for one in answers)
    assert job.reused + (job.left_out if answered else job.counts.failed) == 10


def test_a_follower_is_kept_until_its_answers_are_there(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    engine.jobs.create(planned(engine), name="first")
    again = follower(engine)
    with pytest.raises(EngineError, match="not finished"):
        engine.jobs.forget(again)
    finish(store, service, clock)
    engine.jobs.forget(again)


def test_another_key_pays_for_itself(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    engine.jobs.create(planned(engine), name="first")
    other = make_engine(store, service, clock, key="other-key")
    assert planned(other).to_pay == 10


def test_what_a_job_still_waits_for_is_counted_as_sent(store: Store, engine: Engine) -> None:
    engine.jobs.create(planned(engine), name="first")
    again = follower(engine, FIRST, 12)
    assert store.results.waiting(again) == (10, 2)
    assert store.results.count(again, "pending") == 10


def test_a_follower_is_told_when_what_was_planned_is_rejected_in_a_copy(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    again = follower(engine)
    monkeypatch.setattr(store.places, "here", replace(store.places.here, path="/elsewhere"))
    assert store.places.copied(NOW, REFUSED) == 1
    assert notes(store, again) == {f"no answer from job {first}: its batch was rejected"}


def test_that_a_follower_is_finished_is_reported(clock: Clock, engine: Engine, listener: Listener) -> None:
    first = engine.jobs.create(planned(engine), name="first").id
    again = follower(engine)
    engine.start(listener)
    try:
        listener.until(lambda: listener.of(JobChanged), "the first job to be sent")
        clock.now += 60
        engine.wake()
        listener.until(lambda: len(listener.of(JobFinished)) == 2, "both jobs to finish")
    finally:
        engine.close()
    assert {one.job for one in listener.of(JobFinished) if isinstance(one, JobFinished)} == {first, again}
