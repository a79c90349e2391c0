"""One key at one service, and the parts that work with it."""

import random
import threading
from collections.abc import Callable

from pwl_tui.config import Settings
from pwl_tui.engine.events import Event
from pwl_tui.engine.money.submitter import Submitter
from pwl_tui.engine.polling.monitor import Monitor, Scope
from pwl_tui.engine.polling.poller import Poller
from pwl_tui.engine.service import Connect, ServiceClient
from pwl_tui.secret import Secret
from pwl_tui.state.files.owners import new_owner
from pwl_tui.state.models import Binding
from pwl_tui.state.store import Store


def connect(base_url: str, key: Secret) -> ServiceClient:
    """Open ProWebLook over HTTP; loads the HTTP library, which nothing before this needs.

    Raises:
        ApiError: the environment's proxy or certificates cannot be used.
    """
    from pwl_tui.api.client import Client

    return Client(base_url, key)


class Account:
    """Makes the parts that send and poll, all bound to the same service and key.

    Args:
        store: what is remembered.
        settings: the base URL and the pace.
        key: the key.
        connect: opens the service.
        clock: UTC epoch seconds.
        steady: seconds that pass whatever happens to `clock`.
        draw: randomness for pauses.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        key: Secret,
        *,
        connect: Connect,
        clock: Callable[[], float],
        steady: Callable[[], float],
        draw: random.Random,
    ) -> None:
        self.binding = Binding(settings.base_url, key.fingerprint)
        self._store = store
        self._settings = settings
        self._key = key
        self._connect = connect
        self._clock = clock
        self._draw = draw
        self._steady = steady
        self._owner = new_owner()
        self._lock = threading.Lock()
        self._service: ServiceClient | None = None
        self._is_cut = False

    def service(self) -> ServiceClient:
        """Return the client of the service; opened at first use, because that loads the HTTP library."""
        with self._lock:
            if self._service is None:
                self._service = self._connect(self._settings.base_url, self._key)
                if self._is_cut:
                    self._service.cut()
            return self._service

    def cut(self) -> None:
        """End the calls to the service at once, and begin no more; see `ServiceClient.cut`."""
        self._is_cut = True
        # Without the lock: a handler of signals calls this, and may have interrupted whoever holds it.
        service = self._service
        if service is not None:
            service.cut()

    def close(self) -> None:
        """Close the connections to the service."""
        with self._lock:
            if self._service is not None:
                self._service.close()
                self._service = None

    def submitter(self) -> Submitter:
        """Return a new submitter."""
        return Submitter(
            self._store,
            self.service,
            self.binding,
            pace=self._settings.polling,
            sending=self._settings.sending,
            clock=self._clock,
            spread=self._draw.random,
        )

    def poller(self) -> Poller:
        """Return a new poller."""
        return Poller(
            self._store,
            self.service,
            self.binding,
            pace=self._settings.polling,
            owner=self._owner,
            clock=self._clock,
            steady=self._steady,
            spread=self._draw.random,
        )

    def monitor(self, listener: Callable[[Event], None], scope: Scope) -> Monitor:
        """Return a new monitor, not yet started."""
        return Monitor(
            self._store,
            self.service,
            self.binding,
            self.submitter(),
            self.poller(),
            scope=scope,
            listener=listener,
            clock=self._clock,
            steady=self._steady,
            spread=self._draw.random,
        )
