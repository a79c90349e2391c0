"""What the screen draws: an immutable value, read from the store by one thread.

The screen never reads live objects. `Watcher` looks at the store when the engine reports something, such as a
change by another process that a database told of, and about once a second while jobs are live, because other
processes may change a state file; it publishes every new `Snapshot`.
"""

import threading
from collections.abc import Callable, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import (
    BalanceFailed,
    BalanceRead,
    ChangedElsewhere,
    EngineFailed,
    Event,
    HookFailed,
    ServiceDown,
    ServiceUp,
    StateAway,
    StateBack,
)
from pwl_tui.engine.money.ledger import Movement
from pwl_tui.engine.polling.forecast import Eta
from pwl_tui.engine.problems import internal
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.provider import PROVIDER
from pwl_tui.state.errors import AwayError
from pwl_tui.state.models import BalanceReading, Batch, BatchState, Binding, Job, JobState

_HISTORY = 24
"""How many readings of the credits to keep for their history."""
_AT_REST_SECONDS = 5.0
"""How often to look for changes by other processes while nothing is live."""
_AGES_SECONDS = 20.0
"""How long to show the same while only ages change, which are shown in minutes."""
_LAST_LOOK_SECONDS = 0.5
_FIRST_JOBS = 100
"""How many jobs the first frame reads; more than a screen shows."""
_AUDIT_SECONDS = 15.0
"""How often to compare the journal and the ledger with the state file, which reads all of them."""
_ALARM_SECONDS = 86_400.0
"""How long to report an unexplained drop in the balance; the ledger always shows it."""


class Snapshot(Struct, frozen=True, dict=True):
    """Everything the home screen shows.

    Attributes:
        now: when it was taken; UTC epoch seconds.
        jobs: those that need the person first, then live ones, then the others; newest first within each.
        older: how many more complete jobs there are that were not read yet.
        binding: the service and key in use; None without a key.
        balances: the latest readings, by service.
        history: the last WhatsApp credits, oldest first.
        etas: when unfinished jobs are expected to be finished, by ID, as far as that is known.
        unsent: planned numbers of this key's jobs that were not sent yet; each will cost a credit.
        doubts: batches of this key whose outcome is unknown, in the order in which they were sent.
        misplaced: why nothing is sent from a state directory that belongs to another place.
        unadopted: how many batches are in the journal but not in the state file.
        restored: whether the state directory has proven older than what was sent from it, in the last day.
        alarms: unexplained drops in the balance during the last day, newest first.
        balance_problem: why the credits could not be read the last time.
        service_problem: why the service cannot be used now.
        service_until: when it is tried again; UTC epoch seconds. None unless there is a `service_problem`.
        state_problem: why the state could not be read; everything else is then from before.
        away: whether that is because its database cannot be reached, and will pass.
        worker: whether a background worker is alive.
        engine_problem: why sending or polling failed on this machine, such as a full disk.
    """

    now: float = 0.0
    jobs: tuple[Job, ...] = ()
    older: int = 0
    binding: Binding | None = None
    balances: Mapping[str, BalanceReading] = field(default_factory=dict)
    history: tuple[int, ...] = ()
    etas: Mapping[int, Eta] = field(default_factory=dict)
    unsent: int = 0
    doubts: tuple[Batch, ...] = ()
    misplaced: Problem | None = None
    unadopted: int = 0
    restored: bool = False
    alarms: tuple[Movement, ...] = ()
    balance_problem: Problem | None = None
    service_problem: Problem | None = None
    service_until: float | None = None
    state_problem: Problem | None = None
    away: bool = False
    worker: bool = False
    engine_problem: Problem | None = None

    @property
    def credits(self) -> BalanceReading | None:
        """The latest reading of the WhatsApp credits; None before the first."""
        return self.balances.get(PROVIDER.batch_service)

    @property
    def unfinished(self) -> tuple[Job, ...]:
        """Jobs of the key in use that may still change; of all keys if none is in use."""
        return self._own_and_foreign[0]

    @property
    def foreign(self) -> tuple[Job, ...]:
        """Jobs of other keys or services that may still change; they are not polled."""
        return self._own_and_foreign[1]

    @cached_property
    def _own_and_foreign(self) -> tuple[tuple[Job, ...], tuple[Job, ...]]:
        own: list[Job] = []
        foreign: list[Job] = []
        for job in self.jobs:
            if job.unfinished:
                (foreign if self.elsewhere(job) else own).append(job)
        return tuple(own), tuple(foreign)

    @cached_property
    def live(self) -> tuple[Job, ...]:
        """Jobs that are being sent or polled with the key in use."""
        return tuple(job for job in self.unfinished if job.state in _LIVE)

    def elsewhere(self, job: Job) -> bool:
        """Return whether a job belongs to another key or service than those in use."""
        return self.binding not in (None, job.binding)

    def finished_since(self, before: "Snapshot") -> list[Job]:
        """Return the jobs that were unfinished in an earlier snapshot and are complete now."""
        complete = {job.id: job for job in self.jobs if job.state is JobState.COMPLETED}
        return [complete[job.id] for job in (*before.unfinished, *before.foreign) if job.id in complete]

    def exported_since(self, before: "Snapshot") -> list[Job]:
        """Return the jobs whose wished export was written since, or could not be for a new reason."""
        earlier = {job.id: job.wish for job in before.jobs}
        return [
            job
            for job in self.jobs
            if job.wish is not None and job.id in earlier and earlier[job.id] != job.wish
        ]

    def job(self, job_id: int) -> Job | None:
        """Return a job by its id; None if it was not read or was removed."""
        return next((job for job in self.jobs if job.id == job_id), None)


