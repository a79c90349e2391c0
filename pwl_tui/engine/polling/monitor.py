"""The thread that decides what to do when, and the few threads that do it.

The monitor alone decides; callers make one call each and report back. Every wait is on a condition that
`stop` ends, and every thread is a daemon, so that quitting never waits for a server.
"""

import threading
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from msgspec import Struct

from pwl_tui.api.errors import ApiError
from pwl_tui.engine.events import (
    BalanceFailed,
    BalanceRead,
    EngineFailed,
    Event,
    JobChanged,
    JobFinished,
    SenderBusy,
    StateAway,
    StateBack,
)
from pwl_tui.engine.money.submitter import Busy, Delayed, Frozen, Idle, OnHold, Sent, Step, Submitter
from pwl_tui.engine.polling.callers import Callers
from pwl_tui.engine.polling.health import Health
from pwl_tui.engine.polling.jumps import Jumps
from pwl_tui.engine.polling.poller import Poller
from pwl_tui.engine.polling.schedule import backoff
from pwl_tui.engine.problems import internal
from pwl_tui.engine.service import ServiceClient
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.provider import PROVIDER, Service
from pwl_tui.state.errors import AwayError
from pwl_tui.state.models import BalanceReading, Batch, Binding, JobState
from pwl_tui.state.store import Store

CALLERS: Final = 4
"""Threads that poll; more would gain nothing at the pace that the service allows."""
CHECK_SECONDS: Final = 2.0
"""How often to check for work that another process left."""
_LEAST_WAIT_SECONDS: Final = 0.01
BALANCE_SECONDS: Final = 300.0
"""How often the balance is read automatically while the program runs."""


class Scope(Struct, frozen=True):
    """What a monitor may do.

    Attributes:
        jobs: batches of these jobs are sent. None means of all jobs. Polling is for all jobs of the key.
        poll: whether batches are polled.
        balance: whether the balance is read periodically.
    """

    jobs: Collection[int] | None = None
    poll: bool = True
    balance: bool = True


