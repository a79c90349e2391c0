"""A whole state directory is put back, with its journal: the second copy knows what was sent since."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.api.models import Balance
from pwl_tui.engine.money.journal_index import JournalIndex
from pwl_tui.engine.money.submitter import Frozen, Idle, OnHold, Sent
from pwl_tui.engine.problems import OLDER
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.host import Host
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from pwl_tui.ui.data.snapshot import audit, take
from pwl_tui.ui.presenters.notices import notices
from tests.unit.fake_service import (
    FIRST,
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
)

HERE, THERE = Host("here", "here"), Host("there", "there")


class Machine:
    """A machine with a cache, and a state directory that is opened, put aside and put back."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.state, self.backup = directory / "state", directory / "backup"
        self.journals = directory / "cache" / "pwl-tui" / "journals"
        self._clock = clock
        self.told = 0
        self.store = self.open()

    def open(self, path: Path | None = None, host: Host = HERE) -> Store:
        self.store = Store.open(path or self.state, host=host, journals=self.journals, clock=self._clock)
        self.store.on_older = self._tell
        return self.store

    def back_up(self) -> None:
        self.store.close()
        shutil.copytree(self.state, self.backup)
        self.open()

    def put_back(self) -> Store:
        self.store.close()
        shutil.rmtree(self.state)
        shutil.copytree(self.backup, self.state)
        return self.open()

    def copies(self) -> list[Path]:
        return sorted(self.journals.glob("*.log"))

    def _tell(self) -> None:
        self.told += 1


@pytest.fixture
def machine(tmp_path: Path, clock: Clock) -> Machine:
    return Machine(tmp_path, clock)


def test_what_was_sent_after_the_backup_is_not_sent_again(
    machine: Machine, clock: Clock, service: WorldService
) -> None:
    job = add_job(machine.store, FIRST, 50, batch_size=10, at=NOW)
    make_submitter(machine.store, service, clock).send_next()
    machine.back_up()
    submitter = make_submitter(machine.store, service, clock)
    for _ in range(3):
        assert isinstance(submitter.send_next(), Sent)
    clock.now += 20 * 86_400

    store = machine.put_back()
    assert [batch.state for batch in store.batches.of(job)].count(BatchState.PLANNED) == 4
    finish(store, service, clock)
    assert set(charged(service).values()) == {1}
    assert [batch.batch_id for batch in store.batches.of(job)] == list(service.world.batches)
    assert machine.told == 1
    assert [entry.event for entry in store.activity.newest(0, 99)].count("journal completed") == 1


def test_what_was_being_sent_after_the_backup_is_in_doubt(
    machine: Machine, clock: Clock, service: WorldService
) -> None:
    job = add_job(machine.store, FIRST, 10, at=NOW)
    machine.back_up()
    service.after = failing(SILENT)
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Frozen)
    service.after = lambda: None
    store = machine.put_back()
    submitter = make_submitter(store, service, clock)
    assert isinstance(submitter.send_next(), Frozen)
    assert store.batches.get(job, 1).state is BatchState.UNKNOWN
    assert len(service.submitted) == 1


def test_a_directory_that_was_begun_anew_sends_the_same_list_for_nothing(
    machine: Machine, clock: Clock, service: WorldService
) -> None:
    add_job(machine.store, FIRST, 10, at=NOW)
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    machine.store.close()
    shutil.rmtree(machine.state)
    store = machine.open()
    engine = make_engine(store, service, clock)
    assert len(engine.recovery.unadopted()) == 1
    job = add_job(store, FIRST, 10, at=clock.now)
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert store.batches.get(job, 1).batch_id in service.world.batches
    assert set(charged(service).values()) == {1}


@pytest.mark.parametrize("host", [HERE, THERE])
def test_a_directory_that_may_be_a_copy_keeps_none_until_that_is_decided(
    machine: Machine, clock: Clock, service: WorldService, host: Host
) -> None:
    add_job(machine.store, FIRST, 10, at=NOW)
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    (own,) = machine.copies()
    machine.back_up()
    elsewhere = machine.open(machine.backup, host)
    engine = make_engine(elsewhere, service, clock)
    assert engine.recovery.unadopted() == []
    elsewhere.require_room()
    assert machine.copies() == [own]

    engine.settle_place(moved=False)
    assert engine.recovery.unadopted() == []
    (other,) = {*machine.copies()} - {own}
    assert other.read_bytes() == elsewhere.journal.path.read_bytes()
    assert machine.told == 0


