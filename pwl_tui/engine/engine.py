"""The engine as the screen and the command line know it: one object for all that can be done."""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pwl_tui.api.models import WHATSAPP, Check, Service
from pwl_tui.config import Settings
from pwl_tui.engine import adopting, exporting, planning, settling
from pwl_tui.engine.account import Account, connect
from pwl_tui.engine.events import Event
from pwl_tui.engine.hook import with_hook
from pwl_tui.engine.monitor import Monitor, Scope
from pwl_tui.engine.planning import JobPlan
from pwl_tui.engine.problems import NO_KEY, EngineError, other_key
from pwl_tui.engine.service import Connect
from pwl_tui.lists.plan import plan
from pwl_tui.lists.readers import Options, Source
from pwl_tui.secret import Secret
from pwl_tui.state.journal import Journal
from pwl_tui.state.models import BalanceReading, Binding, Job
from pwl_tui.state.money import Charge
from pwl_tui.state.store import Store
from pwl_tui.text import clean

_JOIN_SECONDS = 0.5  # closing waits so long for the threads; one that hangs in a call ends with the process


class Engine:
    """Plans, sends, polls and gives back, for one state file and the key in force.

    Args:
        store: what is remembered.
        settings: the base URL, the key and the pace.
        connect: opens the service; injected by tests.
        clock: UTC epoch seconds; injected by tests.
        draw: randomness for pauses and samples; injected by tests.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        connect: Connect = connect,
        clock: Callable[[], float] = time.time,
        draw: random.Random | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self._clock = clock
        self._draw = draw or random.SystemRandom()
        self._open = partial(Account, store, settings, connect=connect, clock=clock, draw=self._draw)
        self._listener: Callable[[Event], None] | None = None
        self._scope = Scope()
        self._monitor: Monitor | None = None
        self._account = None if settings.api_key is None else self._open(settings.api_key)

    @property
    def binding(self) -> Binding | None:
        """The service and key in force; none before there is a key."""
        return None if self._account is None else self._account.binding

    # -- the key

    def try_key(self, key: Secret) -> int:
        """Return the WhatsApp credits of a key by asking the service; slow.

        Raises:
            ApiError: the key is refused, or the service cannot be asked.
        """
        account = self._open(key)
        try:
            return account.service().balance(WHATSAPP).balance
        finally:
            account.close()

    def use_key(self, key: Secret) -> None:
        """Work with another key from now on; the jobs of other keys stay theirs."""
        listener = self._listener
        self.stop()
        self._account = self._open(key)
        if listener is not None:
            self.start(listener, self._scope)

    # -- running

    def start(self, listener: Callable[[Event], None], scope: Scope | None = None) -> None:
        """Begin to send and poll; `listener` is told of every change, on the engine's threads.

        Without a key nothing can be done yet: `use_key` begins then.
        """
        self._listener, self._scope = listener, scope or Scope()
        if self._account is not None:
            hooked = with_hook(listener, self.settings.notify.command, self.store.jobs.get)
            self._monitor = self._account.monitor(hooked, self._scope)
            self._monitor.start()

    def stop(self) -> None:
        """Begin nothing more; returns at once, also when the service is silent."""
        self._listener = None
        if self._monitor is not None:
            self._monitor.stop()

    def drain(self, timeout: float) -> bool:
        """After `stop`, wait for a batch that is being sent; return whether none is any more.

        Leaving before that makes its outcome unknown, though the answer may be a moment away.
        """
        return self._monitor is None or self._monitor.drain(timeout)

    def close(self) -> None:
        """Stop, and close the connections to the service; a call that is still under way fails."""
        self.stop()
        if self._monitor is not None:
            self._monitor.close(_JOIN_SECONDS)
        if self._account is not None:
            self._account.close()

    def wake(self) -> None:
        """Look for work now, since there is some."""
        if self._monitor is not None:
            self._monitor.wake()

    def refresh_balance(self) -> None:
        """Ask for the credits of all services; the answers come as events."""
        if self._monitor is not None:
            self._monitor.refresh_balance()

    def recover(self) -> None:
        """Find batches whose sender died: from now on they are known, or known to be in doubt.

        Raises:
            StateError: the state file failed.
        """
        if self._account is not None:
            self._account.submitter().recover()

    # -- lists and jobs

    def plan(
        self,
        source: Source,
        options: Options,
        *,
        reuse_days: int | None = None,
        sample: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> JobPlan:
        """Say what a list would send and cost; spends nothing, and asks for no balance. Slow for long lists.

        Args:
            source: the list.
            options: how to read it, where that is not to be detected.
            reuse_days: how old an answer may be to be used again; none: as the settings say.
            sample: pay for at most so many numbers, drawn at random.
            progress: told how far the reading is.
            cancelled: asked now and then whether to give up.

        Raises:
            ListError: the list cannot be read or holds no number.
        """
        listed = plan(source, options, progress=progress, cancelled=cancelled)
        days = self.settings.lists.reuse_days if reuse_days is None else reuse_days
        binding, since = self.binding, planning.reuse_since(self._clock(), days)
        answers = {}
        if binding is not None and since is not None:
            answers = self.store.results.reusable(binding, listed.numbers, since)
        reading = None if binding is None else self.store.balances.latest(binding).get(WHATSAPP)
        balance = None if reading is None else reading.balance
        return planning.make(listed, answers, balance=balance, sample=sample, draw=self._draw)

    def create_job(self, plan: JobPlan, *, name: str, when_short: planning.WhenShort = "cancel") -> Job:
        """Accept a list for validation: from here on its numbers are sent and paid for.

        Args:
            plan: what to send; its balance decides whether credits are short.
            name: what the person calls it.
            when_short: what to do with too few credits.

        Raises:
            EngineError: there is no key, credits are short, or the job is over the cap.
            StateError: the state file failed; then there is no job.
        """
        binding = self._in_force().binding
        plan = planning.affordable(plan, when_short, cap=self.settings.max_credits_per_job)
        self.store.require_room()
        name = clean(name) or plan.list.source.name
        job_id = planning.store_job(
            self.store, plan, binding=binding, profile=self.settings.profile, name=name, now=self._clock()
        )
        self.wake()
        return self.store.jobs.get(job_id)

    def pause(self, job_id: int) -> None:
        """Send nothing more of a job; what was sent is still polled."""
        self.store.jobs.pause(job_id, paused=True)

    def resume(self, job_id: int) -> None:
        """Go on with all of a job that stands still: paused, held, refused, or out of reach."""
        now = self._clock()
        self.store.jobs.pause(job_id, paused=False)
        self.store.batches.retry_rejected(job_id, now=now)
        self.store.polls.try_again(job_id, now=now)
        self.wake()

    def export(
        self,
        job_id: int,
        path: Path,
        *,
        format: str,  # noqa: A002 - the word of the command line
        only: str | None = None,
        digits: bool = False,
        force: bool = False,
    ) -> int:
        """Write a job's list with its answers; return the rows written. See `exporting.export`."""
        return exporting.export(
            self.store, job_id, path, format=format, only=only, digits=digits, force=force
        )

    def settle(self, job_id: int, seq: int, decision: settling.Decision, batch_id: str | None = None) -> None:
        """Record and carry out the person's decision on a batch in doubt. See `settling.settle`."""
        job = self.store.jobs.get(job_id)
        if job.binding != self._in_force().binding:
            raise EngineError(other_key(job))
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

    def adopt(self, batch_ids: Sequence[str], name: str | None) -> Job:
        """Make a job of batches submitted elsewhere with the key in force. See `adopting.adopt`."""
        account = self._in_force()
        job_id = adopting.adopt(
            self.store,
            account.service(),
            account.binding,
            batch_ids,
            name=name and clean(name),
            profile=self.settings.profile,
            now=self._clock(),
        )
        self.wake()
        return self.store.jobs.get(job_id)

    def adopt_journal(self, path: Path | None = None) -> adopting.Rebuilt:
        """Make the jobs of a journal again. See `adopting.rebuild`."""
        journal = self.store.journal if path is None else Journal(path)
        account = self._in_force()
        rebuilt = adopting.rebuild(
            self.store,
            account.service(),
            account.binding,
            list(journal.entries()),
            profile=self.settings.profile,
            now=self._clock(),
        )
        self.wake()
        return rebuilt

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
            ApiError: the number is refused, or the service cannot be asked.
        """
        account = self._in_force()
        check = account.service().check(number, self.settings.region)
        self.store.charges.add(account.binding, Charge(self._clock(), 1, None, None, None))
        return check

    # -- internals

    def _in_force(self) -> Account:
        if self._account is None:
            raise EngineError(NO_KEY)
        return self._account
