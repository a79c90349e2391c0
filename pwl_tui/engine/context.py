"""What the parts of the engine share: the state file, the settings and the key in force."""

import random
from collections.abc import Callable
from functools import partial

from pwl_tui.config import Settings
from pwl_tui.engine.account import Account
from pwl_tui.engine.problems import NO_KEY, NO_SPEND, EngineError, misplaced, other_key
from pwl_tui.engine.service import Connect
from pwl_tui.problem import Problem
from pwl_tui.secret import Secret
from pwl_tui.state.models import Binding, Job
from pwl_tui.state.store import Store


class EngineContext:
    """One state file, with the settings and the key in force; the engine changes the latter two.

    Args:
        store: what is remembered.
        settings: the base URL, the key and the pace.
        may_spend: whether anything that costs credits may be sent.
        connect: opens the service.
        clock: UTC epoch seconds.
        steady: seconds that pass whatever happens to `clock`.
        draw: randomness for pauses and samples.

    Attributes:
        key: in force. None before there is one.
        account: makes the parts that work with the key in force. None before there is a key.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        may_spend: bool,
        connect: Connect,
        clock: Callable[[], float],
        steady: Callable[[], float],
        draw: random.Random,
    ) -> None:
        self.store = store
        self.settings = settings
        self._no_spend = not may_spend
        self.clock = clock
        self.draw = draw
        self._open = partial(Account, store, connect=connect, clock=clock, steady=steady, draw=draw)
        self.key: Secret | None = None
        self.account: Account | None = None
        self.use(settings, settings.api_key)

    @property
    def no_spend(self) -> Problem | None:
        """That this process was told to spend nothing. None means that it was not."""
        return NO_SPEND if self._no_spend else None

    @property
    def forbidden(self) -> Problem | None:
        """Why nothing that costs credits may be sent. None means that it may."""
        return self.no_spend or self.misplaced

    @property
    def misplaced(self) -> Problem | None:
        """Why a state directory that belongs to another place sends nothing. None means it belongs here."""
        place = self.store.places.elsewhere()
        if place is None:
            return None
        return misplaced(place, shared=self.store.shared)

    @property
    def binding(self) -> Binding | None:
        """The service and key in force; None before there is a key."""
        return None if self.account is None else self.account.binding

    def use(self, settings: Settings, key: Secret | None) -> None:
        """Put settings and a key in force; the account that was in force before is not closed."""
        self.settings = settings
        self.key = key
        self.account = None if key is None else self._open(settings, key)

    def try_key(self, key: Secret) -> Account:
        """Return an account for a key without putting it in force; the caller closes it."""
        return self._open(self.settings, key)

    def require_account(self) -> Account:
        """Return the account in force.

        Raises:
            EngineError: there is no key.
        """
        if self.account is None:
            raise EngineError(NO_KEY)
        return self.account

    def require_spending(self) -> Account:
        """Return the account in force, for work that costs credits.

        Raises:
            EngineError: there is no key, or nothing may be spent.
        """
        account = self.require_account()
        if (forbidden := self.forbidden) is not None:
            raise EngineError(forbidden)
        return account

    def require_own_job(self, job_id: int) -> Job:
        """Return a job of the key in force.

        Raises:
            EngineError: there is no key, or the job belongs to another one.
            NoSuchJobError: there is no such job.
        """
        job = self.store.jobs.get(job_id)
        if job.binding != self.require_account().binding:
            raise EngineError(other_key(job))
        return job