@pytest.mark.parametrize(("host", "sent"), [(HERE, 0), (THERE, 1)])
def test_a_backup_that_takes_the_place_of_a_directory_knows_what_was_sent_from_it(
    machine: Machine, clock: Clock, service: WorldService, host: Host, sent: int
) -> None:
    job = add_job(machine.store, FIRST, 10, at=NOW)
    machine.back_up()
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    machine.store.close()
    shutil.rmtree(machine.state)
    before = len(service.submitted)

    store = machine.open(machine.backup, host)
    make_engine(store, service, clock).settle_place(moved=True)
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    # On another machine there is no second copy of what was sent here.
    assert len(service.submitted) - before == sent
    assert store.batches.get(job, 1).state is BatchState.PROCESSING
    assert machine.told == 1 - sent


@pytest.mark.parametrize("answered", [True, False])
def test_a_directory_that_is_said_to_have_moved_but_is_in_use_sends_nothing_that_the_other_is_sending(
    machine: Machine, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    job = add_job(machine.store, FIRST, 10, at=NOW)
    machine.back_up()
    original, copy = machine.store, machine.open(machine.backup)
    make_engine(copy, service, clock).settle_place(moved=True)
    balance = service.balance

    def meanwhile(*_: Any) -> Balance:
        monkeypatch.setattr(service, "balance", balance)
        service.after = (lambda: None) if answered else failing(SILENT)
        make_submitter(copy, service, clock).send_next()
        return balance()

    # Both have looked at the journal before either has written that it is about to send.
    monkeypatch.setattr(service, "balance", meanwhile)
    step = make_submitter(original, service, clock).send_next()
    assert isinstance(step, Sent if answered else Frozen)
    assert len(service.submitted) == 1
    here, there = (store.batches.get(job, 1) for store in (original, copy))
    assert here.state is there.state is (BatchState.PROCESSING if answered else BatchState.UNKNOWN)
    assert here.batch_id == there.batch_id
    original.close()


def test_a_batch_that_is_not_sent_because_the_journal_cannot_be_read_is_not_in_doubt(
    machine: Machine, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(machine.store, FIRST, 10, at=NOW)

    def refuse(*_: object) -> bool:
        raise StateError("Too many open files.", "Close some.")

    with monkeypatch.context() as patch:
        patch.setattr(JournalIndex, "has_rival", refuse)
        assert isinstance(make_submitter(machine.store, service, clock).send_next(), OnHold)
    assert machine.store.batches.get(job, 1).state is BatchState.PLANNED
    clock.now += 61
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    assert set(charged(service).values()) == {1}


def test_nothing_is_sent_while_the_journal_cannot_be_completed(
    machine: Machine, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(machine.store, FIRST, 20, batch_size=10, at=NOW)
    machine.back_up()
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    store = machine.put_back()

    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("pwl_tui.state.files.second_copy.append_synced", refuse)
        make_submitter(store, service, clock).send_next()
        assert len(service.submitted) == 1
        with pytest.raises(StateError):
            make_engine(store, service, clock).recovery.unadopted()
    assert store.batches.get(job, 1).state is BatchState.PLANNED
    clock.now += 61
    finish(store, service, clock)
    assert set(charged(service).values()) == {1}


def test_adopting_the_journal_adopts_what_only_the_copy_has(
    machine: Machine, clock: Clock, service: WorldService
) -> None:
    machine.back_up()
    add_job(machine.store, FIRST, 10, at=NOW)
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    store = machine.put_back()
    adopted = make_engine(store, service, clock).recovery.adopt_journal()
    assert len(adopted.jobs) == 1
    assert isinstance(make_submitter(store, service, clock).send_next(), Idle)


def test_the_screen_says_it_for_a_day(machine: Machine, clock: Clock, service: WorldService) -> None:
    machine.back_up()
    add_job(machine.store, FIRST, 10, at=NOW)
    assert isinstance(make_submitter(machine.store, service, clock).send_next(), Sent)
    engine = make_engine(machine.put_back(), service, clock)

    def said() -> list[str]:
        return [notice.text for notice in notices(audit(engine, take(engine, clock.now)))]

    first, second = said()
    assert first == f"{OLDER.message} {OLDER.remedy}"
    assert "1 batch in the journal is paid for" in second
    engine.recovery.adopt_journal()
    assert said() == [first]
    clock.now += 86_400
    assert said() == []


def test_a_store_without_a_cache_works_as_before(tmp_path: Path, clock: Clock, service: WorldService) -> None:
    store = Store.open(tmp_path / "state")
    add_job(store, FIRST, 10, at=NOW)
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert store.journal.second is None
    store.close()
