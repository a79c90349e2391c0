"""From a list to a job and back: every row keeps its number, whatever is reused, held back or reordered."""

import csv
import gc
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pwl_tui.answer import Answer, Outcome
from pwl_tui.engine.jobs import exporting, planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.money.journaling import digest
from pwl_tui.engine.problems import EngineError
from pwl_tui.filters import Choice
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.export import Target
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.errors import StateError
from pwl_tui.state.models import BalanceReading, JobState
from pwl_tui.state.queries.results import Reusable
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    Clock,
    WorldService,
    failing,
    finish,
    make_engine,
    make_submitter,
    rows_of,
)

DAY = 86_400.0


def source(cells: Sequence[object]) -> Source:
    return Source.from_text(
        "phone\n" + "\n".join(f"+{cell}" if isinstance(cell, int) else str(cell) for cell in cells) + "\n",
        "list",
    )


def made(
    cells: Sequence[object], reused: Sequence[int] = (), sample: int | None = None, balance: int | None = None
) -> JobPlan:
    answers = {
        number: Reusable(Answer(Outcome.COMPLETED, True, False, "Carrier", "US"), NOW - DAY)
        for number in reused
    }
    listed = plan(source(cells), Options(region="US", header=True))
    return planning.make(listed, answers, balance=balance, sample=sample, draw=random.Random(7))


