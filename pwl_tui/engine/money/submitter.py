"""Sends batches under the money rules: the one place from which numbers are paid for.

Each rule stands where it is kept. The order of the statements is the protocol: an intent on disk, one POST,
an id on disk, and only then anything else.
"""

from collections.abc import Callable, Collection
from typing import Final

from pwl_tui.api.errors import ApiError
from pwl_tui.config import Polling
from pwl_tui.engine.money.evidence import next_reading
from pwl_tui.engine.money.journal_index import JournalIndex, moment_of
from pwl_tui.engine.money.journaling import digest, intent_line, journal_entry
from pwl_tui.engine.money.steps import Busy, Delayed, Frozen, Held, Idle, Sent, Step
from pwl_tui.engine.polling.schedule import backoff, first_poll
from pwl_tui.engine.problems import CHANGED, ORPHAN, RESTORED, credits_short, miscounted, unwritten
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.errors import StateError
from pwl_tui.state.models import BalanceReading, Batch, Binding
from pwl_tui.state.store import Store

_UNSENT: Final = frozenset({Kind.CREDITS, Kind.LIMIT_REACHED})
"""Refusals that concern the account and not the batch: it stays planned, and its job waits."""
CREDITS_LOOK_SECONDS = 60.0
"""How often the balance is looked at while a job waits for credits."""