class Monitor:
    """Sends, polls and reads balances for one key until it is stopped.

    Args:
        store: has the work, and takes the results.
        service: opens the calls.
        binding: the service and key.
        submitter: sends.
        poller: polls.
        scope: what it may do.
        listener: called with every event, on the monitor's threads; must return at once.
        clock: UTC epoch seconds.
        steady: seconds that pass whatever happens to `clock`.
        spread: draws 0 to 1.
    """

    def __init__(
        self,
        store: Store,
        service: Callable[[], ServiceClient],
        binding: Binding,
        submitter: Submitter,
        poller: Poller,
        *,
        scope: Scope,
        listener: Callable[[Event], None],
        clock: Callable[[], float],
        steady: Callable[[], float],
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._service = service
        self._binding = binding
        self._submitter = submitter
        self._poller = poller
        self._scope = scope
        self._listener = listener
        self._clock = clock
        self._spread = spread
        self._callers = Callers(CALLERS, failed=self._failed, ended=self._notify)
        self._health = Health(spread)
        self._jumps = Jumps(clock, steady)
        self._condition = threading.Condition()
        self._stopping = threading.Event()
        self._woken = False
        self._asked = False
        self._sending = False
        self._send_at = 0.0
        self._nothing_to_send = False
        self._take_over_at = 0.0
        self._trouble: Problem | None = None
        self._away = False
        self._balance_at: dict[Service, float] = {}
        self._reading: set[Service] = set()
        self._finished: set[int] = set()

    def start(self) -> None:
        """Start the threads."""
        if self._scope.balance:
            self._balance_at = dict.fromkeys(PROVIDER.services, 0.0)
        self._callers.start()
        self._callers.spawn("pwl-monitor", self._run)

    def stop(self) -> None:
        """Begin nothing more; returns at once. Calls under way may still end, and are stored."""
        self._stopping.set()
        self._callers.stop()
        self._notify()

    def close(self, timeout: float) -> None:
        """After `stop`, wait at most `timeout` seconds for the threads, and give back what was not polled."""
        self._callers.join(timeout)
        self._poller.give_back()

    def drain(self, timeout: float) -> bool:
        """After `stop`, wait at most `timeout` seconds for a paid call; return whether none is under way."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._sending, timeout)

    def wake(self) -> None:
        """Check the state file now: there may be something new to do."""
        self._asked = True
        self._notify()

    def look(self) -> None:
        """Check the state now: another process has changed something. No wait of ours ends by that."""
        if self._nothing_to_send:
            self._send_at = 0.0
        self._notify()

    def refresh_balance(self) -> None:
        """Read the credits of all services now, even while the service seems to be down."""
        self._health.probe_now()
        self._balance_at = dict.fromkeys(PROVIDER.services, 0.0)
        self._notify()

    # -- deciding, on the monitor's own thread

    def _notify(self) -> None:
        with self._condition:
            self._woken = True
            self._condition.notify_all()

    def _run(self) -> None:
        while not self._stopping.is_set():
            wait = CHECK_SECONDS
            try:
                self._require_state()
                wait = self._round()
            except Exception as error:  # noqa: BLE001 - the monitor must not end unseen
                self._failed(error)
            with self._condition:
                self._condition.wait_for(lambda: self._woken, wait)
                self._woken = False

    def _round(self) -> float:
        """Start whatever is due; return the seconds until something may be due next."""
        now = self._clock()
        if jump := self._jumps.since_last(now):
            self._shift(jump)
        wanted = self._asked or now >= self._send_at
        if wanted and not self._sending and now >= self._health.asked_until:
            self._asked = False
            self._nothing_to_send = not self._submitter.has_work(self._scope.jobs)
            if not self._nothing_to_send:
                self._sending = True
                try:
                    self._callers.spawn("pwl-sender", self._send)
                except BaseException:
                    self._sending = False
                    raise
            else:
                self._send_at = now + CHECK_SECONDS
        if now >= self._health.down_until:
            for service, due in list(self._balance_at.items()):
                if due <= now and service not in self._reading:
                    self._reading.add(service)
                    self._callers.run(partial(self._read_balance, service))
        return max(min(CHECK_SECONDS, self._start_polls(now)), _LEAST_WAIT_SECONDS)

    def _require_state(self) -> None:
        """While the database is away, do nothing else than to look whether it is back.

        Raises:
            AwayError: it is not.
        """
        if self._away:
            self._store.batches.next_due(self._binding)
            self._away = False
            self._listener(StateBack())

    def _shift(self, seconds: float) -> None:
        """Keep waits as long as they are although the clock jumped."""
        self._health.shift(seconds)
        self._send_at += seconds
        self._take_over_at += seconds
        self._balance_at = {service: due + seconds for service, due in self._balance_at.items()}
        self._poller.plan()

    def _start_polls(self, now: float) -> float:
        if self._scope.poll and now >= self._take_over_at:
            self._store.keep_time()
            self._poller.take_over()
            self._changed(*self._poller.expire())
            self._take_over_at = now + CHECK_SECONDS
            self._poller.plan()
        while self._scope.poll:
            due = self._store.batches.next_due(self._binding)
            if due is None:
                return CHECK_SECONDS
            due = max(due, self._health.down_until)
            if due > now:
                return due - now
            # While the service is down, a single probe is enough.
            if self._callers.busy >= (1 if self._health.failing else CALLERS) or self._stopping.is_set():
                return CHECK_SECONDS
            claimed = self._poller.claim_within_rate()
            if claimed is None:
                return CHECK_SECONDS
            if isinstance(claimed, float):
                return claimed
            self._callers.run(partial(self._poll, claimed))
        return CHECK_SECONDS

    # -- doing, on the callers' threads

    def _send(self) -> None:
        """Send until there is nothing more to send now."""
        send_at, spent = 0.0, False
        try:
            while not self._stopping.is_set() and send_at <= self._clock():
                step = self._submitter.send_next(self._scope.jobs)
                spent |= isinstance(step, Sent)
                self._nothing_to_send = isinstance(step, Idle)
                send_at = self._tell(step)
            self._trouble = None
        except Exception as error:  # noqa: BLE001 - a sender must not end unseen
            self._failed(error)
            send_at = self._clock() + CHECK_SECONDS
        finally:
            self._send_at = send_at
            self._sending = False
            if spent and self._scope.balance:
                # Read it now: nobody should see for minutes what there was before.
                self._balance_at[PROVIDER.batch_service] = 0.0
            self._notify()

    def _tell(self, step: Step) -> float:
        """Report the result of a step of sending; return when the next may be made, UTC epoch seconds."""
        later = self._clock() + CHECK_SECONDS
        match step:
            case Busy():
                self._listener(SenderBusy())
            case Sent(batch):
                self._report(None)
                self._listener(JobChanged(batch.job))
                return 0.0
            case OnHold(job):
                self._listener(JobChanged(job))
                return 0.0
            case Delayed(job, problem, until):
                self._report(problem)
                self._listener(JobChanged(job))
                return max(until, later)
            case Frozen(batch, news, until):
                if news:
                    self._listener(JobChanged(batch.job))
                # Another process may settle it, so check it as often as anything else.
                return later if until is None else min(until, later)
        return later

    def _poll(self, batch: Batch) -> None:
        followers = self._store.follows.of_batch(batch.job, batch.seq)
        polled = self._poller.poll(batch)
        self._report(polled.problem if polled.service_wide else None)
        self._changed(batch.job, *followers)

    def _changed(self, *jobs: int) -> None:
        for job in jobs:
            self._listener(JobChanged(job))
            if self._store.jobs.get(job).state is JobState.COMPLETED and self._first_to_finish(job):
                self._listener(JobFinished(job))

    def _first_to_finish(self, job: int) -> bool:
        """Whether a finished job was not reported yet: its last two batches may end at the same time."""
        with self._condition:
            first = job not in self._finished
            self._finished.add(job)
        return first

    def _read_balance(self, service: Service) -> None:
        self._balance_at[service] = self._clock() + BALANCE_SECONDS
        try:
            balance = self._service().balance(service)
        except ApiError as error:
            self._health.obey(error.problem, self._clock())
            self._listener(BalanceFailed(service, error.problem))
            wait = backoff(3, error.problem.retry_after, self._spread())
            self._balance_at[service] = self._clock() + wait
        else:
            now = self._clock()
            self._store.balances.add(self._binding, BalanceReading(now, service, balance.balance))
            self._report(None)
            self._listener(BalanceRead(service, balance.balance, now))
        finally:
            self._reading.discard(service)

    def _report(self, problem: Problem | None) -> None:
        if problem is None and self._health.failing:
            self._poller.drain()  # before anybody knows: what has waited is not asked for all at once
        event = self._health.learn(problem, self._clock())
        if event is not None:
            self._listener(event)

    def _failed(self, error: Exception) -> None:
        """Report that the state file or the program failed: once, but always if money is at stake."""
        problem = error.problem if isinstance(error, ProblemError) else internal(error)
        if isinstance(error, AwayError):
            if not self._away:
                self._away = True
                self._listener(StateAway(problem))
            return
        if problem != self._trouble or problem.charged != "no":
            self._trouble = problem
            self._listener(EngineFailed(problem))
