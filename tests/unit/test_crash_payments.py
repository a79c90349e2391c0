"""The crash harness sees each number that was paid for again, and what explains it."""

from pathlib import Path

import pytest

from pwl_tui.state.store import Store
from tests.crash.books import Books
from tests.crash.payments import unexplained
from tests.unit.fake_service import (
    FIRST,
    KEY,
    NOW,
    Clock,
    WorldService,
    add_job,
    finish,
    in_doubt,
)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books((tmp_path / "state",))


def pay(store: Store, service: WorldService, clock: Clock, first: int, size: int, *, at: float) -> None:
    """Send a job of some numbers, whatever else has them."""
    add_job(store, first, size, at=at)
    clock.now = at
    finish(store, service, clock)


def failing_number(service: WorldService) -> int:
    return next(number for number in range(FIRST, FIRST + 10_000) if service.world.truth(f"+{number}").fails)


def test_a_number_that_was_paid_for_twice_is_found(
    store: Store, service: WorldService, clock: Clock, books: Books
) -> None:
    pay(store, service, clock, FIRST, 10, at=NOW)
    assert unexplained(service.world, books, {}) == []
    pay(store, service, clock, FIRST + 9, 10, at=NOW + 1_000)
    (found,) = unexplained(service.world, books, {})
    assert f"+{FIRST + 9}, which does not fail, was paid for" in found


def test_a_number_that_was_known_to_fail_may_be_paid_for_again(
    store: Store, service: WorldService, clock: Clock, books: Books
) -> None:
    number = failing_number(service)
    pay(store, service, clock, number, 1, at=NOW)
    pay(store, service, clock, number, 1, at=NOW + 1_000)
    assert unexplained(service.world, books, {}) == []
    # Not if it was planned before that was known; which plan it was, its time tells.
    plans = {f"job {number}": [NOW - 5, NOW + 2_000]}
    (found,) = unexplained(service.world, books, plans)
    assert f"+{number}, which fails, was paid for" in found
    assert unexplained(service.world, books, {f"job {number}": [NOW - 5, NOW + 900]}) == []


@pytest.mark.parametrize(("decided", "expected"), [(True, 0), (False, 10)])
def test_a_decision_between_two_charges_explains_them(
    store: Store, service: WorldService, clock: Clock, books: Books, decided: bool, expected: int
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    if decided:
        clock.now += 100
        store.decisions.release(batch, now=clock.now, evidence="")
        finish(store, service, clock)
    else:  # the same numbers, as if nothing were in doubt
        service.world.submit(KEY, [f"+{number}" for number in store.batches.numbers(batch)])
    assert len(unexplained(service.world, books, {})) == expected
