"""Asking again for old answers: what it pays for, what it never pays for twice, and what it finds."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.changes import CHANGES, Before, change
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.planning import NEVER_ANSWERED
from pwl_tui.engine.jobs.rechecking import last_recheck
from pwl_tui.engine.jobs.retrying import AS_THEY_ARE
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.export import Target
from pwl_tui.state.models import Job
from pwl_tui.state.store import Store
from tests.unit.fake_service import FIRST, Clock, WorldService, finish, look_up, make_engine

DAY = 86_400.0


def listed(engine: Engine, numbers: Sequence[int], *, sample: int | None = None) -> Job:
    text = "".join(f"+{number}\n" for number in numbers)
    plan = engine.plans.for_list(Source.from_text(text), AS_THEY_ARE, sample=sample)
    return engine.jobs.create(plan, name="list")


def recheck(engine: Engine, job: Job, older_than: int) -> Job:
    return engine.jobs.create(engine.plans.for_recheck(job.id, older_than=older_than), name="recheck")


def paid(service: WorldService) -> int:
    return sum(charge.amount for charge in service.world.ledger)


def known_before(store: Store, job: Job, of: Callable[[int], tuple[bool, bool | None]]) -> None:
    """Let the service have said something else before."""
    with store._database.transaction() as c:  # noqa: SLF001 - no part of the program changes an answer
        for idx, number in c.execute("SELECT idx, number FROM numbers WHERE job=?", (job.id,)).fetchall():
            c.execute(
                "UPDATE numbers SET on_whatsapp=?, business=? WHERE job=? AND idx=?",
                (*of(number), job.id, idx),
            )


def test_a_recheck_pays_only_for_answers_that_are_old(
    engine: Engine, service: WorldService, clock: Clock
) -> None:
    job = listed(engine, range(FIRST, FIRST + 10))
    finish(engine.store, service, clock)
    clock.now += 40 * DAY
    listed(engine, range(FIRST, FIRST + 4))  # asked again by another job: no longer old
    finish(engine.store, service, clock)
    assert paid(service) == 14
    plan = engine.plans.for_recheck(job.id, older_than=30)
    assert (plan.to_pay, plan.reused, plan.under_way, plan.left_out) == (6, 4, 0, 0)
    again = engine.jobs.create(plan, name="recheck")
    finish(engine.store, service, clock)
    assert paid(service) == 20
    done = engine.store.jobs.get(again.id)
    assert (done.counts.answered, done.reused, done.recheck_of) == (10, 4, job.id)


def test_without_days_an_answer_is_old_when_lists_would_no_longer_reuse_it(
    engine: Engine, service: WorldService, clock: Clock
) -> None:
    job = listed(engine, [FIRST])
    finish(engine.store, service, clock)
    clock.now += 29 * DAY
    with pytest.raises(EngineError, match="older than 30 days"):
        engine.plans.for_recheck(job.id)
    clock.now += 2 * DAY
    assert engine.plans.for_recheck(job.id).to_pay == 1


def test_what_is_under_way_is_never_paid_for_twice(
    engine: Engine, service: WorldService, clock: Clock
) -> None:
    job = listed(engine, range(FIRST, FIRST + 10))
    finish(engine.store, service, clock)
    clock.now += DAY
    plans = [engine.plans.for_recheck(job.id, older_than=0) for _ in range(3)]
    assert [plan.asks for plan in plans] == [False] * 3
    jobs = [engine.jobs.create(plan, name="recheck") for plan in plans]
    finish(engine.store, service, clock)
    assert paid(service) == 20
    assert [engine.store.jobs.get(one.id).counts.answered for one in jobs] == [10] * 3
    late = engine.jobs.create(plans[0], name="late")  # an old plan, when all is answered anew
    finish(engine.store, service, clock)
    assert (paid(service), engine.store.jobs.get(late.id).reused) == (20, 10)


def test_numbers_without_any_answer_are_left_out(engine: Engine, service: WorldService, clock: Clock) -> None:
    job = listed(engine, range(FIRST, FIRST + 10), sample=4)
    finish(engine.store, service, clock)
    clock.now += DAY
    plan = engine.plans.for_recheck(job.id, older_than=0)
    assert (plan.to_pay, plan.left_out, plan.left_out_because) == (4, 6, NEVER_ANSWERED)


def test_a_job_that_is_not_finished_cannot_be_rechecked(engine: Engine) -> None:
    job = listed(engine, [FIRST])
    with pytest.raises(EngineError, match="not finished"):
        engine.plans.for_recheck(job.id, older_than=0)


def test_the_cap_and_the_credits_hold_for_a_recheck(
    store: Store, service: WorldService, clock: Clock
) -> None:
    engine = make_engine(store, service, clock, cap=5)
    job = listed(engine, range(FIRST, FIRST + 5))
    finish(store, service, clock)
    clock.now += DAY
    assert recheck(engine, job, 0).in_batches == 5
    finish(store, service, clock)
    clock.now += DAY
    other = make_engine(store, service, clock, cap=4)
    with pytest.raises(EngineError, match="max_credits_per_job"):
        recheck(other, job, 0)
    forbidden = make_engine(store, service, clock, may_spend=False)
    with pytest.raises(EngineError, match="--no-spend"):
        recheck(forbidden, job, 0)
    for one in (engine, other, forbidden):
        one.close()


def test_what_changed_is_counted_listed_exported_and_found(
    engine: Engine, service: WorldService, clock: Clock, tmp_path: Path
) -> None:
    store = engine.store
    job = listed(engine, range(FIRST, FIRST + 200))
    finish(store, service, clock)
    truth = dict(zip(*store.results.known(job.id), strict=True))
    known_before(store, job, lambda number: (number % 3 > 0, number % 2 > 0))
    clock.now += DAY
    again = recheck(engine, job, 0)
    finish(store, service, clock)
    engine.jobs.forget(job.id)  # what was known before is kept with the recheck
    expected = {
        number: change(Before(number % 3 > 0, number % 2 > 0), answer)
        for number, answer in truth.items()
        if answer.on_whatsapp is not None
    }
    comparison = store.results.compare(again.id)
    assert comparison.compared == len(expected)
    assert comparison.unknown == 200 - len(expected)
    values = list(expected.values())
    assert comparison.changes == {key: values.count(key) for key in CHANGES}
    assert all(comparison.changes.values())
    listed_ = {one.number: one.change for one in store.results.changed(again.id)}
    assert listed_ == {number: how for number, how in expected.items() if how is not None}

    file = tmp_path / "answers.csv"
    engine.jobs.export(again.id, Target(file, "csv"))
    with file.open() as stream:
        rows = list(csv.DictReader(stream))
    told = {int(row["wa_number"][1:]): row["wa_changed"] for row in rows}
    assert told == {
        number: (expected[number] or "unchanged") if number in expected else "" for number in truth
    }
    assert {row["wa_before"] for row in rows if row["wa_changed"]} == {"true", "false"}
    lines = tmp_path / "answers.jsonl"
    engine.jobs.export(again.id, Target(lines, "jsonl"))
    first = json.loads(lines.read_text().splitlines()[0])
    assert first["wa_before"] is (FIRST % 3 > 0)


def test_the_answer_of_a_retry_counts_where_the_recheck_failed(
    engine: Engine, service: WorldService, clock: Clock
) -> None:
    store = engine.store
    job = listed(engine, [FIRST, FIRST + 1])
    finish(store, service, clock)
    known_before(store, job, lambda _: (False, False))
    clock.now += DAY
    again = recheck(engine, job, 0)
    finish(store, service, clock)
    with store._database.transaction() as c:  # noqa: SLF001 - the simulated service never fails these
        c.execute(
            "UPDATE numbers SET outcome=?, on_whatsapp=NULL, answered=NULL WHERE job=? AND idx=0",
            (Outcome.FAILED, again.id),
        )
        c.execute("UPDATE batches SET failed=1 WHERE job=?", (again.id,))
    before = store.results.compare(again.id)
    clock.now += DAY
    engine.jobs.retry(engine.plans.for_retry(again.id))
    finish(store, service, clock)
    after = store.results.compare(again.id)
    assert (before.compared, after.compared) == (1, 2)


def test_the_last_recheck_of_a_job_is_found(engine: Engine, service: WorldService, clock: Clock) -> None:
    job = listed(engine, [FIRST])
    finish(engine.store, service, clock)
    with pytest.raises(EngineError, match="never rechecked"):
        last_recheck(engine.store, job)
    rechecks = []
    for _ in range(2):
        clock.now += DAY
        rechecks.append(recheck(engine, job, 0))
        finish(engine.store, service, clock)
    assert last_recheck(engine.store, job).id == rechecks[1].id
    assert last_recheck(engine.store, rechecks[0]).id == rechecks[0].id


@pytest.mark.parametrize(
    ("before", "answer", "expected"),
    [
        (None, Answer(on_whatsapp=True), None),
        (Before(False), Answer(on_whatsapp=None), None),
        (Before(False), Answer(on_whatsapp=True, business=True), "joined"),
        (Before(True, True), Answer(on_whatsapp=False), "left"),
        (Before(True, False), Answer(on_whatsapp=True, business=True), "became_business"),
        (Before(True, True), Answer(on_whatsapp=True, business=False), "no_longer_business"),
        (Before(True, None), Answer(on_whatsapp=True, business=True), None),
        (Before(True, True), Answer(on_whatsapp=True, business=None), None),
        (Before(False, False), Answer(on_whatsapp=False, business=True), None),
    ],
)
def test_a_change_is_named_once(before: Before | None, answer: Answer, expected: str | None) -> None:
    assert change(before, answer) == expected


def test_what_is_known_of_a_number_is_the_last_answer_and_all_its_lists(
    engine: Engine, service: WorldService, clock: Clock
) -> None:
    first = listed(engine, [FIRST, FIRST + 1])
    finish(engine.store, service, clock)
    given = clock.now
    second = listed(engine, [FIRST, FIRST + 2])
    look_up(engine, FIRST + 3)
    asked = len(service.submitted) + len(service.checked)
    found = engine.jobs.known([FIRST, FIRST + 2, FIRST + 3, FIRST + 4])
    assert len(service.submitted) + len(service.checked) == asked
    assert [[one.job.id for one in each.lists] for each in found] == [
        [second.id, first.id],
        [second.id],
        [],
        [],
    ]
    assert [each.answer is not None for each in found] == [True, False, True, False]
    assert (found[0].at, found[0].lists[1].answered) == (given, given)
    assert found[1].lists[0].answer.outcome is Outcome.NOT_SENT
    assert (found[2].job, bool(found[2].line_type)) == (None, True)


def test_what_another_key_knows_is_not_told(
    engine: Engine, store: Store, service: WorldService, clock: Clock
) -> None:
    listed(engine, [FIRST])
    finish(store, service, clock)
    other = make_engine(store, service, clock, key="another-key")
    assert (other.jobs.known([FIRST])[0].answer, other.jobs.known([FIRST])[0].lists) == (None, ())
    other.close()
