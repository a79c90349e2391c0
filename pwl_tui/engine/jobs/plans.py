"""Plans: what would be sent and what it would cost, for a list, the remainder of a list, or a retry."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import msgspec
from msgspec.structs import replace

from pwl_tui.changes import Before
from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.jobs import planning, retrying
from pwl_tui.engine.jobs.doubts import looked_up
from pwl_tui.engine.jobs.planning import NOT_CHOSEN, JobPlan
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.jobs.sampling import Rates, continued_by, rates, require_not_continued, why_left_out
from pwl_tui.engine.jobs.timing import seconds_for
from pwl_tui.engine.problems import (
    NOTHING_LEFT_OUT,
    NOTHING_TO_RETRY,
    EngineError,
    not_yet,
    nothing_old,
    taken_elsewhere,
)
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Options, Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.provider import PROVIDER
from pwl_tui.state.lookups import Lookup
from pwl_tui.state.models import Job
from pwl_tui.state.queries.results import Reusable, UnderWay

_EARLIER_JOBS = 20
"""How many jobs tell which regions are usual."""


class Plans:
    """Shows what would be sent and what it costs; nothing here spends anything.

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
        """Return what a list would send and cost; spends nothing, and reads no balance. Slow for long lists.

        Args:
            source: the list.
            options: how to read it, where that should not be detected; or how it was read before.
            reuse_days: how old a result may be to be reused. None means as the settings say.
            sample: pay for at most this many numbers, drawn at random. None means all.
            progress: called with the bytes read and the total, now and then.
            cancelled: asked now and then whether to give up.

        Raises:
            ListError: the list cannot be read or holds no number.
            PlanCancelledError: `cancelled` said so.
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
        """Return what a list holds; the first half of `for_list`, and the slow one."""
        from pwl_tui.lists.plan_subprocess import plan_in_child  # takes all of libphonenumber along

        if isinstance(options, Options) and options.region is None:
            options = replace(options, earlier_regions=self._earlier_regions())
        return plan_in_child(source, options, progress=progress, cancelled=cancelled)

    def decide(
        self, listed: ListPlan, *, reuse_days: int | None = None, sample: int | None = None
    ) -> JobPlan:
        """Decide what becomes of the numbers of a list that was read; the second half of `for_list`."""
        days = self._context.settings.lists.reuse_days if reuse_days is None else reuse_days
        return self._make(listed, days, {}, sample)

    def for_remainder(
        self,
        job_id: int,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> JobPlan:
        """Return what it costs to send what a sample, or short credits, left out of a job; spends nothing.

        The whole list is planned again: the job's results are reused, however old they are, and its failed
        numbers are left to a retry.

        Args:
            job_id: of a finished job.
            progress: as for `for_list`.
            cancelled: as for `for_list`.

        Raises:
            EngineError: nothing was left out, another job has already continued it, this job is unfinished,
                or it belongs to another key.
        """
        job = self._context.require_own_job(job_id)
        if job.unfinished:
            raise EngineError(not_yet(job))
        if not job.left_out:
            raise EngineError(NOTHING_LEFT_OUT)
        require_not_continued(self._store, job)
        from pwl_tui.engine.jobs.exporting import original

        source, reading = original(self._store, job_id)
        listed = self.read(source, reading, progress=progress, cancelled=cancelled)
        own = self._store.results.reusable_of(job_id)
        days = self._context.settings.lists.reuse_days
        # To send what was left out is the decision that rule 7 asks for.
        made = replace(self._make(listed, days, own, despite_doubt=True), remainder_of=job_id)
        failed = set(self._store.results.failed(job_id))
        return planning.without(made, failed, f"failed in job {job_id}") if failed else made

    def for_recheck(
        self,
        job_id: int,
        *,
        older_than: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> JobPlan:
        """Return what it costs to ask again for the answers of a job that are old; spends nothing.

        The whole list is planned again. Paid for is what the key's latest answer, of whichever job, is older
        than so many days; newer ones are reused, and what is under way is followed. Numbers that never had
        an answer are left out: what failed is for a retry, and what was not sent for the rest of the list.

        Args:
            job_id: of a job of which nothing is still to be sent, fetched or settled.
            older_than: days. None means as many as results are reused for, by the settings.
            progress: as for `for_list`.
            cancelled: as for `for_list`.

        Raises:
            EngineError: no answer is so old, this job is unfinished, or it belongs to another key.
        """
        job = self._context.require_own_job(job_id)
        if job.must_stay:
            raise EngineError(not_yet(job))
        from pwl_tui.engine.jobs.exporting import original

        source, reading = original(self._store, job_id)
        listed = self.read(source, reading, progress=progress, cancelled=cancelled)
        now, results = self._context.clock(), self._store.results
        last_charge = results.last_charge()
        days = self._context.settings.lists.reuse_days if older_than is None else older_than
        since = now - days * 86_400.0
        # What is open before what is answered: else an answer that comes in between is in neither.
        doubted = looked_up(self._store, job.binding, listed.numbers)
        payers = results.under_way(job.binding, listed.numbers, now - PROVIDER.retention_seconds)
        latest = results.reusable(job.binding, listed.numbers, 0.0)
        made = planning.make(
            listed,
            {number: known for number, known in latest.items() if known.answered >= since},
            balance=self._balance(),
            payers=payers,
            doubted=doubted,
            since=since,
            at=now,
            last_charge=last_charge,
        )
        if never := set(listed.numbers).difference(latest):
            made = planning.without(made, never, planning.NEVER_ANSWERED)
        if not made.to_pay and not made.under_way:
            raise EngineError(nothing_old(job, days))
        known = latest | results.reusable_of(job_id)
        each = cache(Before)
        before = {n: each(bool(one.answer.on_whatsapp), one.answer.business) for n, one in known.items()}
        return replace(made, recheck_of=job_id, before=before)

    def seconds_for(self, numbers: int) -> float | None:
        """Return the seconds that the service needs for so many numbers. None means no past job tells."""
        binding = self._context.binding
        return None if binding is None else seconds_for(numbers, self._store.jobs.all(), binding)

    def sample_rates(self, job: Job) -> Rates | None:
        """Return what a sample says about its list. None means it has no results yet, or is not a sample."""
        return rates(self._store.batches.of(job.id)) if why_left_out(self._store, job) == NOT_CHOSEN else None

    def continued_by(self, job: Job) -> Job | None:
        """Return the job that sent what this one left out. None means there is none."""
        return continued_by(self._store, job)

    def for_retry(self, job_id: int, *, failed: bool = True, rejected: bool = True) -> RetryPlan:
        """Return what it costs to retry what failed in a job; spends nothing.

        Args:
            job_id: of the job.
            failed: whether to retry failed numbers.
            rejected: whether to retry rejected batches.

        Raises:
            EngineError: there is nothing to retry, or the job belongs to another key.
        """
        job, last_charge = self._context.require_own_job(job_id), self._store.results.last_charge()
        source = retrying.failed_numbers(self._store, job) if failed else None
        plan = None if source is None else self.for_list(source, retrying.AS_THEY_ARE)
        free, taken = retrying.rejected(self._store, job, self._context.clock()) if rejected else ([], [])
        if plan is None and not free:
            raise EngineError(taken_elsewhere(job) if taken else NOTHING_TO_RETRY)
        return RetryPlan(job, plan, tuple(free), last_charge)

    # -- internals

    def _make(
        self,
        listed: ListPlan,
        days: int,
        own: dict[int, Reusable],
        sample: int | None = None,
        *,
        despite_doubt: bool = False,
    ) -> JobPlan:
        """Decide what becomes of the numbers of a list.

        Args:
            listed: what was read.
            days: how old answers may be to be reused.
            own: answers that are reused whatever their age.
            sample: pay for at most this many. None means all.
            despite_doubt: whether to pay for numbers of which a lookup ended without an answer.
        """
        now, binding = self._context.clock(), self._context.binding
        since, last_charge = planning.reuse_since(now, days), self._store.results.last_charge()
        answers, payers, doubts = dict[int, Reusable](), dict[int, UnderWay](), dict[int, Lookup]()
        if binding is not None:
            results = self._store.results
            # What is open before what is answered: else an answer that comes in between is in neither.
            doubts = looked_up(self._store, binding, listed.numbers)
            payers = results.under_way(binding, listed.numbers, now - PROVIDER.retention_seconds)
            if since is not None:
                answers = results.reusable(binding, listed.numbers, since)
        despite = frozenset(
            number for number, lookup in doubts.items() if despite_doubt and lookup.problem is not None
        )
        return planning.make(
            listed,
            answers | own,
            balance=self._balance(),
            payers=payers,
            doubted=doubts.keys() - despite,
            despite=despite,
            since=since,
            at=now,
            last_charge=last_charge,
            sample=sample,
            draw=self._context.draw,
        )

    def _earlier_regions(self) -> tuple[str, ...]:
        """Return the regions that lists of this profile were read with, the latest first."""
        regions: dict[str, None] = {}
        for origin in self._store.jobs.latest_origins(self._context.settings.profile, _EARLIER_JOBS):
            with suppress(msgspec.ValidationError):  # of an earlier version; it would have been a hint only
                if (region := planning.Origin.decode(origin).reading.region) is not None:
                    regions[region] = None
        return tuple(regions)

    def _balance(self) -> int | None:
        binding = self._context.binding
        if binding is None:
            return None
        reading = self._store.balances.latest(binding).get(PROVIDER.batch_service)
        return None if reading is None else reading.balance
