"""Sends batches under the money rules: the only place that pays for numbers.

Each rule is quoted where it is kept. The order of the statements is the protocol: an intent on disk, one
POST, an ID on disk, and only then anything else.
"""

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias

from msgspec import Struct

from pwl_tui.api.errors import ApiError
from pwl_tui.config import Polling, Sending
from pwl_tui.engine.money.evidence import next_reading
from pwl_tui.engine.money.journal_index import JournalIndex, moment_of
from pwl_tui.engine.money.journaling import candidates_line, digest, intent_line, journal_entry
from pwl_tui.engine.money.proving import PROOF_OFFSETS, prove
from pwl_tui.engine.polling.schedule import backoff, first_poll
from pwl_tui.engine.problems import (
    CHANGED,
    CUT_OFF,
    NOT_SENT,
    ORPHAN,
    RESTORED,
    credits_short,
    journaled_only,
    miscounted,
    taken,
    unkept,
    unwritten,
)
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.errors import AwayError, StateError
from pwl_tui.state.files.journal import timestamp
from pwl_tui.state.models import BalanceReading, Batch, Binding, Job
from pwl_tui.state.store import Store
from pwl_tui.state.transitions import IllegalTransitionError

CREDITS_RETRY_SECONDS: Final = 60.0
"""How often the balance is read while a job waits for credits or disk space."""
_ACCOUNT_REFUSALS: Final = frozenset({Kind.CREDITS, Kind.LIMIT_REACHED})
"""Refusals that concern the account and not the batch: it stays planned, and its job waits."""


class Idle(Struct, frozen=True):
    """There is nothing to send."""


class Busy(Struct, frozen=True):
    """Another process is sending for this key."""


class Frozen(Struct, frozen=True):
    """A batch of this key is in doubt: nothing is sent until it is settled.

    Attributes:
        batch: the one in doubt.
        news: whether it came into doubt just now, or the balance was read for it.
        until: when the balance is due to be read for it next. None means all readings are in.
    """

    batch: Batch
    news: bool
    until: float | None


class Sent(Struct, frozen=True):
    """A batch was accepted, and its ID is on disk."""

    batch: Batch


class OnHold(Struct, frozen=True):
    """A job is on hold: the cause is the job's own, or the person's to remove."""

    job: int
    problem: Problem


class Delayed(Struct, frozen=True):
    """The service must not be called before `until`."""

    job: int
    problem: Problem
    until: float


Step: TypeAlias = Idle | Busy | Frozen | Sent | OnHold | Delayed
"""The result of one attempt to send."""


