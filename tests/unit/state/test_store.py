"""Jobs, and the transitions of their batches."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.errors import NoSuchJobError
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import Batch, BatchState, JobState
from pwl_tui.state.queries.selection import Sort
from pwl_tui.state.records import job_state
from pwl_tui.state.store import Store
from pwl_tui.state.transitions import IllegalTransitionError
from tests.unit.databases import databases
from tests.unit.fake_service import BINDING, FIRST, NOW, accepted, add_job, answer

PROBLEM = Problem(kind=Kind.NETWORK, message="lost", charged="unknown", remedy="settle")


# -- jobs


def test_a_job_that_could_not_be_stored_whole_is_not_there(store: Store) -> None:
    def broken() -> Iterator[NewNumber]:
        yield NewNumber(FIRST, 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.jobs.add(
            NewJob(BINDING, "default", "x", "x", b"", NOW, 2, 0, 0, 0, 2),
            pieces=[b""],
            rows=[(0, None), (1, None)],
            numbers=broken(),
            batches=[],
        )
    assert store.jobs.all() == []
    assert store.results.count(1, "all") == 0


def test_of_no_jobs_nothing_is_next_and_beyond_the_end_is_nothing(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    assert store.batches.next_planned(BINDING, NOW, ()) is None
    assert store.batches.next_planned(BINDING, NOW, [job]) is not None
    assert store.results.page(job, "all", 5, 10, sort=Sort("number")) == []


def test_what_a_killed_process_began_to_store_is_swept_away(tmp_path: Path, store: Store) -> None:
    kept = add_job(store, FIRST, 2, at=NOW)
    databases.execute(tmp_path / "state", "UPDATE jobs SET ready=0")
    assert store.jobs.all() == []
    assert store.batches.next_planned(BINDING, NOW) is None
    # It may still be at it.
    add_job(store, FIRST, 2, at=NOW + 3_599)
    assert store.results.count(kept, "all") == 2
    add_job(store, FIRST, 2, at=NOW + 3_601)
    assert store.results.count(kept, "all") == 0


def test_a_job_is_found_by_id_or_by_a_name_of_its_own(store: Store) -> None:
    job = add_job(store, FIRST, 1)
    assert store.jobs.find(str(job)).id == store.jobs.find(f"job {FIRST}").id == job
    add_job(store, FIRST, 1)
    for name in (f"job {FIRST}", "nobody", "77", "1.1", "9" * 40):
        with pytest.raises(NoSuchJobError):
            store.jobs.find(name)


P, S, R, C, X, U = (
    BatchState.PLANNED,
    BatchState.SENDING,
    BatchState.PROCESSING,
    BatchState.COMPLETED,
    BatchState.REJECTED,
    BatchState.UNKNOWN,
)


@pytest.mark.parametrize(
    ("batches", "paused", "held", "state"),
    [
        ({P: 2}, False, False, JobState.PLANNED),
        ({P: 1, S: 1}, False, False, JobState.SUBMITTING),
        ({P: 1, R: 1}, False, False, JobState.SUBMITTING),
        ({P: 1, R: 1}, False, True, JobState.WAITING),
        ({P: 1, R: 1}, True, True, JobState.PAUSED),
        ({R: 1, C: 3}, True, True, JobState.PROCESSING),
        ({C: 3, BatchState.LOST: 1, BatchState.RELEASED: 1}, True, True, JobState.COMPLETED),
        ({}, False, False, JobState.COMPLETED),
        ({P: 1, X: 1, R: 1}, True, True, JobState.ATTENTION),
        ({C: 1, U: 1}, False, False, JobState.ATTENTION),
        ({C: 1, BatchState.UNREACHABLE: 1}, False, False, JobState.ATTENTION),
    ],
)
def test_where_a_job_stands(
    batches: dict[BatchState, int], paused: bool, held: bool, state: JobState
) -> None:
    assert job_state(batches, paused=paused, held=held) is state


# -- batches


def test_only_the_transitions_of_the_table_are_made(store: Store) -> None:
    job = add_job(store, FIRST, 20, batch_size=10)
    batch = store.batches.get(job, 1)
    for move in (store.batches.refuse, store.batches.put_back, store.batches.mark_unknown):
        with pytest.raises(IllegalTransitionError):
            move(batch, PROBLEM, now=NOW)
    with pytest.raises(IllegalTransitionError):
        store.decisions.release(batch, now=NOW, evidence="")
    store.batches.intend(batch, now=NOW, balance=100)
    for other in (batch, store.batches.get(job, 2)):
        with pytest.raises(IllegalTransitionError):
            store.batches.intend(other, now=NOW, balance=100)
    store.batches.mark_unknown(batch, PROBLEM, now=NOW)
    with pytest.raises(IllegalTransitionError):
        store.batches.intend(store.batches.get(job, 2), now=NOW, balance=100)
    assert [b.state for b in store.batches.of(job)] == [BatchState.UNKNOWN, BatchState.PLANNED]
    assert store.charges.all(BINDING) == []


def test_a_pause_counts_up_to_the_last_moment(store: Store) -> None:
    job = add_job(store, FIRST, 10)
    batch = store.batches.get(job, 1)
    store.jobs.pause(job, paused=True)
    assert store.batches.intend(batch, now=NOW, balance=100) is False
    assert store.batches.get(job, 1) == batch
    store.jobs.pause(job, paused=False)
    assert store.batches.intend(batch, now=NOW, balance=100) is True


def test_a_batch_that_was_not_sent_was_not_submitted(store: Store) -> None:
    job = add_job(store, FIRST, 10)
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    assert store.jobs.get(job).started == NOW
    store.batches.put_back(batch, PROBLEM, now=NOW)
    assert store.jobs.get(job).started is None
    assert store.batches.get(job, 1).error == PROBLEM


def test_rejected_batches_are_sent_again_by_a_recorded_decision(store: Store) -> None:
    job = add_job(store, FIRST, 10)
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    store.batches.refuse(batch, PROBLEM, now=NOW)
    assert store.jobs.get(job).state is JobState.ATTENTION
    assert store.batches.next_planned(BINDING, NOW) is None
    assert store.decisions.retry_rejected(job, [batch], now=NOW + 1) == 1
    assert store.batches.next_planned(BINDING, NOW) is not None
    (last,) = store.activity.newest(0, 1, job=job)
    assert (last.event, last.at) == ("retry", NOW + 1)
    assert store.decisions.retry_rejected(job, [batch], now=NOW + 2) == 0


def test_what_is_held_back_does_not_keep_a_job_from_being_done(store: Store) -> None:
    job = store.jobs.add(
        NewJob(BINDING, "default", "x", "x", b"", NOW, 3, 0, 0, 0, 3),
        pieces=[],
        rows=[(0, None), (1, None), (2, None)],
        numbers=[
            NewNumber(FIRST, 1),
            NewNumber(FIRST + 1, None, Answer(Outcome.COMPLETED, on_whatsapp=False), answered=NOW - 9),
            NewNumber(FIRST + 2, None, Answer(note="not in the sample")),
        ],
        batches=[NewBatch(0, 1, "digest")],
    )
    stored = store.jobs.get(job)
    assert (stored.numbers, stored.reused, stored.left_out, stored.done) == (3, 1, 1, 0.5)
    batch = accepted(store, job)
    store.polls.learn(batch, [answer(FIRST)], done=True, now=NOW, next_poll=None)
    (stored,) = store.jobs.all()
    assert (stored.state, stored.done, stored.counts.answered) == (JobState.COMPLETED, 1.0, 2)


def in_doubt(store: Store) -> Batch:
    job = add_job(store, FIRST, 10)
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    store.batches.mark_unknown(batch, PROBLEM, now=NOW)
    return store.batches.get(job, 1)


def test_a_released_batch_hands_its_numbers_on(store: Store) -> None:
    batch = in_doubt(store)
    # An export before the decision must not invite anyone to send them elsewhere.
    assert {result.answer.outcome for result in store.results.page(batch.job, "all", 0, 99)} == {
        Outcome.PENDING
    }
    assert store.decisions.release(batch, now=NOW, evidence="never moved") == 2
    old, new = store.batches.of(batch.job)
    assert (old.state, new.state, new.replaces) == (BatchState.RELEASED, BatchState.PLANNED, 1)
    assert (new.first, new.size, new.digest) == (old.first, old.size, old.digest)
    assert store.jobs.get(batch.job).counts.pending == 10
    assert {
        (result.answer.outcome, result.answer.note) for result in store.results.page(batch.job, "all", 0, 99)
    } == {(Outcome.NOT_SENT, "")}
    assert store.activity.newest(0, 1, job=batch.job)[0].event == "settled: free"


def test_a_lost_batch_ends_its_job_and_is_charged(store: Store) -> None:
    batch = in_doubt(store)
    store.decisions.write_off(batch, now=NOW, evidence="")
    job = store.jobs.get(batch.job)
    assert (job.state, job.charged, job.counts.failed) == (JobState.COMPLETED, 10, 10)
    assert {result.answer.outcome for result in store.results.page(job.id, "all", 0, 99)} == {Outcome.FAILED}


def test_answers_are_stored_once_and_never_taken_back(store: Store) -> None:
    job = add_job(store, FIRST, 4)
    batch = accepted(store, job)
    first = [answer(FIRST), answer(FIRST + 1, on=False), answer(FIRST + 2, Outcome.PENDING, None)]
    now = store.polls.learn(batch, first, done=False, now=NOW, next_poll=NOW + 9)
    assert (now.counts.on_whatsapp, now.counts.business, now.counts.not_on_whatsapp) == (1, 1, 1)
    assert now.counts.pending == 2
    back = [answer(FIRST, Outcome.PENDING, None), answer(FIRST + 1, on=True), answer(99)]
    again = store.polls.learn(now, back, done=False, now=NOW, next_poll=NOW + 9)
    assert again.counts == now.counts
    done = store.polls.learn(again, [answer(FIRST + 2)], done=True, now=NOW, next_poll=None)
    assert (done.state, done.counts.failed, done.counts.pending) == (BatchState.COMPLETED, 1, 0)
    assert store.results.page(job, "failed", 0, 9)[0].answer.note == "the service gave no answer"


def test_a_job_that_another_process_begins_to_send_again_is_not_forgotten(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    batch = store.batches.get(job, 1)
    store.batches.intend(batch, now=NOW, balance=100)
    store.batches.refuse(batch, PROBLEM, now=NOW)
    assert not store.jobs.get(job).must_stay
    store.decisions.retry_rejected(job, [store.batches.get(job, 1)], now=NOW)
    assert store.jobs.forget(job, NOW) is False
    store.batches.intend(store.batches.get(job, 1), now=NOW, balance=100)
    store.batches.mark_unknown(store.batches.get(job, 1), PROBLEM, now=NOW)
    assert store.jobs.forget(job, NOW) is False
    assert [one.label for one in store.batches.in_doubt(BINDING)] == [f"{job}.1"]
