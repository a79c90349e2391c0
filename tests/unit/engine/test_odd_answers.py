"""Polls that do not say what they should: nothing is lost, nothing is called failed that may not be."""

from collections.abc import Callable
from itertools import permutations

import pytest
from msgspec.structs import replace

from pwl_tui.answer import NO_ANSWER, Answer, Outcome
from pwl_tui.api.errors import ApiError, decode_error
from pwl_tui.api.models import BatchAnswer, NumberAnswer
from pwl_tui.engine.polling.poller import Polled
from pwl_tui.engine.polling.schedule import TRIES
from pwl_tui.engine.polling.verdicts import OPPOSITE, verdicts
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    Clock,
    WorldService,
    add_job,
    make_poller,
    make_service,
    make_submitter,
)

UNKNOWN = decode_error(404, {}, b'{"error": "Batch not found or access denied."}', paid=False)
NETWORK = Problem(kind=Kind.NETWORK, message="gone", remedy="wait")


@pytest.fixture
def service(clock: Clock) -> WorldService:
    return make_service(clock, rate=10.0)


def sent(store: Store, service: WorldService, clock: Clock) -> Batch:
    """Send 50 numbers."""
    job = add_job(store, FIRST, 50)
    make_submitter(store, service, clock).send_next()
    return store.batches.get(job, 1)


def polled(store: Store, service: WorldService, clock: Clock) -> Polled:
    """Poll the batch that is due; return what came of it, with the batch as it is then."""
    poller = make_poller(store, service, clock)
    batch = poller.claim()
    assert batch is not None
    result = poller.poll(batch)
    return replace(result, batch=store.batches.get(batch.job, batch.seq))


def next_due(store: Store) -> float:
    due = store.batches.next_due(BINDING)
    assert due is not None
    return due


def refusing(service: WorldService, monkeypatch: pytest.MonkeyPatch, problem: Problem) -> None:
    def refuse(_: str) -> BatchAnswer:
        raise ApiError(problem, received="<h1>It works!</h1>")

    monkeypatch.setattr(service, "poll", refuse)


def answering(
    service: WorldService, monkeypatch: pytest.MonkeyPatch, change: Callable[[BatchAnswer], BatchAnswer]
) -> None:
    """Make the service answer polls truly but for a change."""
    poll = service.poll
    monkeypatch.setattr(service, "poll", lambda batch_id: change(poll(batch_id)))


def strangers(answer: BatchAnswer) -> BatchAnswer:
    return replace(answer, results=[replace(one, number=f"+999{one.number[-7:]}") for one in answer.results])


# -- not found


