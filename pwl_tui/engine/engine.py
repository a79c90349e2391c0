"""The engine as the screen and the command line know it: one object for all that can be done."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pwl_tui.api.models import WHATSAPP, Check, Service
from pwl_tui.engine.account import Account
from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.money.ledger import Ledger, ledger
from pwl_tui.engine.plans import Plans
from pwl_tui.engine.problems import (
    NO_SPEND,
    EngineError,
    retried,
    unfinished,
)
from pwl_tui.state.models import BalanceReading, Job
from pwl_tui.state.money import Charge
from pwl_tui.text import clean

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target, Written


class Engine(Plans):
    """Submits, gives back and keeps the books, beside all that goes on by itself."""

    # -- jobs

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
            EngineError: there is no key, nothing may be spent, credits are short, it is over the cap, or
                another job went on with this rest of a list since it was planned.
            StateError: the state file failed; then there is no job.
        """
        if plan.rest_of is None:
            return self._accept(plan, name, when_short, retry_of)
        with self.store.accepting():
            self._require_rest(self.store.jobs.get(plan.rest_of))
            return self._accept(plan, name, when_short, retry_of)

    def retry(self, wanted: RetryPlan) -> Job:
        """Send rejected batches again within their own job, and failed numbers as a new one.

        Returns:
            The new job, or the old one where no number failed.

        Raises:
            EngineError: as for `create_job`, or what failed was asked for again since; then nothing is sent.
            StateError: the state file failed.
        """
        self._spending()
        job = wanted.job
        if wanted.plan is not None:
            with self.store.accepting():
                if not set(self.store.results.failed(job.id)).issuperset(wanted.plan.list.numbers):
                    raise EngineError(retried(job))
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
        from pwl_tui.engine.jobs.exporting import export

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

    def _spending(self) -> Account:
        account = self._in_force()
        if not self.may_spend:
            raise EngineError(NO_SPEND)
        return account

    def _accept(self, plan: JobPlan, name: str, when_short: planning.WhenShort, retry_of: int | None) -> Job:
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