_LIVE = (JobState.SUBMITTING, JobState.PROCESSING, JobState.PLANNED)
_ORDER = {
    JobState.ATTENTION: 0,
    JobState.WAITING: 1,
    JobState.SUBMITTING: 2,
    JobState.PROCESSING: 2,
    JobState.PLANNED: 2,
    JobState.PAUSED: 3,
    JobState.COMPLETED: 4,
}
_UNSENT = (JobState.PLANNED, JobState.SUBMITTING, JobState.WAITING, JobState.PAUSED, JobState.ATTENTION)


def take(engine: Engine, now: float, newest: int | None = None) -> Snapshot:
    """Read a snapshot of all jobs, or of the unfinished ones and `newest` of the others."""
    store, binding = engine.store, engine.binding
    found, total = (store.jobs.all(), None) if newest is None else store.jobs.foremost(newest)
    jobs = sorted(found, key=lambda job: (_ORDER[job.state], -job.id))
    service = PROVIDER.batch_service
    balances, history = store.balances.known(binding, service, _HISTORY) if binding else ({}, [])
    unsent = sum(
        batch.size
        for job in jobs
        if job.state in _UNSENT and job.binding == binding and BatchState.PLANNED in job.batches
        for batch in store.batches.of(job.id)
        if batch.state is BatchState.PLANNED
    )
    doubtful = any(job.binding == binding and BatchState.UNKNOWN in job.batches for job in jobs)
    doubts = tuple(store.batches.in_doubt(binding)) if binding and doubtful else ()
    return Snapshot(
        now=now,
        jobs=tuple(jobs),
        older=0 if total is None else total - len(jobs),
        binding=binding,
        balances=balances,
        history=tuple(reading.balance for reading in history),
        etas=engine.forecast(jobs),
        unsent=unsent,
        doubts=doubts,
        misplaced=engine.misplaced,
    )


def worker_alive(engine: Engine) -> bool:
    """Whether a background worker of the key in use is alive.

    Raises:
        StateError: its lock file cannot be read.
    """
    return engine.binding is not None and engine.store.worker(engine.binding).alive()


