"""Batches with an incomplete record: in doubt, submitted elsewhere, or only in the journal."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.api.errors import ApiError
from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.jobs import adopting
from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.engine.money import proving, settling
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.journal_index import JournalIndex, was_older
from pwl_tui.engine.money.support_report import support_report
from pwl_tui.provider import PROVIDER
from pwl_tui.state.budget import Budget
from pwl_tui.state.files.journal import Entry, Journal, timestamp
from pwl_tui.state.models import Batch, BatchState, Candidate
from pwl_tui.text import clean


class Recovery:
    """Settles and adopts batches: what only a person can decide.

    Args:
        context: the state file and the key.
        wake: called when there is something new to send or poll.
        pause: waits so many seconds.
    """

    def __init__(
        self, context: EngineContext, *, wake: Callable[[], None], pause: Callable[[float], None]
    ) -> None:
        self._context = context
        self._store = context.store
        self._wake = wake
        self._pause = pause

    def recover(self) -> None:
        """Find batches whose sender died: from now on their ID is known, or they are in doubt.

        Raises:
            StateError: the state file failed.
        """
        if self._context.account is not None:
            self._context.account.submitter().recover()

    def evidence(self, job_id: int, seq: int) -> Evidence:
        """Return what the balance says about a batch in doubt."""
        batch = self._store.batches.get(job_id, seq)
        return settling.evidence_of(self._store, self._store.jobs.get(job_id).binding, batch)

    def report(self, job_id: int, seq: int) -> str:
        """Return what the provider's support needs to find a batch in doubt; no key and no number."""
        job, batch = self._store.jobs.get(job_id), self._store.batches.get(job_id, seq)
        candidates, reply = self.candidates(job_id, seq), self._store.replies.of(job_id, seq)
        now = self._context.clock()
        return support_report(job, batch, self.evidence(job_id, seq), candidates, reply, now)

    def candidates(self, job_id: int, seq: int) -> list[Candidate]:
        """Return what may be the ID of a batch in doubt, the likeliest first."""
        return self._store.replies.candidates(job_id, seq)

    def awaits_proof(self, batch: Batch) -> bool:
        """Whether an ID that came for a batch in doubt may be proven any moment: it was sent just now."""
        sent_at, now = batch.submitted or 0.0, self._context.clock()
        candidates = self.candidates(batch.job, batch.seq)
        return now - sent_at < proving.APPEARS_SECONDS and not all(one.final for one in candidates)

    def prove(self, job_id: int, seq: int) -> bool:
        """Give a batch in doubt its ID if one came with the answer and holds its numbers: see `proving`.

        Raises:
            EngineError: there is no key, or it is another.
            ApiError: the service cannot be asked.
            StateError: the state file or the journal failed.
        """
        job, batch = self._context.require_own_job(job_id), self._store.batches.get(job_id, seq)
        if batch.state is not BatchState.UNKNOWN or all(one.final for one in self.candidates(job_id, seq)):
            return False
        service = self._context.require_account().service()
        proven = proving.prove(self._store, service.poll, job.binding, batch, now=self._context.clock())
        if proven:
            self._wake()
        return proven

    def settle(self, job_id: int, seq: int, decision: settling.Decision, batch_id: str | None = None) -> None:
        """Record and carry out the person's decision on a batch in doubt. See `settling.settle`.

        An ID that came with the answer is looked up first: proof makes the decision superfluous. With
        ``adopted`` and no ID, that is all that is done.
        """
        job = self._context.require_own_job(job_id)
        self.recover()
        if batch_id is None:
            try:
                proven = self.prove(job_id, seq)
            except ApiError:
                if decision == "adopted":
                    raise
                proven = False
            if proven and decision == "adopted":
                return
            if proven:
                raise settling.not_in_doubt(self._store.batches.get(job_id, seq))
        settling.settle(
            self._store,
            self._store.batches.get(job_id, seq),
            decision,
            binding=job.binding,
            batch_id=batch_id,
            service=self._context.require_account().service,
            now=self._context.clock(),
        )
        self._wake()

    def adopt(
        self,
        batch_ids: Sequence[str],
        name: str | None = None,
        tell: Callable[[int, int], None] | None = None,
    ) -> Adopted:
        """Make a job of batches submitted elsewhere with the key in force. See `adopting.adopt`."""
        adopted = adopting.adopt(
            self._store,
            self._paced_poll(),
            self._context.require_account().binding,
            batch_ids,
            name=name and clean(name),
            profile=self._context.settings.profile,
            now=self._context.clock(),
            tell=tell or _ignore,
        )
        self._wake()
        return adopted

    def adopt_journal(
        self, path: Path | None = None, tell: Callable[[int, int], None] | None = None
    ) -> Adopted:
        """Rebuild the jobs of a journal, after giving the batches of the state file the IDs it has for them.

        See `adopting.rebuild`.
        """
        self._store.complete_journal()
        journal = self._store.journal if path is None else Journal(path)
        self._context.require_account().submitter().apply_journal()
        adopted = adopting.rebuild(
            self._store,
            self._paced_poll(),
            self._context.require_account().binding,
            journal.read(0)[0],
            profile=self._context.settings.profile,
            now=self._context.clock(),
            tell=tell or _ignore,
        )
        self._wake()
        return adopted

    def unadopted(self) -> list[Entry]:
        """Return the journal's entries of this key that are in no job and may still be at the service."""
        binding = self._context.binding
        missing = [] if binding is None else JournalIndex(self._store, binding).missing()
        if binding is None or not missing:
            return []
        batches = self._store.batches
        # These get their IDs from the journal before anything is sent.
        ours = (*batches.planned(binding), *batches.in_sending(binding), *batches.in_doubt(binding))
        here = {batch.digest for batch in ours}
        kept = timestamp(self._context.clock() - PROVIDER.retention_seconds)
        return [entry for entry in missing if entry.at >= kept and entry.digest not in here]

    def was_older(self) -> bool:
        """Return whether the state directory has proven older than what was sent from it, in the last day."""
        return was_older(self._store, self._context.clock())

    def _paced_poll(self) -> adopting.Poll:
        budget = Budget(self._context.settings.polling.requests_per_second)
        return adopting.paced(
            self._context.require_account().service().poll, budget, self._context.clock, self._pause
        )


def _ignore(_done: int, _total: int) -> None:
    """Ignore progress."""