@given(
    cells=st.lists(st.integers(FIRST, FIRST + 30) | st.just("junk") | st.just(""), max_size=60),
    reused=st.sets(st.integers(FIRST, FIRST + 30)),
    sample=st.none() | st.integers(0, 40),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_finds_its_own_number_again(
    store: Store, cells: list[object], reused: set[int], sample: int | None
) -> None:
    # One number more, so that no list is without.
    cells = [FIRST + 31, *cells]
    planned = made(cells, sorted(reused), sample)
    wanted = {cell for cell in cells if isinstance(cell, int)}
    assert planned.to_pay + planned.reused + planned.left_out == len(wanted)
    assert planned.reused == len(wanted & reused)
    assert planned.to_pay == min(len(wanted - reused), len(wanted) if sample is None else sample)

    job_id = planning.store_job(store, planned, binding=BINDING, profile="p", name="n", now=NOW)
    job = store.jobs.get(job_id)
    assert (job.numbers, job.reused, job.left_out) == (len(wanted), planned.reused, planned.left_out)
    rows = rows_of(store, job_id)
    assert [row.number for row in rows] == [cell if isinstance(cell, int) else None for cell in cells]
    assert all((row.answer is None) == bool(row.reason) for row in rows)
    sent = [number for batch in store.batches.of(job_id) for number in store.batches.numbers(batch)]
    for row in rows:
        if row.answer is None:
            continue
        if row.number in reused:
            assert (row.answer.outcome, row.answer.note) == (Outcome.COMPLETED, "reused from 2027-01-14")
        elif row.number not in sent:
            assert (row.answer.outcome, row.answer.note) == (Outcome.NOT_SENT, planning.NOT_CHOSEN)
    assert len(sent) == len(set(sent)) == planned.to_pay
    assert not set(sent) & reused


def test_a_row_with_several_numbers_gets_the_best_answer_and_says_which(store: Store, tmp_path: Path) -> None:
    text = f"name,a,b\nAda,+{FIRST},+{FIRST + 1} / +{FIRST + 2}\nBo,+{FIRST + 1},\nCy,,junk\nDi,+{FIRST},\n"
    known = {
        FIRST: Answer(Outcome.COMPLETED, False),
        FIRST + 1: Answer(Outcome.COMPLETED, True),
        FIRST + 2: Answer(Outcome.COMPLETED, False),
    }
    listed = plan(Source.from_text(text, "list"), Options(column="a,b"))
    assert (listed.rows, listed.rejected, listed.duplicates, listed.further) == (4, 1, 2, 2)
    answers = {number: Reusable(answer, NOW) for number, answer in known.items()}
    planned = planning.make(listed, answers, balance=None)
    job = planning.store_job(store, planned, binding=BINDING, profile="p", name="n", now=NOW)
    target = tmp_path / "out.csv"
    exporting.export(store, job, Target(target, "csv"))

    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert [row["wa_number"] for row in rows] == [f"+{FIRST + 1}", f"+{FIRST + 1}", "", f"+{FIRST}"]
    assert [row["wa_on_whatsapp"] for row in rows] == ["true", "true", "", "false"]
    assert rows[0]["wa_note"].endswith(f"also +{FIRST} not on WhatsApp, +{FIRST + 2} not on WhatsApp")
    assert rows[1]["wa_note"].startswith("duplicate of row 2")
    pairs = zip(target.read_text().splitlines(), text.splitlines(), strict=True)
    assert all(line.startswith(own) for line, own in pairs)
    again = exporting.original(store, job)
    assert plan(*again).numbers == listed.numbers, "the rest of the list is read in the same way"
    store.jobs.forget(job, NOW)
    assert list(store.results.further(job)) == []


def test_batches_are_cut_at_a_thousand_in_the_order_of_the_list(store: Store) -> None:
    numbers = [FIRST + i for i in range(2_300)]
    reused = numbers[100:200]
    planned = made(numbers, reused)
    assert planned.batches == 3
    job = planning.store_job(store, planned, binding=BINDING, profile="p", name="n", now=NOW)
    batches = store.batches.of(job)
    assert [(batch.first, batch.size) for batch in batches] == [(0, 1000), (1000, 1000), (2000, 200)]
    assert [number for batch in batches for number in store.batches.numbers(batch)] == [
        number for number in numbers if number not in set(reused)
    ]
    assert [batch.digest for batch in batches] == [digest(store.batches.numbers(batch)) for batch in batches]
    assert {r.batch for r in store.results.page(job, "all", 1_000, 1_000)} == {2}


@pytest.mark.parametrize(
    ("balance", "when_short", "cap", "to_pay", "held"),
    [
        (None, "cancel", 0, 10, 0),
        (10, "cancel", 0, 10, 0),
        (4, "fit", 0, 4, 6),
        (4, "wait", 0, 10, 0),
        (0, "wait", 0, 10, 0),
        (4, "fit", 4, 4, 6),
        (9, "cancel", 0, None, 0),
        (0, "fit", 0, None, 0),
        (10, "cancel", 9, None, 0),
        (5, "wait", 9, None, 0),
    ],
)
def test_what_is_carried_out_with_the_credits_there_are(
    balance: int | None, when_short: planning.WhenShort, cap: int, to_pay: int | None, held: int
) -> None:
    planned = made([FIRST + i for i in range(10)], balance=balance)
    if to_pay is None:
        with pytest.raises(EngineError):
            planning.affordable(planned, when_short, cap=cap)
        return
    done = planning.affordable(planned, when_short, cap=cap)
    assert (done.to_pay, done.left_out) == (to_pay, held)
    if held:
        assert list(done.numbers())[:to_pay] == [FIRST + i for i in range(to_pay)]
        assert done.left_out_because == planning.NOT_AFFORDED


def test_a_plan_says_what_it_costs_and_spends_nothing(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock, cap=100)
    cells = [FIRST + i for i in range(12)]
    planned = engine.plans.for_list(source(cells), Options())
    assert (planned.to_pay, planned.balance, planned.balance_after, planned.short) == (12, None, None, 0)
    store.balances.add(BINDING, BalanceReading(NOW, "wavalidation", 5))
    planned = engine.plans.for_list(source(cells), Options())
    assert (planned.balance, planned.balance_after, planned.short) == (5, 0, 7)
    assert engine.plans.for_list(source(cells), Options(), sample=4).to_pay == 4
    with pytest.raises(EngineError):
        engine.jobs.create(planned, name="list")
    assert store.jobs.all() == []
    job = engine.jobs.create(planned, name="a\x1b[2J\udce9b", when_short="fit")
    assert (job.name, job.left_out, job.state) == ("a [2Jb", 7, JobState.PLANNED)
    assert engine.jobs.create(planned, name="\udce9", when_short="wait").name == "list"
    assert service.world.ledger == []


def test_without_room_on_the_disk_there_is_no_job(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(store, service, clock)
    planned = engine.plans.for_list(source([FIRST]), Options())
    monkeypatch.setattr("pwl_tui.state.store.ROOM_BYTES", 2**62)
    with pytest.raises(StateError):
        engine.jobs.create(planned, name="list")
    assert store.jobs.all() == []


def test_an_answer_is_paid_for_once_in_its_days(store: Store, clock: Clock, service: WorldService) -> None:
    engine = make_engine(store, service, clock)
    numbers = [FIRST + i for i in range(20)]
    engine.jobs.create(engine.plans.for_list(source(numbers[:10]), Options()), name="first")
    finish(store, service, clock)
    truths = {number: service.world.truth(f"+{number}") for number in numbers}
    answered = {number for number in numbers[:10] if not truths[number].fails}

    clock.now += 10 * DAY
    assert set(engine.plans.for_list(source(numbers), Options()).answers) == answered
    assert engine.plans.for_list(source(numbers), Options(), reuse_days=0).reused == 0
    assert engine.plans.for_list(source(numbers), Options(), reuse_days=9).reused == 0
    engine.jobs.create(engine.plans.for_list(source(numbers), Options()), name="second")
    finish(store, service, clock)
    # An answer that was itself reused is as old as when it was given.
    clock.now += 25 * DAY
    assert set(engine.plans.for_list(source(numbers), Options()).answers) == {
        number for number in numbers[10:] if not truths[number].fails
    }


# -- and back


def exported(store: Store, job: int, path: Path, only: Choice | None = None) -> list[dict[str, str]]:
    exporting.export(store, job, Target(path, "csv", only, force=True))
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_that_ends_half_way_lets_go_of_the_state_file(tmp_path: Path, store: Store) -> None:
    planned = made([FIRST + i for i in range(2_000)])
    job = planning.store_job(store, planned, binding=BINDING, profile="p", name="n", now=NOW)

    def stop(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        exporting.export(store, job, Target(tmp_path / "out.csv", "csv"), stop)
    store.close()
    del stopped
    gc.collect()  # a query that is still open complains now, which fails the test


def test_the_export_is_the_list_with_the_truth_beside_it(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    numbers = [FIRST + i for i in range(60)]
    engine.jobs.create(engine.plans.for_list(source(numbers[50:]), Options()), name="before")
    finish(store, service, clock)
    clock.now += DAY
    cells: list[int | str] = [*numbers[:30], "n/a", "", *numbers[20:]]
    job = engine.jobs.create(engine.plans.for_list(source(cells), Options()), name="list")
    finish(store, service, clock)

    rows = exported(store, job.id, tmp_path / "out.csv")
    assert [row["phone"] for row in rows] == [f"+{cell}" if isinstance(cell, int) else cell for cell in cells]
    for index, (cell, row) in enumerate(zip(cells, rows, strict=True)):
        if isinstance(cell, str):
            assert (row["wa_outcome"], row["wa_number"]) == ("rejected", "")
            continue
        truth = service.world.truth(f"+{cell}")
        assert row["wa_number"] == f"+{cell}"
        assert row["wa_outcome"] == ("failed" if truth.fails else "completed")
        if not truth.fails:
            assert row["wa_on_whatsapp"] == str(truth.on_whatsapp).lower()
            assert (row["wa_carrier"], row["wa_country"]) == (truth.carrier, truth.country)
        repeats = cells.index(cell) + 2 if cells.index(cell) < index else None
        assert (f"duplicate of row {repeats}" in row["wa_note"]) == (repeats is not None)
        assert ("reused from" in row["wa_note"]) == (cell >= numbers[50] and not truth.fails)


def test_what_is_in_doubt_is_exported_as_pending_and_not_as_unsent(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    job = engine.jobs.create(engine.plans.for_list(source([FIRST, FIRST + 1]), Options()), name="list")
    assert {row["wa_outcome"] for row in exported(store, job.id, tmp_path / "a.csv")} == {"not_sent"}
    service.after = failing(Problem(kind=Kind.TIMEOUT, message="silent", charged="unknown", remedy="settle"))
    make_submitter(store, service, clock).send_next()
    rows = exported(store, job.id, tmp_path / "a.csv")
    assert {(row["wa_outcome"], row["wa_note"]) for row in rows} == {("pending", "its batch is in doubt")}
    engine.recovery.settle(job.id, 1, "lost")
    rows = exported(store, job.id, tmp_path / "a.csv", only="failed")
    assert [row["phone"] for row in rows] == [f"+{FIRST}", f"+{FIRST + 1}"]
