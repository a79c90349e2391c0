"""Batches whose record is not what it should be: in doubt, submitted elsewhere, or only in the journal."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.engine.jobs import adopting
from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.engine.jobs.retention import RETENTION_SECONDS
from pwl_tui.engine.money import settling
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.journal_index import JournalIndex
from pwl_tui.engine.money.support_report import support_report
from pwl_tui.engine.polling.schedule import Budget
from pwl_tui.engine.problems import EngineError, other_key
from pwl_tui.engine.runtime import Runtime
from pwl_tui.problem import Problem
from pwl_tui.state.files.journal import Entry, Journal, timestamp
from pwl_tui.state.models import Job
from pwl_tui.text import clean


class Recovery(Runtime):
    """What a person does where the program alone cannot know: settle and adopt."""

    def elsewhere(self, job: Job) -> Problem | None:
        """Return why a job is neither sent nor polled: it belongs to another key; none: it does not."""
        return other_key(job) if self.binding not in (None, job.binding) else None

    def evidence(self, job_id: int, seq: int) -> Evidence:
        """Return what the balance says of a batch in doubt."""
        batch = self.store.batches.get(job_id, seq)
        return settling.evidence_of(self.store, self.store.jobs.get(job_id).binding, batch)

    def report(self, job_id: int, seq: int) -> str:
        """Return what the provider's support needs to find a batch in doubt; no key and no number."""
        job, batch = self.store.jobs.get(job_id), self.store.batches.get(job_id, seq)
        return support_report(job, batch, self.evidence(job_id, seq), self._clock())

    def settle(self, job_id: int, seq: int, decision: settling.Decision, batch_id: str | None = None) -> None:
        """Record and carry out the person's decision on a batch in doubt. See `settling.settle`."""
        job = self._ours(job_id)
        self.recover()
        settling.settle(
            self.store,
            self.store.batches.get(job_id, seq),
            decision,
            binding=job.binding,
            batch_id=batch_id,
            service=self._in_force().service,
            now=self._clock(),
        )
        self.wake()

    def adopt(
        self,
        batch_ids: Sequence[str],
        name: str | None = None,
        tell: Callable[[int, int], None] | None = None,
    ) -> Adopted:
        """Make a job of batches submitted elsewhere with the key in force. See `adopting.adopt`."""
        adopted = adopting.adopt(
            self.store,
            self._paced_poll(),
            self._in_force().binding,
            batch_ids,
            name=name and clean(name),
            profile=self.settings.profile,
            now=self._clock(),
            tell=tell or _nobody,
        )
        self.wake()
        return adopted

    def adopt_journal(
        self, path: Path | None = None, tell: Callable[[int, int], None] | None = None
    ) -> Adopted:
        """Make the jobs of a journal again, after giving batches that are here the ids it has for them.

        See `adopting.rebuild`.
        """
        journal = self.store.journal if path is None else Journal(path)
        self._in_force().submitter().recall()
        adopted = adopting.rebuild(
            self.store,
            self._paced_poll(),
            self._in_force().binding,
            journal.read(0)[0],
            profile=self.settings.profile,
            now=self._clock(),
            tell=tell or _nobody,
        )
        self.wake()
        return adopted

    def unadopted(self) -> list[Entry]:
        """Return what the journal knows of this key, the service may still have, and no job accounts for."""
        binding = self.binding
        missing = [] if binding is None else JournalIndex(self.store, binding).missing()
        if binding is None or not missing:
            return []
        batches = self.store.batches
        # These are given their ids before anything is sent.
        ours = (*batches.planned(binding), *batches.in_sending(binding), *batches.in_doubt(binding))
        here = {batch.digest for batch in ours}
        kept = timestamp(self._clock() - RETENTION_SECONDS)
        return [entry for entry in missing if entry.at >= kept and entry.digest not in here]

    def _ours(self, job_id: int) -> Job:
        job = self.store.jobs.get(job_id)
        if job.binding != self._in_force().binding:
            raise EngineError(other_key(job))
        return job

    def _paced_poll(self) -> adopting.Poll:
        budget = Budget(self.settings.polling.requests_per_second)
        return adopting.paced(self._in_force().service().poll, budget, self._clock, self._pause)


def _nobody(_done: int, _total: int) -> None:
    """Hear how far something is, and say nothing."""
