"""Every error that the dialects document, and those nobody documents, in each place where it can come.

Each answer goes through the real client to where the person meets it: the credits, the sending, the polling,
a single check.
"""

import pytest

from pwl_tui.api.errors import ApiError
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.money.submitter import Delayed, Frozen, OnHold, Sent, Step
from pwl_tui.problem import Problem
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from tests.unit.contract import CASES, CONNEXEASE, DIGICHAT, SENTENCE, Case, Gateway
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    Clock,
    accepted,
    add_job,
    look_up,
    make_engine,
    make_poller,
    make_submitter,
)

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def engine(store: Store, gateway: Gateway, clock: Clock) -> Engine:
    return make_engine(store, gateway.client(), clock)


def check_words(problem: Problem, case: Case, *, paid: bool) -> None:
    """Compare what the person is told."""
    assert (problem.kind, problem.status) == (case.kind, case.status)
    assert problem.charged == (case.charged if paid else "no")
    assert (SENTENCE if isinstance(case.body, dict) else str(case.status)) in problem.message
    assert ("check the balance" if problem.charged == "unknown" else case.remedy) in problem.remedy


def check_job(step: Step, case: Case, store: Store, clock: Clock) -> None:
    """Compare what keeps the job from being sent, and until when."""
    hold, until = store.jobs.get(1).hold, store.jobs.get(1).hold_until
    match case.job:
        case "held":
            assert isinstance(step, OnHold)
            assert (hold, until) == (step.problem, None)
        case "short":
            assert isinstance(step, OnHold)
            assert (hold, until) == (step.problem, clock.now + 60)
        case "delayed":
            assert isinstance(step, Delayed)
            assert (hold, until) == (step.problem, step.until)
            assert step.until > clock.now
        case "frozen":
            assert isinstance(step, Frozen)
            assert (hold, until) == (None, None)


@every_case
def test_asking_for_the_credits(store: Store, gateway: Gateway, engine: Engine, case: Case) -> None:
    gateway.breaks("balance", case.status, case.body)
    with pytest.raises(ApiError) as caught:
        engine.credits.balance()
    check_words(caught.value.problem, case, paid=False)
    assert store.balances.latest(BINDING) == {}
    assert gateway.calls == ["balance"], "asked twice"


@every_case
def test_asking_for_the_credits_before_sending(
    store: Store, gateway: Gateway, clock: Clock, case: Case
) -> None:
    add_job(store, FIRST, 10)
    gateway.breaks("balance", case.status, case.body)
    submitter = make_submitter(store, gateway.client(), clock)
    step = submitter.send_next()
    assert isinstance(step, OnHold | Delayed)
    check_words(step.problem, case, paid=False)
    # Nothing was sent, so nothing is in doubt: what would be then is asked again, or wants the person.
    job = case.job if case.job != "frozen" else "held" if case.kind == "forbidden" else "delayed"
    check_job(step, case._replace(job=job), store, clock)
    assert store.batches.get(1, 1).state is BatchState.PLANNED
    assert gateway.calls == ["balance"]
    # All is well again: the person resumes what is held, the rest goes on by itself.
    gateway.broken = ""
    if job == "held":
        clock.now += 86_400
        submitter.send_next()
        assert gateway.calls == ["balance"], "went on without the person"
        store.jobs.release(1)
    clock.now += 400
    assert isinstance(submitter.send_next(), Sent)


@every_case
def test_sending(store: Store, gateway: Gateway, engine: Engine, clock: Clock, case: Case) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    gateway.breaks("submit", case.status, case.body)
    submitter = make_submitter(store, gateway.client(), clock)
    step = submitter.send_next()
    batch = store.batches.get(job, 1)
    assert (batch.state, batch.charged, batch.batch_id) == (case.batch, 0, None)
    assert batch.error is not None
    check_words(batch.error, case, paid=True)
    check_job(step, case, store, clock)
    assert store.charges.all(BINDING) == []
    assert store.batches.get(job, 2).state is BatchState.PLANNED
    # As long as nobody has done anything about it, nothing is sent that waiting does not cure.
    gateway.broken = ""
    clock.now += 400
    step = submitter.send_next()
    assert gateway.calls.count("submit") == (2 if case.job in {"short", "delayed"} else 1)
    if case.job == "frozen":
        assert isinstance(step, Frozen)
        assert store.balances.evidence(job, 1), "no evidence was gathered"
        engine.recovery.settle(job, 1, "free")
    elif case.job == "held":
        engine.jobs.resume(job)
    while isinstance(submitter.send_next(), Sent):
        pass
    sent = [one for one in store.batches.of(job) if one.state is BatchState.PROCESSING]
    assert sum(one.size for one in sent) == 20


@every_case
def test_polling(store: Store, gateway: Gateway, clock: Clock, case: Case) -> None:
    job = add_job(store, FIRST, 10)
    accepted(store, job)
    gateway.breaks("poll", case.status, case.body)
    poller = make_poller(store, gateway.client(), clock)
    clock.now += 3_600  # a batch accepted minutes ago need not be known everywhere
    batch = poller.claim()
    assert batch is not None
    polled = poller.poll(batch)
    assert polled.problem is not None
    check_words(polled.problem, case, paid=False)
    assert polled.service_wide == (case.polling == "all")
    batch = store.batches.get(job, 1)
    assert batch.charged == 10, "an error of a poll changed what was paid"
    if case.polling == "gone":
        assert (batch.state, batch.error) == (BatchState.UNREACHABLE, polled.problem)
        store.polls.try_again(job, now=clock.now)
    else:
        assert (batch.state, batch.attempts) == (BatchState.PROCESSING, 1)
        assert batch.next_poll is not None
        assert clock.now + 2 <= batch.next_poll <= clock.now + 60
    # All is well again, and nothing was lost.
    gateway.broken = ""
    clock.now += 60
    batch = poller.claim()
    assert batch is not None
    assert poller.poll(batch).problem is None


@every_case
def test_checking_one_number(store: Store, gateway: Gateway, engine: Engine, case: Case) -> None:
    gateway.breaks("check", case.status, case.body)
    (finding,) = look_up(engine, FIRST)
    problem = finding.problem
    assert problem is not None
    assert (problem.kind, problem.status, problem.charged) == (case.kind, case.status, case.charged)
    assert ("may have been spent" if problem.charged == "unknown" else case.remedy) in problem.remedy
    assert store.charges.all(BINDING) == []
    assert len(store.lookups.unanswered(BINDING)) == (problem.charged == "unknown")
    assert gateway.calls.count("check") == 1, "asked twice, and perhaps paid twice"


def test_the_tables_name_every_documented_code_once() -> None:
    named = [line.split()[0] for table in (DIGICHAT, CONNEXEASE) for line in table.strip().splitlines()]
    assert len(named) == len(set(named)) == 40
