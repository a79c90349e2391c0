"""Polls batches that are due and stores the answers."""

import threading
from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import BatchAnswer
from pwl_tui.config import Polling
from pwl_tui.engine.polling.planner import HISTORY_SECONDS, Planner
from pwl_tui.engine.polling.schedule import backoff, bounds
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import Batch, Binding
from pwl_tui.state.polls import Lease
from pwl_tui.state.store import Store

LEASE_SECONDS = 120.0
"""Longer than any poll may take: its read timeout, with room for a slow disk."""
_E164_DIGITS = 15


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
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._service = service
        self._binding = binding
        self._pace = pace
        self._lease = Lease(owner, LEASE_SECONDS)
        self._clock = clock
        self._spread = spread
        self._lock = threading.Lock()
        self._planner = Planner(pace)

    def claim(self) -> Batch | None:
        """Claim the batch that is most overdue. None means none is due.

        Raises:
            StateError: the state file failed.
        """
        return self._store.polls.claim(self._binding, self._lease, self._clock())

    def take_over(self) -> None:
        """Release the claims of processes that died.

        Raises:
            StateError: the state file failed.
        """
        self._store.polls.take_over(self._clock() + self._pace.minimum)

    def give_back(self) -> None:
        """Release our claims on batches that were not polled.

        Raises:
            StateError: the state file failed.
        """
        self._store.polls.give_back(self._lease.owner, self._clock() + self._pace.minimum)

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
            return self._failed(batch, error.problem)
        now = self._clock()
        # Until all is planned again, in a moment.
        due = None if answer.done else now + bounds(batch.size, self._pace)[1]
        learned = self._store.polls.learn(batch, answers(answer), done=answer.done, now=now, next_poll=due)
        self.plan()
        return Polled(learned if answer.done else self._store.batches.get(batch.job, batch.seq))

    def plan(self, jump: float = 0.0) -> float:
        """Plan all polls again from what the state file has; return when to do so again without news.

        Args:
            jump: by how many seconds the clock jumped since the last call.

        Raises:
            StateError: the state file failed.
        """
        with self._lock:
            now = self._clock()
            if jump:
                self._planner.shift(jump, now)
                self._store.polls.end_leases_after(now + 2 * LEASE_SECONDS)
            standings = self._store.polls.standings(self._binding, now - HISTORY_SECONDS)
            self._store.polls.plan(standings, self._planner.plan(standings, now))
            return self._planner.again

    def _failed(self, batch: Batch, problem: Problem) -> Polled:
        now = self._clock()
        if problem.kind is Kind.NOT_FOUND:
            self._store.polls.unreachable(batch, problem, now=now)
            return Polled(self._store.batches.get(batch.job, batch.seq), problem)
        wait = backoff(batch.attempts + 1, problem.retry_after, self._spread())
        self._store.polls.fail(batch, problem, now=now, next_poll=now + max(wait, self._pace.minimum))
        return Polled(batch, problem, service_wide=problem.kind.service_wide)


def answers(polled: BatchAnswer) -> Iterator[tuple[int, Answer]]:
    """Yield each number that is valid E.164 (without the plus), and what a poll said about it.

    A completed number that is neither on WhatsApp nor not counts as failed: no other answer will come.
    """
    for one in polled.results:
        digits = one.number.lstrip("+")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _E164_DIGITS):
            continue
        answer = one.answer
        if answer.outcome is Outcome.COMPLETED and answer.on_whatsapp is None:
            note = answer.note or "the service did not say whether it is on WhatsApp"
            answer = replace(answer, outcome=Outcome.FAILED, note=note)
        yield int(digits), answer
