"""Batches whose record is not what it should be: in doubt, submitted elsewhere, or only in the journal."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.jobs import adopting
from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.engine.money import settling
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.journal_index import JournalIndex
from pwl_tui.engine.money.support_report import support_report
from pwl_tui.engine.polling.schedule import Budget
from pwl_tui.provider import PROVIDER
from pwl_tui.state.files.journal import Entry, Journal, timestamp
from pwl_tui.text import clean


class Recovery:
    """What a person does where the program alone cannot know: settle and adopt.

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
        """Find batches whose sender died: from now on they are known, or known to be in doubt.

        Raises:
            StateError: the state file failed.
        """
        if self._context.account is not None:
            self._context.account.submitter().recover()

    def evidence(self, job_id: int, seq: int) -> Evidence:
        """Return what the balance says of a batch in doubt."""
        batch = self._store.batches.get(job_id, seq)
        return settling.evidence_of(self._store, self._store.jobs.get(job_id).binding, batch)

    def report(self, job_id: int, seq: int) -> str:
        """Return what the provider's support needs to find a batch in doubt; no key and no number."""
        job, batch = self._store.jobs.get(job_id), self._store.batches.get(job_id, seq)
        return support_report(job, batch, self.evidence(job_id, seq), self._context.clock())

    def settle(self, job_id: int, seq: int, decision: settling.Decision, batch_id: str | None = None) -> None:
        """Record and carry out the person's decision on a batch in doubt. See `settling.settle`."""
        job = self._context.require_own_job(job_id)
        self.recover()
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
            tell=tell or _nobody,
        )
        self._wake()
        return adopted

    def adopt_journal(
        self, path: Path | None = None, tell: Callable[[int, int], None] | None = None
    ) -> Adopted:
        """Make the jobs of a journal again, after giving batches that are here the ids it has for them.

        See `adopting.rebuild`.
        """
        journal = self._store.journal if path is None else Journal(path)
        self._context.require_account().submitter().recall()
        adopted = adopting.rebuild(
            self._store,
            self._paced_poll(),
            self._context.require_account().binding,
            journal.read(0)[0],
            profile=self._context.settings.profile,
            now=self._context.clock(),
            tell=tell or _nobody,
        )
        self._wake()
        return adopted

    def unadopted(self) -> list[Entry]:
        """Return what the journal knows of this key, the service may still have, and no job accounts for."""
        binding = self._context.binding
        missing = [] if binding is None else JournalIndex(self._store, binding).missing()
        if binding is None or not missing:
            return []
        batches = self._store.batches
        # These are given their ids before anything is sent.
        ours = (*batches.planned(binding), *batches.in_sending(binding), *batches.in_doubt(binding))
        here = {batch.digest for batch in ours}
        kept = timestamp(self._context.clock() - PROVIDER.retention_seconds)
        return [entry for entry in missing if entry.at >= kept and entry.digest not in here]

    def _paced_poll(self) -> adopting.Poll:
        budget = Budget(self._context.settings.polling.requests_per_second)
        return adopting.paced(
            self._context.require_account().service().poll, budget, self._context.clock, self._pause
        )


def _nobody(_done: int, _total: int) -> None:
    """Hear how far something is, and say nothing."""
