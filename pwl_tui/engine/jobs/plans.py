"""What may be sent and what it would cost: plans of lists, of the rest of a list, and of a retry."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.jobs import planning, retrying
from pwl_tui.engine.jobs.planning import NOT_CHOSEN, JobPlan
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.jobs.sampling import Rates, continued_by, rates, require_not_continued, why_held
from pwl_tui.engine.jobs.timing import seconds_for
from pwl_tui.engine.problems import NOTHING_LEFT_OUT, NOTHING_TO_RETRY, EngineError, not_yet
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.provider import PROVIDER
from pwl_tui.state.models import Job
from pwl_tui.state.queries.results import Reusable


class Plans:
    """Says what would be sent and what it would cost; nothing here spends anything.

    Args:
        context: the state file, the settings and the key.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store

    def for_list(
        self,
        source: Source,
        options: Options | Reading,
        *,
        reuse_days: int | None = None,
        sample: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> JobPlan:
        """Say what a list would send and cost; spends nothing, and asks for no balance. Slow for long lists.

        Args:
            source: the list.
            options: how to read it, where that is not to be detected; or how it was read before.
            reuse_days: how old an answer may be to be used again; none: as the settings say.
            sample: pay for at most so many numbers, drawn at random.
            progress: told how far the reading is.
            cancelled: asked now and then whether to give up.

        Raises:
            ListError: the list cannot be read or holds no number.
        """
        listed = self.read(source, options, progress=progress, cancelled=cancelled)
        return self.decide(listed, reuse_days=reuse_days, sample=sample)

    def read(
        self,
        source: Source,
        options: Options | Reading,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ListPlan:
        """Say what a list holds; the first half of `for_list`, and the slow one."""
        from pwl_tui.lists.plan_subprocess import plan_in_child  # takes all of libphonenumber along

        return plan_in_child(source, options, progress=progress, cancelled=cancelled)

    def decide(
        self, listed: ListPlan, *, reuse_days: int | None = None, sample: int | None = None
    ) -> JobPlan:
        """Say what becomes of the numbers of a list that is read; all else is as `for_list` has it."""
        days = self._context.settings.lists.reuse_days if reuse_days is None else reuse_days
        answers = self._reusable(listed.numbers, days)
        return planning.make(listed, answers, balance=self._balance(), sample=sample, draw=self._context.draw)

    def for_remainder(
        self,
        job_id: int,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> JobPlan:
        """Say what it costs to send what a sample, or short credits, left out of a job; spends nothing.

        The whole list is planned again: what the job has an answer to is reused, however old it is, and what
        failed in it is left to a retry.

        Args:
            job_id: a finished job's.
            progress: told how far the reading is.
            cancelled: asked now and then whether to give up.

        Raises:
            EngineError: nothing was left out, another job went on with it, this one is not finished, or it
                is another key's.
        """
        job = self._context.require_own_job(job_id)
        if job.unfinished:
            raise EngineError(not_yet(job))
        if not job.held:
            raise EngineError(NOTHING_LEFT_OUT)
        require_not_continued(self._store, job)
        from pwl_tui.engine.jobs.exporting import original

        source, reading = original(self._store, job_id)
        listed = self.read(source, reading, progress=progress, cancelled=cancelled)
        answers = self._reusable(listed.numbers, self._context.settings.lists.reuse_days)
        answers |= self._store.results.reusable_of(job_id)
        made = replace(planning.make(listed, answers, balance=self._balance()), rest_of=job_id)
        failed = set(self._store.results.failed(job_id))
        return planning.without(made, failed, f"failed in job {job_id}") if failed else made

    def seconds_for(self, numbers: int) -> float | None:
        """Return how long the service will take for so many numbers, by past jobs; none: there are none."""
        binding = self._context.binding
        return None if binding is None else seconds_for(numbers, self._store.jobs.all(), binding)

    def sample_rates(self, job: Job) -> Rates | None:
        """Return what a sample's answers say about its list; none: it has none yet, or is no sample."""
        return rates(self._store.batches.of(job.id)) if why_held(self._store, job) == NOT_CHOSEN else None

    def continued_by(self, job: Job) -> Job | None:
        """Return the job that asked for what this one left out. See `sampling.continued_by`."""
        return continued_by(self._store, job)

    def for_retry(self, job_id: int, *, failed: bool = True, rejected: bool = True) -> RetryPlan:
        """Say what it costs to ask again for what failed in a job; spends nothing.

        Args:
            job_id: the job's.
            failed: whether failed numbers are wanted.
            rejected: whether rejected batches are.

        Raises:
            EngineError: there is nothing to retry, or the job is another key's.
        """
        job = self._context.require_own_job(job_id)
        source = retrying.failed_numbers(self._store, job) if failed else None
        plan = None if source is None else self.for_list(source, retrying.AS_THEY_ARE)
        batches, numbers = retrying.rejected(self._store, job) if rejected else (0, 0)
        if plan is None and not batches:
            raise EngineError(NOTHING_TO_RETRY)
        return RetryPlan(job, plan, batches, numbers)

    # -- internals

    def _reusable(self, numbers: Sequence[int], days: int) -> dict[int, Reusable]:
        binding, since = self._context.binding, planning.reuse_since(self._context.clock(), days)
        if binding is None or since is None:
            return {}
        return self._store.results.reusable(binding, numbers, since)

    def _balance(self) -> int | None:
        binding = self._context.binding
        if binding is None:
            return None
        reading = self._store.balances.latest(binding).get(PROVIDER.batch_service)
        return None if reading is None else reading.balance
