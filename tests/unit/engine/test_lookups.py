"""Single checks: what is known is free, what is paid is paid once, and what may have been paid is said."""

import threading
from pathlib import Path

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.money.evidence import Verdict
from pwl_tui.engine.money.ledger import ledger
from pwl_tui.engine.money.settling import evidence_of
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.errors import StateError
from pwl_tui.state.money import BalancePeriod
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    NOW,
    SILENT,
    Clock,
    Killed,
    WorldService,
    accepted,
    add_job,
    answer,
    between_reads,
    failing,
    finish,
    in_doubt,
    killing,
    look_up,
    make_engine,
    make_submitter,
    open_store,
)

DAY = 86_400.0
REFUSED = Problem(kind=Kind.NETWORK, message="refused", charged="no", remedy="wait")


def spent(service: WorldService) -> int:
    return sum(charge.amount for charge in service.world.ledger)


# -- what is known


def test_what_a_job_knows_is_free_and_says_where_it_is_from(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    job = add_job(store, FIRST, 2)
    finish(store, service, clock)
    (finding,) = look_up(engine, FIRST)
    assert (finding.job, finding.paid, finding.problem) == (job, False, None)
    assert finding.answer == store.results.page(job, "all", 0, 1)[0].answer
    assert service.checked == []


def test_what_was_looked_up_is_known_with_all_its_fields(store: Store, clock: Clock, engine: Engine) -> None:
    (asked,) = look_up(engine, FIRST)
    assert (asked.paid, asked.at, asked.line_type) == (True, clock.now, "mobile")
    clock.now += 29 * DAY
    (known,) = look_up(engine, FIRST, FIRST)
    assert (known.answer, known.line_type, known.at) == (asked.answer, asked.line_type, asked.at)
    assert (known.paid, known.job) == (False, None)
    clock.now += 2 * DAY
    assert look_up(engine, FIRST)[0].paid, "older than reuse_days"
    assert [charge.amount for charge in store.charges.all(BINDING)] == [1, 1]


def test_what_was_looked_up_is_reused_by_lists(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    look_up(engine, FIRST)
    clock.now += 5
    plan = engine.plans.for_list(Source.from_text(f"+{FIRST}\n+{FIRST + 1}\n", "x"), Options(header=False))
    assert (plan.reused, plan.to_pay) == (1, 1)
    job = engine.jobs.create(plan, name="x")
    assert [one.answer.note for one in store.results.page(job.id, "all", 1, 1)] == ["reused from 2027-01-15"]
    clock.now += 5
    (known,) = look_up(engine, FIRST)
    assert (known.job, known.line_type) == (None, "mobile"), "it is still the lookup's"
    assert spent(service) == 1


def test_another_key_knows_nothing_of_it(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    look_up(engine, FIRST)
    other = make_engine(store, service, clock, key="other")
    assert other.lookups.plan([FIRST]).to_ask == 1


def test_to_ask_anew_pays_again(service: WorldService, clock: Clock, engine: Engine) -> None:
    look_up(engine, FIRST)
    clock.now += 1
    (again,) = look_up(engine, FIRST, fresh=True)
    assert (again.paid, again.at, spent(service)) == (True, clock.now, 2)


# -- before anything is paid


def test_a_plan_says_what_is_known_what_is_asked_and_what_it_costs(
    service: WorldService, engine: Engine
) -> None:
    look_up(engine, FIRST)
    plan = engine.lookups.plan([FIRST, FIRST + 1, FIRST + 2, FIRST + 1])
    assert (plan.known, plan.to_ask, plan.balance) == (1, 2, 9_999)
    assert spent(service) == 1


def test_with_too_few_credits_what_is_known_is_shown_and_nothing_is_paid(
    service: WorldService, engine: Engine
) -> None:
    look_up(engine, FIRST)
    service.world.add_credits(KEY, "wavalidation", -9_998)
    known, *short = look_up(engine, FIRST, FIRST + 1, FIRST + 2)
    assert known.answer is not None
    assert [
        one.problem and (one.problem.kind, one.problem.required, one.problem.available) for one in short
    ] == [(Kind.CREDITS, 2, 1)] * 2
    assert spent(service) == 1


def test_what_costs_more_than_the_person_allows_is_refused(
    store: Store, service: WorldService, clock: Clock
) -> None:
    with pytest.raises(EngineError, match="3 credits; max_credits_per_job allows 2"):
        make_engine(store, service, clock, cap=2).lookups.plan([FIRST, FIRST + 1, FIRST + 2])


def test_a_session_that_may_not_spend_shows_what_is_known(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    look_up(engine, FIRST)
    known, asked = look_up(make_engine(store, service, clock, may_spend=False), FIRST, FIRST + 1)
    assert known.answer is not None
    assert asked.problem is not None
    assert "--no-spend" in asked.problem.message
    assert spent(service) == 1


# -- the paid call


def test_the_intent_to_look_up_is_on_disk_before_a_byte_is_sent(
    tmp_path: Path, service: WorldService, engine: Engine
) -> None:
    seen: list[int] = []

    def look() -> None:
        other = open_store(tmp_path)
        seen.append(len(other.lookups.unanswered(BINDING)))
        other.close()

    service.before = look
    look_up(engine, FIRST)
    assert seen == [1]


def test_a_lookup_and_a_batch_are_never_paid_for_at_the_same_time(
    store: Store, service: WorldService, clock: Clock
) -> None:
    add_job(store, FIRST, 2)
    came: list[object] = []
    service.before = lambda: came.extend(look_up(make_engine(store, service, clock), FIRST + 9))
    finish(store, service, clock)
    (finding,) = came
    assert "Another pwl-tui is sending" in str(finding)
    assert service.checked == []


def test_two_at_the_same_moment_pay_once_and_both_have_the_answer(
    tmp_path: Path, service: WorldService, clock: Clock, engine: Engine
) -> None:
    came: list[object] = []
    waiting = threading.Event()
    idle = threading.Event()

    def pause(seconds: float) -> None:
        waiting.set()
        idle.wait(seconds)

    other = make_engine(open_store(tmp_path), service, clock, pause=pause)

    def second() -> None:
        came.extend(look_up(other, FIRST))

    thread = threading.Thread(target=second, daemon=True)

    def first_is_asked() -> None:
        thread.start()
        assert waiting.wait(20)

    service.before = first_is_asked
    (first,) = look_up(engine, FIRST)
    thread.join(20)
    (known,) = came
    assert first.paid
    assert getattr(known, "answer", None) == first.answer
    assert getattr(known, "paid", None) is False
    assert spent(service) == 1


def test_an_answer_that_comes_just_before_the_paid_call_is_not_paid_for_again(
    store: Store, service: WorldService, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is under way at one moment, and answered at the next: looked for in between, it is neither."""

    def begin() -> None:
        batch = accepted(store, add_job(store, FIRST, 1))
        between_reads(
            monkeypatch,
            lambda: store.polls.learn(batch, [answer(FIRST)], done=True, now=NOW + 1, next_poll=None),
            (store.results, "under_way"),
            (store.results, "reusable"),
        )

    plan = engine.lookups.plan([FIRST])
    # What is looked for under the lock of acceptance is what counts.
    between_reads(monkeypatch, begin, (service, "balance"))
    (finding,) = engine.lookups.run(plan)
    assert (finding.paid, finding.answer, service.checked) == (False, answer(FIRST)[1], [])


@pytest.mark.parametrize(("paid", "says"), [(True, "fell by 1"), (False, "has not moved")])
def test_a_lookup_without_an_answer_is_in_doubt_and_not_made_again_unasked(
    store: Store, service: WorldService, clock: Clock, engine: Engine, paid: bool, says: str
) -> None:
    setattr(service, "after" if paid else "before", failing(SILENT))
    (doubtful,) = look_up(engine, FIRST)
    service.before = service.after = lambda: None
    assert doubtful.problem is not None
    assert doubtful.problem.charged == "unknown"
    assert "may have been spent" in doubtful.problem.remedy
    assert says in doubtful.problem.remedy
    assert len(engine.credits.ledger().lookups_in_doubt) == 1
    clock.now += 60 * DAY
    (refused,) = look_up(engine, FIRST)
    assert refused.problem is not None
    assert "Not looked up again" in refused.problem.message
    assert refused.problem.charged == "unknown"
    assert len(service.checked) == 1
    (fresh,) = look_up(engine, FIRST, fresh=True)
    assert fresh.paid
    assert [entry.event for entry in store.activity.newest(0, 99)].count("lookup again") == 1
    clock.now += 1
    assert look_up(engine, FIRST)[0].answer == fresh.answer
    assert spent(service) == 1 + paid


def test_a_lookup_whose_process_was_killed_is_in_doubt(
    tmp_path: Path,
    store: Store,
    service: WorldService,
    clock: Clock,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(store.lookups, "doubt", die)
    service.after = killing
    with pytest.raises(Killed):
        look_up(engine, FIRST)
    service.after = lambda: None
    (finding,) = look_up(make_engine(open_store(tmp_path), service, clock), FIRST)
    assert finding.problem is not None
    assert "was stopped while it was looking up" in finding.problem.message
    assert spent(service) == 1


def test_one_that_was_surely_not_charged_is_asked_again(service: WorldService, engine: Engine) -> None:
    service.before = failing(REFUSED)
    first, second = look_up(engine, FIRST, FIRST + 1)
    assert first.problem == REFUSED
    assert second.problem is not None
    assert second.problem.message == "Not looked up: refused"
    assert len(service.checked) == 1
    service.before = lambda: None
    assert [finding.paid for finding in look_up(engine, FIRST, FIRST + 1)] == [True, True]


def test_a_number_that_the_service_cannot_check_does_not_stop_the_others(
    service: WorldService, engine: Engine
) -> None:
    numbers = range(FIRST, FIRST + 400)
    bad = next(number for number in numbers if service.world.truth(f"+{number}").fails)
    good = next(number for number in numbers if not service.world.truth(f"+{number}").fails)
    failed, answered = look_up(engine, bad, good)
    assert failed.problem is not None
    assert failed.problem.kind is Kind.SERVER_ERROR
    assert answered.paid


def test_an_answer_that_cannot_be_saved_is_shown_all_the_same(
    store: Store, service: WorldService, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_up(store, monkeypatch, "answer")
    (finding,) = look_up(engine, FIRST)
    assert finding.answer is not None
    assert finding.problem is not None
    assert "1 credit was charged but is not in the ledger. The disk is full." in finding.problem.message
    assert (finding.problem.charged, finding.ours) == ("yes", True)
    assert len(store.lookups.unanswered(BINDING)) == spent(service) == 1


def fill_up(store: Store, monkeypatch: pytest.MonkeyPatch, method: str, tries: int = 999) -> None:
    """Let the disk be full the first times that something is stored about a check."""
    failing, stores = iter(range(tries)), getattr(store.lookups, method)

    def full(*given: object, **named: object) -> object:
        if next(failing, None) is not None:
            raise StateError("The disk is full.", "Free some space.")
        return stores(*given, **named)

    monkeypatch.setattr(store.lookups, method, full)


def booked(store: Store) -> int:
    return sum(charge.amount for charge in store.charges.all(BINDING))


def test_an_answer_that_cannot_be_saved_at_once_is_saved_a_moment_later(
    store: Store, service: WorldService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = list[float]()
    engine = make_engine(store, service, clock, pause=pauses.append)
    fill_up(store, monkeypatch, "answer", tries=2)
    (finding,) = look_up(engine, FIRST)
    assert (finding.paid, finding.problem, len(pauses)) == (True, None, 2)
    assert store.lookups.unanswered(BINDING) == []
    assert booked(store) == spent(service) == 1


@pytest.mark.parametrize("when", ["looking up", "leaving"])
def test_an_answer_that_could_not_be_saved_is_booked_once_there_is_room(
    store: Store, service: WorldService, engine: Engine, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    with monkeypatch.context() as full:
        fill_up(store, full, "answer")
        (lost,) = look_up(engine, FIRST)
    if when == "leaving":
        engine.stop()
        assert engine.drain(1.0)
    else:
        (again,) = look_up(engine, FIRST)
        assert (again.answer, again.at, again.paid) == (lost.answer, lost.at, False)
    assert store.lookups.unanswered(BINDING) == []
    assert booked(store) == spent(service) == 1


def test_after_the_program_an_answer_that_could_not_be_saved_is_in_doubt_and_called_so(
    store: Store, service: WorldService, clock: Clock, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        fill_up(store, full, "answer")
        look_up(engine, FIRST)
    (finding,) = look_up(make_engine(store, service, clock), FIRST)
    assert finding.problem is not None
    assert "could not store the answer" in finding.problem.message
    assert (finding.problem.charged, spent(service)) == ("unknown", 1)


def test_a_doubt_that_cannot_be_saved_is_told_all_the_same(
    store: Store, service: WorldService, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.after = failing(SILENT)
    fill_up(store, monkeypatch, "doubt")
    (finding,) = look_up(engine, FIRST)
    assert finding.problem is not None
    assert finding.problem.message == f"{SILENT.message} That could not be stored: The disk is full."
    assert finding.problem.remedy == "1 credit may have been spent. Free some space."


def test_to_stop_keeps_what_came_and_asks_no_more(service: WorldService, engine: Engine) -> None:
    run = engine.lookups.run(engine.lookups.plan([FIRST, FIRST + 1]))
    assert next(run).paid
    engine.stop()
    assert list(run) == []
    assert engine.drain(1.0)
    assert spent(service) == 1


def test_leaving_waits_for_the_answer_that_is_being_paid_for(service: WorldService, engine: Engine) -> None:
    drained: list[bool] = []

    def leave() -> None:
        engine.stop()
        drained.append(engine.drain(0.0))

    service.before = leave
    assert look_up(engine, FIRST)[0].paid
    assert drained == [False]
    assert engine.drain(0.0)


# -- the books


def test_a_lookup_in_doubt_explains_what_the_balance_did() -> None:
    balances = [BalancePeriod(1.0, 2.0, 100), BalancePeriod(5.0, 6.0, 99), BalancePeriod(8.0, 9.0, 97)]
    books = ledger([], balances, None, [3.0])
    assert books.lookups_in_doubt == (3.0,)
    assert [(moved.fell, moved.unexplained) for moved in books.movements] == [(2, 2)], "it explains one"
    late = [BalancePeriod(1.0, 4.0, 100), BalancePeriod(5.0, 6.0, 99)]
    assert ledger([], late, None, [3.0]).movements == (), "charged after the next reading"
    assert ledger([], late, None, [5.0]).alarms != ()


def test_as_many_lookups_in_doubt_do_not_pass_for_a_batch(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    batch = in_doubt(store, service, clock, paid=False)
    clock.now += 1
    service.after = failing(SILENT)
    for number in range(FIRST + 100, FIRST + 110):
        look_up(engine, number)
    service.after = lambda: None
    clock.now += 1
    make_submitter(store, service, clock).send_next()
    evidence = evidence_of(store, BINDING, store.batches.get(batch.job, 1))
    assert (evidence.fell, evidence.size) == (10, 10)
    assert evidence.verdict is Verdict.CANNOT_TELL


def test_purging_removes_the_numbers_and_keeps_the_charges(
    store: Store, service: WorldService, clock: Clock, engine: Engine
) -> None:
    look_up(engine, FIRST)
    service.after = failing(SILENT)
    look_up(engine, FIRST + 1)
    service.after = lambda: None
    clock.now += 10 * DAY
    look_up(engine, FIRST + 2)
    assert (engine.lookups.purgeable(11), engine.lookups.purgeable(5)) == (0, 2)
    engine.lookups.purge(5)
    assert engine.lookups.purgeable(5) == 0
    assert sorted(store.lookups.latest(BINDING, [FIRST, FIRST + 1, FIRST + 2])) == [FIRST + 2]
    books = engine.credits.ledger()
    assert (books.spent, len(books.lookups_in_doubt)) == (2, 1)


def test_an_answer_that_says_nothing_is_not_paid_for_again(
    store: Store, clock: Clock, service: WorldService, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = service.check

    def unsure(number: str, region: str | None = None) -> object:
        answer = check(number, region)
        return type(answer)(answer.number, Answer(Outcome.COMPLETED), "voip")

    monkeypatch.setattr(service, "check", unsure)
    look_up(engine, FIRST)
    clock.now += 1
    (known,) = look_up(engine, FIRST)
    assert (known.paid, known.line_type, spent(service)) == (False, "voip", 1)
    assert store.results.reusable(BINDING, [FIRST], 0.0) == {}