def audit(engine: Engine, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot with what the journal and the ledger reveal; slow if the history is long."""
    if engine.binding is None:
        return snapshot
    since = snapshot.now - _ALARM_SECONDS
    alarms = tuple(alarm for alarm in engine.credits.ledger().alarms if alarm.until >= since)
    unadopted = len(engine.recovery.unadopted())
    restored = engine.recovery.was_older()
    return replace(snapshot, unadopted=unadopted, restored=restored, alarms=alarms)


def first(engine: Engine, now: float) -> Snapshot:
    """Read the snapshot for the first frame; if the store cannot be read, it holds only the problem."""
    try:
        return take(engine, now, _FIRST_JOBS)
    except ProblemError as error:
        away = isinstance(error, AwayError)
        return Snapshot(now, binding=engine.binding, state_problem=error.problem, away=away)


class Watcher:
    """A daemon thread that takes snapshots.

    Args:
        engine: whose store to watch.
        publish: called with every snapshot, on the watcher's thread; must return at once.
        clock: returns UTC epoch seconds.
        interval: the minimum seconds between two snapshots, and so between two updates of the screen.
    """

    def __init__(
        self, engine: Engine, publish: Callable[[Snapshot], None], clock: Callable[[], float], interval: float
    ) -> None:
        self._engine, self._publish, self._clock, self._interval = engine, publish, clock, interval
        self._woken = threading.Event()
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._balance_problem: Problem | None = None
        self._service_problem: Problem | None = None
        self._service_until: float | None = None
        self._engine_problem: Problem | None = None
        self._wanted = True
        self._unaudited = True
        self._next_audit = 0.0

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def redraw_every(self, seconds: float) -> None:
        """Change the minimum seconds between two snapshots."""
        self._interval = seconds

    def wake(self) -> None:
        """Take a snapshot soon, because the person did something; may be called from any thread."""
        self._next_audit = 0.0
        self._wanted = True
        self._woken.set()

    def hear(self, event: Event) -> None:
        """Take note of what the engine reports; called on its threads."""
        match event:
            case BalanceFailed(service=service, problem=problem) if service == PROVIDER.batch_service:
                self._balance_problem = problem
            case BalanceRead(service=service) if service == PROVIDER.batch_service:
                self._balance_problem = None
            case ServiceDown(problem=problem, next_try=until):
                self._service_problem, self._service_until = problem, until
            case EngineFailed(problem=problem) | HookFailed(problem=problem):
                self._engine_problem = problem
            case ServiceUp():
                self._service_problem = self._service_until = None
            case ChangedElsewhere() | StateAway():
                self._news.set()
            case StateBack():
                # What could not be stored meanwhile is in the journal, and is stored now.
                self._engine_problem = None
                self._news.set()
        self._woken.set()

    def stop(self) -> None:
        """End the thread; waits briefly if it is reading the store."""
        self._stopped.set()
        self._woken.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_LOOK_SECONDS)

    def _run(self) -> None:
        last, version, published, early = Snapshot(), -1, Snapshot(), False
        while not self._stopped.is_set():
            self._woken.clear()
            self._news.clear()
            wanted, self._wanted = self._wanted, False
            now = self._clock()
            try:
                last, version = self._looked(last, version, now)
                last = replace(last, worker=worker_alive(self._engine))
            except ProblemError as error:
                last = replace(last, state_problem=error.problem, away=isinstance(error, AwayError))
            except Exception as error:  # noqa: BLE001 - the screen would stand still, and nobody would know why
                last = replace(last, state_problem=internal(error), away=False)
            new = replace(
                last,
                now=now,
                balance_problem=self._balance_problem,
                service_problem=self._service_problem,
                service_until=self._service_until,
                engine_problem=self._engine_problem,
            )
            aged = not 0 <= now - published.now < _AGES_SECONDS
            # `live` looks at every job and caches what it found; done on this thread, no key waits for it.
            if new.live or wanted or aged or replace(new, now=published.now) != published:
                self._publish(new)
                published = new
            early = self._rest(early, live=bool(new.live))

    def _rest(self, early: bool, *, live: bool) -> bool:
        """Wait until it is time to look again.

        Args:
            early: whether the last look was earlier than it would have been.
            live: whether something changes by itself.

        Returns:
            Whether the next one is: what others do is shown at once, though only once in an interval.
        """
        if not early and self._news.wait(self._interval):
            return True
        if not early or not self._stopped.wait(self._interval):
            self._woken.wait(0 if live else _AT_REST_SECONDS)
        return False

    def _looked(self, last: Snapshot, version: int, now: float) -> tuple[Snapshot, int]:
        """Return what there is and its version; `last` itself if neither the file nor the key has changed."""
        seen = self._engine.store.version()
        if seen != version or self._engine.binding != last.binding or last.state_problem is not None:
            fresh = take(self._engine, now)
            last = replace(
                fresh,
                unadopted=last.unadopted,
                restored=last.restored,
                alarms=last.alarms,
                worker=last.worker,
            )
            self._unaudited = True
        if self._unaudited and now >= self._next_audit:
            self._unaudited, self._next_audit = False, now + _AUDIT_SECONDS
            last = audit(self._engine, replace(last, now=now))
        return last, seen
