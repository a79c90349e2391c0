"""The thread that decides what is done when, and the few threads that do it.

The monitor alone decides; callers make one call each and report back. Every wait is on a condition that
`stop` ends, and every thread is a daemon, so that leaving never waits for a server.
"""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import SERVICES, Service
from pwl_tui.engine.events import (
    BalanceFailed,
    BalanceRead,
    EngineFailed,
    Event,
    JobChanged,
    JobFinished,
    ServiceDown,
    ServiceUp,
)
from pwl_tui.engine.poller import Poller
from pwl_tui.engine.schedule import Budget, backoff
from pwl_tui.engine.service import Lookup
from pwl_tui.engine.steps import Delayed, Frozen, Held, Sent, Step
from pwl_tui.engine.submitter import Submitter
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.models import BalanceReading, Batch, Binding, JobState
from pwl_tui.state.store import Store

CALLERS: Final = 4
"""Threads that poll; more gain nothing at the pace that the service's etiquette allows."""
LOOK_SECONDS: Final = 2.0
"""How often work that another process left is looked for."""
BALANCE_SECONDS: Final = 300.0
"""How often the balance is read by itself while the program runs."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a monitor may do.

    Attributes:
        jobs: batches of these jobs are sent; none: of all. Polling is for all jobs of the key.
        poll: whether batches are polled.
        balance: whether the balance is read from time to time.
    """

    jobs: Collection[int] | None = None
    poll: bool = True
    balance: bool = True


