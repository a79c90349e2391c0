"""Polls batches that are due and stores the answers."""

import threading
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from pwl_tui.answer import NO_ANSWER, Outcome
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import BatchAnswer
from pwl_tui.config import Polling
from pwl_tui.engine.polling.jumps import Jumps
from pwl_tui.engine.polling.matching import match
from pwl_tui.engine.polling.planner import HISTORY_SECONDS, Planner
from pwl_tui.engine.polling.schedule import TRIES, backoff, bounds, is_new, next_look
from pwl_tui.engine.polling.verdicts import OPPOSITE, Verdicts, unreadable, verdicts
from pwl_tui.engine.problems import ended_early, foreign_words, incomplete, left_out, misfit
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.budget import Rate
from pwl_tui.state.errors import StateError
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.polls import Lease
from pwl_tui.state.store import Store

LEASE_SECONDS = 120.0
"""Longer than any poll may take: its read timeout, with room for a slow disk."""
_LONGEST_RECEIVED = 4_000
_NEVER_LATER_SECONDS = 3_600.0
"""The longest wait until a batch whose answers are not about its numbers is polled again."""


class Polled(Struct, frozen=True):
    """The result of a poll.

    Attributes:
        batch: as it is now.
        problem: why the poll failed. None means it did not.
        service_wide: whether other polls would fail in the same way, because of the service or the key.
    """

    batch: Batch
    problem: Problem | None = None
    service_wide: bool = False


