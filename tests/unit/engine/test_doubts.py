"""Lists with numbers of which a lookup may have been charged: not paid for again unasked (rule 7)."""

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.planning import LOOKED_UP, JobPlan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.state.store import Store
from pwl_tui.ui.presenters.plan import spending
from pwl_tui.wording.plan import in_doubt, steps
from tests.unit.fake_service import (
    FIRST,
    SILENT,
    Clock,
    Killed,
    WorldService,
    failing,
    finish,
    killing,
    look_up,
    make_engine,
    rows_of,
)


@pytest.fixture
def doubted(service: WorldService, engine: Engine, clock: Clock) -> None:
    """A lookup of the first number got no answer."""
    service.before = failing(SILENT)
    look_up(engine, FIRST)
    service.before = lambda: None
    clock.now += 60


def planned(engine: Engine, days: int | None = None) -> JobPlan:
    text = "".join(f"+{number}\n" for number in range(FIRST, FIRST + 3))
    return engine.plans.for_list(Source.from_text(text, "list"), Options(header=False), reuse_days=days)


def figures(plan: JobPlan) -> tuple[int, int, int]:
    return plan.to_pay, plan.reused, plan.doubted


@pytest.mark.usefixtures("doubted")
@pytest.mark.parametrize("days", [None, 0])
def test_a_list_leaves_out_what_a_lookup_in_doubt_may_have_paid_for(
    store: Store, service: WorldService, clock: Clock, engine: Engine, days: int | None
) -> None:
    plan = planned(engine, days)
    assert figures(plan) == (2, 0, 1)
    told = "1 number is left out: a lookup of it has no answer and may have been charged."
    assert told in in_doubt(plan)
    assert told in spending(plan)
    assert [(step.name, step.count) for step in steps(plan)][1:] == [("in doubt", 1), ("to pay", 2)]
    job = engine.jobs.create(plan, name="x")
    finish(store, service, clock)
    assert service.submitted == [(f"+{FIRST + 1}", f"+{FIRST + 2}")]
    left_out = rows_of(store, job.id)[0].answer
    assert left_out == Answer(Outcome.NOT_SENT, note=LOOKED_UP)
    assert store.jobs.get(job.id).left_out == 1


@pytest.mark.usefixtures("doubted")
def test_to_send_the_rest_pays_for_it_and_is_recorded(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    job = engine.jobs.create(planned(engine), name="x")
    finish(store, service, clock)
    rest = engine.plans.for_remainder(job.id)
    assert rest.to_pay == rest.paid_despite == 1
    assert in_doubt(rest) == "1 number may be paid for a second time: a lookup of it got no answer."
    engine.jobs.create(rest, name="rest")
    finish(store, service, clock)
    assert service.submitted[-1] == (f"+{FIRST}",)
    decided = [entry.detail for entry in store.activity.newest(0, 99) if entry.event == "paid again"]
    assert decided == ["1 numbers looked up without an answer"]
    clock.now += 1
    assert planned(engine, 0).doubted == 0, "it has an answer since"


def test_a_lookup_that_is_being_made_is_not_paid_for_by_a_list(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    other = make_engine(store, service, clock)
    before = planned(other)
    found: list[JobPlan] = []

    def meanwhile() -> None:
        found.append(planned(other))
        other.jobs.create(before, name="planned before")

    service.before = meanwhile
    (finding,) = look_up(engine, FIRST)
    service.before = lambda: None
    assert finding.paid
    assert figures(found[0]) == (2, 0, 1)
    clock.now += 1
    other.jobs.create(found[0], name="accepted after the answer")
    finish(store, service, clock)
    assert [numbers for numbers in service.submitted if f"+{FIRST}" in numbers] == []
    outcomes = [row.answer and row.answer.outcome for job in (1, 2) for row in rows_of(store, job)[:1]]
    assert outcomes == [Outcome.NOT_SENT, Outcome.COMPLETED]


def test_a_lookup_whose_process_died_is_in_doubt_for_lists(
    store: Store, service: WorldService, clock: Clock, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    service.after = killing
    doubt = store.lookups.doubt
    monkeypatch.setattr(store.lookups, "doubt", die)
    with pytest.raises(Killed):
        look_up(engine, FIRST)
    monkeypatch.setattr(store.lookups, "doubt", doubt)
    service.after = lambda: None
    clock.now += 60
    job = engine.jobs.create(planned(make_engine(store, service, clock)), name="x")
    assert job.left_out == 1
    finish(store, service, clock)
    assert engine.plans.for_remainder(job.id).paid_despite == 1


def test_a_lookup_does_not_pay_for_what_a_list_was_accepted_with_meanwhile(
    store: Store, service: WorldService, clock: Clock, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, other = engine.lookups.plan([FIRST]), make_engine(store, service, clock)
    add = store.balances.add

    def accepting(*_: object) -> None:
        monkeypatch.setattr(store.balances, "add", add)
        other.jobs.create(planned(other), name="x")

    monkeypatch.setattr(store.balances, "add", accepting)
    (finding,) = engine.lookups.run(wanted)
    assert finding.problem is not None
    assert "under way in job 1" in finding.problem.message
    assert service.checked == []