def test_an_old_batch_that_the_service_does_not_know_is_unreachable_and_kept(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000
    refusing(service, monkeypatch, UNKNOWN)
    result = polled(store, service, clock)
    assert (result.batch.state, result.batch.error) == (BatchState.UNREACHABLE, UNKNOWN)
    assert not result.service_wide
    assert result.batch.batch_id == batch.batch_id
    assert make_poller(store, service, clock).claim() is None


def test_a_batch_accepted_a_moment_ago_is_looked_for_several_times(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(store, service, clock)
    refusing(service, monkeypatch, NETWORK)
    for _ in range(3):
        clock.now = next_due(store)
        polled(store, service, clock)
    refusing(service, monkeypatch, UNKNOWN)
    states = []
    for _ in range(TRIES):
        clock.now = next_due(store)
        states.append(polled(store, service, clock).batch.state)
    assert states == [*[BatchState.PROCESSING] * (TRIES - 1), BatchState.UNREACHABLE]


def test_an_unreachable_batch_is_looked_at_now_and_then_and_found_again(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    refusing(service, monkeypatch, UNKNOWN)
    clock.now += 1_000
    polled(store, service, clock)
    pauses = []
    for _ in range(8):
        pauses.append(next_due(store) - clock.now)
        clock.now += pauses[-1]
        assert polled(store, service, clock).batch.state is BatchState.UNREACHABLE
    assert pauses == sorted(pauses)
    assert pauses[0] >= 250
    monkeypatch.undo()
    clock.now = next_due(store)
    found = polled(store, service, clock).batch
    assert (found.state, found.error, found.counts.pending) == (BatchState.COMPLETED, None, 0)
    assert found.batch_id == batch.batch_id


def test_a_batch_that_is_found_again_while_it_is_processing_is_so(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = make_service(clock, rate=0.001)
    batch = sent(store, slow, clock)
    refusing(slow, monkeypatch, UNKNOWN)
    clock.now += 1_000
    assert polled(store, slow, clock).batch.state is BatchState.UNREACHABLE
    monkeypatch.undo()
    store.polls.look_again([batch.job], now=clock.now, minimum=60.0)
    assert not store.polls.looking(batch.job, clock.now), "it was polled just now"
    clock.now += 60
    store.polls.look_again([batch.job], now=clock.now, minimum=60.0)
    assert store.polls.looking(batch.job, clock.now)
    assert polled(store, slow, clock).batch.state is BatchState.PROCESSING


# -- answers that cannot be used


def test_what_keeps_a_poll_from_being_read_is_kept_until_one_is(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    page = decode_error(200, {}, b"<h1>It works!</h1>", paid=False)
    refusing(service, monkeypatch, page)
    clock.now = next_due(store)
    after = polled(store, service, clock).batch
    assert (after.problem, store.jobs.get(batch.job).trouble) == (page, page)
    assert after.received == "<h1>It works!</h1>"
    monkeypatch.undo()
    clock.now = next_due(store)
    after = polled(store, service, clock).batch
    assert (after.problem, store.jobs.get(batch.job).trouble, after.received) == (None, None, "")


def test_a_firewalls_page_is_in_the_way_of_every_call(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(store, service, clock)
    clock.now = next_due(store)
    refusing(service, monkeypatch, decode_error(403, {}, b"<title>Just a moment...</title>", paid=False))
    result = polled(store, service, clock)
    assert result.service_wide
    assert result.batch.state is BatchState.PROCESSING


def test_a_finished_batch_whose_answers_fit_none_of_its_numbers_is_unreadable_and_not_failed(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, strangers)
    for attempts in range(1, TRIES + 3):
        result = polled(store, service, clock)
        after = result.batch
        assert result.problem is not None
        assert (result.problem.kind, result.service_wide) == (Kind.BAD_ANSWER, False)
        assert (after.state, after.attempts) == (BatchState.PROCESSING, attempts)
        assert (after.batch_id, after.counts.failed) == (batch.batch_id, 0)
        assert (after.problem, store.jobs.get(batch.job).trouble) == (result.problem, result.problem)
        assert after.received.startswith("completed: +999")
        assert store.results.failed(batch.job) == []
        clock.now = next_due(store)
    monkeypatch.undo()
    done = polled(store, service, clock).batch
    assert (done.state, done.counts.pending) == (BatchState.COMPLETED, 0)
    assert (done.problem, done.received) == (None, "")


def in_words(count: int) -> Callable[[BatchAnswer], BatchAnswer]:
    """Return a change: the first so many numbers are answered in a word that nobody knows, no others are."""
    foreign = Answer(Outcome.COMPLETED, note="the service said EXISTS")

    def change(answer: BatchAnswer) -> BatchAnswer:
        refused = Answer(Outcome.FAILED, note="timeout")
        return replace(
            answer,
            results=[
                replace(one, answer=foreign if place < count else refused)
                for place, one in enumerate(answer.results)
            ],
        )

    return change


def test_answers_in_unknown_words_are_unreadable_and_not_failed(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, in_words(45))
    for attempts in range(1, TRIES + 3):
        result = polled(store, service, clock)
        after = result.batch
        assert result.problem is not None
        assert (result.problem.kind, after.attempts) == (Kind.BAD_ANSWER, attempts)
        assert "unknown words" in result.problem.message
        assert (after.state, after.counts.pending) == (BatchState.PROCESSING, 50)
        assert "the service said EXISTS" in after.received
        assert store.results.failed(batch.job) == []
        clock.now = next_due(store)
    monkeypatch.undo()
    done = polled(store, service, clock).batch
    assert (done.state, done.counts.pending, done.problem) == (BatchState.COMPLETED, 0, None)


def test_a_few_numbers_without_a_verdict_have_failed_and_the_word_is_said(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, in_words(2))
    after = polled(store, service, clock).batch
    assert (after.state, after.counts.failed) == (BatchState.COMPLETED, 50)
    assert store.results.known(batch.job)[1][0].note == "the service said EXISTS"


def test_a_finished_batch_without_results_is_unreadable(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, lambda answer: replace(answer, results=[]))
    result = polled(store, service, clock)
    assert result.problem is not None
    assert result.batch.state is BatchState.PROCESSING


@pytest.mark.parametrize("unreadable", [0, 1], ids=["a stranger", "damaged"])
def test_what_fits_is_stored_and_the_rest_never_fails_while_results_cannot_be_used(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch, unreadable: int
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000

    def change(answer: BatchAnswer) -> BatchAnswer:
        first = [] if unreadable else [replace(answer.results[0], number="+999")]
        return replace(answer, results=[*first, *answer.results[1:]], unreadable=unreadable)

    answering(service, monkeypatch, change)
    for _ in range(2 * TRIES):
        after = polled(store, service, clock).batch
        assert (after.state, after.counts.pending) == (BatchState.PROCESSING, 1)
        assert after.trouble is not None
        assert after.trouble.kind is Kind.BAD_ANSWER
        due = next_due(store)
        assert due - clock.now <= 3_600
        clock.now = due
    assert FIRST not in store.results.failed(batch.job)
    monkeypatch.undo()
    assert polled(store, service, clock).batch.state is BatchState.COMPLETED


def test_numbers_that_a_finished_answer_leaves_out_fail_only_when_it_does_so_again_and_again(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, lambda answer: replace(answer, results=answer.results[2:]))
    pending = []
    for _ in range(TRIES):
        after = polled(store, service, clock).batch
        pending.append(after.counts.pending)
        clock.now = store.batches.next_due(BINDING) or clock.now
    assert pending == [2, 2, 2, 2, 0]
    assert after.state is BatchState.COMPLETED
    assert after.problem is not None
    assert "leaves out 2 of its 50 numbers" in after.problem.message
    assert set(store.results.failed(batch.job)) >= {FIRST, FIRST + 1}


# -- several results for one number


def result(
    on: bool | None, outcome: Outcome = Outcome.COMPLETED, business: bool | None = None
) -> NumberAnswer:
    return NumberAnswer(f"+{FIRST}", Answer(outcome, on, business))


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ([result(True), result(False)], None),
        ([result(False), result(True), result(False)], None),
        ([result(True), result(True)], Answer(Outcome.COMPLETED, True)),
        ([result(True, business=True), result(True, business=False)], Answer(Outcome.COMPLETED, True)),
        ([result(None, Outcome.PENDING), result(True)], Answer(Outcome.COMPLETED, True)),
        ([result(None, Outcome.FAILED), result(False)], Answer(Outcome.COMPLETED, False)),
        ([result(None), result(False)], Answer(Outcome.COMPLETED, False)),
        ([result(None, Outcome.PENDING), result(None, Outcome.FAILED)], Answer(Outcome.FAILED)),
    ],
)
def test_several_results_for_one_number_say_the_same_in_any_order(
    several: list[NumberAnswer], expected: Answer | None
) -> None:
    for order in permutations(several):
        said = verdicts((FIRST, one) for one in order)
        assert (said.answers.get(FIRST), said.opposite) == (expected, set() if expected else {FIRST})


def test_opposite_answers_are_said_and_neither_is_believed(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, lambda answer: replace(answer, results=[result(True), *answer.results]))
    stored = replace(service.poll(batch.batch_id or "").results[1])
    assert stored.answer.on_whatsapp is False, "the sample number is on WhatsApp: choose another"
    for attempts in range(1, TRIES):
        after = polled(store, service, clock).batch
        assert (after.state, after.attempts, after.counts.pending) == (BatchState.PROCESSING, attempts, 1)
        assert after.trouble is not None
        assert "contradicts itself about 1 of its 50 numbers" in after.trouble.message
        clock.now = next_due(store)
    after = polled(store, service, clock).batch
    assert (after.state, after.counts.pending) == (BatchState.COMPLETED, 0)
    assert after.trouble is not None
    assert "it counts as failed" in after.trouble.message
    assert store.results.known(batch.job)[1][0] == OPPOSITE


# -- other words


@pytest.mark.parametrize("status", ["processing", "fertig", "success", ""])
def test_a_batch_is_finished_when_every_number_has_its_answer_whatever_the_word(
    store: Store, clock: Clock, service: WorldService, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    sent(store, service, clock)
    clock.now += 1_000
    answering(service, monkeypatch, lambda answer: replace(answer, done=False, status=status))
    assert polled(store, service, clock).batch.state is BatchState.COMPLETED


@pytest.mark.parametrize("polls", [1, TRIES - 1, TRIES])
def test_a_batch_that_the_service_ended_early_is_finished_with_a_sentence_once_that_is_repeated(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, polls: int
) -> None:
    slow = make_service(clock, rate=1.0)
    batch = sent(store, slow, clock)
    clock.now += 25

    first: list[NumberAnswer] = []

    def fail(answer: BatchAnswer) -> BatchAnswer:
        first.extend([] if first else (o for o in answer.results if o.answer.outcome is not Outcome.PENDING))
        return replace(answer, done=True, ended_early=True, status="failed", results=first)

    answering(slow, monkeypatch, fail)
    for _ in range(polls):
        after = polled(store, slow, clock).batch
        clock.now += 1_000
    if polls < TRIES:  # the next answer may take it back
        assert after.state is BatchState.PROCESSING
        monkeypatch.undo()
        after = polled(store, slow, clock).batch
        assert after.state is BatchState.COMPLETED
        assert len(store.results.failed(batch.job)) < 25
        return
    assert (after.state, after.counts.pending) == (BatchState.COMPLETED, 0)
    assert after.problem is not None
    assert "'failed'" in after.problem.message
    assert "of its 50 numbers have no answer" in after.problem.message
    assert after.problem.charged == "yes"
    assert len(store.results.failed(batch.job)) >= 25
    notes = {one.note for one in store.results.known(batch.job)[1] if one.outcome is Outcome.FAILED}
    assert f"{NO_ANSWER}: it ended the batch as failed" in notes
