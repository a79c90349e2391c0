"""What is told of jobs."""

import pytest
from msgspec.structs import replace

from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import BatchState, Counts, Job, JobState
from pwl_tui.state.store import Store
from pwl_tui.wording import jobs as wording
from tests.unit.fake_service import FIRST, NOW, accepted, add_job

DAY = 86_400.0
SHORT = Problem(kind=Kind.CREDITS, message="Needs 5 credits; 2 available.", remedy="Buy some.")


@pytest.fixture
def job(store: Store) -> Job:
    """A job of two numbers, sent a moment ago."""
    return store.jobs.get(accepted(store, add_job(store, FIRST, 2, at=NOW)).job)


@pytest.mark.parametrize(
    ("state", "words"),
    [(JobState.ATTENTION, "! attention"), (JobState.COMPLETED, "✓ completed"), (JobState.PAUSED, "paused")],
)
def test_a_state_is_told_by_sign_and_word(job: Job, state: JobState, words: str) -> None:
    assert wording.state(replace(job, state=state)) == words


def test_answers_that_are_all_in_say_nothing_of_pending_ones() -> None:
    counts = Counts(on_whatsapp=1_900, business=80, not_on_whatsapp=95, failed=5)
    assert wording.answers(counts) == "1,900 on WhatsApp (80 business), 95 not, 5 failed"
    assert wording.answers(replace(counts, pending=20)).endswith("5 failed, 20 pending")


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "14 d"), (0.4, "14 d"), (0.6, "13 d"), (13.4, "1 d"), (13.6, "hours"), (14, "now"), (30, "now")],
)
def test_the_days_until_results_expire_are_rounded(job: Job, days: float, words: str) -> None:
    assert wording.expires_in(job, NOW + days * DAY) == words


def test_fetched_results_do_not_expire(job: Job) -> None:
    assert wording.expires_in(replace(job, unfetched_since=None), NOW) == ""


def test_a_warning_names_one_job_and_counts_the_others(job: Job) -> None:
    jobs = [replace(job, name=name) for name in ("spring", "summer", "fall")]
    assert wording.expiry(jobs[:1], NOW + 12 * DAY) == "Unfetched results of spring expire in about 2 days."
    assert wording.expiry(jobs[:2], NOW + 13 * DAY) == (
        "Unfetched results of spring and 1 other expire in about 1 day."
    )
    assert wording.expiry(jobs, NOW + 15 * DAY) == (
        "Unfetched results of spring and 2 others expire within hours, if they have not already."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"batches": {BatchState.UNKNOWN: 1}}, "1 batch in doubt: settle it"),
        ({"batches": {BatchState.UNKNOWN: 2, BatchState.REJECTED: 1}}, "2 batches in doubt: settle them"),
        ({"batches": {BatchState.REJECTED: 1}}, "1 batch rejected"),
        ({"batches": {BatchState.UNREACHABLE: 2}, "error": SHORT}, f"2 batches unreachable: {SHORT.message}"),
        ({"state": JobState.WAITING, "hold": SHORT}, SHORT.message),
        ({"state": JobState.PAUSED, "hold": SHORT}, None),
    ],
)
def test_what_a_job_needs_is_one_line(job: Job, changes: dict[str, object], words: str | None) -> None:
    assert wording.needs(replace(job, **changes)) == words


def test_a_rate_is_known_once_answers_have_come(job: Job) -> None:
    assert wording.rate(job) is None
    moving = replace(
        job, started=NOW, last_poll=NOW + 10, counts=Counts(on_whatsapp=50, pending=100), reused=0
    )
    assert wording.rate(moving) == 5.0
    assert wording.seconds_left(moving, NOW + 12) == 18.0
    assert wording.seconds_left(moving, NOW + 500) == 1.0
    assert wording.seconds_left(replace(moving, state=JobState.WAITING), NOW) is None


def test_a_moment_that_has_come_is_now() -> None:
    assert (wording.next_in(NOW, NOW), wording.next_in(NOW + 61, NOW)) == ("now", "2 m")


def test_one_batch_is_and_several_are_not_adopted() -> None:
    assert wording.unadopted(1) == "1 batch in the journal is paid for but not in the state file."
    assert wording.unadopted(2) == "2 batches in the journal are paid for but not in the state file."
