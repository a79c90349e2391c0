"""Charges and balances side by side: what nobody explains stands out, and nothing else does."""

import pytest

from pwl_tui.engine.money.ledger import Ledger, ledger
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import BalanceReading
from pwl_tui.state.money import BalancePeriod, Charge
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    NOW,
    SILENT,
    Clock,
    WorldService,
    add_job,
    failing,
    finish,
    make_engine,
    make_service,
    make_submitter,
)


def batch(started: float | None, at: float, amount: int, before: int | None = None) -> Charge:
    return Charge(at, amount, before, 1, 1, started)


def period(balance: int, first: float, last: float | None = None) -> BalancePeriod:
    return BalancePeriod(first, first if last is None else last, balance)


def unexplained(of: Ledger) -> list[int]:
    return [movement.unexplained for movement in reversed(of.movements)]


@pytest.mark.parametrize(
    ("charges", "balances", "doubt", "found"),
    [
        ([], [], None, []),
        ([], [period(100, 0, 9)], None, []),
        ([batch(1, 2, 10)], [period(100, 1), period(90, 3)], None, []),
        # Somebody else uses the key.
        ([], [period(100, 0), period(60, 5)], None, [40]),
        ([batch(1, 2, 10)], [period(100, 1), period(50, 3)], None, [40]),
        # A top-up, with and without charges in the same time.
        ([], [period(100, 0), period(600, 5)], None, [-500]),
        ([batch(1, 2, 10)], [period(100, 1), period(590, 3)], None, [-500]),
        # A balance read in the middle of a submission may lie on either side of the charge.
        ([batch(1, 5, 10)], [period(100, 1), period(90, 3), period(90, 6)], None, []),
        ([batch(1, 5, 10)], [period(100, 1), period(100, 3), period(90, 6)], None, []),
        ([batch(1, 5, 10)], [period(100, 1, 3), period(90, 4, 8), period(80, 9)], None, [10]),
        # Booked a little late.
        ([batch(1, 2, 10)], [period(100, 1, 3), period(90, 6)], None, []),
        ([batch(1, 2, 10)], [period(100, 1, 3), period(70, 6)], None, [20]),
        # What was paid for elsewhere explains nothing.
        ([batch(None, 2, 10)], [period(100, 1), period(90, 3)], None, [10]),
        # While a batch is in doubt nobody can say.
        ([], [period(100, 1), period(90, 3), period(80, 9)], 1, []),
        ([], [period(100, 0), period(60, 1), period(50, 3)], 2, [40]),
    ],
)
def test_movements(
    charges: list[Charge], balances: list[BalancePeriod], doubt: float | None, found: list[int]
) -> None:
    assert unexplained(ledger(charges, balances, doubt)) == found


def test_a_line_has_the_balance_before_and_after() -> None:
    charges = [batch(1, 2, 10, 100), batch(3, 4, 10, 90), Charge(5, 1, None, None, None, 5)]
    lines = ledger(charges, [period(100, 1), period(90, 3), period(79, 9)], None).lines
    assert [(line.credits, line.before, line.after) for line in lines] == [
        (1, None, 79),
        (10, 90, None),
        (10, 100, 90),
    ]


class Ticking(Clock):
    """No two looks at it are the same."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def test_our_own_work_raises_no_alarm(store: Store) -> None:
    clock = Ticking()
    service = make_service(clock)
    engine = make_engine(store, service, clock)
    job = add_job(store, FIRST, 50, batch_size=10, at=NOW)
    finish(store, service, clock)
    engine.credits.balance()
    books = engine.credits.ledger()
    assert (books.spent, books.movements) == (50, ())
    assert [(line.job, line.seq, line.name) for line in books.lines[:2]] == [
        (job, 5, store.jobs.get(job).name),
        (job, 4, store.jobs.get(job).name),
    ]
    assert {line.batch_id for line in books.lines} == set(service.world.batches)
    engine.jobs.forget(job)
    assert {(line.name, line.batch_id) for line in engine.credits.ledger().lines} == {
        ("", batch_id) for batch_id in service.world.batches
    }


def test_what_another_program_spends_raises_one(store: Store, clock: Clock, service: WorldService) -> None:
    engine = make_engine(store, service, clock)
    engine.credits.balance()
    clock.now += 60
    service.world.submit(KEY, [f"+{FIRST + i}" for i in range(7)])
    clock.now += 60
    engine.credits.balance()
    (alarm,) = engine.credits.ledger().alarms
    assert (alarm.since, alarm.until, alarm.fell, alarm.known, alarm.unexplained) == (NOW, NOW + 120, 7, 0, 7)


@pytest.mark.parametrize(("decision", "alarms"), [("lost", 0), ("adopted", 0), ("free", 1)])
def test_a_doubt_is_accounted_for_once_it_is_settled(
    store: Store, clock: Clock, service: WorldService, decision: str, alarms: int
) -> None:
    job = add_job(store, FIRST, 10, at=NOW)
    service.after = failing(SILENT)
    submitter = make_submitter(store, service, clock)
    for _ in range(400):
        submitter.send_next()
        clock.now += 1
    engine = make_engine(store, service, clock)
    engine.credits.balance()
    assert engine.credits.ledger().movements == ()
    service.after = lambda: None
    batch_id = next(iter(service.world.batches)) if decision == "adopted" else None
    engine.recovery.settle(job, 1, decision, batch_id)  # type: ignore[arg-type]
    clock.now += 1
    engine.credits.balance()
    # Decided wrongly: the ten credits are gone, and nothing explains where.
    assert len(engine.credits.ledger().alarms) == alarms


def test_a_balance_is_kept_with_the_first_and_last_time_it_was_told(store: Store) -> None:
    for at, balance in ((1.0, 100), (2.0, 100), (3.0, 90), (2.5, 90), (9.0, 100)):
        store.balances.add(BINDING, BalanceReading(at, PROVIDER.batch_service, balance))
    assert store.balances.all(BINDING, PROVIDER.batch_service) == [
        period(100, 1, 2),
        period(90, 3),
        period(100, 9),
    ]
