"""What a person is told of a batch in doubt, and of answers that the service will not keep much longer."""

import pytest

from pwl_tui.engine.jobs.timing import days_left, expires, is_expiring
from pwl_tui.engine.money.evidence import Verdict, weigh
from pwl_tui.engine.money.settling import choices
from pwl_tui.state.models import BalanceReading
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    FIRST,
    KEY,
    NOW,
    SILENT,
    Clock,
    WorldService,
    accepted,
    add_job,
    answer,
    failing,
    make_engine,
    make_submitter,
)

DAY = 86_400.0


def readings(*balances: int) -> list[BalanceReading]:
    offsets = (0.0, 10.0, 60.0, 300.0)
    return [
        BalanceReading(NOW + offset, "wavalidation", balance)
        for offset, balance in zip(offsets, balances, strict=False)
    ]


@pytest.mark.parametrize(
    ("before", "after", "otherwise", "said"),
    [
        (None, (900,), 0, "unknown, so the readings cannot tell"),
        (1000, (), 0, "has not been read since"),
        (1000, (900,), 0, "fell by exactly 100: the batch was charged, as far as is known now"),
        (1000, (900,) * 4, 0, "the batch was charged, almost certainly"),
        (1000, (880,) * 4, 20, "exactly 100 (not counting 20 spent by other work)"),
        (1000, (1000,), 0, "still 1,000 so far: the batch was probably not charged; a late charge"),
        (
            1000,
            (1000,) * 4,
            0,
            "still 1,000 after 300 seconds: the batch was probably not charged",
        ),
        (1000, (950,) * 4, 0, "fell by 50, but the batch costs 100: something else changed it"),
        (1000, (1500,) * 4, 0, "rose by 500, but the batch costs 100"),
    ],
)
def test_the_evidence_is_explained(
    before: int | None, after: tuple[int, ...], otherwise: int, said: str
) -> None:
    assert said in weigh(before, 100, readings(*after), otherwise).explanation


def test_every_choice_says_what_it_can_cost() -> None:
    for after, warning in ((1000, "If it was charged after all"), (900, "By the balance it was charged")):
        evidence = weigh(1000, 100, readings(after), 0)
        free, adopted, lost = choices(evidence)
        assert (free.decision, adopted.decision, lost.decision) == ("free", "adopted", "lost")
        assert "100 credits" in free.cost
        assert warning in free.cost
        assert "Costs nothing" in adopted.cost
        assert "100 credits" in lost.cost
    assert evidence.verdict is Verdict.CHARGED


def test_the_report_has_what_support_needs_and_no_secret(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10, at=NOW)
    service.after = failing(SILENT)
    submitter = make_submitter(store, service, clock)
    for _ in range(70):
        submitter.send_next()
        clock.now += 1
    engine = make_engine(store, service, clock)
    report = engine.recovery.report(job, 1)
    batch = store.batches.get(job, 1)
    assert batch.digest in report
    assert "Sent                 2027-01-15T08:00:00Z" in report
    assert "2027-01-15T08:01:01Z         9,990  60 s after" in report
    assert "10,000  before it was sent" in report
    assert engine.recovery.evidence(job, 1).explanation in report
    assert "batch of 10 numbers" in report
    for secret in (KEY, store.jobs.get(job).binding.fingerprint, str(FIRST), store.jobs.get(job).name):
        assert secret not in report
    assert all(len(line) <= 110 for line in report.splitlines())


# -- how long the service keeps answers


@pytest.mark.parametrize(
    ("days", "left", "expiring"),
    [
        (0, 14, False),
        (0.01, 14, False),
        (0.6, 13, False),
        (9.9, 4, False),
        (10, 4, True),
        (13.6, 0, True),
        (30, 0, True),
    ],
)
def test_unfetched_answers_have_days_left(store: Store, days: float, left: int, expiring: bool) -> None:
    batch = accepted(store, add_job(store, FIRST, 2, at=NOW))
    job = store.jobs.get(batch.job)
    now = NOW + days * DAY
    assert expires(job) == NOW + 14 * DAY
    assert (days_left(job, now), is_expiring(job, now)) == (left, expiring)


def test_what_is_fetched_does_not_expire(store: Store) -> None:
    batch = accepted(store, add_job(store, FIRST, 2, at=NOW))
    store.polls.learn(batch, [answer(FIRST), answer(FIRST + 1)], done=True, now=NOW, next_poll=None)
    job = store.jobs.get(batch.job)
    assert (expires(job), days_left(job, NOW), is_expiring(job, NOW + 99 * DAY)) == (None, None, False)
