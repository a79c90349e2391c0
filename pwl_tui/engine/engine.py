"""The engine as the screen and the command line know it: one object for all that can be done."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pwl_tui.api.models import WHATSAPP, Check, Service
from pwl_tui.engine import planning, retrying
from pwl_tui.engine.account import Account
from pwl_tui.engine.estimate import seconds_for
from pwl_tui.engine.ledger import Ledger, ledger
from pwl_tui.engine.mending import Mending
from pwl_tui.engine.pilot import Rates, rates, went_on, why_held
from pwl_tui.engine.planning import NOT_CHOSEN, JobPlan
from pwl_tui.engine.problems import (
    NO_SPEND,
    NOTHING_LEFT_OUT,
    NOTHING_TO_RETRY,
    EngineError,
    continued,
    not_yet,
    unfinished,
)
from pwl_tui.engine.retrying import RetryPlan
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.reading import Options, Reading
from pwl_tui.lists.source import Source
from pwl_tui.state.models import BalanceReading, Job
from pwl_tui.state.money import Charge
from pwl_tui.state.results import Reusable
from pwl_tui.text import clean

if TYPE_CHECKING:
    from pwl_tui.lists.export import Target, Written


class Engine(Mending):
    """Plans, submits, gives back and settles, beside all that goes on by itself."""

    # -- lists and jobs

    def plan(
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
        """Say what a list holds; the first half of `plan`, and the slow one."""
        from pwl_tui.lists.apart import plan_apart  # takes all of libphonenumber along

        return plan_apart(source, options, progress=progress, cancelled=cancelled)

    def decide(
        self, listed: ListPlan, *, reuse_days: int | None = None, sample: int | None = None
    ) -> JobPlan:
        """Say what becomes of the numbers of a list that is read; all else is as `plan` has it."""
        days = self.settings.lists.reuse_days if reuse_days is None else reuse_days
        answers = self._reusable(listed.numbers, days)
        return planning.make(listed, answers, balance=self._balance(), sample=sample, draw=self._draw)

    def rest_plan(
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
        job = self._ours(job_id)
        if job.unfinished:
            raise EngineError(not_yet(job))
        if not job.held:
            raise EngineError(NOTHING_LEFT_OUT)
        later = went_on(self.store, job)
        if later is not None:
            raise EngineError(continued(job, later))
        from pwl_tui.engine.exporting import original

        source, reading = original(self.store, job_id)
        listed = self.read(source, reading, progress=progress, cancelled=cancelled)
        answers = self._reusable(listed.numbers, self.settings.lists.reuse_days)
        answers |= self.store.results.answers(job_id)
        made = planning.make(listed, answers, balance=self._balance())
        failed = set(self.store.results.failed(job_id))
        return planning.without(made, failed, f"failed in job {job_id}") if failed else made

    def seconds_for(self, numbers: int) -> float | None:
        """Return how long the service will take for so many numbers, by past jobs; none: there are none."""
        binding = self.binding
        return None if binding is None else seconds_for(numbers, self.store.jobs.all(), binding)

    def rates(self, job: Job) -> Rates | None:
        """Return what a sample's answers say about its list; none: it has none yet, or is no sample."""
        return rates(self.store.batches.of(job.id)) if why_held(self.store, job) == NOT_CHOSEN else None

    def went_on(self, job: Job) -> Job | None:
        """Return the job that asked for what this one left out, if there is one. See `pilot.went_on`."""
        return went_on(self.store, job)

    def create_job(
        self,
        plan: JobPlan,
        *,
        name: str,
        when_short: planning.WhenShort = "cancel",
        retry_of: int | None = None,
    ) -> Job:
        """Accept a list for validation: from here on its numbers are sent and paid for.

        Args:
            plan: what to send; its balance decides whether credits are short.
            name: what the person calls it.
            when_short: what to do with too few credits.
            retry_of: the job whose failed numbers these are.

        Raises:
            EngineError: there is no key, nothing may be spent, credits are short, or it is over the cap.
            StateError: the state file failed; then there is no job.
        """
        binding = self._spending().binding
        plan = planning.affordable(plan, when_short, cap=self.settings.max_credits_per_job)
        self.store.require_room()
        job_id = planning.store_job(
            self.store,
            plan,
            binding=binding,
            profile=self.settings.profile,
            name=clean(name) or plan.list.source.name,
            now=self._clock(),
            retry_of=retry_of,
        )
        self.wake()
        return self.store.jobs.get(job_id)

    def retry_plan(self, job_id: int, *, failed: bool = True, rejected: bool = True) -> RetryPlan:
        """Say what it costs to ask again for what failed in a job; spends nothing.

        Args:
            job_id: the job's.
            failed: whether failed numbers are wanted.
            rejected: whether rejected batches are.

        Raises:
            EngineError: there is nothing to retry, or the job is another key's.
        """
        job = self._ours(job_id)
        source = retrying.failed_numbers(self.store, job) if failed else None
        plan = None if source is None else self.plan(source, retrying.AS_THEY_ARE)
        batches, numbers = retrying.rejected(self.store, job) if rejected else (0, 0)
        if plan is None and not batches:
            raise EngineError(NOTHING_TO_RETRY)
        return RetryPlan(job, plan, batches, numbers)

    def retry(self, wanted: RetryPlan) -> Job:
        """Send rejected batches again within their own job, and failed numbers as a new one.

        Returns:
            The new job, or the old one where no number failed.

        Raises:
            EngineError: as for `create_job`; then nothing is sent.
            StateError: the state file failed.
        """
        self._spending()
        job = wanted.job
        if wanted.plan is not None:
            job = self.create_job(wanted.plan, name=f"{wanted.job.name} retry", retry_of=wanted.job.id)
        if wanted.rejected_batches:
            self.store.jobs.release(wanted.job.id)
            self.store.decisions.retry_rejected(wanted.job.id, now=self._clock())
            self.wake()
        return self.store.jobs.get(job.id)

    def pause(self, job_id: int) -> None:
        """Send nothing more of a job; what was sent is still polled."""
        self.store.jobs.pause(job_id, paused=True)

    def resume(self, job_id: int) -> None:
        """Go on with all of a job that stands still: paused, held, refused, or out of reach."""
        now = self._clock()
        self.store.jobs.pause(job_id, paused=False)
        self.store.decisions.retry_rejected(job_id, now=now)
        self.store.polls.try_again(job_id, now=now)
        self.wake()

    def export(
        self, job_id: int, target: "Target", watch: Callable[[int], None] | None = None
    ) -> "list[Written]":
        """Write a job's list with its answers; return the files that were made. See `exporting.export`."""
        from pwl_tui.engine.exporting import export

        return export(self.store, job_id, target, watch)

    def forget(self, job_id: int) -> None:
        """Remove a job with its list, numbers and results for good; what it cost stays in the ledger.

        Raises:
            EngineError: something of it is still to be sent, fetched or settled.
            StateError: the state file failed.
        """
        job = self.store.jobs.get(job_id)
        if job.under_way:
            raise EngineError(unfinished(job))
        self.store.jobs.forget(job_id, self._clock())

    def purgeable(self, older_than_days: int) -> list[Job]:
        """Return the jobs that nothing is left to do for and that are older."""
        before = self._clock() - older_than_days * 86_400.0
        return [job for job in self.store.jobs.all() if job.created < before and not job.under_way]

    # -- credits

    def ledger(self) -> Ledger:
        """Return where the credits of the key in force went.

        Raises:
            EngineError: there is no key.
        """
        binding = self._in_force().binding
        doubts = [batch.submitted for batch in self.store.batches.in_doubt(binding)]
        return ledger(
            self.store.charges.all(binding),
            self.store.balances.all(binding, WHATSAPP),
            min((at for at in doubts if at is not None), default=None),
        )

    def balance(self, service: Service = WHATSAPP) -> BalanceReading:
        """Read the credits of one service now, and remember them.

        Raises:
            ApiError: the service cannot be asked.
        """
        account = self._in_force()
        reading = BalanceReading(self._clock(), service, account.service().balance(service).balance)
        self.store.balances.add(account.binding, reading)
        return reading

    def lookup(self, number: str) -> Check:
        """Pay one credit for one number, and remember the charge.

        Raises:
            EngineError: there is no key, or nothing may be spent.
            ApiError: the number is refused, or the service cannot be asked.
        """
        account, started = self._spending(), self._clock()
        check = account.service().check(number, self.settings.region)
        self.store.charges.add(account.binding, Charge(self._clock(), 1, None, None, None, started))
        return check

    # -- internals

    def _reusable(self, numbers: Sequence[int], days: int) -> dict[int, Reusable]:
        binding, since = self.binding, planning.reuse_since(self._clock(), days)
        if binding is None or since is None:
            return {}
        return self.store.results.reusable(binding, numbers, since)

    def _balance(self) -> int | None:
        binding = self.binding
        reading = None if binding is None else self.store.balances.latest(binding).get(WHATSAPP)
        return None if reading is None else reading.balance

    def _spending(self) -> Account:
        account = self._in_force()
        if not self.may_spend:
            raise EngineError(NO_SPEND)
        return account
