"""An ID that came with the answer to the paid call is kept, journaled, shown, and taken if it is proven."""

import shutil
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import Balance
from pwl_tui.engine.money.settling import SettleError, choices
from pwl_tui.engine.money.submitter import Frozen, Sent
from pwl_tui.problem import Kind, Problem
from pwl_tui.secret import Secret
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Candidates, Intent
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from pwl_tui.text import name_without_numbers
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    NOW,
    Clock,
    Killed,
    WorldService,
    accepted,
    add_job,
    cut_off,
    failing,
    finish,
    ids,
    look_up,
    make_engine,
    make_service,
    make_submitter,
    open_store,
)

GONE = Problem(kind=Kind.NETWORK, message="no network", remedy="wait")


def lost(body: bytes) -> httpx.Response:
    """Lose the connection when all but the last byte of the answer has come."""
    return cut_off(body[:-1])


def instead(body: object) -> httpx.Response:
    return cut_off(msgspec.json.encode(body))


def lines(store: Store) -> list[Candidates]:
    return [line for line in store.journal.read(0)[0] if isinstance(line, Candidates)]


@pytest.fixture
def job(store: Store, service: WorldService) -> int:
    service.garbled = lost
    return add_job(store, FIRST, 20, batch_size=10, at=NOW)


@pytest.mark.state_file
def test_it_is_in_the_journal_and_with_the_batch_before_anything_else_is_sent(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    assert isinstance(make_submitter(store, service, clock).send_next(), Frozen)
    (batch_id,) = ids(service)
    batch = store.batches.get(job, 1)
    assert (batch.state, batch.batch_id) == (BatchState.UNKNOWN, None)
    assert [one.batch_id for one in store.replies.candidates(job, 1)] == [batch_id]
    assert batch_id in store.replies.of(job, 1)
    (line,) = lines(store)
    assert (line.candidates, line.job, line.seq, line.digest) == ([batch_id], job, 1, batch.digest)
    assert (store.directory / "state.db").stat().st_mode & 0o777 == 0o600


def test_proof_decides_and_the_job_goes_on(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    service.garbled = None
    assert isinstance(submitter.send_next(), Sent)
    batch = store.batches.get(job, 1)
    assert (batch.state, batch.batch_id, batch.charged) == (BatchState.PROCESSING, ids(service)[0], 10)
    (decision,) = [one for one in store.activity.newest(0, 99, job=job) if one.event.startswith("settled")]
    assert decision.event == "settled: proven"
    assert decision.detail.startswith(f"{batch.batch_id}; it came with the answer")
    assert batch.batch_id in {entry.batch_id for entry in store.journal.entries()}
    finish(store, service, clock)
    assert store.jobs.get(job).counts.answered == 20
    assert sum(charge.amount for charge in service.world.ledger) == 20


@pytest.mark.parametrize(
    ("what", "said", "final"),
    [
        ("unknown", "The service does not know it with this key.", False),
        ("other numbers", "holds 9 numbers; 9 of them are among the 10", True),
        ("another batch", "It belongs to another batch.", True),
        ("forgotten", "It belongs to another batch.", True),
    ],
)
def test_an_id_that_is_not_the_batchs_is_not_taken(
    store: Store, clock: Clock, service: WorldService, job: int, what: str, said: str, final: bool
) -> None:
    service.world.submit(KEY, [f"+{FIRST + place}" for place in range(10)])
    service.world.submit(KEY, [f"+{FIRST + place}" for place in range(9)])
    same, other = ids(service)
    candidate = {"unknown": "no-such-id", "other numbers": other}.get(what, same)
    if what in {"another batch", "forgotten"}:
        done = accepted(store, add_job(store, FIRST, 10), batch_id=same)
        if what == "forgotten":
            store.jobs.forget(done.job, NOW)
    service.garbled = lambda _: instead({"batch_id": candidate})
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    assert isinstance(submitter.send_next(), Frozen)
    assert store.batches.get(job, 1).state is BatchState.UNKNOWN
    (one,) = store.replies.candidates(job, 1)
    assert said in one.refusal
    assert one.final is final
    assert any(entry.event == "ID not taken" for entry in store.activity.newest(0, 99, job=job))
    with pytest.raises(SettleError, match="No ID that came"):
        make_engine(store, service, clock).recovery.settle(job, 1, "adopted")


@pytest.mark.usefixtures("job")
def test_an_id_that_the_service_knows_only_later_is_taken_then(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    absent = failing(Problem(kind=Kind.NOT_FOUND, status=404, message="no", remedy="wait"))
    with monkeypatch.context() as patch:
        patch.setattr(service, "poll", lambda _: absent())
        step = submitter.send_next()
    assert isinstance(step, Frozen)
    assert step.until == clock.now + 10
    clock.now += 9
    assert isinstance(submitter.send_next(), Frozen)
    clock.now += 1
    assert isinstance(submitter.send_next(), Sent)


def test_without_a_network_nothing_is_decided(
    store: Store, clock: Clock, service: WorldService, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    unreachable = failing(GONE)
    monkeypatch.setattr(service, "poll", lambda _: unreachable())
    assert isinstance(submitter.send_next(), Frozen)
    assert [one.refusal for one in store.replies.candidates(job, 1)] == [""]
    engine = make_engine(store, service, clock)
    with pytest.raises(ApiError):
        engine.recovery.settle(job, 1, "adopted")
    engine.recovery.settle(job, 1, "free")
    assert store.batches.get(job, 1).state is BatchState.RELEASED


def test_of_two_that_hold_exactly_these_numbers_none_is_taken(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    service.world.submit(KEY, [f"+{FIRST + place}" for place in range(10)])
    (before,) = ids(service)
    service.garbled = lambda body: cut_off(body + b' "batch_id": "%s"' % before.encode())
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    assert isinstance(submitter.send_next(), Frozen)
    assert {one.refusal for one in store.replies.candidates(job, 1)} == {
        "2 of the IDs in the answer hold exactly these numbers."
    }
    make_engine(store, service, clock).recovery.settle(job, 1, "adopted", ids(service)[1])
    assert store.batches.get(job, 1).batch_id == ids(service)[1]


def test_the_person_takes_it_without_typing_it(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    make_submitter(store, service, clock).send_next()
    make_engine(store, service, clock).recovery.settle(job, 1, "adopted")
    assert store.batches.get(job, 1).batch_id == ids(service)[0]


@pytest.mark.parametrize("decision", ["free", "lost"])
def test_a_batch_whose_id_proves_it_is_neither_released_nor_written_off(
    store: Store, clock: Clock, service: WorldService, job: int, decision: str
) -> None:
    make_submitter(store, service, clock).send_next()
    with pytest.raises(SettleError, match="is processing: there is nothing to settle"):
        make_engine(store, service, clock).recovery.settle(job, 1, decision)  # type: ignore[arg-type]
    assert len(store.batches.of(job)) == 2


# -- kills, broken disks, lost files


@pytest.mark.parametrize("place", ["journal", "state file"])
def test_a_kill_at_either_write_loses_no_id(
    store: Store, clock: Clock, service: WorldService, job: int, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = store.journal.append

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(store.batches, "mark_unknown", killed)
        if place == "journal":

            def die_after(line: object) -> None:
                append(line)  # type: ignore[arg-type]
                if isinstance(line, Candidates):
                    raise Killed

            patch.setattr(store.journal, "append", die_after)
        with pytest.raises(Killed):
            make_submitter(store, service, clock).send_next()
    assert store.batches.get(job, 1).state is BatchState.SENDING
    service.garbled = None
    assert isinstance(make_submitter(store, service, clock).send_next(), Sent)
    assert store.batches.get(job, 1).batch_id == ids(service)[0]


def test_a_journal_that_cannot_be_written_leaves_it_in_the_state_file(
    store: Store, clock: Clock, service: WorldService, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = store.journal.append

    def full(line: object) -> None:
        if not isinstance(line, Intent):
            raise StateError("The disk is full.", "Free some space.")
        append(line)

    monkeypatch.setattr(store.journal, "append", full)
    with pytest.raises(StateError, match="disk is full"):
        make_submitter(store, service, clock).send_next()
    assert [one.batch_id for one in store.replies.candidates(job, 1)] == ids(service)


@pytest.mark.parametrize("journaled", [True, False])
def test_what_no_disk_takes_is_said(
    store: Store,
    clock: Clock,
    service: WorldService,
    job: int,
    monkeypatch: pytest.MonkeyPatch,
    journaled: bool,
) -> None:
    append = store.journal.append

    def full(*_: object, **__: object) -> None:
        raise StateError("The disk is full.", "Free some space.")

    monkeypatch.setattr(store.batches, "mark_unknown", full)
    if not journaled:
        monkeypatch.setattr(
            store.journal, "append", lambda line: append(line) if isinstance(line, Intent) else full()
        )
    with pytest.raises(StateError) as failure:
        make_submitter(store, service, clock).send_next()
    assert ids(service)[0] in failure.value.problem.message
    assert ("The journal has it." in failure.value.problem.message) is journaled
    assert failure.value.problem.charged == "unknown"
    assert job


@pytest.mark.state_file
def test_it_comes_back_from_the_journal_with_an_older_copy_of_the_state_file(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    copy = tmp_path / "copy.db"
    store.version()
    store.close()
    shutil.copy(store.directory / "state.db", copy)
    newer = Store.open(store.directory)
    make_submitter(newer, service, clock).send_next()
    newer.close()
    for path in store.directory.glob("state.db*"):
        path.unlink()
    shutil.copy(copy, store.directory / "state.db")
    older = Store.open(store.directory)
    service.garbled = None
    submitter = make_submitter(older, service, clock)
    assert isinstance(submitter.send_next(), Frozen)
    assert [one.batch_id for one in older.replies.candidates(job, 1)] == ids(service)
    assert isinstance(submitter.send_next(), Sent)
    finish(older, service, clock)
    assert sum(charge.amount for charge in service.world.ledger) == 20
    older.close()


@pytest.mark.state_file
def test_it_comes_back_from_the_journal_without_the_state_file(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    make_submitter(store, service, clock).send_next()
    name = store.jobs.get(job).name
    store.close()
    for path in store.directory.glob("state.db*"):
        path.unlink()
    new = Store.open(store.directory)
    engine = make_engine(new, service, clock)
    adopted = engine.recovery.adopt_journal()
    assert adopted.nameless == []
    (rebuilt,) = adopted.jobs
    assert new.jobs.get(rebuilt).name == name_without_numbers(name)
    assert [batch.batch_id for batch in new.batches.of(rebuilt)] == ids(service)
    again = engine.recovery.adopt_journal()
    assert (again.jobs, again.nameless, again.known) == ([], [], 1)
    new.close()


@pytest.mark.state_file
def test_without_the_state_file_only_the_same_numbers_are_proof(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    service.world.submit(KEY, [f"+{FIRST + place}" for place in range(9)])
    (other,) = ids(service)
    service.garbled = lambda _: instead({"batch_id": other})
    make_submitter(store, service, clock).send_next()
    digest = store.batches.get(job, 1).digest
    store.close()
    for path in store.directory.glob("state.db*"):
        path.unlink()
    new = Store.open(store.directory)
    adopted = make_engine(new, service, clock).recovery.adopt_journal()
    assert adopted.jobs == []
    assert [line.digest for line in adopted.nameless] == [digest]
    new.close()


# -- shown


def test_the_report_and_the_choices_say_what_came(
    store: Store, clock: Clock, service: WorldService, job: int
) -> None:
    number = f"+{FIRST}"
    body = f'{{"batch_id": "no-such-id", "sent": ["{number}"], "bell": "\x07\x1b[31m"'.encode()
    service.garbled = lambda _: cut_off(body)
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    submitter.send_next()
    recovery = make_engine(store, service, clock).recovery
    report = recovery.report(job, 1)
    assert "An ID that came      no-such-id" in report
    assert "The service does not know it with this key." in report
    assert '"batch_id": "no-such-id"' in report
    assert number[1:] not in report
    assert "\x1b" not in report
    _, adopted, _ = choices(recovery.evidence(job, 1), recovery.candidates(job, 1))
    assert adopted.title == "Use the ID from the answer"


# -- single checks are paid, too


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"status": "INVALID", "eta": NaN}', b'ok {"status": "INVALID"} ok']
)
def test_a_single_check_is_read_whatever_is_around_it(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    with Client("https://lookup.test", Secret(KEY), transport=transport) as client:
        assert client.check("+14155552671").answer.on_whatsapp is False


def test_what_came_for_a_single_check_is_not_lost(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f'{{"status": "VALID_CONFIRMED", "formatted_number": "+{FIRST}", "api_key": "{KEY}", '.encode()
    transport = httpx.MockTransport(lambda _: cut_off(body, 200))
    with Client("https://lookup.test", Secret(KEY), transport=transport) as client:
        monkeypatch.setattr(service, "check", client.check)
        engine = make_engine(store, service, clock)
        (finding,) = look_up(engine, FIRST)
    assert finding.problem is not None
    assert "Received:" in finding.problem.message
    assert "VALID_CONFIRMED" in finding.problem.message
    (kept,) = store.lookups.replies(BINDING, FIRST)
    assert "VALID_CONFIRMED" in kept
    assert KEY not in kept
    assert all(str(FIRST) not in entry.detail for entry in store.activity.newest(0, 9))
    store.lookups.purge(clock.now + 1)
    assert store.lookups.replies(BINDING, FIRST) == []


def test_what_came_for_a_single_check_is_kept_before_anything_else_is_asked(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"status": "VALID_CONFIRMED", "formatted_number": "+442079460958"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))

    class Kill(BaseException):
        """Nothing after this has happened."""

    first = [service.balance()] * 2  # for the plan, and before it is paid for

    def balance(*_: object) -> Balance:
        if first:
            return first.pop()
        raise Kill

    with Client("https://lookup.test", Secret(KEY), transport=transport) as client:
        monkeypatch.setattr(service, "check", client.check)
        monkeypatch.setattr(service, "balance", balance)
        engine = make_engine(store, service, clock)
        with pytest.raises(Kill):
            look_up(engine, FIRST)
    (kept,) = store.lookups.replies(BINDING, FIRST)
    assert "442079460958" in kept


# -- whatever happens to the answer


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(cut=st.integers(0, 110), before=st.sampled_from([b"", b"\xef\xbb\xbf", b"x "]), ended=st.booleans())
def test_an_id_that_came_whole_is_in_the_state_file_and_the_journal_and_is_found_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, cut: int, before: bytes, ended: bool
) -> None:
    clock = Clock()
    service, store = make_service(clock), open_store(tmp_path_factory.mktemp("state"))
    job = add_job(store, FIRST, 3, at=NOW)
    came: list[bytes] = []

    def garbled(body: bytes) -> httpx.Response:
        came.append(before + body[:cut])
        return httpx.Response(202, stream=httpx.ByteStream(came[0])) if ended else cut_off(came[0])

    service.garbled = garbled
    submitter = make_submitter(store, service, clock)
    submitter.send_next()
    (batch_id,) = ids(service)
    batch = store.batches.get(job, 1)
    kept = {one.batch_id for one in store.replies.candidates(job, 1)} | ({batch.batch_id} - {None})
    journaled = {one for line in lines(store) for one in line.candidates}
    journaled |= {entry.batch_id for entry in store.journal.entries()}
    assert kept == journaled == ({batch_id} if batch_id.encode() in came[0] else set())
    submitter.send_next()
    assert (store.batches.get(job, 1).batch_id == batch_id) is bool(kept)
    assert len(service.submitted) == 1
    store.close()


def test_the_id_of_another_batch_is_nobody_elses(store: Store, clock: Clock, service: WorldService) -> None:
    job = add_job(store, FIRST, 20, batch_size=10, at=NOW)
    submitter = make_submitter(store, service, clock)
    assert isinstance(submitter.send_next(), Sent)
    (known,) = ids(service)
    service.garbled = lambda _: httpx.Response(202, json={"batch_id": known})
    assert isinstance(submitter.send_next(), Frozen)
    batch = store.batches.get(job, 2)
    assert (batch.state, batch.batch_id, store.replies.candidates(job, 2)) == (BatchState.UNKNOWN, None, [])
    assert batch.error is not None
    assert batch.error.message == f"The service answered with the ID of another batch, {known}."
    assert [entry.batch_id for entry in store.journal.entries()] == [known]
    assert isinstance(submitter.send_next(), Frozen), "nothing more is sent"