class Submitter:
    """Sends the planned batches of one key, one at a time.

    Args:
        store: where intents and ids go.
        service: opens the calls, with the key of `binding`.
        binding: the service and key.
        pace: polling settings, for the first look.
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
        clock: Callable[[], float],
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._service = service
        self._binding = binding
        self._pace = pace
        self._clock = clock
        self._spread = spread
        self._failures = 0
        self._evidence_at = 0.0
        self._recall = JournalIndex(store, binding)

    def send_next(self, jobs: Collection[int] | None = None) -> Step:
        """Send the next planned batch, if one may be sent now.

        Args:
            jobs: only of these; none: of all.

        Raises:
            StateError: the state file failed. If that was after a batch was accepted, the error's problem
                says ``charged: yes`` and names the id.
        """
        # Rule 1: one POST in flight per key, across processes.
        with self._store.sender(self._binding) as ours:
            if not ours:
                return Busy()
            self._recover()
            # Rule 7: nothing is sent while something may have been charged.
            for suspect in self._store.batches.in_doubt(self._binding):
                return self._gather_evidence(suspect)
            batch = self._store.batches.next_planned(self._binding, self._clock(), jobs)
            if batch is None:
                return Idle()
            return self._send(batch)

    def has_work(self, jobs: Collection[int] | None = None) -> bool:
        """Whether `send_next` has anything to look at: one cheap look, without a lock.

        Raises:
            StateError: the state file failed.
        """
        batches = self._store.batches
        return (
            batches.next_planned(self._binding, self._clock(), jobs) is not None
            or bool(batches.in_doubt(self._binding))
            or bool(batches.in_sending(self._binding))
        )

    def recover(self) -> None:
        """Find batches whose sender died, unless a sender is alive: they are known, or in doubt from now on.

        Raises:
            StateError: the state file failed.
        """
        with self._store.sender(self._binding) as ours:
            if ours:
                self._recover()

    def recall(self) -> None:
        """Give every batch that is not sent the id that the journal has for it.

        Raises:
            StateError: the journal or the state file failed.
        """
        self.recover()
        for batch in self._store.batches.planned(self._binding):
            self._recalled(batch)

    def _recover(self) -> None:
        """Decide what became of batches in ``sending``; we hold the lock, so no sender is alive."""
        for batch in self._store.batches.in_sending(self._binding):
            # Killed between the journal's line and the database's: the id is known after all.
            if not self._recalled(batch):
                self._store.batches.doubt(batch, ORPHAN, now=self._clock())
        for batch in self._store.batches.in_doubt(self._binding):
            self._recalled(batch)

    def _recalled(self, batch: Batch) -> bool:
        """Give a batch the id that the journal has for it; return whether it has one."""
        now = self._clock()
        entry = self._recall.of(batch, now)
        if entry is None:
            return False
        self._store.batches.recall(
            batch,
            batch_id=entry.batch_id,
            at=moment_of(entry, now),
            now=now,
            next_poll=first_poll(batch.size, self._pace, now),
        )
        return True

    def _suspected(self, batch: Batch) -> bool:
        """Put a planned batch in doubt if the journal says that it was about to be sent; return whether."""
        now = self._clock()
        intent = self._recall.unanswered_intent(batch, now)
        if intent is None:
            return False
        self._store.batches.mark_in_doubt(
            batch, RESTORED, submitted=moment_of(intent, now), balance=intent.balance, now=now
        )
        return True

    def _gather_evidence(self, batch: Batch) -> Frozen:
        """Read the balance for a batch in doubt, if it is time."""
        readings = self._store.balances.evidence(batch.job, batch.seq)
        due = next_reading(readings, self._clock())
        if due is not None:
            due = max(due, self._evidence_at)
        if due is None or due > self._clock():
            return Frozen(batch, news=False, until=due)
        try:
            balance = self._service().balance().balance
        except ApiError as error:
            self._evidence_at = self._clock() + backoff(1, error.problem.retry_after, self._spread())
            return Frozen(batch, news=False, until=self._evidence_at)
        reading = BalanceReading(self._clock(), PROVIDER.batch_service, balance)
        self._store.balances.add_evidence(self._binding, reading, batch.job, batch.seq)
        return Frozen(batch, news=True, until=next_reading([*readings, reading], reading.at))

    def _send(self, batch: Batch) -> Step:
        try:
            self._store.require_room()
        except StateError as error:
            return self._hold(batch, error.problem, self._clock() + CREDITS_LOOK_SECONDS)
        # Rule 7, too: an older copy of the state file may have been put back.
        if self._recalled(batch):
            return Sent(self._store.batches.get(batch.job, batch.seq))
        if self._suspected(batch):
            return Frozen(self._store.batches.get(batch.job, batch.seq), news=True, until=self._clock())
        try:
            balance = self._service().balance().balance
        except ApiError as error:
            return self._not_now(batch, error.problem)
        now = self._clock()
        self._store.balances.add(self._binding, BalanceReading(now, PROVIDER.batch_service, balance))
        if balance < batch.size:
            return self._hold(batch, credits_short(batch.size, balance), now + CREDITS_LOOK_SECONDS)
        job = self._store.jobs.get(batch.job)
        if job.hold is not None:
            self._store.jobs.release(batch.job)
        numbers = self._store.batches.numbers(batch)
        if digest(numbers) != batch.digest:
            return self._hold(batch, CHANGED, None)

        # Rule 2: the intent is on disk before a byte is sent.
        if not self._store.batches.intend(batch, now=now, balance=balance):
            return Idle()
        batch = self._store.batches.get(batch.job, batch.seq)
        try:
            self._store.journal.append(intent_line(self._binding, batch, "send", now, balance))
        except StateError as error:
            self._store.batches.put_back(batch, error.problem, now=now)
            return self._hold(batch, error.problem, now + CREDITS_LOOK_SECONDS)
        try:
            submitted = self._service().submit([f"+{number}" for number in numbers])
        except ApiError as error:
            return self._not_accepted(batch, error.problem)
        except BaseException:
            self._store.batches.doubt(batch, ORPHAN, now=self._clock())
            raise
        # Rule 3: the id is on disk before anything else: in the journal, and in the state file even if that
        # failed.
        now = self._clock()
        entry = journal_entry(job, batch, submitted.batch_id, now)
        journal_error: Exception | None = None
        try:
            self._store.journal.append(entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised once the id is safe
            journal_error = error
        # Rule 6: we removed the duplicates, so the service must have counted what we sent.
        counted = submitted.total_numbers
        charged = batch.size if counted is None else counted
        try:
            self._store.batches.accept(
                batch,
                batch_id=submitted.batch_id,
                charged=charged,
                now=now,
                next_poll=first_poll(batch.size, self._pace, now),
                error=None if charged == batch.size else miscounted(batch.size, charged),
            )
        except Exception as error:
            problem = unwritten(submitted.batch_id, batch, journaled=journal_error is None)
            raise StateError(problem) from error
        if journal_error is not None:
            raise journal_error
        self._failures = 0
        return Sent(self._store.batches.get(batch.job, batch.seq))

    def _not_accepted(self, batch: Batch, problem: Problem) -> Step:
        """Put an error of the POST where the state table wants it."""
        now = self._clock()
        if problem.charged != "no":
            self._store.batches.doubt(batch, problem, now=now)
            return Frozen(self._store.batches.get(batch.job, batch.seq), news=True, until=now)
        # First the journal: a kill in between leaves a doubt, and not a batch that looks as if it were sent.
        self._store.journal.append(intent_line(self._binding, batch, "not sent", now))
        if problem.kind.needs_person and problem.kind not in _UNSENT:
            self._store.batches.refuse(batch, problem, now=now)
            # The next batch of the job would meet the same refusal: the person first.
            return self._hold(batch, problem, None)
        self._store.batches.put_back(batch, problem, now=now)
        return self._not_now(batch, problem)

    def _not_now(self, batch: Batch, problem: Problem) -> Step:
        """Keep a job from sending: for a while, or until the person has done something."""
        now = self._clock()
        if problem.kind is Kind.CREDITS:
            return self._hold(batch, problem, now + CREDITS_LOOK_SECONDS)
        if problem.kind.needs_person:
            return self._hold(batch, problem, None)
        self._failures += 1
        until = now + backoff(self._failures, problem.retry_after, self._spread())
        self._store.jobs.hold(batch.job, problem, until)
        return Delayed(batch.job, problem, until)

    def _hold(self, batch: Batch, problem: Problem, until: float | None) -> Held:
        self._store.jobs.hold(batch.job, problem, until)
        return Held(batch.job, problem)
