"""The life of a job: created, retried, paused, exported, forgotten."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.jobs import planning, retrying
from pwl_tui.engine.jobs.doubts import looked_up
from pwl_tui.engine.jobs.knowing import Known, known
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.jobs.sampling import require_not_continued
from pwl_tui.engine.jobs.wishes import Wishes, new_wish
from pwl_tui.engine.problems import COPIED, EngineError, other_key, rejected_retried, retried, unfinished
from pwl_tui.problem import Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Batch, BatchState, Binding, Job
from pwl_tui.text import clean

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target, Written


class Jobs:
    """Creates the jobs of the key in force, and does what the person asks of them.

    Args:
        context: the state file and the key.
        wishes: knows whether an export can be written.
        wake: called when there is something new to send or poll.
    """

    def __init__(self, context: EngineContext, wishes: Wishes, *, wake: Callable[[], None]) -> None:
        self._context = context
        self._wishes = wishes
        self._store = context.store
        self._wake = wake

    def create(
        self,
        plan: JobPlan,
        *,
        name: str,
        when_short: planning.WhenShort = "cancel",
        retry_of: int | None = None,
        export: "Target | None" = None,
    ) -> Job:
        """Accept a list for validation: from here on its numbers are sent and paid for.

        What became known since the plan was made is taken into account, so that lists that are accepted at
        the same moment do not both pay: the job may cost less than planned, and never more. What was paid for
        in the meantime and failed is left out.

        Args:
            plan: what to send; its balance decides whether credits are short.
            name: what the person calls it.
            when_short: what to do with too few credits.
            retry_of: the job whose failed numbers these are.
            export: what to write by itself once the job is finished. None means nothing.

        Raises:
            EngineError: there is no key, nothing may be spent, credits are short, the job is over the cap,
                another job has sent this remainder of a list since it was planned, or it would cost more.
            ListError: `export` cannot be written.
            StateError: the state file failed; then there is no job.
        """
        with self._store.accepting():
            if plan.remainder_of is not None:
                require_not_continued(self._store, self._store.jobs.get(plan.remainder_of))
            return self._accept(plan, name, when_short, retry_of, export)

    def retry(self, wanted: RetryPlan) -> Job:
        """Send rejected batches again within their own job, and failed numbers as a new one.

        Returns:
            The new job, or the old one where no number failed.

        Raises:
            EngineError: as for `create`, or some of it has been retried in the meantime; nothing is sent.
            StateError: the state file failed.
        """
        self._context.require_spending()
        job = wanted.job
        with self._store.accepting():
            self._require_not_retried(wanted)
            if wanted.plan is not None:
                job = self._accept(wanted.plan, f"{wanted.job.name} retry", "cancel", wanted.job.id)
            if wanted.rejected:
                self._store.jobs.release(wanted.job.id)
                agreed = {batch.seq for batch in wanted.rejected}
                self._send_rejected(wanted.job, lambda batch: batch.seq in agreed)
                self._wake()
        return self._store.jobs.get(job.id)

    def pause(self, job_id: int) -> None:
        """Send nothing more of a job; what was sent is still polled."""
        self._store.jobs.pause(job_id, paused=True)

    def resume(self, job_id: int) -> None:
        """Resume a stopped job, whatever stopped it: a pause, a hold, a refusal, or an unreachable batch."""
        now = self._context.clock()
        self._store.jobs.pause(job_id, paused=False)
        # What was planned in a copy of a state directory is for `retry`, which names its sum.
        with self._store.accepting():
            self._send_rejected(self._store.jobs.get(job_id), lambda batch: batch.error != COPIED)
        self._store.polls.try_again(job_id, now=now)
        self.look_again([job_id])
        self._wishes.try_again()
        self._wake()

    def look_again(self, job_ids: Iterable[int]) -> None:
        """Make the unreachable batches of some jobs due, and those whose answers could not be used."""
        minimum = self._context.settings.polling.minimum
        self._store.polls.look_again(job_ids, now=self._context.clock(), minimum=minimum)

    def looking(self, job_id: int) -> bool:
        """Return whether an unreachable batch of a job is due in a moment, or being polled."""
        soon = self._context.clock() + self._context.settings.polling.minimum
        return self._store.polls.looking(job_id, soon)

    def export(
        self, job_id: int, target: "Target", watch: Callable[[int], None] | None = None
    ) -> "list[Written]":
        """Write a job's list with its results; return the files that were made. See `exporting.export`."""
        from pwl_tui.engine.jobs.exporting import export  # takes all of libphonenumber along

        written = export(self._store, job_id, target, watch)
        self._wishes.exported(job_id, target, written)
        return written

    def known(self, numbers: Sequence[int]) -> list[Known]:
        """Return what all jobs and lookups of the key in force know of numbers; free. See `knowing.known`.

        Raises:
            EngineError: there is no key.
            StateError: the state file failed.
        """
        return known(self._store, self._context.require_account().binding, numbers)

    def forget(self, job_id: int, *, wipe: bool = True) -> None:
        """Remove a job with its list, numbers and results for good; its charges stay in the ledger.

        Args:
            job_id: which.
            wipe: whether to leave nothing of it in the files; of several jobs, wipe after the last.

        Raises:
            EngineError: some of it must still be sent, fetched or settled.
            StateError: the state file failed.
        """
        if not self._store.jobs.forget(job_id, self._context.clock()):
            raise EngineError(unfinished(self._store.jobs.get(job_id)))
        if wipe:
            self._store.wipe()

    def purgeable(self, older_than_days: int) -> list[Job]:
        """Return the jobs that can be forgotten and were created more than so many days ago."""
        before = self._context.clock() - older_than_days * 86_400.0
        return [job for job in self._store.jobs.all() if job.created < before and not job.must_stay]

    def elsewhere(self, job: Job) -> Problem | None:
        """Return why a job is neither sent nor polled: it belongs to another key. None means it does not."""
        return other_key(job) if self._context.binding not in (None, job.binding) else None

    def _accept(
        self,
        plan: JobPlan,
        name: str,
        when_short: planning.WhenShort,
        retry_of: int | None,
        export: "Target | None" = None,
    ) -> Job:
        """Store a job; the caller keeps all others from accepting one."""
        binding = self._context.require_spending().binding
        settings = self._context.settings
        plan = planning.affordable(self._renewed(plan, binding), when_short, cap=settings.max_credits_per_job)
        self._store.require_room()
        if export is not None:
            self._wishes.check(export)
        job_id = planning.store_job(
            self._store,
            plan,
            binding=binding,
            profile=settings.profile,
            name=clean(name) or plan.list.source.name,
            now=self._context.clock(),
            retry_of=retry_of,
            wish=None if export is None else new_wish(export),
        )
        self._wake()
        return self._store.jobs.get(job_id)

    def _require_not_retried(self, wanted: RetryPlan) -> None:
        """Check that nobody has retried any of it since it was planned: that may have failed again by now."""
        store, job = self._store, wanted.job
        numbers = [] if wanted.plan is None else list(wanted.plan.list.numbers)
        failed = set(store.results.failed(job.id)) if numbers else set[int]()
        if not failed.issuperset(numbers):
            raise EngineError(retried(job))
        left = {batch.seq for batch in store.batches.of(job.id) if batch.state is BatchState.REJECTED}
        if not left.issuperset(batch.seq for batch in wanted.rejected):
            raise EngineError(rejected_retried(job))
        for batch in wanted.rejected:
            numbers += store.batches.numbers(batch)
        if store.results.failed_since(job.binding, numbers, wanted.last_charge):
            raise EngineError(retried(job))

    def _send_rejected(self, job: Job, chosen: Callable[[Batch], bool]) -> None:
        """Send rejected batches again; where other jobs have the numbers, take over their answers.

        The caller keeps all others from doing so.

        Args:
            job: whose batches.
            chosen: whether to send one again.
        """
        if BatchState.REJECTED in job.batches:
            now = self._context.clock()
            free, taken = retrying.rejected(self._store, job, now)
            for batch, elsewhere in taken:
                known = {number: (one.answer, one.answered) for number, one in elsewhere.answers.items()}
                self._store.decisions.take_over(batch, known, elsewhere.payers, now=now)
            self._store.decisions.retry_rejected(job.id, filter(chosen, free), now=now)

    def _renewed(self, plan: JobPlan, binding: Binding) -> JobPlan:
        """Return the plan as it is now: others may have accepted, or been answered, since it was made."""
        numbers, now = planning.undecided(plan), self._context.clock()
        results = self._store.results
        since = plan.at if plan.since is None else plan.since
        # What is open before what is answered: else an answer that comes in between is in neither.
        doubted = looked_up(self._store, binding, numbers).keys() - plan.despite
        payers = results.under_way(binding, numbers, now - PROVIDER.retention_seconds)
        answers = results.reusable(binding, numbers, since)
        last = plan.last_charge
        failed = set[int]() if last is None else results.failed_since(binding, numbers, last)
        return planning.renewed(plan, numbers, answers, payers, doubted, failed)