class Poller:
    """Polls the batches of one key. Its methods may be called from several threads.

    Args:
        store: where to store answers.
        service: opens the calls, with the key of `binding`.
        binding: only its batches are polled (rule 4 of the money rules).
        pace: the polling settings.
        owner: names this process in leases.
        clock: UTC epoch seconds.
        steady: seconds that pass whatever happens to `clock`.
        spread: draws 0 to 1.
    """

    def __init__(
        self,
        store: Store,
        service: Callable[[], ServiceClient],
        binding: Binding,
        *,
        pace: Polling,
        owner: str,
        clock: Callable[[], float],
        steady: Callable[[], float],
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._service = service
        self._binding = binding
        self._pace = pace
        self._lease = Lease(owner, LEASE_SECONDS)
        self._rate = Rate(pace.requests_per_second)
        self._clock = clock
        self._spread = spread
        self._lock = threading.Lock()
        self._planner = Planner(pace)
        # Of its own: a poll that ends just after a jump plans before the monitor has noticed it.
        self._jumps = Jumps(clock, steady)

    def claim(self) -> Batch | None:
        """Claim the batch that is most overdue, whatever the rate of polls. None means none is due.

        Raises:
            StateError: the state file failed.
        """
        return self._store.polls.claim(self._binding, self._lease, self._clock())

    def claim_within_rate(self) -> Batch | float | None:
        """Claim the batch that is most overdue, if the rate of all polls leaves a request for it.

        Returns:
            The batch, or the seconds until there is one more request. None means none is due.

        Raises:
            StateError: the state file failed.
        """
        return self._store.polls.claim_within(self._rate, self._binding, self._lease, self._clock())

    def drain(self) -> None:
        """Give up the requests that were saved: the next ones come one at a time.

        Raises:
            StateError: the database failed.
        """
        self._store.polls.drain(self._rate, self._binding, self._clock())

    def take_over(self) -> None:
        """Release the claims of processes that died.

        Raises:
            StateError: the state file failed.
        """
        self._store.polls.take_over(self._clock() + self._pace.minimum)

    def expire(self) -> list[int]:
        """Let nobody wait for answers that the service no longer keeps; return the jobs that did.

        Raises:
            StateError: the state file failed.
        """
        now = self._clock()
        return self._store.follows.expire(now - PROVIDER.retention_seconds, now)

    def give_back(self) -> None:
        """Release our claims on batches that were not polled, unless the state file is locked.

        Nobody waits for that: what a process that has ended did not give back is taken over from it.
        """
        with suppress(StateError):
            until = self._clock() + self._pace.minimum
            self._store.polls.give_back(self._lease.owner, until, patient=False)

    def poll(self, batch: Batch) -> Polled:
        """Poll a claimed batch and store the answer.

        Raises:
            StateError: the state file failed; the next poll gets the same answer.
        """
        if batch.batch_id is None:
            raise AssertionError(f"batch {batch.label} is processing and has no ID")
        try:
            answer = self._service().poll(batch.batch_id)
        except ApiError as error:
            return self._failed(batch, error.problem, error.received)
        now = self._clock()
        matched = match(answer.results, self._store.batches.numbers(batch))
        unfit = len(matched.unfit) + answer.unreadable
        if not matched.found and (unfit or (answer.done and not answer.ended_early)):
            return self._failed(batch, misfit(batch), _written(answer), limit=_NEVER_LATER_SECONDS)
        if unreadable(matched.found):
            return self._failed(batch, foreign_words(batch), _written(answer), limit=_NEVER_LATER_SECONDS)
        said = verdicts(matched.found)
        done, trouble = answer.done, _trouble(batch, answer, said, unfit)
        attempts = self._attempts(batch, trouble)
        if trouble is not None and trouble.kind is Kind.BAD_ANSWER:
            # What is missing may be in what cannot be used, or come a little later: do not give it up yet.
            done = not unfit and attempts >= TRIES
            trouble = left_out(batch, _missing(batch, said), len(said.opposite)) if done else trouble
        elif answer.ended_early and trouble is not None:
            # The next answer may take it back, and whoever retries pays again: it must be repeated.
            done = attempts >= TRIES
        due = None
        if not done and trouble is not None:
            due = now + self._wait(attempts, None, _NEVER_LATER_SECONDS)
        elif not done:
            due = now + bounds(batch.size, self._pace)[1]  # until all is planned again, in a moment
        learned = self._store.polls.learn(
            batch,
            {**said.answers, **(dict.fromkeys(said.opposite, OPPOSITE) if done else {})}.items(),
            done=done,
            note_of_rest=f"{NO_ANSWER}: it ended the batch as {answer.status}"
            if answer.ended_early
            else NO_ANSWER,
            now=now,
            next_poll=due,
            trouble=trouble,
            attempts=attempts,
        )
        self.plan()
        if learned.state is BatchState.COMPLETED:
            return Polled(learned)
        return Polled(self._store.batches.get(batch.job, batch.seq), trouble)

    def plan(self) -> float:
        """Plan all polls again from what the state file has; return when to do so again without news.

        Raises:
            StateError: the state file failed.
        """
        with self._lock:
            now = self._clock()
            if jump := self._jumps.since_last(now):
                self._planner.shift(jump, now)
                self._store.polls.end_leases_after(now + 2 * LEASE_SECONDS)
            standings = self._store.polls.standings(self._binding, now - HISTORY_SECONDS)
            self._store.polls.plan(standings, self._planner.plan(standings, now))
            return self._planner.again

    def _failed(
        self, batch: Batch, problem: Problem, received: str = "", *, limit: float | None = None
    ) -> Polled:
        now = self._clock()
        attempts = batch.attempts + 1
        if problem.kind is Kind.NOT_FOUND:
            # The service may not know at once, everywhere, what it accepted a moment ago.
            attempts = self._attempts(batch, problem)
            if batch.state is BatchState.UNREACHABLE or not is_new(batch, now) or attempts >= TRIES:
                look = next_look(batch, now, self._spread())
                self._store.polls.unreachable(batch, problem, now=now, next_poll=look)
                return Polled(self._store.batches.get(batch.job, batch.seq), problem)
        wait = self._wait(attempts, problem.retry_after, limit)
        self._store.polls.fail(
            batch,
            problem,
            now=now,
            next_poll=now + wait,
            attempts=attempts,
            received=received[:_LONGEST_RECEIVED],
        )
        return Polled(batch, problem, service_wide=problem.kind.service_wide or _is_barrier(problem))

    @staticmethod
    def _attempts(batch: Batch, trouble: Problem | None) -> int:
        """Return how many polls in a row came to the same trouble."""
        if trouble is None:
            return 0
        same = batch.trouble is not None and batch.trouble.message == trouble.message
        return batch.attempts + 1 if same else 1

    def _wait(self, attempts: int, retry_after: float | None, limit: float | None) -> float:
        return max(backoff(attempts, retry_after, self._spread(), limit), self._pace.minimum)


def _is_barrier(problem: Problem) -> bool:
    """Whether somebody else's page is in the way of every call; an odd answer may concern one batch alone."""
    status = problem.status
    return problem.kind is Kind.BAD_ANSWER and status is not None and status != 404 and 400 <= status < 500


def _missing(batch: Batch, said: Verdicts) -> int:
    """Return how many numbers of a batch no result is about, or only one that says they are waiting."""
    final = sum(one.outcome is not Outcome.PENDING for one in said.answers.values())
    return batch.size - final - len(said.opposite)


def _trouble(batch: Batch, answer: BatchAnswer, said: Verdicts, unfit: int) -> Problem | None:
    """Return what is wrong with an answer that leaves numbers without one for good. None means nothing."""
    missing, opposite = _missing(batch, said), len(said.opposite)
    if not answer.done:
        return None
    if answer.ended_early and not (unfit and missing):
        failed = batch.size - sum(one.outcome is Outcome.COMPLETED for one in said.answers.values())
        return ended_early(batch, answer.status, failed) if failed else None
    return incomplete(batch, missing, unfit, opposite) if missing or opposite else None


def _written(answer: BatchAnswer) -> str:
    """Return the beginning of an answer that cannot be used, as the service writes it."""
    return f"{answer.status}: " + ", ".join(
        " ".join(part for part in (one.number, one.other, one.answer.outcome, one.answer.note) if part)
        for one in answer.results
    )
