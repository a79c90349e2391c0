"""Batches that were submitted elsewhere, or that only the journal knows, become jobs."""

from pathlib import Path

import msgspec
import pytest

from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import BatchAnswer
from pwl_tui.batch_ids import pasted_id
from pwl_tui.engine.jobs import adopting
from pwl_tui.engine.money.submitter import Sent
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.budget import Budget
from pwl_tui.state.files.journal import Entry
from pwl_tui.state.models import JobState
from pwl_tui.state.store import Store
from pwl_tui.text import name_without_numbers
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    NOW,
    SILENT,
    Clock,
    WorldService,
    accepted,
    add_job,
    ended,
    failing,
    finish,
    ids,
    in_doubt,
    make_engine,
    make_submitter,
    open_store,
    rows_of,
)

GONE = Problem(kind=Kind.NETWORK, message="no network", remedy="wait")


def submit_elsewhere(service: WorldService, first: int, size: int) -> str:
    _, body = service.world.submit(KEY, [f"+{first + i}" for i in range(size)])
    return str(body["batch_id"])


def test_batches_of_elsewhere_become_a_job(store: Store, clock: Clock, service: WorldService) -> None:
    wanted = [submit_elsewhere(service, FIRST, 3), submit_elsewhere(service, FIRST + 3, 2)]
    clock.now += 60
    engine = make_engine(store, service, clock)
    (job_id,) = engine.recovery.adopt([*wanted, wanted[0]]).jobs
    job = store.jobs.get(job_id)
    assert (job.name, job.numbers, job.charged, job.state) == (
        f"adopted-{wanted[0][:8]}",
        5,
        5,
        JobState.COMPLETED,
    )
    assert [batch.batch_id for batch in store.batches.of(job.id)] == wanted
    assert [row.number for row in rows_of(store, job.id)] == [FIRST + i for i in range(5)]
    assert len(store.jobs.all()) == 1
    assert service.submitted == []


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_batch_that_was_written_off_and_found_again_is_charged_once_in_the_books(
    store: Store, clock: Clock, service: WorldService, forgotten: bool
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    engine = make_engine(store, service, clock)
    engine.recovery.settle(batch.job, 1, "lost")
    finish(store, service, clock)
    if forgotten:
        engine.jobs.forget(batch.job)
    for _ in range(2):
        clock.now += 60
        (found,) = engine.recovery.adopt([ids(service)[0]]).jobs
        engine.jobs.forget(found)
    assert sum(charge.amount for charge in store.charges.all(BINDING)) == 20
    assert ids(service)[0] in {charge.batch_id for charge in store.charges.all(BINDING)}


def test_of_two_batches_that_were_written_off_each_is_found_as_itself(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    service.after = failing(SILENT)
    for _ in range(2):
        job = add_job(store, FIRST, 10)
        make_submitter(store, service, clock).send_next()
        engine.recovery.settle(job, 1, "lost")
    for batch_id in ids(service):
        engine.recovery.adopt([batch_id])
    booked = [charge.batch_id for charge in store.charges.all(BINDING)]
    assert sorted(map(str, booked)) == sorted(ids(service))
    other = submit_elsewhere(service, FIRST, 10)
    engine.recovery.adopt([other])
    assert other in {charge.batch_id for charge in store.charges.all(BINDING)}, "a third one was not booked"


def test_a_batch_whose_job_is_half_deleted_can_be_adopted(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(store, FIRST, 3)
    finish(store, service, clock)
    engine = make_engine(store, service, clock)
    with monkeypatch.context() as patched:
        patched.setattr(store.jobs, "_rows", lambda *_: failing(GONE)())
        with pytest.raises(ApiError):
            engine.jobs.forget(job)
    (found,) = engine.recovery.adopt(ids(service)).jobs
    assert [one.id for one in store.jobs.all()] == [found]
    assert sum(charge.amount for charge in store.charges.all(BINDING)) == 3


def test_what_is_adopted_unfinished_is_polled_to_its_end(
    store: Store, clock: Clock, service: WorldService
) -> None:
    engine = make_engine(store, service, clock)
    (job_id,) = engine.recovery.adopt([submit_elsewhere(service, FIRST, 500)], "big").jobs
    job = store.jobs.get(job_id)
    assert (job.name, job.state) == ("big", JobState.PROCESSING)
    finish(store, service, clock)
    assert store.jobs.get(job.id).counts.answered == 500


def test_a_number_in_two_spellings_is_adopted_once(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = submit_elsewhere(service, FIRST, 2)
    clock.now += 60
    poll = service.poll

    def spelled(wanted: str) -> BatchAnswer:
        answer = poll(wanted)
        again = msgspec.structs.replace(answer.results[0], number=str(FIRST))
        return msgspec.structs.replace(answer, results=[*answer.results, again])

    monkeypatch.setattr(service, "poll", spelled)
    (job_id,) = make_engine(store, service, clock).recovery.adopt([batch_id]).jobs
    job = store.jobs.get(job_id)
    assert (job.numbers, job.counts.pending) == (2, 0)


def test_ids_that_cannot_be_taken_over_are_named_and_the_others_are(
    store: Store, clock: Clock, service: WorldService
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    doubtful, known, new = ids(service)[0], submit_elsewhere(service, FIRST + 50, 2), None
    engine = make_engine(store, service, clock)
    engine.recovery.adopt([known])
    new = submit_elsewhere(service, FIRST + 60, 2)
    adopted = engine.recovery.adopt([doubtful, known, "no-such-id", new])
    assert [store.batches.of(job)[0].batch_id for job in adopted.jobs] == [new]
    said = dict(adopted.failed)
    assert "already" in said[known].message
    assert said["no-such-id"].kind == "not_found"
    assert f"settle {batch.label} --as adopted --batch-id {doubtful}" in said[doubtful].remedy
    # What was paid for elsewhere stands in the books, and explains nothing of what we paid for.
    assert store.charges.between(BINDING, 0, clock.now) == 0
    assert [(charge.amount, charge.started) for charge in store.charges.all(BINDING)] == [(2, None)] * 2


@pytest.mark.parametrize(
    "pasted",
    [
        "{upper}",
        " {id}\t",
        '"{id}",',
        "\u201c{upper}\u201d",
        "{{{id}}}",
        "https://lookup.example/api/v1/wavalidation/batch/{id}?api_key=secret",
        "HTTPS://lookup.example/status?api_key=secret&batch_id={upper}",
    ],
)
@pytest.mark.parametrize("forgotten", [False, True])
def test_an_id_in_other_words_is_known_and_charged_once(
    store: Store,
    clock: Clock,
    service: WorldService,
    monkeypatch: pytest.MonkeyPatch,
    pasted: str,
    forgotten: bool,
) -> None:
    poll = service.poll
    monkeypatch.setattr(service, "poll", lambda batch_id: poll(batch_id.lower()))
    batch_id = submit_elsewhere(service, FIRST, 3)
    engine = make_engine(store, service, clock)
    clock.now += 60
    (job,) = engine.recovery.adopt([batch_id]).jobs
    if forgotten:
        engine.jobs.forget(job)
    again = engine.recovery.adopt([pasted.format(id=batch_id, upper=batch_id.upper()), batch_id])
    assert len(again.jobs) == forgotten
    assert [("secret" in name, "already" in why.message) for name, why in again.failed] == (
        [] if forgotten else [(False, True)]
    )
    assert [charge.amount for charge in store.charges.all(BINDING)] == [3]


def test_the_id_of_a_batch_in_doubt_may_be_pasted_as_a_url(
    store: Store, clock: Clock, service: WorldService
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    pasted = f"https://lookup.example/api/v1/wavalidation/batch/{ids(service)[0]}?api_key=secret"
    make_engine(store, service, clock).recovery.settle(batch.job, batch.seq, "adopted", pasted)
    assert store.batches.get(batch.job, batch.seq).batch_id == ids(service)[0]


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("https://lookup.example/api/v1/balance?api_key=secret", ""),
        ("https://[", ""),
        ("a/b c", "a/b c"),
        ("https://lookup.example/batch/a%2Fb/", "a/b"),
    ],
)
def test_only_the_id_is_taken_from_a_url(pasted: str, found: str) -> None:
    assert pasted_id(pasted) == found


def test_an_id_that_is_no_uuid_belongs_to_its_service_and_has_its_case(store: Store) -> None:
    here, there = BINDING.base_url, "http://127.0.0.1:9"
    unique = "550E8400-e29b-41d4-a716-446655440000"
    jobs = [add_job(store, FIRST, 2), add_job(store, FIRST + 9, 2)]
    for job, batch_id in zip(jobs, (unique, "aB-1"), strict=True):
        accepted(store, job, batch_id=batch_id)
    for forgotten in (False, True):
        if forgotten:
            for job in jobs:
                ended(store, job)
                assert store.jobs.forget(job, NOW)
        assert store.batches.known([unique.lower(), "aB-1", "ab-1"], here) == {unique.lower(), "aB-1"}
        assert store.batches.known([unique.upper(), "aB-1"], there) == {unique.upper()}
        assert (store.batches.by_id("aB-1", here) is None) is forgotten
        assert store.batches.by_id("aB-1", there) is None


def test_many_ids_are_asked_for_at_the_pace_of_polling(service: WorldService) -> None:
    waited: list[float] = []
    poll = adopting.paced(service.poll, Budget(2.0, burst=1.0), lambda: NOW, waited.append)
    batch_id = submit_elsewhere(service, FIRST, 2)
    for _ in range(3):
        poll(batch_id)
    assert waited == [0.5, 0.5]


# -- the state file is gone


def _ids(store: Store, job: int) -> list[str | None]:
    return [batch.batch_id for batch in store.batches.of(job)]


def test_all_jobs_come_back_from_the_journal(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    one, two = add_job(store, FIRST, 30, batch_size=10), add_job(store, FIRST + 100, 20, batch_size=10)
    submitter = make_submitter(store, service, clock)
    # Their batches lie between each other in the journal.
    for only in ([one], [two], [one], [two], [one]):
        assert isinstance(submitter.send_next(only), Sent)
    jobs = {(name_without_numbers(job.name), *_ids(store, job.id)) for job in store.jobs.all()}

    anew = open_store(tmp_path / "anew")
    entries = [
        *store.journal.entries(),
        Entry(at="t", batch_id="theirs", size=1, base_url=BINDING.base_url, key="another"),
        Entry(at="t", batch_id="forgotten", size=1, base_url=BINDING.base_url, key=BINDING.fingerprint),
    ]
    for entry in entries:
        anew.journal.append(entry)
    engine = make_engine(anew, service, clock)
    rebuilt = engine.recovery.adopt_journal()
    assert {(job.name, *_ids(anew, job.id)) for job in anew.jobs.all()} == jobs
    assert (len(rebuilt.jobs), rebuilt.known, rebuilt.foreign) == (2, 0, 1)
    assert [batch_id for batch_id, _ in rebuilt.failed] == ["forgotten"]

    again = engine.recovery.adopt_journal(store.journal.path)
    assert (again.jobs, again.known, again.foreign, again.failed) == ([], 5, 0, [])
    finish(anew, service, clock)
    assert {job.state for job in anew.jobs.all()} == {JobState.COMPLETED}
    assert len(service.submitted) == 5
    anew.close()


def test_a_journal_is_not_given_up_because_the_network_is(store: Store, service: WorldService) -> None:
    batch_id = submit_elsewhere(service, FIRST, 3)
    entry = Entry(at="t", batch_id=batch_id, size=3, base_url=BINDING.base_url, key=BINDING.fingerprint)
    calls: list[str] = []

    def fail(wanted: str) -> BatchAnswer:
        calls.append(wanted)
        raise ApiError(GONE)

    others = [msgspec.structs.replace(entry, batch_id=other, job=2) for other in ("b", "c")]
    with pytest.raises(ApiError):
        adopting.rebuild(store, fail, BINDING, [entry, *others], profile="p", now=NOW)
    assert len(calls) == 1
    rebuilt = adopting.rebuild(store, service.poll, BINDING, [entry, entry], profile="p", now=NOW)
    assert len(rebuilt.jobs) == 1
    assert [batch.batch_id for batch in store.batches.of(rebuilt.jobs[0])] == [batch_id]


def test_a_batch_whose_id_nobody_wrote_down_is_named_when_the_jobs_come_back(
    tmp_path: Path, store: Store, clock: Clock, service: WorldService
) -> None:
    batch = in_doubt(store, service, clock, paid=True)
    anew = open_store(tmp_path / "anew")
    rebuilt = make_engine(anew, service, clock).recovery.adopt_journal(store.journal.path)
    (line,) = rebuilt.nameless
    assert (line.size, line.digest, line.balance) == (10, batch.digest, 10_000)
    # Where the state file knows of it, it is settled there.
    assert make_engine(store, service, clock).recovery.adopt_journal().nameless == []
    anew.close()
