"""The engine as the screen and the command line see it: parts by subject, and the work with one key."""

import random
import time
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from pwl_tui.config import Settings
from pwl_tui.engine.account import Account, connect
from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.events import ChangedElsewhere, Event, JobFinished
from pwl_tui.engine.hook import Hook
from pwl_tui.engine.jobs.lifecycle import Jobs
from pwl_tui.engine.jobs.plans import Plans
from pwl_tui.engine.jobs.wishes import Wishes
from pwl_tui.engine.money.credits import Credits
from pwl_tui.engine.money.lookups import Lookups
from pwl_tui.engine.money.recovery import Recovery
from pwl_tui.engine.polling.forecast import Eta, Forecast
from pwl_tui.engine.polling.monitor import Monitor, Scope
from pwl_tui.engine.problems import AT_HOME, COPIED, EngineError
from pwl_tui.engine.service import Connect
from pwl_tui.problem import Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.secret import Secret
from pwl_tui.state.errors import AwayError
from pwl_tui.state.models import Binding, Job
from pwl_tui.state.store import Store

_JOIN_SECONDS = 0.3
"""How long `close` waits for the threads; one that hangs in a call ends with the process."""


class Engine:
    """Sends and polls for one state file and the key in force, from `start` to `stop`.

    Args:
        store: what is remembered.
        settings: the base URL, the key and the pace.
        may_spend: whether anything that costs credits may be sent; polling needs none.
        connect: opens the service; injected by tests.
        clock: UTC epoch seconds; injected by tests. None means the state's own.
        pause: waits so many seconds; injected by tests.
        draw: randomness for pauses and samples; injected by tests.

    Attributes:
        store: the state file.
        plans: what would be sent and what it would cost.
        jobs: creating, retrying, pausing, exporting and forgetting jobs.
        wishes: exports that are written by themselves once their job is finished.
        credits: the balance and the ledger.
        lookups: single checks.
        recovery: batches in doubt, submitted elsewhere, or known to the journal only.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        may_spend: bool = True,
        connect: Connect = connect,
        clock: Callable[[], float] | None = None,
        pause: Callable[[float], None] = time.sleep,
        draw: random.Random | None = None,
    ) -> None:
        self.store = store
        self._context = EngineContext(
            store,
            settings,
            may_spend=may_spend,
            connect=connect,
            clock=clock or store.clock,
            # A clock of a test does not pass by itself.
            steady=time.monotonic if clock is None or clock is time.time else clock,
            draw=draw or random.SystemRandom(),
        )
        self.plans = Plans(self._context)
        self.wishes = Wishes(self._context)
        self.jobs = Jobs(self._context, self.wishes, wake=self.wake)
        self.credits = Credits(self._context)
        self.lookups = Lookups(self._context, pause=pause)
        self.recovery = Recovery(self._context, wake=self.wake, pause=pause)
        self._listener: Callable[[Event], None] | None = None
        self._scope = Scope()
        self._monitor: Monitor | None = None
        self._forecast: Forecast | None = None
        self._earlier: list[tuple[Account, Monitor]] = []
        """Those that were in force before: stopped, but possibly still sending."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._context.settings

    @property
    def binding(self) -> Binding | None:
        """The service and key in force; None before there is a key."""
        return self._context.binding

    @property
    def clock(self) -> Callable[[], float]:
        """UTC epoch seconds, by the clock that all stored times are from."""
        return self._context.clock

    @property
    def no_spend(self) -> Problem | None:
        """That this process was told to spend nothing. None means that it was not."""
        return self._context.no_spend

    @property
    def forbidden(self) -> Problem | None:
        """Why nothing that costs credits may be sent. None means that it may."""
        return self._context.forbidden

    @property
    def misplaced(self) -> Problem | None:
        """Why a state directory that belongs to another place sends nothing. None means it belongs here."""
        return self._context.misplaced

    @property
    def may_spend(self) -> bool:
        """Whether anything that costs credits may be sent."""
        return self.forbidden is None

    # -- the key

    def try_key(self, key: Secret) -> int:
        """Return the WhatsApp credits of a key by asking the service; slow.

        Raises:
            ApiError: the key is refused, or the service cannot be asked.
        """
        account = self._context.try_key(key)
        try:
            return account.service().balance(PROVIDER.batch_service).balance
        finally:
            account.close()

    def use_key(self, key: Secret) -> None:
        """Work with another key from now on; the jobs of other keys stay theirs."""
        self._work_with(self.settings, key)

    def use_settings(self, settings: Settings) -> None:
        """Work with other settings from now on: another account, another pace.

        Slow where a command prints the key.

        Raises:
            ConfigError: that command fails; everything stays as it was.
        """
        self._work_with(settings, settings.api_key)

    # -- running

    def start(self, listener: Callable[[Event], None], scope: Scope | None = None) -> None:
        """Begin to send and poll; `listener` is called with every event, on the engine's threads.

        Without a key there is nothing to send yet: `use_key` begins then. What was wished of finished jobs is
        done in any case, by `wishes.carry_out`, wherever jobs are polled.
        """
        self._listener, self._scope = listener, scope or Scope()
        self.store.listen(self._hear)
        if self._scope.poll:
            self.wishes.stop()
            self.wishes.start(listener)
        scope = self._scope if self._may_send() else replace(self._scope, jobs=())
        account, key = self._context.account, self._context.key
        if account is not None and key is not None:
            listener = self._finishing(listener)
            if command := self.settings.notify.command:
                hook = Hook(command, self.store, account.binding, key, self._context.clock)
                listener = hook.behind(listener)
            self._monitor = account.monitor(listener, scope)
            self._monitor.start()

    def stop(self) -> None:
        """Begin nothing more; returns at once, even when the service does not answer."""
        self.lookups.stop()
        self.wishes.stop()
        self._stop_monitor()

    def drain(self, timeout: float) -> bool:
        """After `stop`, wait at most `timeout` seconds for a paid call.

        Leaving earlier makes its outcome unknown, though the answer may be a moment away.

        Returns:
            Whether nothing is being paid for any more.
        """
        end = time.monotonic() + timeout
        drains = [self.lookups.drain, *(monitor.drain for _, monitor in self._started())]
        return all(drain(max(end - time.monotonic(), 0.0)) for drain in drains)

    def cut(self) -> None:
        """After `stop`, end a paid call that takes too long; returns at once.

        What came is kept, and its outcome is unknown: see `drain` for when that is on disk.
        """
        for account in (*(account for account, _ in self._earlier), self._context.account):
            if account is not None:
                account.cut()

    def close(self) -> None:
        """Stop, and close the connections to the service; a call that is still under way fails."""
        self.stop()
        end = time.monotonic() + _JOIN_SECONDS
        for account, monitor in self._started():
            monitor.close(max(end - time.monotonic(), 0.0))
            account.close()
        self.wishes.join(max(end - time.monotonic(), 0.0))
        self._monitor, self._earlier = None, []
        if self._context.account is not None:
            self._context.account.close()

    def wake(self) -> None:
        """Look for work now, because there is some."""
        if self._monitor is not None:
            self._monitor.wake()

    def forecast(self, jobs: Iterable[Job]) -> dict[int, Eta]:
        """Return when jobs of the key in force are expected to be finished, by their ID.

        Raises:
            StateError: the state file failed.
        """
        if self.binding is None:
            return {}
        if self._forecast is None or self._forecast.binding != self.binding:
            self._forecast = Forecast(self.store, self.binding)
        return self._forecast.of(jobs, self._context.clock())

    def settle_place(self, *, moved: bool) -> int:
        """Decide about a state directory that belongs to another place; from now on it belongs here.

        Args:
            moved: whether that place is gone, so that work continues here. Otherwise this is a copy, and
                nothing that is planned in it is sent.

        Returns:
            How many batches were planned in a copy.

        Raises:
            EngineError: there is nothing to decide, or it was decided in the meantime.
            StateError: the state file failed.
        """
        store, now = self.store, self._context.clock()
        withdrawn = (0 if store.settle_moved(now) else None) if moved else store.settle_copied(now, COPIED)
        if withdrawn is None:
            raise EngineError(AT_HOME)
        if self._listener is not None:
            self._work_with(self.settings, self._context.key)
        return withdrawn

    def refresh_balance(self) -> None:
        """Ask for the credits of all services; the answers come as events."""
        if self._monitor is not None:
            self._monitor.refresh_balance()

    def _may_send(self) -> bool:
        """Whether to begin to send. Where it cannot be known, that is decided again before each batch."""
        try:
            return self.may_spend
        except AwayError:
            return self.no_spend is None

    def _finishing(self, listener: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return a listener that passes events on, and has done at once what was wished of a finished job."""

        def tell(event: Event) -> None:
            listener(event)
            if isinstance(event, JobFinished):
                self.wishes.wake()

        return tell

    def _hear(self) -> None:
        """Look at once what another process has changed."""
        listener, monitor = self._listener, self._monitor
        if listener is not None:
            listener(ChangedElsewhere())
        if listener is not None and monitor is not None:
            monitor.look()

    def _stop_monitor(self) -> None:
        self._listener = None
        if self._monitor is not None:
            self._monitor.stop()

    def _work_with(self, settings: Settings, key: Secret | None) -> None:
        listener = self._listener
        self._stop_monitor()
        self._earlier, self._monitor = self._started(), None
        self._context.use(settings, key)
        if listener is not None:
            self.start(listener, self._scope)

    def _started(self) -> list[tuple[Account, Monitor]]:
        """Return all accounts and monitors that were started and not closed, the one in force last."""
        account = self._context.account
        if account is None or self._monitor is None:
            return self._earlier
        return [*self._earlier, (account, self._monitor)]