class Submitter:
    """Sends the planned batches of one key, one at a time.

    Args:
        store: where intents and IDs are stored.
        service: opens the calls, with the key of `binding`.
        binding: the service and key.
        pace: the polling settings; they decide when a batch is polled first.
        sending: in which order, and how many batches may be under way.
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
        sending: Sending,
        clock: Callable[[], float],
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._service = service
        self._binding = binding
        self._pace = pace
        self._sending = sending
        self._clock = clock
        self._spread = spread
        self._failures = 0
        self._evidence_at = 0.0
        self._proofs = 0
        self._prove_at = 0.0
        self._journal = JournalIndex(store, binding)

    def send_next(self, jobs: Collection[int] | None = None) -> Step:
        """Send the next planned batch, if one may be sent now.

        Args:
            jobs: send only batches of these jobs. None means of all jobs.

        Raises:
            StateError: the state file failed. If that was after a batch was accepted, the error's problem
                says ``charged: yes`` and names the ID.
        """
        # Rule 1: one POST in flight per key, across processes.
        with self._store.sender(self._binding) as ours:
            if not ours:
                return Busy()
            self._recover()
            # Rule 8: of two copies of a state file, both would send what is planned in it.
            if self._store.places.elsewhere() is not None:
                jobs = ()
            # Rule 7: nothing is sent while something may have been charged.
            for unknown in self._store.batches.in_doubt(self._binding):
                return self._gather_evidence(unknown)
            batch = self._next(jobs)
            if batch is None:
                return Idle()
            return self._send(batch)

    def has_work(self, jobs: Collection[int] | None = None) -> bool:
        """Whether `send_next` would find anything to do: a cheap check, without a lock.

        Raises:
            StateError: the state file failed.
        """
        batches = self._store.batches
        return (
            self._next(jobs) is not None
            or bool(batches.in_doubt(self._binding))
            or bool(batches.in_sending(self._binding))
        )

    def _next(self, jobs: Collection[int] | None) -> Batch | None:
        """Return the planned batch whose turn it is. None means there is none, or enough are under way."""
        batches, most = self._store.batches, self._sending.in_flight
        if most and batches.in_flight(self._binding) >= most:
            return None
        fair = self._sending.order == "fair"
        return batches.next_planned(self._binding, self._clock(), jobs, fair=fair)

    def recover(self) -> None:
        """Find batches whose sender died: from now on their ID is known, or they are in doubt.

        Does nothing while a sender is alive.

        Raises:
            StateError: the state file failed.
        """
        with self._store.sender(self._binding) as ours:
            if ours:
                self._recover()

    def apply_journal(self) -> None:
        """Give every unsent batch the ID that the journal has for it.

        In a database that several machines share, an unsent batch that this one was about to send is in
        doubt, because only the journal here knows: after the database was restored, another might send it.

        Raises:
            StateError: the journal or the state file failed.
        """
        self.recover()
        for batch in self._store.batches.planned(self._binding):
            with self._unless_decided():
                if not self._accept_from_journal(batch) and self._store.shared:
                    self._mark_unknown_from_journal(batch)

    def _recover(self) -> None:
        """Decide what became of batches in ``sending``; we hold the lock, so no sender is alive."""
        for batch in self._store.batches.in_sending(self._binding):
            with self._unless_decided():
                # Killed between the journal's line and the database's: the ID is known after all.
                if not (self._accept_from_journal(batch) or self._put_back_from_journal(batch)):
                    now = self._clock()
                    # Or between the journal's line and the database's when its answer could not be read.
                    ids = self._journal.candidates(batch, timestamp(batch.submitted or now))
                    problem = CUT_OFF if self._store.shared else ORPHAN
                    self._store.batches.mark_unknown(batch, problem, now=now, ids=ids, holding=True)
        if self._store.batches.in_doubt(self._binding):
            # Whoever gives a batch in doubt its ID does not hold our lock, and writes to the journal first.
            with self._store.accepting():
                for batch in self._store.batches.in_doubt(self._binding):
                    with self._unless_decided():
                        if not self._accept_from_journal(batch):
                            self._put_back_from_journal(batch)

    @contextmanager
    def _unless_decided(self) -> Iterator[None]:
        """Let a batch be if another machine has decided about it since it was read.

        Its sender may have lost the connection that holds its lock, and be alive: it tells now what became of
        its call. Where all are on one machine, that cannot be.
        """
        try:
            yield
        except IllegalTransitionError:
            if not self._store.shared:
                raise

    def _accept_from_journal(self, batch: Batch) -> bool:
        """Give a batch the ID that the journal has for it; return whether it has one."""
        now = self._clock()
        entry = self._journal.entry_of(batch, now)
        if entry is None:
            return False
        self._store.batches.accept_from_journal(
            batch,
            batch_id=entry.batch_id,
            at=moment_of(entry, now),
            now=now,
            next_poll=first_poll(batch.size, self._pace, now),
        )
        return True

    def _put_back_from_journal(self, batch: Batch) -> bool:
        """Let a batch be sent again if the journal says that it was surely not sent; return whether."""
        if not self._journal.was_not_sent(batch):
            return False
        self._store.batches.put_back(batch, NOT_SENT, now=self._clock())
        return True

    def _mark_unknown_from_journal(self, batch: Batch) -> bool:
        """Put a planned batch in doubt if the journal says it was about to be sent; return whether."""
        now = self._clock()
        intent = self._journal.unanswered_intent(batch, now)
        if intent is None:
            return False
        self._store.batches.mark_unknown_from_journal(
            batch,
            RESTORED,
            submitted=moment_of(intent, now),
            balance=intent.balance,
            now=now,
            ids=self._journal.candidates(intent, intent.at),
        )
        return True

    def _gather_evidence(self, batch: Batch) -> Step:
        """Look up what may be the ID of a batch in doubt, and read the balance for it, if either is due."""
        proof_at, looked_up = self._prove(batch)
        if proof_at is None:
            return Sent(self._store.batches.get(batch.job, batch.seq))
        readings = self._store.balances.evidence(batch.job, batch.seq)
        due = next_reading(readings, self._clock())
        if due is not None:
            due = max(due, self._evidence_at)
        if due is None or due > self._clock():
            return Frozen(batch, news=looked_up, until=_earlier(due, proof_at))
        try:
            balance = self._service().balance().balance
        except ApiError as error:
            self._evidence_at = self._clock() + backoff(1, error.problem.retry_after, self._spread())
            return Frozen(batch, news=looked_up, until=_earlier(self._evidence_at, proof_at))
        reading = BalanceReading(self._clock(), PROVIDER.batch_service, balance)
        self._store.balances.add_evidence(self._binding, reading, batch.job, batch.seq)
        due = next_reading([*readings, reading], reading.at)
        return Frozen(batch, news=True, until=_earlier(due, proof_at))

    def _prove(self, batch: Batch) -> tuple[float | None, bool]:
        """Look up what may be the ID of a batch in doubt, if that is due.

        Returns:
            When it is due next, and whether it was done now. None: the batch has its ID.
        """
        now = self._clock()
        if now < self._prove_at:
            return self._prove_at, False
        if all(one.final for one in self._store.replies.candidates(batch.job, batch.seq)):
            return math.inf, False
        try:
            if prove(self._store, self._service().poll, self._binding, batch, now=now):
                return None, True
        except ApiError as error:
            self._prove_at = now + backoff(1, error.problem.retry_after, self._spread())
            return self._prove_at, False
        self._prove_at = now + PROOF_OFFSETS[min(self._proofs, len(PROOF_OFFSETS) - 1)]
        self._proofs += 1
        return self._prove_at, True

    def _put_in_doubt(self, job: Job, batch: Batch, error: ApiError) -> Step:
        """Keep what came in answer to the paid call, above all what may be an ID, with the batch."""
        now, reply = self._clock(), error.reply
        self._proofs, self._prove_at = 0, 0.0
        journal_error: Exception | None = None
        if reply.ids:
            # Rule 3, as for an ID that is certain: if one of the two fails, the other still happens.
            try:
                self._store.journal.append(candidates_line(job, batch, reply.ids, now))
            except Exception as failure:  # noqa: BLE001 - whatever it is, it is raised once the ID is safe
                journal_error = failure
        try:
            self._store.batches.mark_unknown(batch, error.problem, now=now, reply=reply.text, ids=reply.ids)
        except Exception as failure:
            if not reply.ids:
                if isinstance(failure, IllegalTransitionError) and self._store.shared:
                    return Idle()  # see `_unless_decided`
                raise
            if journal_error is None and isinstance(failure, AwayError):
                raise AwayError(journaled_only(reply.ids, batch, charged="unknown")) from failure
            raise StateError(unkept(reply.ids, batch, journaled=journal_error is None)) from failure
        if journal_error is not None:
            raise journal_error
        return Frozen(self._store.batches.get(batch.job, batch.seq), news=True, until=now)

    def _send(self, batch: Batch) -> Step:
        try:
            self._store.require_room()
        except StateError as error:
            return self._hold(batch, error.problem, self._clock() + CREDITS_RETRY_SECONDS)
        # Rule 7, too: an older copy of the state file may have been put back.
        if self._accept_from_journal(batch):
            return Sent(self._store.batches.get(batch.job, batch.seq))
        if self._mark_unknown_from_journal(batch):
            return Frozen(self._store.batches.get(batch.job, batch.seq), news=True, until=self._clock())
        try:
            balance = self._service().balance().balance
        except ApiError as error:
            return self._not_now(batch, error.problem)
        now = self._clock()
        self._store.balances.add(self._binding, BalanceReading(now, PROVIDER.batch_service, balance))
        if balance < batch.size:
            return self._hold(batch, credits_short(batch.size, balance), now + CREDITS_RETRY_SECONDS)
        job = self._store.jobs.get(batch.job)
        if job.hold is not None:
            self._store.jobs.release(batch.job)
        numbers = self._store.batches.numbers(batch)
        if digest(numbers) != batch.digest:
            return self._hold(batch, CHANGED, None)

        # Rule 2: the intent is on disk before a byte is sent.
        intended = False
        with self._unless_decided():
            intended = self._store.batches.intend(batch, now=now, balance=balance)
        if not intended:
            return Idle()
        batch = self._store.batches.get(batch.job, batch.seq)
        intent = intent_line(self._binding, batch, "send", now, balance)
        journaled = rival = False
        try:
            self._store.journal.append(intent)
            journaled = True
            rival = self._journal.has_rival(intent)
        except StateError as error:
            if journaled:
                with suppress(StateError):  # without that line, it is in doubt
                    self._store.journal.append(intent_line(self._binding, batch, "not sent", now))
            with self._unless_decided():
                self._store.batches.put_back(batch, error.problem, now=now)
            return self._hold(batch, error.problem, now + CREDITS_RETRY_SECONDS)
        if rival:
            return self._give_way(batch)
        try:
            submitted = self._service().submit([f"+{number}" for number in numbers])
        except ApiError as error:
            if error.problem.charged != "no":
                return self._put_in_doubt(job, batch, error)
            return self._not_accepted(batch, error.problem)
        except BaseException:
            self._store.batches.mark_unknown(batch, ORPHAN, now=self._clock())
            raise
        if self._store.shared:
            # The database may not answer the next question for seconds, and nobody else has the ID.
            with suppress(Exception):  # whatever it is, the entry below meets it as well, and says so
                self._store.journal.append(candidates_line(job, batch, [submitted.batch_id], self._clock()))
        if self._is_taken(submitted.batch_id):
            return self._put_in_doubt(job, batch, ApiError(taken(submitted.batch_id)))
        # Rule 3: the ID is on disk before anything else: in the journal, and in the state file even if the
        # journal failed.
        now = self._clock()
        entry = journal_entry(job, batch, submitted.batch_id, now)
        journal_error: Exception | None = None
        try:
            self._store.journal.append(entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised once the ID is safe
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
            if journal_error is None and isinstance(error, AwayError):
                raise AwayError(journaled_only([submitted.batch_id], batch, charged="yes")) from error
            problem = unwritten(submitted.batch_id, batch, journaled=journal_error is None)
            raise StateError(problem) from error
        if journal_error is not None:
            raise journal_error
        self._failures = 0
        return Sent(self._store.batches.get(batch.job, batch.seq))

    def _give_way(self, batch: Batch) -> Step:
        """Do not send a batch that another directory has sent, or is about to: take its ID, or wait for it.

        The journal does not get a line that it was not sent: that would be taken for the word of the other.
        """
        with self._unless_decided():
            self._store.batches.put_back(batch, NOT_SENT, now=self._clock())
            batch = self._store.batches.get(batch.job, batch.seq)
            if self._accept_from_journal(batch):
                return Sent(self._store.batches.get(batch.job, batch.seq))
            if self._mark_unknown_from_journal(batch):
                return Frozen(self._store.batches.get(batch.job, batch.seq), news=True, until=self._clock())
        return Idle()

    def _is_taken(self, batch_id: str) -> bool:
        """Return whether another batch has an ID: then it tells nothing about this one."""
        try:
            return bool(self._store.batches.known([batch_id], self._binding.base_url))
        except StateError:  # the ID must be kept first
            return False

    def _not_accepted(self, batch: Batch, problem: Problem) -> Step:
        """Move a batch that was certainly not accepted to the state that the state table demands."""
        now = self._clock()
        # The journal first: whoever is killed in between, or cut off, learns from it that it was not sent.
        self._store.journal.append(intent_line(self._binding, batch, "not sent", now))
        if problem.kind.needs_person and problem.kind not in _ACCOUNT_REFUSALS:
            with self._unless_decided():
                self._store.batches.refuse(batch, problem, now=now)
            # The next batch of the job would meet the same refusal: the person has to act first.
            return self._hold(batch, problem, None)
        with self._unless_decided():
            self._store.batches.put_back(batch, problem, now=now)
        return self._not_now(batch, problem)

    def _not_now(self, batch: Batch, problem: Problem) -> Step:
        """Keep a job from sending: for a while, or until the person has acted."""
        now = self._clock()
        if problem.kind is Kind.CREDITS:
            return self._hold(batch, problem, now + CREDITS_RETRY_SECONDS)
        if problem.kind.needs_person:
            return self._hold(batch, problem, None)
        self._failures += 1
        until = now + backoff(self._failures, problem.retry_after, self._spread())
        self._store.jobs.hold(batch.job, problem, until)
        return Delayed(batch.job, problem, until)

    def _hold(self, batch: Batch, problem: Problem, until: float | None) -> OnHold:
        self._store.jobs.hold(batch.job, problem, until)
        return OnHold(batch.job, problem)


def _earlier(due: float | None, proof_at: float) -> float | None:
    """Return the earlier of two times; None and infinity mean never."""
    at = min(math.inf if due is None else due, proof_at)
    return None if at == math.inf else at
