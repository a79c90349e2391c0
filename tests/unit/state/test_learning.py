"""What the answer to a poll changes, on both engines: how it is stored differs."""

import pytest

from pwl_tui.answer import NO_ANSWER, Answer, Outcome
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.database import Database
from pwl_tui.state.models import BatchState
from pwl_tui.state.money import Activity, note
from pwl_tui.state.store import Store
from tests.unit.fake_service import FIRST, NOW, accepted, add_job

TROUBLE = Problem(kind=Kind.BAD_ANSWER, message="odd", charged="no", remedy="wait")
AGAIN = "UNIQUE|23505"
"""That a row is there already, as SQLite and PostgreSQL say it."""
ODD = (
    Answer(Outcome.COMPLETED, True, None, "a\tb\\n{,}", 'N"ULL', "NULL"),
    Answer(Outcome.COMPLETED, False, False, "Çarrier 100% ?1", "", "\\N"),
    Answer(Outcome.COMPLETED, None, None),
    Answer(Outcome.FAILED, note="why\nnot"),
)


def database(store: Store) -> Database:
    return store._database  # noqa: SLF001 - what the store does with it


def answers(store: Store, job: int) -> dict[int, Answer]:
    return {one.number: one.answer for one in store.results.page(job, "all", 0, 2_000)}


def test_each_of_many_answers_is_stored_with_its_number(store: Store) -> None:
    jobs = [add_job(store, FIRST, 1_000) for _ in range(2)]
    batch = accepted(store, jobs[0])
    said = {FIRST + n: ODD[n % len(ODD)] for n in range(998)}
    others = {FIRST + 1_000: ODD[0], 7: ODD[1]}
    store.polls.learn(batch, {**said, **others}.items(), done=False, now=NOW, next_poll=NOW + 9)
    waiting = {FIRST + n: Answer(Outcome.PENDING) for n in (998, 999)}
    assert answers(store, jobs[0]) == {**said, **waiting}
    assert set(answers(store, jobs[1]).values()) == {Answer()}


def test_a_stored_answer_stays_and_of_two_at_once_the_last_counts(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    batch = accepted(store, job)
    store.polls.learn(batch, [(FIRST, ODD[0])], done=False, now=NOW, next_poll=NOW)
    said = [(FIRST, ODD[1]), (FIRST + 1, ODD[2]), (FIRST + 1, ODD[1]), (FIRST + 2, Answer(Outcome.PENDING))]
    learned = store.polls.learn(batch, said, done=False, now=NOW, next_poll=NOW)
    assert answers(store, job) == {FIRST: ODD[0], FIRST + 1: ODD[1], FIRST + 2: Answer(Outcome.PENDING)}
    assert (learned.counts.pending, learned.counts.on_whatsapp, learned.counts.not_on_whatsapp) == (1, 1, 1)


@pytest.mark.parametrize("given", [0, 2, 3])
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("trouble", [None, TROUBLE])
def test_what_becomes_of_a_batch(store: Store, given: int, done: bool, trouble: Problem | None) -> None:
    job = add_job(store, FIRST, 3)
    batch = accepted(store, job)
    store.polls.fail(batch, TROUBLE, now=NOW, next_poll=NOW, received="<html>")
    said = [(FIRST + n, ODD[0]) for n in range(given)]
    learned = store.polls.learn(
        batch, said, done=done, now=NOW + 1, next_poll=NOW + 9, trouble=trouble, attempts=4
    )
    over = done or given == 3
    left = trouble if done or given < 3 else None
    assert learned == store.batches.get(job, 1)
    assert learned.state is (BatchState.COMPLETED if over else BatchState.PROCESSING)
    assert (learned.completed, learned.next_poll) == ((NOW + 1, None) if over else (None, NOW + 9))
    assert (learned.last_poll, learned.attempts) == (NOW + 1, 0 if over else 4)
    assert (learned.trouble, learned.received) == (left, "<html>" if left else "")
    assert (learned.counts.failed, learned.counts.pending) == ((3 - given, 0) if done else (0, 3 - given))
    notes = [one.answer.note for one in store.results.page(job, "all", 0, 9)]
    assert notes[given:] == [NO_ANSWER if done else ""] * (3 - given)
    news = {"completed" if over else "polled"} if over or given or trouble else set()
    told = {
        one.event: one.detail for one in store.activity.newest(0, 9) if one.event in {"completed", "polled"}
    }
    assert set(told) == news
    if news:
        assert f"{3 if done else given} of 3 answered" in told.popitem()[1]


def test_what_comes_last_is_stored_with_the_rest_or_not_at_all(store: Store) -> None:
    with database(store).transaction() as c:
        note(c, Activity(NOW, None, None, "kept", ""), last=True)

    def fail() -> None:
        with database(store).transaction() as c:
            note(c, Activity(NOW, None, None, "first", ""))
            c.last("INSERT INTO places VALUES (1, '', '', '')", ())

    with pytest.raises(Exception, match=AGAIN):
        fail()
    assert [one.event for one in store.activity.newest(0, 9)] == ["kept"]


def test_a_statement_that_fails_together_with_others_undoes_them(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        with database(store).transaction() as c, c.together():
            note(c, Activity(NOW, None, None, "first", ""))
            c.execute("INSERT INTO places VALUES (1, '', '', '')")
            note(c, Activity(NOW, None, None, "last", ""))

    with pytest.raises(Exception, match=AGAIN):
        fail()
    assert not store.activity.newest(0, 9)
    assert not caplog.records  # they would be on the screen
    with database(store).transaction() as c, c.together():
        note(c, Activity(NOW, None, None, "later", ""))
    assert [one.event for one in store.activity.newest(0, 9)] == ["later"]