class Monitor:
    """Sends, polls and reads balances for one key until it is stopped.

    Args:
        store: what is to be done, and where answers go.
        service: opens the calls.
        binding: the service and key.
        submitter: sends.
        poller: polls.
        requests_per_second: the budget of all polls.
        scope: what it may do.
        listener: told of every change, on the monitor's threads; must return at once.
        clock: UTC epoch seconds.
        spread: draws 0 to 1.
    """

    def __init__(
        self,
        store: Store,
        service: Callable[[], Lookup],
        binding: Binding,
        submitter: Submitter,
        poller: Poller,
        *,
        requests_per_second: float,
        scope: Scope,
        listener: Callable[[Event], None],
        clock: Callable[[], float],
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._service = service
        self._binding = binding
        self._submitter = submitter
        self._poller = poller
        self._budget = Budget(requests_per_second)
        self._scope = scope
        self._listener = listener
        self._clock = clock
        self._spread = spread
        self._condition = threading.Condition()
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._take_over_at = 0.0
        self._stopping = threading.Event()
        self._woken = False
        self._sending = False
        self._send_at = 0.0
        self._busy_callers = 0
        self._down_until = 0.0
        self._failures = 0
        self._trouble: Problem | None = None
        self._balance_at: dict[Service, float] = {}
        self._reading: set[Service] = set()

    def start(self) -> None:
        """Begin."""
        if self._scope.balance:
            self._balance_at = dict.fromkeys(SERVICES, 0.0)
        self._spawn("pwl-monitor", self._run)
        for number in range(CALLERS):
            self._spawn(f"pwl-caller-{number}", self._call)

    def stop(self) -> None:
        """Begin nothing more; return at once. What is under way may still end and be stored."""
        with self._condition:
            self._stopping.set()
            self._condition.notify_all()
        for _ in range(CALLERS):
            self._tasks.put(None)

    def join(self, timeout: float) -> None:
        """After `stop`, wait for the threads to end, `timeout` seconds at most."""
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0.0))

    def give_back(self) -> None:
        """After `stop`, let other processes poll what is not polled any more.

        Raises:
            StateError: the state file failed.
        """
        self._poller.give_back()

    def drain(self, timeout: float) -> bool:
        """After `stop`, wait for the paid call that is under way; return whether none is any more."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._sending, timeout)

    def wake(self) -> None:
        """Look at the state file now: there may be something new to do."""
        with self._condition:
            self._woken = True
            self._send_at = 0.0
            self._condition.notify_all()

    def refresh_balance(self) -> None:
        """Read the credits of all services now."""
        with self._condition:
            self._balance_at = dict.fromkeys(SERVICES, 0.0)
            self._condition.notify_all()

    # -- deciding, on the monitor's own thread

    def _run(self) -> None:
        while True:
            try:
                wait = self._round()
            except ProblemError as error:
                self._failed(error.problem)
                wait = LOOK_SECONDS
            with self._condition:
                if self._stopping.is_set():
                    return
                if not self._woken:
                    self._condition.wait(wait)
                self._woken = False
                if self._stopping.is_set():
                    return

    def _round(self) -> float:
        """Start whatever is due; return the seconds until something may be due again."""
        now = self._clock()
        waits = [LOOK_SECONDS]
        with self._condition:
            send = not self._sending and not self._stopping.is_set() and now >= self._send_at
            self._sending = self._sending or send
            balances = [
                service
                for service, due in self._balance_at.items()
                if due <= now and service not in self._reading and now >= self._down_until
            ]
            self._reading.update(balances)
        if send and not self._submitter.has_work(self._scope.jobs):
            with self._condition:
                self._sending, send = False, False
                self._send_at = now + LOOK_SECONDS
        if send:
            self._spawn("pwl-sender", self._send)
        for service in balances:
            self._hand_out(lambda service=service: self._read_balance(service))  # type: ignore[misc]
        waits.append(self._start_polls(now))
        return max(min(waits), 0.01)

    def _start_polls(self, now: float) -> float:
        if self._scope.poll and now >= self._take_over_at:
            self._poller.take_over()
            self._take_over_at = now + LOOK_SECONDS
        while self._scope.poll:
            due = self._store.batches.next_due(self._binding)
            if due is None:
                return LOOK_SECONDS
            due = max(due, self._down_until)
            if due > now:
                return due - now
            with self._condition:
                # While the service is down, one probe speaks for everyone.
                free = 1 if self._failures else CALLERS
                if self._stopping.is_set() or self._busy_callers >= free:
                    return LOOK_SECONDS
            wait = self._budget.take(now)
            if wait:
                return wait
            batch = self._poller.claim()
            if batch is None:
                return LOOK_SECONDS
            self._hand_out(lambda batch=batch: self._poll(batch))  # type: ignore[misc]
        return LOOK_SECONDS

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _hand_out(self, task: Callable[[], None]) -> None:
        with self._condition:
            self._busy_callers += 1
        self._tasks.put(task)

    # -- doing, on the callers' threads

    def _call(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self._stopping.is_set():
                return
            try:
                task()
            except ProblemError as error:
                self._failed(error.problem)
            finally:
                with self._condition:
                    self._busy_callers -= 1
                    self._woken = True
                    self._condition.notify_all()

    def _send(self) -> None:
        """Send until there is nothing more to send for now."""
        send_at = 0.0
        try:
            while not self._stopping.is_set():
                step = self._submitter.send_next(self._scope.jobs)
                send_at = self._tell(step)
                if not isinstance(step, Sent | Held):
                    break
            self._mended()
        except ProblemError as error:
            self._failed(error.problem)
        finally:
            with self._condition:
                self._sending = False
                self._send_at = max(send_at, self._clock() + LOOK_SECONDS)
                self._condition.notify_all()

    def _tell(self, step: Step) -> float:
        """Tell the listener what a step of sending came to; return when the next may be taken."""
        match step:
            case Sent(batch):
                self._report(None)
                self._listener(JobChanged(batch.job))
            case Held(job):
                self._listener(JobChanged(job))
            case Delayed(job, problem, until):
                self._report(problem)
                self._listener(JobChanged(job))
                return until
            case Frozen(batch, news, until):
                if news:
                    self._listener(JobChanged(batch.job))
                return min(until or 0.0, self._clock() + LOOK_SECONDS)
        return 0.0

    def _poll(self, batch: Batch) -> None:
        polled = self._poller.poll(batch)
        self._report(polled.problem if polled.service_wide else None)
        self._listener(JobChanged(batch.job))
        if self._store.jobs.get(batch.job).state is JobState.COMPLETED:
            self._listener(JobFinished(batch.job))

    def _read_balance(self, service: Service) -> None:
        next_at = self._clock() + BALANCE_SECONDS
        try:
            balance = self._service().balance(service)
        except ApiError as error:
            self._listener(BalanceFailed(service, error.problem))
            next_at = self._clock() + backoff(3, error.problem.retry_after, self._spread())
        else:
            now = self._clock()
            self._store.balances.add(self._binding, BalanceReading(now, service, balance.balance))
            self._listener(BalanceRead(service, balance.balance, now))
        finally:
            with self._condition:
                self._reading.discard(service)
                self._balance_at[service] = next_at

    def _failed(self, problem: Problem) -> None:
        """Say once that the state file failed; money that is at stake is always said."""
        if problem != self._trouble or problem.charged != "no":
            self._trouble = problem
            self._listener(EngineFailed(problem))

    def _mended(self) -> None:
        self._trouble = None

    def _report(self, problem: Problem | None) -> None:
        """Learn from a poll whether the service is there at all."""
        now = self._clock()
        with self._condition:
            was_down = self._failures > 0
            if problem is None:
                self._failures, self._down_until = 0, 0.0
            else:
                self._failures += 1
                wait = backoff(self._failures, problem.retry_after, self._spread())
                self._down_until = max(self._down_until, now + wait)
            until = self._down_until
        if problem is not None:
            self._listener(ServiceDown(problem, until))
        elif was_down:
            self._listener(ServiceUp())
