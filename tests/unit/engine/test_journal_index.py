"""An older copy of the state file is put back, or a new one begun, and the journal knows better."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from pwl_tui.engine.money.evidence import Verdict
from pwl_tui.engine.money.journal_index import JournalIndex, Open, follow_up, moment_of
from pwl_tui.engine.money.submitter import Delayed, Frozen, Idle, Sent
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.files.journal import Entry, Intent, Line
from pwl_tui.state.models import BatchState
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
    charged,
    failing,
    finish,
    make_engine,
    make_submitter,
    open_store,
)


def put_back(store: Store, copy: Path) -> Store:
    """Replace the state file, and not the journal, by an older copy of it."""
    directory = store.directory
    store.close()
    for left in directory.glob("state.db*"):
        left.unlink()
    shutil.copy(copy, directory / "state.db")
    return Store.open(directory)


def copied(store: Store, tmp_path: Path) -> Path:
    copy = tmp_path / "copy.db"
    # A backup as people make one: the file alone, after its log was written into it.
    store._database.first("PRAGMA wal_checkpoint(TRUNCATE)")  # noqa: SLF001
    shutil.copy(store.directory / "state.db", copy)
    return copy


def test_what_was_sent_after_the_backup_is_not_sent_again(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 50, batch_size=10, at=NOW)
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    backup = copied(store, tmp_path)
    for _ in range(3):
        assert isinstance(submitter.send_next(), Sent)
    clock.now += 20 * 86_400

    older = put_back(store, backup)
    assert [batch.state for batch in older.batches.of(job)].count(BatchState.PLANNED) == 4
    finish(older, service, clock)
    assert older.jobs.get(job).counts.answered == 50
    assert set(charged(service).values()) == {1}
    assert [batch.batch_id for batch in older.batches.of(job)] == list(service.world.batches)
    # The books are those of before, with the times of then.
    assert sum(charge.amount for charge in older.charges.all(BINDING)) == 50
    assert [entry.event for entry in older.activity.newest(0, 99, job=job)].count("found in the journal") == 3
    older.close()


def test_a_doubt_that_was_settled_after_the_backup_is_settled(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10, at=NOW)
    submitter = make_submitter(store, service, clock)
    service.after = failing(SILENT)
    assert isinstance(submitter.send_next(), Frozen)
    backup = copied(store, tmp_path)
    clock.now += 60
    (batch_id,) = service.world.batches
    make_engine(store, service, clock).recovery.settle(job, 1, "adopted", batch_id)

    older = put_back(store, backup)
    assert [batch.state for batch in older.batches.of(job)] == [BatchState.UNKNOWN]
    make_engine(older, service, clock).recovery.recover()
    assert [batch.batch_id for batch in older.batches.of(job)] == [batch_id]
    assert isinstance(make_submitter(older, service, clock).send_next(), Idle)
    older.close()


@pytest.mark.parametrize("paid", [True, False])
def test_a_doubt_that_arose_after_the_backup_is_one_again(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService, paid: bool
) -> None:
    job = add_job(store, FIRST, 20, batch_size=10, at=NOW)
    backup = copied(store, tmp_path)
    setattr(service, "after" if paid else "before", failing(SILENT))
    assert isinstance(make_submitter(store, service, clock).send_next(), Frozen)
    service.before = service.after = lambda: None

    older = put_back(store, backup)
    submitter = make_submitter(older, service, clock)
    assert isinstance(submitter.send_next(), Frozen)
    in_doubt = older.batches.get(job, 1)
    assert (in_doubt.state, in_doubt.submitted, in_doubt.balance_before) == (BatchState.UNKNOWN, NOW, 10_000)
    assert in_doubt.error is not None
    assert "older copy" in in_doubt.error.remedy
    engine = make_engine(older, service, clock)
    for _ in range(400):
        submitter.send_next()
        clock.now += 1
    assert engine.recovery.evidence(job, 1).verdict is (Verdict.CHARGED if paid else Verdict.FREE)
    assert len(service.submitted) == 1
    if paid:
        engine.recovery.settle(job, 1, "adopted", next(iter(service.world.batches)))
    else:
        engine.recovery.settle(job, 1, "free")
    finish(older, service, clock)
    assert older.jobs.get(job).counts.answered == 20
    assert set(charged(service).values()) == {1}
    older.close()


def test_what_surely_was_not_sent_is_no_doubt_after_a_backup_either(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10, at=NOW)
    backup = copied(store, tmp_path)
    service.before = failing(Problem(kind=Kind.RATE_LIMITED, message="slow down", remedy="wait"))
    assert isinstance(make_submitter(store, service, clock).send_next(), Delayed)
    service.before = lambda: None
    older = put_back(store, backup)
    finish(older, service, clock)
    assert older.jobs.get(job).batches == {BatchState.COMPLETED: 1}
    older.close()


@pytest.mark.parametrize(
    ("sent", "not_sent", "may_be_charged"),
    [(2.0, 2.0, False), (2.0, 1.0, True), (None, 1.0, False), (2.0, None, False)],
)
def test_of_two_copies_that_send_a_batch_the_one_that_was_refused_does_not_speak_for_the_other(
    sent: float | None, not_sent: float | None, may_be_charged: bool
) -> None:
    line = Intent(
        at="t", intent="send", size=1, digest="d", base_url="b", key="k", job=1, seq=1, submitted=sent
    )
    unanswered: Open = {}
    follow_up(unanswered, [line, replace(line, intent="not sent", submitted=not_sent)])
    assert bool(unanswered) == may_be_charged


def test_the_same_list_in_a_new_state_file_takes_over_what_is_paid(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    add_job(store, FIRST, 20, batch_size=10, at=NOW)
    finish(store, service, clock)
    anew = open_store(tmp_path / "anew")
    shutil.copy(store.journal.path, anew.journal.path)
    add_job(anew, FIRST + 500, 10, at=clock.now + 60)
    job = add_job(anew, FIRST, 20, batch_size=10, at=clock.now + 60)
    clock.now += 120
    finish(anew, service, clock)
    assert anew.jobs.get(job).counts.answered == 20
    assert set(charged(service).values()) == {1}
    anew.close()


def test_what_the_service_has_forgotten_is_paid_for_again(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    add_job(store, FIRST, 10, at=NOW)
    finish(store, service, clock)
    anew = open_store(tmp_path / "anew")
    shutil.copy(store.journal.path, anew.journal.path)
    clock.now += PROVIDER.retention_seconds + 60
    add_job(anew, FIRST, 10, at=clock.now)
    finish(anew, service, clock)
    assert set(charged(service).values()) == {2}
    anew.close()


def test_a_job_that_was_forgotten_is_neither_missing_nor_taken_over(
    store: Store, clock: Clock, service: WorldService
) -> None:
    job = add_job(store, FIRST, 10, at=NOW)
    finish(store, service, clock)
    engine = make_engine(store, service, clock)
    engine.jobs.forget(job)
    assert engine.recovery.unadopted() == []
    again = add_job(store, FIRST, 10, at=clock.now)
    finish(store, service, clock)
    assert store.jobs.get(again).charged == 10
    assert set(charged(service).values()) == {2}
    assert engine.recovery.adopt_journal().known == 2


def test_what_no_job_accounts_for_is_said_and_taken_over(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    backup = copied(store, tmp_path)
    job = add_job(store, FIRST, 20, batch_size=10, at=NOW)
    finish(store, service, clock)
    ids = [batch.batch_id for batch in store.batches.of(job)]
    older = put_back(store, backup)
    engine = make_engine(older, service, clock)
    assert [entry.batch_id for entry in engine.recovery.unadopted()] == ids
    # A batch that waits to be sent has its id given to it, and is not missing.
    waiting = add_job(older, FIRST, 10, at=clock.now)
    assert [entry.batch_id for entry in engine.recovery.unadopted()] == ids[1:]
    adopted = engine.recovery.adopt_journal()
    assert (len(adopted.jobs), adopted.known) == (1, 1)
    assert older.batches.get(waiting, 1).batch_id == ids[0]
    assert engine.recovery.unadopted() == []
    clock.now += PROVIDER.retention_seconds + 60
    older.journal.append(
        Entry(
            at="2020-01-01T00:00:00Z",
            batch_id="old",
            size=1,
            base_url=BINDING.base_url,
            key=BINDING.fingerprint,
        )
    )
    assert engine.recovery.unadopted() == []
    older.close()


def test_only_what_is_new_in_the_journal_is_read_again(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall = JournalIndex(store, BINDING)
    read: list[int] = []
    original = store.journal.read

    def counted(offset: int) -> tuple[list[Line], int]:
        read.append(offset)
        return original(offset)

    monkeypatch.setattr(store.journal, "read", counted)
    add_job(store, FIRST, 20, batch_size=10, at=NOW)
    finish(store, service, clock)
    read.clear()
    assert recall.missing() == []
    assert recall.missing() == []
    assert read == [0, store.journal.path.stat().st_size]
    # A journal that was replaced by a shorter one is read from its beginning.
    store.journal.path.write_bytes(store.journal.path.read_bytes().splitlines(keepends=True)[0])
    assert recall.missing() == []
    assert read[-1] > store.journal.path.stat().st_size


@pytest.mark.parametrize(
    ("at", "moment"), [("2027-01-15T08:00:00Z", 1_800_000_000.0), ("soon", 7.0), ("", 7.0)]
)
def test_the_time_of_an_entry_may_be_anything(at: str, moment: float) -> None:
    assert moment_of(Entry(at=at, batch_id=KEY, size=1), 7.0) == moment
